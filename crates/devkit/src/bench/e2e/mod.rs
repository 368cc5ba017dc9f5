//! From a change on one side to the other side, on the harness: everything real but the two systems. One change at a time,
//! then fifty a second (`busy`); how long it takes and what it costs (`cost`).

mod busy;
mod cost;
mod world;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use self::cost::Cost;
use self::world::{Change, Side, What, World};
use super::load::average;
use super::subject::{Folder, beside};
use super::{at, say, wrong};
use crate::harness::{Built, HarnessError, Site};
use crate::zammad_sim::ZammadSim;

const LINKS: usize = 200;
/// One at a time in each direction, each at a link that was not changed yet.
const ROUNDS: usize = 42;
/// Nothing takes this long unless it is broken.
const LONG: Duration = Duration::from_secs(60);
/// How often it is looked for; small against what is measured.
const LOOK: Duration = Duration::from_millis(2);
/// The sidecar asks Forge every two seconds while anything moves. Changes of Jira come at all phases of that; each right
/// after the last would always just have missed it.
const PHASE_STEP_MS: u64 = 740;
const PHASE_MS: u64 = 2_000;

pub(super) async fn run() -> Result<(), HarnessError> {
    let app = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../forge-app");
    let built = Built { connector: beside("connector")?, app };
    built.check()?;
    for (name, first) in [("as from a real Zammad, 1.3 s", 1_300), ("3 ms", 3)] {
        say(&format!("first webhook {name} after the write, {LINKS} links"));
        round(&built, Duration::from_millis(first)).await?;
    }
    Ok(())
}

async fn round(built: &Built, first: Duration) -> Result<(), HarnessError> {
    let folder = Folder::new("e2e")?;
    let mut options = Site::quick(&folder.0);
    options.zammad = ZammadSim::builder().first_delivery_after(first);
    // The daily look at every link costs the same whatever changes, and would stand in the sums.
    options.settings.push(("DRIFT_PER_MINUTE".to_owned(), "1".to_owned()));
    let (world, connector) = World::start(Site::start(built.clone(), options).await?, LINKS).await?;
    let world = Arc::new(world);
    seen(|| world.linked() == LINKS).await?;

    say("one change at a time:");
    for (place, direction) in Direction::ALL.into_iter().enumerate() {
        let cost = Cost::begin(&world.site).await?;
        let mut times = Vec::with_capacity(ROUNDS);
        for number in 0..ROUNDS {
            if direction.from() == Side::Jira {
                let phase = u64::try_from(number).unwrap_or_default() * PHASE_STEP_MS % PHASE_MS;
                sleep(Duration::from_millis(phase)).await;
            }
            let change = direction.change(place * ROUNDS + number, number);
            world.perform(&change).await?;
            times.push(seen(|| world.shows(&change)).await?);
        }
        tell(direction, times);
        cost.tell(&world.site, ROUNDS).await?;
    }
    say("50 changes a second for 20 s: articles, comments, titles, priorities and states, of either side at random:");
    let cost = Cost::begin(&world.site).await?;
    let changes = busy::run(&world).await?;
    cost.tell(&world.site, changes).await?;
    connector.kill().await
}

/// What becomes what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Direction {
    ArticleToComment,
    CommentToNote,
    TicketToIssue,
    IssueToTicket,
}

impl Direction {
    const ALL: [Self; 4] = [Self::ArticleToComment, Self::CommentToNote, Self::TicketToIssue, Self::IssueToTicket];

    const fn name(self) -> &'static str {
        match self {
            Self::ArticleToComment => "article to comment",
            Self::CommentToNote => "comment to note",
            Self::TicketToIssue => "ticket field to issue field",
            Self::IssueToTicket => "issue field to ticket field",
        }
    }

    const fn from(self) -> Side {
        match self {
            Self::ArticleToComment | Self::TicketToIssue => Side::Zammad,
            Self::CommentToNote | Self::IssueToTicket => Side::Jira,
        }
    }

    const fn of(change: &Change) -> Self {
        match (change.side, change.field()) {
            (Side::Zammad, None) => Self::ArticleToComment,
            (Side::Jira, None) => Self::CommentToNote,
            (Side::Zammad, Some(_)) => Self::TicketToIssue,
            (Side::Jira, Some(_)) => Self::IssueToTicket,
        }
    }

    /// A change at a link that is as it was made: a text, or title, priority and state in turn.
    fn change(self, link: usize, number: usize) -> Change {
        let what = match (self, number % 3) {
            (Self::ArticleToComment | Self::CommentToNote, _) => What::Text(format!("quiet text {number}.")),
            (_, 0) => What::Title(format!("Quiet title {number}")),
            (_, 1) => What::Priority(3),
            _ => What::Closed(true),
        };
        Change { link, side: self.from(), what }
    }
}

fn tell(direction: Direction, mut times: Vec<Duration>) {
    times.sort();
    say(&format!(
        "  {}, {}: p50 {:.0} ms (goal 2000), p95 {:.0} (goal 5000), max {:.0}; load {}",
        direction.name(),
        times.len(),
        at(&times, 500),
        at(&times, 950),
        at(&times, 1_000),
        average()
    ));
}

/// How long until it holds, from now: the write before has just been answered.
async fn seen(mut holds: impl FnMut() -> bool) -> Result<Duration, HarnessError> {
    let began = Instant::now();
    let looking = async {
        while !holds() {
            sleep(LOOK).await;
        }
    };
    timeout(LONG, looking).await.map_err(|_| wrong("it never came to the other side"))?;
    Ok(began.elapsed())
}
