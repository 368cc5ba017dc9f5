//! `sidecar-image/image.toml`, typed. Unknown keys fail.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde::Deserialize;

/// How an engine runs the image.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Recipe {
    pub(super) user: String,
    pub(super) entrypoint: Vec<String>,
    pub(super) command: Vec<String>,
    pub(super) work_dir: String,
    pub(super) port: String,
    pub(super) volume: String,
    pub(super) stop_signal: String,
    pub(super) env: BTreeMap<String, String>,
    pub(super) healthcheck: Healthcheck,
    pub(super) labels: BTreeMap<String, String>,
}

/// How an engine checks the health.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Healthcheck {
    pub(super) command: Vec<String>,
    pub(super) interval_seconds: u64,
    pub(super) timeout_seconds: u64,
    pub(super) start_period_seconds: u64,
    pub(super) start_interval_seconds: u64,
    pub(super) retries: u32,
}

impl Recipe {
    /// From the text of `image.toml`.
    pub(crate) fn read(text: &str) -> Result<Self> {
        toml::from_str(text).context("sidecar-image/image.toml")
    }
}
