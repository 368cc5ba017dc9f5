//! A day of two busy teams in a few minutes: edits on 500 links while everything fails that fails in a day. At
//! the end both sides agree everywhere, every comment is there once, and no customer got mail.
//!
//! `STORM_SEED=n` repeats a run's edits; how they coincide with the faults depends on the machine.

mod edits;
mod outages;
mod portal;
mod privacy;
mod words;

use std::collections::BTreeMap;
use std::time::Duration;

use devkit::faults::{ConditionKind, SendFault, SendFaultKind};
use devkit::zammad_sim::Article;
use futures_util::StreamExt as _;
use futures_util::stream;
use serde_json::json;

use self::edits::{Edit, edit, perform};
use self::outages::{Outage, Outages, Reach, clear_faults};
use crate::support::random::Random;
use crate::support::{LinkedSite, eventually_async, every_pair_both_ways, text_of};

/// Links, edits, and after how many edits which fault comes.
struct Day {
    links: usize,
    edits: usize,
    kill_every: usize,
    forge_down: [usize; 2],
    restarts: [usize; 2],
    clock_off: std::ops::Range<usize>,
    outages: &'static [Outage],
}

impl Day {
    /// Faults as often as the day has them.
    const fn of(links: usize, edits: usize) -> Self {
        Self {
            links,
            edits,
            kill_every: edits / 24,
            forge_down: [edits / 5, edits * 3 / 5],
            restarts: [edits / 3, edits * 4 / 5],
            clock_off: edits * 9 / 20..edits / 2,
            outages: &[],
        }
    }
}

/// Zammad's article type that is never mailed (docs/platforms/zammad.md §3).
const NOTE: u64 = 10;

struct Pair {
    ticket: u64,
    issue: u64,
    key: String,
}

impl LinkedSite {
    /// A rule makes an issue and a link for every new ticket.
    async fn many_links(&self, links: usize) -> Vec<Pair> {
        let group = self.site.sample.groups[0].0;
        let rule = json!([{ "id": "all", "enabled": true, "when": [{ "group": group }],
            "then": { "createIssue": { "project": "SUP", "issueType": "10001" } } }]);
        self.settings(|value| {
            value["rules"] = rule;
            // Then both sides have to agree at the end, whoever changed what last.
            every_pair_both_ways(&mut value["fields"]["state"]["pairs"]);
            // Far more than a rule may make by default.
            value["ruleLimits"]["perHour"] = json!(100_000);
        })
        .await;
        let customer = self.site.sample.customers[0].id;
        let make = |number: usize| async move {
            let ticket = json!({ "title": format!("Ticket of the day {number}"), "group_id": group, "customer_id": customer,
                "article": { "body": "It does not work.", "type": "note", "internal": true } });
            self.zammad("POST", "tickets", &ticket).await["id"].as_u64().unwrap()
        };
        let tickets: Vec<u64> = stream::iter(0..links).map(make).buffer_unordered(8).collect().await;
        eventually_async("all links", || async { self.pairs(&tickets).len() == links }).await;
        self.pairs(&tickets)
    }

    /// The issues of some tickets, by Jira's remote links.
    fn pairs(&self, tickets: &[u64]) -> Vec<Pair> {
        let state = self.site.jira.state();
        let mut pairs = Vec::new();
        for link in state.remote_links.values() {
            let id =
                link.global_id.as_ref().and_then(|id| id.rsplit_once("ticket=")).and_then(|(_, id)| id.parse().ok());
            if let Some(ticket) = id.filter(|id| tickets.contains(id)) {
                let issue = &state.issues[&link.issue];
                pairs.push(Pair { ticket, issue: link.issue, key: issue.key.clone() });
            }
        }
        pairs
    }

    /// All links are read every five seconds here instead of once a week, which takes more of Jira's rate limit than an installation
    /// may use in an hour: the app's count begins anew.
    async fn next_hour(&self) {
        self.site.emulator.forget(&self.site.install_id, "points").await.unwrap();
    }

