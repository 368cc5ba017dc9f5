//! The Jira simulator as a program: time to the first response, reads on a large site, changes per second.

use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use super::load::average;
use super::report::{median, millis, percentile, print_line, unexpected};
use crate::entropy::Entropy;
use crate::harness::{HarnessError, io};
use crate::outgoing;

const STARTS: usize = 9;
const SMALL: u64 = 1_000;
const LARGE: u64 = 100_000;
const READS: usize = 5_000;
const CALLERS: u64 = 8;
const CHANGES: u64 = 2_500;
/// Filling it takes a while in a debug build.
const STARTS_WITHIN: Duration = Duration::from_secs(120);
const ACCOUNT: &str = "Bearer user:712020:5b10a284-4c20-4165-9000-0000000000f0";

pub(super) async fn run() -> Result<(), HarnessError> {
    let mut times = Vec::new();
    for _ in 0..STARTS {
        let began = Instant::now();
        let sim = Sim::start(&["--sample-data"]).await?;
        sim.get("serverInfo").await?;
        times.push(millis(began.elapsed()));
    }
    let slowest = times.iter().copied().fold(0.0, f64::max);
    print_line(&format!(
        "start to first answer: median of {STARTS} {:.1} ms, at most {slowest:.1} (goal 50)",
        median(times)
    ));
    for issues in [SMALL, LARGE] {
        let sim = Sim::start(&["--issues", &issues.to_string()]).await?;
        print_line(&format!("{issues} issues, {:.0} MiB:", sim.memory()));
        reads(&sim, issues).await?;
        changes(&sim, issues).await?;
    }
    print_line(&format!("load {}", average()));
    Ok(())
}

/// One request after the other, each about another issue.
async fn reads(sim: &Sim, issues: u64) -> Result<(), HarnessError> {
    let mut entropy = Entropy::seeded(issues);
    let found = sim.search("key = LOAD-1").await?;
    let first: u64 = found.pointer("/issues/0/id").and_then(Value::as_str).and_then(|id| id.parse().ok()).unwrap_or(0);
    for what in ["issue by key", "issue by id", "search by key", "search by id"] {
        let mut times = Vec::with_capacity(READS);
        for _ in 0..READS {
            let number = entropy.next() % issues;
            // Issues are made one after the other: numbers without a gap.
            let name =
                if what.ends_with("key") { format!("LOAD-{}", number + 1) } else { (first + number).to_string() };
            let began = Instant::now();
            if what.starts_with("issue") {
                sim.get(&format!("issue/{name}?fields=summary,status,priority,assignee,updated")).await?;
            } else {
                sim.search(&format!("issue = {name}")).await?;
            }
            times.push(began.elapsed());
        }
        times.sort_unstable();
        let (p50, p99) = (percentile(&times, 500), percentile(&times, 990));
        print_line(&format!("  {what}: p50 {p50:.3} ms, p99 {p99:.3} ms of {READS}"));
    }
    Ok(())
}

/// Several callers change the summaries of ever other issues.
async fn changes(sim: &Sim, issues: u64) -> Result<(), HarnessError> {
    let began = Instant::now();
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        let (http, url) = (sim.http.clone(), sim.url.clone());
        callers.spawn(async move {
            for turn in 0..CHANGES {
                let number = (caller * CHANGES + turn) % issues + 1;
                let address = format!("{url}/rest/api/3/issue/LOAD-{number}");
                let body = json!({"fields": {"summary": format!("Changed {turn} by {caller}")}});
                let answer = http.put(address).header("authorization", ACCOUNT).json(&body).send().await?;
                answer.error_for_status()?;
            }
            Ok::<(), reqwest::Error>(())
        });
    }
    for caller in callers.join_all().await {
        caller?;
    }
    let rate = f64::from(u32::try_from(CALLERS * CHANGES).unwrap_or(u32::MAX)) / began.elapsed().as_secs_f64();
    print_line(&format!("  changes with {CALLERS} callers: {rate:.0}/s, each with its event"));
    Ok(())
}

/// The simulator, running.
struct Sim {
    url: String,
    http: reqwest::Client,
    child: Child,
}

impl Sim {
    async fn start(more: &[&str]) -> Result<Self, HarnessError> {
        let own = std::env::current_exe().map_err(io("own path"))?;
        let mut command = Command::new(own);
        command.arg("jira-sim").args(more).stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().map_err(io("starting the simulator"))?;
        let stdout = child.stdout.take().ok_or_else(|| unexpected("the simulator has no output"))?;
        let mut lines = BufReader::new(stdout).lines();
        let line =
            timeout(STARTS_WITHIN, lines.next_line()).await.map_err(|_| unexpected("the simulator did not start"))?;
        let line = line.map_err(io("reading from the simulator"))?.unwrap_or_default();
        let url = line.split(' ').next().unwrap_or_default().to_owned();
        Ok(Self { url, http: outgoing::keeping_client(Duration::from_secs(30))?, child })
    }

    async fn get(&self, path: &str) -> Result<Value, HarnessError> {
        let request = self.http.get(format!("{}/rest/api/3/{path}", self.url));
        let request = if path == "serverInfo" { request } else { request.header("authorization", ACCOUNT) };
        Ok(request.send().await?.error_for_status()?.json().await?)
    }

    async fn search(&self, jql: &str) -> Result<Value, HarnessError> {
        let body = json!({"jql": jql, "fields": ["summary"]});
        let request = self.http.post(format!("{}/rest/api/3/search/jql", self.url)).header("authorization", ACCOUNT);
        let found: Value = request.json(&body).send().await?.error_for_status()?.json().await?;
        if found["issues"].as_array().is_some_and(|issues| issues.len() == 1) {
            return Ok(found);
        }
        Err(unexpected(format!("{jql} found {found}")))
    }

    /// In MiB.
    fn memory(&self) -> f64 {
        let status =
            self.child.id().map(|id| std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default());
        let status = status.unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap_or_default();
        let kib = line.split_ascii_whitespace().nth(1).and_then(|number| number.parse::<f64>().ok());
        kib.map_or(f64::NAN, |kib| kib / 1_024.0)
    }
}
