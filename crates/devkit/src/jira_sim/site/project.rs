//! Projects and their schemes.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{people::Holder, permissions::PermissionScheme, workflow::Workflow};
use crate::jira_sim::id::Id;

/// The use of a project.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProjectType {
    /// Development.
    #[default]
    Software,
    /// Everything else.
    Business,
    /// Jira Service Management, whose customers see their requests on a portal.
    ServiceDesk,
}

impl ProjectType {
    /// The key in Jira's API.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Software => "software",
            Self::Business => "business",
            Self::ServiceDesk => "service_desk",
        }
    }
}

/// A version of a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Version {
    /// Number.
    pub id: Id,
    /// Name, unique in its project.
    pub name: String,
    /// Whether it was released.
    pub released: bool,
    /// When, as `yyyy-mm-dd`.
    pub release_date: Option<String>,
}

/// A project.
#[derive(Clone, Debug, Serialize)]
pub struct Project {
    /// Number.
    pub id: Id,
    /// Key.
    pub key: String,
    /// Name.
    pub name: String,
    /// Type of the project.
    pub kind: ProjectType,
    /// Who leads it.
    pub lead: String,
    /// How its issues move.
    pub workflow: Workflow,
    /// Who may do what.
    pub permissions: PermissionScheme,
    /// Which fields can be filled in.
    pub screens: Screens,
    /// Levels that an issue may be restricted to.
    pub security: Vec<SecurityLevel>,
    /// Versions, oldest first.
    pub versions: Vec<Version>,
    /// The last issue's number.
    pub last_issue: u64,
}

/// Screens, described by the fields that they lack: all other fields can be set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Screens {
    /// Not on the screen for new issues.
    pub create_lacks: BTreeSet<String>,
    /// Not on the screen for changes.
    pub edit_lacks: BTreeSet<String>,
    /// Must be filled in on a new issue, besides the summary.
    pub create_requires: BTreeSet<String>,
}

/// A level of issue security.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SecurityLevel {
    /// Number.
    pub id: Id,
    /// Name.
    pub name: String,
    /// Who sees issues of this level.
    pub holders: Vec<Holder>,
}
