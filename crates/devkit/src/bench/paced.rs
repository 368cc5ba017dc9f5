//! Latency of a durable answer at a fixed rate, through the whole binary.

use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::load::{Load, average};
use super::report::{median, percentile, print_line};
use super::sender::{Sender, request};
use super::subject::{Folder, Subject, TOKEN};
use crate::harness::HarnessError;

const CONNECTIONS: u32 = 16;
const PER_SECOND: u32 = 500;
const SECONDS: u32 = 10;
const RUNS: u32 = 5;

pub(super) async fn run() -> Result<(), HarnessError> {
    let folder = Folder::new("paced")?;
    let connector = Subject::start(&folder, "0,1", &[])?;
    let mut p99 = Vec::new();
    for turn in 0..RUNS {
        let load = Load::begin(connector.id());
        let times = one(&connector, turn).await?;
        p99.push(percentile(&times, 990));
        print_line(&format!(
            "{PER_SECOND}/s for {SECONDS} s: p50 {:.2} ms, p99 {:.2}, p99.9 {:.2}, max {:.2}; others used {:.2} cores",
            percentile(&times, 500),
            percentile(&times, 990),
            percentile(&times, 999),
            percentile(&times, 1_000),
            load.foreign(),
        ));
    }
    print_line(&format!("p99 at {PER_SECOND}/s, median of {RUNS}: {:.2} ms (goal 5); load {}", median(p99), average()));
    Ok(())
}

/// Latencies of one run, sorted. Tickets are many and not linked, so the workers clear them away at the same time.
async fn one(connector: &Subject, turn: u32) -> Result<Vec<Duration>, HarnessError> {
    let mut senders = JoinSet::new();
    let step = Duration::from_secs(1) / PER_SECOND;
    let start = Instant::now() + Duration::from_millis(50);
    let all = PER_SECOND * SECONDS;
    for connection in 0..CONNECTIONS {
        let mut sender = Sender::connect(connector.address).await?;
        senders.spawn(async move {
            let mut times = Vec::new();
            for number in (connection..all).step_by(CONNECTIONS as usize) {
                let request = request(TOKEN, 1 + u64::from(turn * all + number));
                let due = start + step * number;
                // Late because of the answer before: counted from when it was due, so that a stall counts for everybody
                // it delays. Late because of tokio's timer, whose grain is 1 ms: not the connector's.
                let late = Instant::now() > due;
                sleep_until(due).await;
                let sent = if late { due } else { Instant::now() };
                sender.send(&request).await?;
                times.push(sent.elapsed());
            }
            Ok::<_, HarnessError>(times)
        });
    }
    let mut times = Vec::new();
    for sender in senders.join_all().await {
        times.extend(sender?);
    }
    times.sort();
    Ok(times)
}
