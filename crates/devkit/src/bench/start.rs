//! From start to ready, and memory: with nothing waiting and with 100,000 notifications.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::load::average;
use super::report::{median, millis, print_line, unexpected};
use super::sender::{Sender, request};
use super::subject::{Folder, Subject, TOKEN};
use crate::harness::HarnessError;

const STARTS: usize = 9;
const BACKLOG: u64 = 100_000;
/// Rows that the workers process during the starts that follow.
const SPARE: u64 = 30_000;
const SENDERS: u64 = 64;
const FILLED_WITHIN: Duration = Duration::from_secs(180);
const SETTLED: Duration = Duration::from_secs(5);

pub(super) async fn run() -> Result<(), HarnessError> {
    let empty = Folder::new("start-empty")?;
    let connector = Subject::start(&empty, "0,1", &[])?;
    sleep(SETTLED).await;
    print_line(&format!("idle memory after 5 s: {:.1} MiB (goal 12)", connector.memory("VmRSS")));
    drop(connector);
    starts(&empty, "nothing waiting").await?;

    let full = Folder::new("start-full")?;
    let connector = Subject::start(&full, "0,1", &[])?;
    fill(&connector).await?;
    // Killed, so that the next start finds the write-ahead log as it was.
    drop(connector);
    let left = starts(&full, "100,000 waiting").await?;
    if left < BACKLOG {
        return Err(unexpected(format!("only {left} were still waiting in the end")));
    }
    let connector = Subject::start(&full, "0,1", &[])?;
    sleep(SETTLED).await;
    print_line(&format!(
        "memory 5 s after a start with the backlog: {:.1} MiB, {} still waiting; load {}",
        connector.memory("VmRSS"),
        connector.inbox(),
        average()
    ));
    Ok(())
}

/// Starts it again and again; returns how many waited after the last.
async fn starts(data: &Folder, name: &str) -> Result<u64, HarnessError> {
    let (mut times, mut waiting) = (Vec::new(), 0);
    for turn in 0..STARTS {
        // The last run's pending disk writes must not count for this one.
        sleep(Duration::from_millis(300)).await;
        let connector = Subject::start(data, "0,1", &[])?;
        times.push(millis(connector.ready));
        // Asked at the end only: while that is answered, the workers process notifications.
        if turn + 1 == STARTS {
            waiting = connector.inbox();
        }
    }
    let (least, most) =
        times.iter().fold((f64::MAX, 0.0_f64), |(least, most), time| (least.min(*time), most.max(*time)));
    let middle = median(times);
    print_line(&format!(
        "start to ready, {name}: median of {STARTS} {middle:.1} ms, {least:.1} to {most:.1} (goal 50)"
    ));
    Ok(waiting)
}

/// Webhooks of ever new tickets, faster than the workers clear them away, until enough wait.
async fn fill(connector: &Subject) -> Result<(), HarnessError> {
    let (next, enough) = (Arc::new(AtomicU64::new(1)), Arc::new(AtomicBool::new(false)));
    let began = Instant::now();
    let mut senders = JoinSet::new();
    for _ in 0..SENDERS {
        let mut sender = Sender::connect(connector.address).await?;
        let (next, enough) = (Arc::clone(&next), Arc::clone(&enough));
        senders.spawn(async move {
            while !enough.load(Ordering::Relaxed) {
                sender.send(&request(TOKEN, next.fetch_add(1, Ordering::Relaxed))).await?;
            }
            Ok::<_, HarnessError>(())
        });
    }
    while connector.inbox() < BACKLOG + SPARE && began.elapsed() < FILLED_WITHIN {
        sleep(Duration::from_millis(500)).await;
    }
    enough.store(true, Ordering::Relaxed);
    for sender in senders.join_all().await {
        sender?;
    }
    let (sent, took) = (next.load(Ordering::Relaxed) - 1, began.elapsed().as_secs_f64());
    print_line(&format!("filled with {sent} webhooks in {took:.0} s; {} wait", connector.inbox()));
    Ok(())
}
