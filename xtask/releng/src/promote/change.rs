//! A change: an environment gets a version, forwards or backwards, in steps.

use std::fmt;

use semver::Version;
use serde::{Deserialize, Serialize};

use super::environment::Environment;

/// Forwards or backwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Action {
    /// To a newer version.
    Promote,
    /// To the previous version.
    Rollback,
}

/// An environment and the version that it gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) action: Action,
    pub(super) environment: Environment,
    /// The version to deploy.
    pub(super) version: Version,
    /// The version to leave; in a rollback only.
    pub(super) from: Option<Version>,
}

impl Change {
    /// The tag in git, and of the build that was uploaded to Forge.
    pub(super) fn tag(&self) -> String {
        format!("v{}", self.version)
    }

    /// The file whose merge is the approval, from the root of the repository.
    pub(super) fn approval_path(&self) -> String {
        match &self.from {
            None => format!("promotions/{}-{}.toml", self.version, self.environment),
            Some(from) => format!("promotions/{from}-{}-rollback.toml", self.environment),
        }
    }

    /// The steps in Forge, in this order. Each may be repeated.
    pub(super) fn steps(&self, sites: &[String]) -> Vec<Step> {
        let installs = sites.iter().map(|site| Step::Install(site.clone()));
        std::iter::once(Step::Deploy).chain(installs).collect()
    }
}

impl fmt::Display for Change {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.from {
            None => write!(formatter, "promote {} to {}", self.version, self.environment),
            Some(from) => write!(formatter, "roll {} back from {from} to {}", self.environment, self.version),
        }
    }
}

/// One call of the Forge CLI.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Step {
    /// Deploy the uploaded build to the environment.
    Deploy,
    /// Upgrade one of our own sites. Customers' sites are upgraded by Forge, or when their admin consents.
    Install(String),
}

impl Step {
    /// The arguments of the CLI.
    pub(super) fn arguments(&self, change: &Change) -> Vec<String> {
        let environment = change.environment.to_string();
        let tag = change.tag();
        let words: Vec<&str> = match self {
            Self::Deploy => vec!["deploy", "--non-interactive", "-e", &environment, "-t", &tag],
            Self::Install(site) => vec![
                "install",
                "--non-interactive",
                "--upgrade",
                "-e",
                &environment,
                "-s",
                site,
                "-p",
                "Jira",
                "--confirm-scopes",
            ],
        };
        words.into_iter().map(str::to_owned).collect()
    }
}

impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Deploy => formatter.write_str("deploy"),
            Self::Install(site) => write!(formatter, "install on {site}"),
        }
    }
}
