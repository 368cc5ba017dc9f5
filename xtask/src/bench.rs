//! `cargo xtask bench`: measurements. Goals and results are in docs/benchmarks.md.

use anyhow::Result;
use clap::ValueEnum;

use xtask::run::{cargo, long_step, program, root, step, target_dir};
use xtask::{forge_app, setup};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Run these only.
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Bench>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Bench {
    /// Sealing and opening of envelopes.
    Envelope,
    /// Conversion of HTML to Jira's document format and back.
    Markup,
    /// Merges of a link's fields.
    Sync,
    /// Durable writes.
    Store,
    /// Webhooks a second, taken by the binary.
    Hook,
    /// Time from start to ready, and memory.
    Start,
    /// Time from a change on one side until the other side shows it, both directions.
    E2e,
    /// The use of Jira's rate limit and of Forge by a quiet and a busy customer; about 15 minutes.
    Cost,
    /// One sidecar with 100,000 links and up to 500 changes a second; about 20 minutes.
    Scale,
    /// The release binary in a cgroup of 64 MiB with big tickets.
    Memory,
    /// An exchange inside the wasm module.
    Wasm,
    /// The Jira simulator: start, reads of a large site, changes a second.
    JiraSim,
    /// The Zammad simulator: start, updates with signed webhooks, reads among 100,000 tickets.
    ZammadSim,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let chosen = if options.only.is_empty() { Bench::value_variants() } else { &options.only };
    chosen.iter().try_for_each(|bench| match bench {
        Bench::Envelope => criterion("envelope"),
        Bench::Markup => criterion("markup"),
        Bench::Sync => criterion("sync"),
        Bench::Store => criterion("store"),
        Bench::Hook => {
            setup::debian(&["nginx", "wrk"])?;
            devkit("hook")
        }
        Bench::Start => devkit("start"),
        Bench::E2e => devkit("e2e"),
        Bench::Cost => {
            forge_app::bundle()?;
            beside_the_connector("cost")
        }
        Bench::Scale => beside_the_connector("scale"),
        Bench::Memory => devkit("memory"),
        Bench::Wasm => devkit("wasm"),
        Bench::JiraSim => devkit("jira-sim"),
        Bench::ZammadSim => devkit("zammad-sim"),
    })
}

fn criterion(package: &str) -> Result<()> {
    step(&format!("bench {package}"), cargo().args(["bench", "--package", package, "--benches"]))
}

/// Runs a benchmark of `devkit` that needs parts of other crates. It finds the connector in the folder above its own.
fn beside_the_connector(name: &str) -> Result<()> {
    let binary = ["build", "--release", "--package", "sidecar", "--bins"];
    long_step("cargo build --release", "5 to 10 min", cargo().args(binary))?;
    step(&format!("bench {name}"), cargo().args(["bench", "--package", "devkit", "--bench", name]))
}

/// Measures the optimised binary from outside. `devkit` finds the connector beside itself.
fn devkit(name: &str) -> Result<()> {
    if matches!(name, "e2e" | "memory" | "wasm") {
        forge_app::bundle()?;
    }
    let binaries = ["build", "--release", "--package", "sidecar", "--package", "devkit", "--bins"];
    long_step("cargo build --release", "5 to 10 min", cargo().args(binaries))?;
    let devkit = root().join(target_dir()).join("release/devkit");
    step(&format!("bench {name}"), program(&devkit.to_string_lossy()).args(["bench", name]))
}
