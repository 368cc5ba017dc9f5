//! Queries; the same reply has their answer.

use serde::{Deserialize, Serialize};

use crate::macros::wire;

wire! {
    /// A search for issues.
    pub struct IssueSearch {
        /// Key, URL or words, as typed by an agent.
        pub query: String,
        /// Maximum number of results, 1 to 50.
        pub limit: u32,
    }
}

wire! {
    /// A query for one issue.
    pub struct IssueGet {
        /// Key or numeric id.
        pub issue: String,
        /// Also return comments and files that were written since this time of Jira, in case their events were lost.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub catch_up_since: Option<String>,
    }
}

wire! {
    /// A query for projects, or for the issue types and fields of one project.
    pub struct ProjectMeta {
        /// Project key; without it the answer lists all projects.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub project: Option<String>,
    }
}

wire! {
    /// A search for Jira users.
    pub struct UserSearch {
        /// Name or e-mail address of an agent.
        pub query: String,
        /// Only users who may be assigned in this project.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub project: Option<String>,
    }
}

wire! {
    /// A query for the bytes of a Jira attachment.
    pub struct AttachmentFetch {
        /// Jira's numeric issue id.
        pub issue_id: String,
        /// Jira's attachment id.
        pub attachment_id: String,
    }
}
