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
    /// A query for the linked issues that changed since a time, by the property that marks linked issues. Recent changes are left
    /// out: their events may still be on the way.
    pub struct IssuesChanged {
        /// Jira's time from which to search, RFC 3339: the `until` of the last answer.
        pub since: String,
    }
}

wire! {
    /// A query for the fields of several linked issues.
    pub struct IssuesRead {
        /// The links, at most 100.
        pub links: Vec<KnownLink>,
        /// Whether the fields are wanted of every issue, also if it has not changed: other settings need other fields.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        pub all_fields: bool,
    }
}

wire! {
    /// A link as the sidecar knows it.
    pub struct KnownLink {
        /// Zammad's ticket id.
        pub ticket_id: u64,
        /// Jira's numeric issue id.
        pub issue_id: String,
        /// `updatedAt` of the newest snapshot that the sidecar has.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub updated_at: Option<String>,
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
