//! `cargo xtask bench --only cost`: plays a working day, a day without work and the weekly round of a quiet and of a busy customer
//! on a clock that it moves, and prices what the emulator and the Jira simulator counted. `WRITE_CAPACITY=1` writes the figures
//! into docs/capacity.md.

#![expect(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a benchmark")]

mod capacity;
mod day;
mod model;
mod price;
mod test_env;

use std::collections::{BTreeMap, BTreeSet};

use devkit::jira_sim::{Limits, Usage};
use serde_json::json;

use self::model::{BUSY, Customer, OPEN, QUIET, Random};
use self::price::Use;
use self::test_env::{Asks, MONDAY, TestEnv, document};

const DAY_MS: i64 = 86_400_000;

/// The figures of one customer.
pub(crate) struct Figures {
    pub(crate) customer: Customer,
    pub(crate) changes: f64,
    /// Points of Jira's rate limit.
    pub(crate) day_points: f64,
    pub(crate) idle_day_points: f64,
    pub(crate) round_points: f64,
    pub(crate) day: Use,
    pub(crate) idle_day: Use,
    pub(crate) round: Use,
    /// Requests of the exchange in a working day.
    pub(crate) requests: f64,
    /// Points of a working day by request.
    pub(crate) endpoints: BTreeMap<String, Usage>,
    pub(crate) waits: Vec<(&'static str, i64)>,
    pub(crate) empty_poll_rounds: f64,
}

impl Figures {
    /// Points of a whole week for each of its changes.
    pub(crate) fn points_a_change(&self) -> f64 {
        self.points_a_week() / (5.0 * self.changes)
    }

    pub(crate) fn points_a_week(&self) -> f64 {
        5.0 * self.day_points + 2.0 * self.idle_day_points + self.round_points
    }

