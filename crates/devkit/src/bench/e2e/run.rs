//! The measurement itself: one change at a time, then fifty a second.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use super::busy;
use super::cost::Cost;
use super::direction::{Direction, report};
use super::env::{BenchEnv, LINKS, LONG, Side};
use crate::bench::report::{print_line, unexpected};
use crate::bench::subject::{Folder, beside};
use crate::harness::{Built, HarnessError, Site};
use crate::zammad_sim::ZammadSim;

/// Changes in each direction, one at a time, each at a link that was not changed yet.
const ROUNDS: usize = 42;
/// The interval of checks; small compared with the measured times.
const CHECK_INTERVAL: Duration = Duration::from_millis(2);
/// The sidecar polls Forge every two seconds while there is traffic. Changes in Jira come at all phases of that; each
/// right after the last would always just have missed it.
const PHASE_STEP_MS: u64 = 740;
const PHASE_MS: u64 = 2_000;

pub(in crate::bench) async fn run() -> Result<(), HarnessError> {
    let app = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../forge-app");
    let built = Built { connector: beside("connector")?, app };
    built.check()?;
    for (name, first) in [("as from a real Zammad, 1.3 s", 1_300), ("3 ms", 3)] {
        print_line(&format!("first webhook {name} after the write, {LINKS} links"));
        round(&built, Duration::from_millis(first)).await?;
    }
    Ok(())
}

async fn round(built: &Built, first: Duration) -> Result<(), HarnessError> {
    let folder = Folder::new("e2e")?;
    let mut options = Site::quick(&folder.0);
    options.zammad = ZammadSim::builder().first_delivery_after(first);
    // The daily drift check of every link costs the same whatever changes, and would distort the sums.
    options.settings.push(("DRIFT_PER_MINUTE".to_owned(), "1".to_owned()));
    let (env, connector) = BenchEnv::start(Site::start(built.clone(), options).await?, LINKS).await?;
    let env = Arc::new(env);
    seen(|| env.linked() == LINKS).await?;

    print_line("one change at a time:");
    for (place, direction) in Direction::ALL.into_iter().enumerate() {
        let cost = Cost::begin(&env.site).await?;
        let mut times = Vec::with_capacity(ROUNDS);
        for number in 0..ROUNDS {
            if direction.from() == Side::Jira {
                let phase = u64::try_from(number).unwrap_or_default() * PHASE_STEP_MS % PHASE_MS;
                sleep(Duration::from_millis(phase)).await;
            }
            let change = direction.change(place * ROUNDS + number, number);
            env.perform(&change).await?;
            times.push(seen(|| env.shows(&change)).await?);
        }
        report(direction, times);
        cost.report(&env.site, ROUNDS).await?;
    }
    print_line(
        "50 changes a second for 20 s: articles, comments, titles, priorities and states, of either side at random:",
    );
    let cost = Cost::begin(&env.site).await?;
    let changes = busy::run(&env).await?;
    cost.report(&env.site, changes).await?;
    connector.kill().await
}

/// Returns the time from now until the condition holds. The write before it has just been acknowledged.
async fn seen(mut holds: impl FnMut() -> bool) -> Result<Duration, HarnessError> {
    let began = Instant::now();
    let checks = async {
        while !holds() {
            sleep(CHECK_INTERVAL).await;
        }
    };
    timeout(LONG, checks).await.map_err(|_| unexpected("the change never reached the other side"))?;
    Ok(began.elapsed())
}