    /// Everything that fails in a day.
    async fn fail(&mut self, day: &Day, number: usize, random: &mut Random) {
        if number % 100 == 50 {
            for faults in [self.site.zammad.faults(), self.site.jira.faults()] {
                faults.add_send(SendFault { kind: SendFaultKind::Lose, times: Some(1) });
                faults.add_send(SendFault { kind: SendFaultKind::Double, times: Some(1) });
            }
        }
        if number % 100 == 75 {
            self.site
                .emulator
                .fault(json!({ "target": "events", "lose": 1, "duplicate": 1, "reorder": 2 }))
                .await
                .unwrap();
        }
        if day.forge_down.contains(&number) {
            self.site.emulator.fault(json!({ "target": "webtrigger", "mode": "down", "count": 4 })).await.unwrap();
        }
        if day.restarts.contains(&number) {
            self.site.zammad.faults().set(ConditionKind::Restart { ms: 1_500 });
        }
        if number == day.clock_off.start {
            self.site.emulator.fault(json!({ "target": "clock", "skewMs": -90_000 })).await.unwrap();
        }
        if number == day.clock_off.end {
            self.site.emulator.fault(json!({ "target": "clock", "skewMs": 0 })).await.unwrap();
        }
        if number % day.kill_every == day.kill_every - 1 {
            // Not always at the same point of whatever it is doing.
            tokio::time::sleep(Duration::from_millis(random.below(40) as u64)).await;
            self.kill().await;
            self.restart().await;
        }
    }
}

/// The differences of a pair: unequal values, duplicates, missing items.
fn faults_of(env: &LinkedSite, pair: &Pair, said: &BTreeMap<String, usize>) -> Vec<String> {
    let ticket = env.site.zammad.ticket(pair.ticket).unwrap();
    let (summary, priority, status) = {
        let state = env.site.jira.state();
        let issue = &state.issues[&pair.issue];
        (issue.summary.clone(), issue.priority, issue.status)
    };
    let mut faults = Vec::new();
    if ticket.title != summary {
        faults.push(format!("title {:?} / {summary:?}", ticket.title));
    }
    if ![(1, 4), (1, 5), (2, 3), (3, 2), (3, 1)].contains(&(ticket.priority_id, priority)) {
        faults.push(format!("priority {} / {priority}", ticket.priority_id));
    }
    if (ticket.state_id == 4) != (status == 10_002) {
        faults.push(format!("state {} / {status}", ticket.state_id));
    }
    let comments: Vec<String> =
        env.site.jira.comments(pair.issue).iter().map(|comment| text_of(&comment.body)).collect();
    let articles: Vec<Article> = env.site.zammad.articles(pair.ticket);
    for (text, _) in said.iter().filter(|(_, at)| **at == usize::try_from(pair.ticket).unwrap()) {
        let there = comments.iter().filter(|comment| comment.contains(text)).count();
        let here = articles.iter().filter(|article| article.body.contains(text)).count();
        if (here, there) != (1, 1) {
            faults.push(format!("{text:?}: {here} in Zammad, {there} in Jira"));
        }
    }
    for article in articles.iter().filter(|article| article.preferences.contains_key("connector")) {
        if !article.internal || article.type_id != NOTE {
            faults.push(format!("article {} went to a customer", article.id));
        }
    }
    faults.iter().map(|fault| format!("ticket {} {}: {fault}", pair.ticket, pair.key)).collect()
}