    /// A month has 21.5 working days, 8.9 others and 4.35 rounds.
    pub(crate) fn month(&self) -> Use {
        self.day.times(21.5).plus(self.idle_day.times(8.9)).plus(self.round.times(4.35))
    }
}

fn points(env: &TestEnv) -> f64 {
    number(env.site.jira.usage().points)
}

#[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
const fn number(count: u64) -> f64 {
    count as f64
}

async fn used(env: &TestEnv) -> Use {
    Use::of(&env.site.emulator.usage(&env.site.install_id).await.unwrap())
}

async fn play(customer: Customer) -> Figures {
    println!("{}: {} links, {} changes a working day …", customer.name, customer.links, customer.changes);
    let mut env = TestEnv::start(customer.links, MONDAY - DAY_MS - 7_200_000, |jira| jira).await;
    // The search must not find the issues because they were just made.
    env.skip_to(MONDAY - 7_200_000).await;
    env.run_until(MONDAY - 6_000_000).await;
    let mut random = Random(15);
    // The comments and files of a link made lately are known; those of the model's older ones too.
    env.whole_round().await;
    env.asks = Asks { changed: true, all: false };
    env.waits.clear();
    let acts = model::working_day(customer, &mut random);
    let before = env.site.jira.usage_by_endpoint();
    let begin = points(&env);
    env.site.emulator.reset_usage().await.unwrap();
    let (changes, mut changed) = day::play(&mut env, &acts).await;
    let (day, day_points) = (used(&env).await, points(&env) - begin);
    let usage = env.site.emulator.usage(&env.site.install_id).await.unwrap();
    let requests = usage["exchange-handler"]["invocations"].as_f64().unwrap_or(0.0);
    let mut endpoints = env.site.jira.usage_by_endpoint();
    for (endpoint, before) in before {
        if let Some(usage) = endpoints.get_mut(&endpoint) {
            *usage = Usage { calls: usage.calls - before.calls, points: usage.points - before.points };
        }
    }
    let waits = env.waits.clone();

    // A day without work.
    env.skip_to(MONDAY + 5 * DAY_MS - 600_000).await;
    env.run_until(MONDAY + 5 * DAY_MS - 1_000).await;
    env.site.emulator.reset_usage().await.unwrap();
    let begin = points(&env);
    day::play(&mut env, &[]).await;
    let (idle_day, idle_day_points) = (used(&env).await, points(&env) - begin);
    let empty_poll_rounds = empty_poll_rounds(&mut env).await;

    // Three of four weekly rounds ask for no comments; the fourth asks for those of all links that changed in four weeks.
    let plain = round(&mut env, MONDAY + 8 * DAY_MS).await;
    let other_days: BTreeSet<usize> = (0..19)
        .flat_map(|_| model::working_day(customer, &mut random))
        .map(|act| act.link)
        .filter(|link| !changed.contains(link))
        .collect();
    for &link in &other_days {
        let path = format!("issue/{}/comment", env.pairs[link].key);
        env.change_issue_unheard("POST", &path, &json!({ "body": document("On another day.") }));
    }
    changed.extend(other_days);
    let fourth = round(&mut env, MONDAY + 36 * DAY_MS).await;
    let round = plain.0.times(0.75).plus(fourth.0.times(0.25));
    let round_points = 0.75 * plain.1 + 0.25 * fourth.1;
    println!(
        "  {changes} changes of the day, {} links changed in four weeks; weekly rounds of {:.0} and {:.0} points",
        changed.len(),
        plain.1,
        fourth.1
    );
    Figures {
        customer,
        changes: number(changes as u64),
        day_points,
        idle_day_points,
        round_points,
        day,
        idle_day,
        round,
        requests,
        endpoints,
        waits,
        empty_poll_rounds,
    }
}

/// Plays a round over all links that begins at this time; returns its use and points.
async fn round(env: &mut TestEnv, at: i64) -> (Use, f64) {
    env.skip_to(at).await;
    env.site.emulator.reset_usage().await.unwrap();
    let begin = points(env);
    env.whole_round().await;
    (used(env).await, points(env) - begin)
}

/// The number of times that a request without changes waits for storage, in a quiet hour.
async fn empty_poll_rounds(env: &mut TestEnv) -> f64 {
    env.asks = Asks::default();
    env.run_until(env.now() + 400_000).await;
    env.site.emulator.reset_usage().await.unwrap();
    env.run_until(env.now() + 280_000).await;
    let usage = env.site.emulator.usage(&env.site.install_id).await.unwrap();
    let used = &usage["exchange-handler"];
    env.asks = Asks { changed: true, all: false };
    used["rounds"]["storage"].as_f64().unwrap_or(0.0) / used["invocations"].as_f64().unwrap_or(1.0)
}

/// The points that one installation takes in an hour in which the others have used four fifths of the pool, whatever it asks for.
async fn flood() -> f64 {
    let limits = Limits {
        reads: 1_000_000,
        writes: 1_000_000,
        issue_writes: [(100_000, 1), (100_000, 1)],
        ..Limits::published()
    };
    let mut env = TestEnv::start(200, MONDAY - 7_200_000, |jira| jira.limits(limits)).await;
    env.skip_to(MONDAY).await;
    env.run_until(MONDAY + 60_000).await;
    env.site.jira.spend_points(52_001);
    let begin = points(&env);
    for minute in 0..55 {
        for pair in env.pairs.clone() {
            env.ask_for(&pair).await;
            let text =
                json!({ "ticket_id": pair.ticket, "body": "Flood", "internal": true, "content_type": "text/plain" });
            if minute % 11 == 0 {
                env.change_ticket(&pair, "ticket_articles", text).await;
            }
        }
        env.run_until(env.now() + 60_000).await;
        if env.now() >= MONDAY + 3_540_000 {
            break;
        }
    }
    points(&env) - begin
}

fn main() {
    // `cargo bench` passes its own arguments.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let only = std::env::var("CUSTOMER").unwrap_or_default();
        let mut figures = Vec::new();
        for customer in [QUIET, BUSY] {
            if only.is_empty() || only == customer.name {
                figures.push(play(customer).await);
            }
        }
        let flooded = if only.is_empty() || only == "flood" { Some(flood().await) } else { None };
        capacity::report(&figures, flooded, OPEN);
    });
}
