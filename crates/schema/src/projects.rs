//! The answers of `project.meta`: projects, and what a new issue of a project needs.

use serde::{Deserialize, Serialize};

use crate::macros::wire;

wire! {
    /// `data` of an answered `project.meta` without a project.
    pub struct ProjectsFound {
        /// The projects in scope in which the app may create issues, sorted by key.
        pub projects: Vec<ProjectFound>,
    }
}

wire! {
    /// A project.
    pub struct ProjectFound {
        /// Jira's numeric project id.
        pub id: String,
        /// Key.
        pub key: String,
        /// Name.
        pub name: String,
        /// Whether it is a service project (Jira Service Management), whose customers can read public comments.
        pub service: bool,
    }
}

wire! {
    /// `data` of an answered `project.meta` with a project.
    pub struct IssueTypesFound {
        /// The project.
        pub project: ProjectFound,
        /// Its issue types without sub-tasks.
        pub issue_types: Vec<IssueTypeFound>,
    }
}

wire! {
    /// An issue type of a project.
    pub struct IssueTypeFound {
        /// Jira's issue type id.
        pub id: String,
        /// Name.
        pub name: String,
        /// The fields of a new issue.
        pub fields: Vec<FieldFound>,
    }
}

wire! {
    /// A field of a new issue.
    pub struct FieldFound {
        /// Jira's field id.
        pub id: String,
        /// Name.
        pub name: String,
        /// Whether a new issue needs a value: required by Jira and without a default.
        pub required: bool,
        /// Jira's name of the type of the value.
        #[serde(rename = "type")]
        pub kind: String,
        /// Jira's name of the type of a custom field.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub custom: Option<String>,
        /// The options of a closed list, at most 100.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub options: Option<Vec<OptionFound>>,
    }
}

wire! {
    /// An option of a closed list.
    pub struct OptionFound {
        /// Jira's option id.
        pub id: String,
        /// Name.
        pub name: String,
    }
}