async fn live(env: &mut LinkedSite, day: &Day, plant: &str) -> (Vec<Pair>, BTreeMap<String, usize>) {
    let seed = std::env::var("STORM_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_261_126);
    let mut random = Random(seed);
    let pairs = env.many_links(day.links).await;
    assert_eq!(pairs.len(), day.links);
    let mut said = BTreeMap::new();
    let reach = Reach { groups: vec![env.site.sample.groups[0].0], projects: &["SUP"] };
    let mut outages = Outages { kinds: day.outages, edits: day.edits, reach, now: None };
    let mut number = 0;
    while number < day.edits {
        outages.pass(env, number).await;
        let only_jira = outages.now == Some(Outage::Maintenance);
        let batch: Vec<Edit> =
            (number..number + 8).map(|number| edit(&mut random, &pairs, (number, plant), only_jira)).collect();
        for edit in &batch {
            let (text, ticket) = match edit {
                Edit::Article(ticket, body, _) => {
                    (body.trim_start_matches("<p>").trim_end_matches("</p>").to_owned(), *ticket)
                }
                Edit::Comment(key, text) => (text.clone(), pairs.iter().find(|pair| pair.key == *key).unwrap().ticket),
                _ => continue,
            };
            said.insert(text, usize::try_from(ticket).unwrap());
        }
        let here: &LinkedSite = env;
        stream::iter(&batch).for_each_concurrent(8, |edit| perform(here, edit)).await;
        for passed in number..number + batch.len() {
            env.fail(day, passed, &mut random).await;
        }
        env.next_hour().await;
        number += batch.len();
    }
    assert_eq!(outages.now, None);
    clear_faults(env).await;
    (pairs, said)
}

/// The evening: what waits for minutes is due, all issues are read some times, and all comes to rest.
async fn rest(env: &LinkedSite, pairs: &[Pair], said: &BTreeMap<String, usize>) -> Vec<String> {
    env.site.jira.deliveries_done().await;
    env.retry().await;
    // The drift check waits while there is much to do.
    eventually_async("less work", || async {
        let queue = &env.readiness().await.1["queue"];
        queue["inbox"].as_u64().unwrap_or(0) + queue["outbox"].as_u64().unwrap_or(0) < 900
    })
    .await;
    env.settings(|value| {
        value["rules"] = json!([]);
        // Decides about linked values, so every ticket is read once more, as each day.
        value["followers"]["fixedNote"] = json!("off");
    })
    .await;
    let found = || pairs.iter().flat_map(|pair| faults_of(env, pair, said)).collect::<Vec<_>>();
    let looking = async {
        while !found().is_empty() {
            env.next_hour().await;
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    };
    let _ = tokio::time::timeout(Duration::from_secs(240), looking).await;
    found()
}

/// The lines of `connector troubles`, without the owners of the sample's tickets, who are nobody in Jira.
async fn listed(env: &LinkedSite) -> Vec<String> {
    let troubles = env.troubles().await;
    let is_listed = |line: &&str| !line.contains("owner: unmapped") && *line != "everything is in sync";
    troubles.lines().filter(is_listed).map(str::to_owned).collect()
}

/// No link has ended, and nobody was told that something was gone.
async fn all_still_linked(env: &LinkedSite, pairs: &[Pair]) {
    let stored = env.site.emulator.stored(&env.site.install_id).await.unwrap().to_string();
    for pair in pairs {
        assert!(stored.contains(&format!("\"link:t:{}\"", pair.ticket)), "ticket {} {}", pair.ticket, pair.key);
    }
    let told = |text: &str| {
        ["deleted", "can no longer be read", "cannot be read", "archived", "no longer linked"]
            .iter()
            .any(|words| text.contains(words))
    };
    for pair in pairs {
        let comments = env.site.jira.comments(pair.issue).into_iter().map(|comment| text_of(&comment.body));
        let articles = env.site.zammad.articles(pair.ticket).into_iter().map(|article| article.body);
        let told: Vec<String> = comments.chain(articles).filter(|text| told(text)).collect();
        assert!(told.is_empty(), "ticket {} {}: {told:?}", pair.ticket, pair.key);
    }
    let resting = async {
        while !listed(env).await.is_empty() {
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    };
    let _ = tokio::time::timeout(Duration::from_secs(30), resting).await;
    assert_eq!(listed(env).await, Vec::<String>::new());
}

fn env() -> impl Future<Output = LinkedSite> {
    LinkedSite::with(|options| {
        // Shorter than the outages: what is said during one could be believed.
        let settings = [
            ("SWEEP_SECONDS", "2"),
            ("DRIFT_PER_MINUTE", "6000"),
            ("ALL_ISSUES_SECONDS", "10"),
            ("CHECK_DELETED_SECONDS", "1"),
            ("CONFIRM_DELETED_SECONDS", "2"),
        ];
        options.settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        // Half a million exchanges would only be memory here; the other tests hold them against the description.
        options.jira = devkit::jira_sim::JiraSim::builder();
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn both_sides_agree_after_random_edits_and_faults() {
    let mut env = env().await;
    let day = Day { outages: &Outage::ALL, ..Day::of(500, 1_600) };
    let (pairs, said) = live(&mut env, &day, "storm").await;
    let faults = rest(&env, &pairs, &said).await;
    assert!(faults.is_empty(), "{} faults: {:#?}", faults.len(), faults.iter().take(20).collect::<Vec<_>>());
    assert!(said.len() > day.edits / 4);
    all_still_linked(&env, &pairs).await;
}
