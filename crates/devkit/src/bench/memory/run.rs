//! The scenarios, each on a fresh site and in a fresh memory group.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::task::JoinSet;
use tokio::time::Instant;

use super::cgroup::Cgroup;
use super::env::{MemoryEnv, numbered, text, write};
use crate::bench::load::average;
use crate::bench::report::{print_line, unexpected};
use crate::bench::subject::beside;
use crate::harness::{Built, HarnessError};

/// Fills articles with paragraphs of one word, which are the largest as a Jira document, or with characters of four bytes.
const FILLINGS: [&str; 2] = ["</p><p>fire", "🔥"];
/// Instead of the first for the largest articles: a webhook has six bytes for each angle bracket, and more than 16 MiB
/// are refused.
const LARGE_FILLINGS: [&str; 2] = ["", "🔥"];
const MEGABYTE: usize = 1_000_000;

/// Articles for some linked tickets, written at the same time.
struct Scenario {
    name: &'static str,
    /// Linked tickets, each with as many new articles.
    tickets: usize,
    /// Old articles of 10 kB that the ticket has before it is linked.
    old: usize,
    articles: usize,
    bytes: usize,
    fillings: [&'static str; 2],
}

const SCENARIOS: [Scenario; 4] = [
    Scenario {
        name: "a ticket of 3,500 articles of 10 kB is linked, then a short one and 25 of 1 MB",
        tickets: 1,
        old: 3_500,
        articles: 26,
        bytes: MEGABYTE,
        fillings: FILLINGS,
    },
    Scenario {
        name: "20 articles of 1 MB on one ticket",
        tickets: 1,
        old: 0,
        articles: 20,
        bytes: MEGABYTE,
        fillings: FILLINGS,
    },
    Scenario {
        name: "12 articles of 1 MB on each of 4 tickets",
        tickets: 4,
        old: 0,
        articles: 12,
        bytes: MEGABYTE,
        fillings: FILLINGS,
    },
    Scenario {
        name: "60 articles of 8 MB on one ticket",
        tickets: 1,
        old: 0,
        articles: 60,
        bytes: 8 * MEGABYTE,
        fillings: LARGE_FILLINGS,
    },
];

pub(in crate::bench) async fn run() -> Result<(), HarnessError> {
    let app = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../forge-app");
    let built = Built { connector: beside("connector")?, app };
    built.check()?;
    print_line("the connector and its verb `link` in a memory cgroup of 64 MiB from their start on:");
    let mut failed = Vec::new();
    for scenario in &SCENARIOS {
        let Some(group) = Cgroup::create() else {
            print_line("  not measured: no memory cgroup can be made below /sys/fs/cgroup; that needs root");
            return Ok(());
        };
        let mut env = MemoryEnv::start(&built, group).await?;
        if let Err(error) = measure(scenario, &mut env).await {
            print_line(&format!("  FAILED: {}: {error}\n{}", scenario.name, env.log()));
            failed.push(scenario.name);
        }
        env.end().await?;
    }
    if failed.is_empty() { Ok(()) } else { Err(unexpected(format!("failed: {}", failed.join("; ")))) }
}

async fn measure(scenario: &'static Scenario, env: &mut MemoryEnv) -> Result<(), HarnessError> {
    for _ in 0..scenario.old {
        write(&env.site, 0, &text("fan", 10_000, ""))?;
    }
    env.site.zammad.deliveries_done().await;
    let mut began = Instant::now();
    for place in 0..scenario.tickets {
        env.link(place).await?;
    }
    // An old ticket gets its new articles during the first visit.
    if scenario.old == 0 {
        env.rest().await?;
        began = Instant::now();
    }
    let mut writers = JoinSet::new();
    for place in 0..scenario.tickets {
        let site = Arc::clone(&env.site);
        writers.spawn_blocking(move || {
            (0..scenario.articles).try_for_each(|number| {
                let bytes = if scenario.old > 0 && number == 0 { 0 } else { scenario.bytes };
                write(&site, place, &numbered(number, bytes, scenario.fillings[number % 2]))
            })
        });
    }
    let writing = async {
        let written: Result<(), HarnessError> = writers.join_all().await.into_iter().collect();
        written.map(|()| began.elapsed())
    };
    let (written, arrived) = tokio::join!(writing, env.arrived(scenario.tickets, scenario.articles));
    let written = written?;
    let (took, (group, anonymous, kills)) = (began.elapsed(), env.peaks());
    print_line(&format!(
        "  {}: {}, {:.1} s (written after {:.1}); peak of the cgroup {group:.1} MiB, anonymous {anonymous:.1} MiB; {kills} OOM \
         kills; load {}",
        scenario.name,
        if arrived.is_ok() { "all arrived in order" } else { "FAILED" },
        took.as_secs_f64(),
        written.as_secs_f64(),
        average()
    ));
    arrived?;
    if kills == 0 { Ok(()) } else { Err(unexpected(format!("{kills} OOM kills"))) }
}
