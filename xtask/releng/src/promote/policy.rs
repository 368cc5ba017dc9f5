//! `promotions/policy.toml`: approvers, soak times, and our own sites.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use time::Duration;

use super::environment::Environment;

/// The path from the root of the repository.
const PATH: &str = "promotions/policy.toml";

/// The whole file. Unknown keys are an error.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Policy {
    /// E-mail addresses, as in commits. A merge by any other address is no approval.
    pub(super) approvers: Vec<String>,
    development: Stage,
    staging: Stage,
    production: Stage,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stage {
    /// How long a version must have been in the stage before, in hours.
    soak_hours: u32,
    /// Our own sites, where the app is upgraded after the deployment.
    sites: Vec<String>,
}

impl Policy {
    /// Reads the file of this working tree.
    pub(super) fn read(root: &Path) -> Result<Self> {
        let text = fs::read_to_string(root.join(PATH)).with_context(|| format!("cannot read {PATH}"))?;
        let policy: Self = toml::from_str(&text).with_context(|| PATH.to_owned())?;
        ensure!(policy.development.soak_hours == 0, "{PATH}: nothing comes before development, its soak_hours are 0");
        Ok(policy)
    }

    /// How long a version must have been in the stage before.
    pub(super) fn soak(&self, environment: Environment) -> Duration {
        Duration::hours(self.stage(environment).soak_hours.into())
    }

    /// Our own sites in this environment.
    pub(super) fn sites(&self, environment: Environment) -> &[String] {
        &self.stage(environment).sites
    }

    const fn stage(&self, environment: Environment) -> &Stage {
        match environment {
            Environment::Development => &self.development,
            Environment::Staging => &self.staging,
            Environment::Production => &self.production,
        }
    }
}
