//! `devkit bench`: what the shipped binary does, measured from outside. `cargo xtask bench` builds and calls it; what it
//! gave is in docs/benchmarks.md.
//!
//! * `hook`: webhooks refused and taken, against nginx; latency at 500 a second (`paced`)
//! * `start`: from start to ready with a backlog, and memory
//! * `e2e`: from a change on one side to the other side, one at a time and many a second, and what it costs
//! * `wasm`: opening an envelope inside the module
//! * `jira_sim`: the Jira simulator itself, which must not be what a load test waits for
//! * `zammad_sim`: the simulator itself, as the load generator that it is
//! * `subject`, `sender`, `nginx`, `wrk`: what is measured and what measures
//! * `load`: what else the machine was doing

mod e2e;
mod hook;
mod jira_sim;
mod load;
mod nginx;
mod paced;
mod sender;
mod start;
mod subject;
mod wasm;
mod wrk;
mod zammad_sim;

use std::io::{self, Write};
use std::time::Duration;

use crate::harness::HarnessError;

/// What to measure.
#[derive(clap::Subcommand, Clone, Copy, Debug)]
pub enum Bench {
    /// Webhooks a second, and their latency at 500 a second.
    Hook,
    /// From start to ready with 100,000 rows waiting, and memory.
    Start,
    /// From a change on one side to the other side, both directions of texts and fields, and what it costs.
    E2e,
    /// An envelope opened inside the wasm module.
    Wasm,
    /// The Jira simulator: start, reads of a large site, changes a second.
    JiraSim,
    /// How quick the Zammad simulator is.
    ZammadSim,
}

/// Measures and prints.
///
/// # Errors
/// Something does not start, or answers otherwise than it must: then there is nothing to measure.
pub async fn run(bench: Bench) -> io::Result<()> {
    let done = match bench {
        Bench::Hook => hook::run().await,
        Bench::Start => start::run().await,
        Bench::E2e => e2e::run().await,
        Bench::Wasm => wasm::run().await,
        Bench::JiraSim => jira_sim::run().await,
        Bench::ZammadSim => zammad_sim::run().await,
    };
    done.map_err(io::Error::other)
}

/// Prints a line.
fn say(line: &str) {
    // With nobody reading there is nobody to tell.
    let _ = writeln!(io::stdout(), "{line}");
}

fn wrong(what: impl Into<String>) -> HarnessError {
    HarnessError::Unexpected(what.into())
}

/// The middle one; of an even number, the upper of the two.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

/// Nearest rank, in milliseconds: the smallest that so many in a thousand do not exceed.
fn at(sorted: &[Duration], permille: usize) -> f64 {
    let rank = (sorted.len() * permille).div_ceil(1_000).max(1);
    sorted.get(rank - 1).copied().map_or(f64::NAN, millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks() {
        let times: Vec<Duration> = (1..=100).map(Duration::from_millis).collect();
        let ranks = [500, 950, 990, 1_000].map(|permille| at(&times, permille));
        assert!(
            ranks.iter().zip([50.0, 95.0, 99.0, 100.0]).all(|(rank, want)| (rank - want).abs() < 1e-9),
            "{ranks:?}"
        );
        assert!((median(vec![3.0, 1.0, 2.0]) - 2.0).abs() < 1e-9);
        assert!(median(vec![]).is_nan() && at(&[], 500).is_nan());
    }
}
