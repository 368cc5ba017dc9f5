//! The measurements by name.

use std::io;

use super::{e2e, hook, jira_sim, start, wasm, zammad_sim};

/// A measurement.
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

/// Measures, and prints the results.
///
/// # Errors
/// Something does not start, or does not respond as it must.
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
