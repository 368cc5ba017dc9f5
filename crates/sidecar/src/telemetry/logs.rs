//! JSON log lines on stdout. The layer prints listed fields only, so secrets and content cannot be logged.

use redaction::logs::JsonLines;
use schema::time::rfc3339;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::env::Env;

/// Starts logging. Only the connector's own crates log: debug lines of libraries may contain content.
///
/// A panic becomes one line with its location, without its text, which may contain content.
pub fn start(level: tracing::Level, env: Env) {
    let ours = ["sidecar", "store", "zammad"];
    let targets = Targets::new().with_default(LevelFilter::OFF).with_targets(ours.map(|target| (target, level)));
    let lines = JsonLines::new(std::io::stdout, move || rfc3339(env.now()));
    // A second call, in tests, keeps the first.
    let _ = tracing_subscriber::registry().with(lines).with(targets).try_init();
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(|at| format!("{}:{}", at.file(), at.line())).unwrap_or_default();
        // Operator: report the path; the process restarts by itself.
        tracing::error!(path = %place, "panic");
    }));
}
