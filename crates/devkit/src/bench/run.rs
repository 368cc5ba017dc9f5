//! The measurements by name.

use std::io;

use super::{e2e, hook, jira_sim, memory, start, wasm, zammad_sim};

/// A measurement.
#[derive(clap::Subcommand, Clone, Copy, Debug)]
pub enum Bench {
    /// Webhooks per second, and latency at 500 per second.
    Hook,
    /// Time from start to ready with a backlog of 100,000 rows, and memory.
    Start,
    /// Time from a change on one side until the other side shows it, for texts and fields, and the cost of a change.
    E2e,
    /// The connector in a memory cgroup of 64 MiB with big tickets.
    Memory,
    /// Opening of an envelope inside the wasm module.
    Wasm,
    /// The Jira simulator: start, reads on a large site, changes per second.
    JiraSim,
    /// The Zammad simulator: start, reads, changes and webhooks per second.
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
        Bench::Memory => memory::run().await,
        Bench::Wasm => wasm::run().await,
        Bench::JiraSim => jira_sim::run().await,
        Bench::ZammadSim => zammad_sim::run().await,
    };
    done.map_err(io::Error::other)
}
