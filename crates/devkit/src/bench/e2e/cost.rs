//! The cost of changes: calls of Jira and their points as the Jira simulator counts them, invocations and what they
//! call as the emulator logs them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;
use tokio::time::{Instant, sleep};

use crate::bench::report::{print_line, unexpected};
use crate::harness::{HarnessError, Site};
use crate::jira_sim::Usage;

/// Longer than a poll and its response take.
const QUIET: Duration = Duration::from_millis(4_500);
/// A time-out for what is broken.
const LONG: Duration = Duration::from_secs(120);

/// Counters at one moment, all of them still.
pub(super) struct Cost {
    usage: Usage,
    captures: usize,
    log: usize,
}

impl Cost {
    /// Starts counting when everything pending is finished.
    pub(super) async fn begin(site: &Site) -> Result<Self, HarnessError> {
        rest(site).await?;
        let (captures, log) = (site.emulator.captures().await?.len(), site.emulator.log().await?.len());
        Ok(Self { usage: site.jira.usage(), captures, log })
    }

    /// Prints the cost of this many changes since then, including everything that followed from them.
    pub(super) async fn report(self, site: &Site, changes: usize) -> Result<(), HarnessError> {
        rest(site).await?;
        let (usage, captures, log) = (site.jira.usage(), site.emulator.captures().await?, site.emulator.log().await?);
        let count = |count: usize| per(count, changes);
        let each = |count: u64| per(usize::try_from(count).unwrap_or(usize::MAX), changes);
        let triggers = &captures[self.captures..];
        let laden = triggers.iter().filter(|capture| is_laden(capture)).count();
        let log = &log[self.log..];
        let events = log.iter().filter(|entry| entry["functionKey"] == "jira-event-handler").count();
        let (storage, jira): (Vec<&Value>, Vec<&Value>) =
            log.iter().filter(|entry| entry["kind"] == "platform").partition(|entry| is_storage(entry));
        let reads = storage.iter().filter(|entry| reads_storage(entry)).count();
        print_line(&format!(
            "    a change: {:.2} calls of Jira, {:.2} points; {:.2} web triggers and {:.2} empty polls, \
             {:.2} event invocations; {:.1} storage reads and {:.1} writes",
            each(usage.calls - self.usage.calls),
            each(usage.points - self.usage.points),
            count(laden),
            count(triggers.len() - laden),
            count(events),
            count(reads),
            count(storage.len() - reads),
        ));
        let mut calls: BTreeMap<String, usize> = BTreeMap::new();
        for entry in jira {
            *calls.entry(endpoint(entry)).or_default() += 1;
        }
        let mut line = String::new();
        for (endpoint, number) in calls {
            // Writing to a text cannot fail.
            let _ = write!(line, ", {endpoint} {:.2}", count(number));
        }
        print_line(&format!("      of which{}", line.trim_start_matches(',')));
        Ok(())
    }
}

fn per(count: usize, changes: usize) -> f64 {
    let number = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    number(count) / number(changes)
}

/// Waits until nothing is pending.
async fn rest(site: &Site) -> Result<(), HarnessError> {
    let began = Instant::now();
    let mut before = usize::MAX;
    while began.elapsed() < LONG {
        site.zammad.deliveries_done().await;
        site.jira.deliveries_done().await;
        site.emulator.idle().await?;
        let laden = site.emulator.captures().await?.iter().filter(|capture| is_laden(capture)).count();
        if laden == before {
            return Ok(());
        }
        before = laden;
        sleep(QUIET).await;
    }
    Err(unexpected("deliveries never finished"))
}

/// Whether an exchange carried messages or acknowledgements.
fn is_laden(capture: &Value) -> bool {
    let body = capture["bodyBase64"].as_str().and_then(|body| STANDARD.decode(body).ok()).unwrap_or_default();
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    ["messages", "acks"].iter().any(|name| body[*name].as_array().is_some_and(|list| !list.is_empty()))
}

fn is_storage(entry: &Value) -> bool {
    entry["target"].as_str().is_some_and(|target| target.starts_with("kvs"))
}

/// The platform counts reads and writes of storage apart (docs/platforms/forge.md §5.1).
fn reads_storage(entry: &Value) -> bool {
    entry["path"].as_str().is_some_and(|path| path.ends_with("/get") || path.ends_with("/query"))
}

/// Verb and path without numbers and parameters.
fn endpoint(entry: &Value) -> String {
    let path = entry["path"].as_str().unwrap_or_default().trim_start_matches("/rest/api/3/");
    let path = path.split('?').next().unwrap_or_default();
    let part = |part: &str| {
        if part.contains(|letter: char| letter.is_ascii_digit()) { "{}".to_owned() } else { part.to_owned() }
    };
    let parts: Vec<String> = path.split('/').map(part).collect();
    format!("{} {}", entry["method"].as_str().unwrap_or_default(), parts.join("/"))
}
