//! JSON log lines on stdout, through the layer that cannot print what must not be seen.

use redaction::logs::JsonLines;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::env::{Env, rfc3339};

/// Starts logging. Only our own crates log: a library's debug lines may quote what it handles.
///
/// A panic becomes one line with its place; its text is left out, since it may quote data.
pub fn start(level: tracing::Level, env: Env) {
    let ours = ["sidecar", "store", "zammad"];
    let targets = Targets::new().with_default(LevelFilter::OFF).with_targets(ours.map(|target| (target, level)));
    let lines = JsonLines::new(std::io::stdout, move || rfc3339(env.now()));
    // A second start (in tests) keeps the first.
    let _ = tracing_subscriber::registry().with(lines).with(targets).try_init();
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(|at| format!("{}:{}", at.file(), at.line())).unwrap_or_default();
        tracing::error!(path = %place, "panic");
    }));
}
