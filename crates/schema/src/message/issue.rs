//! Messages that write issues.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::macros::wire;
use crate::settings::mapping::StatusSelector;

wire! {
    /// A new issue.
    pub struct IssueCreate {
        /// Project key, or its id.
        pub project: String,
        /// Issue type id.
        pub issue_type: String,
        /// Summary. In privacy mode `Zammad ticket <number>`.
        pub summary: String,
        /// Further fields by Jira's field id, in the form of Jira's API.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        pub fields: BTreeMap<String, Value>,
        /// The ticket's articles so far, as an Atlassian document: becomes the description of the issue, or a comment if
        /// the project's issues have none. Never set in privacy mode.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub description: Option<Value>,
        /// The ticket's public number.
        pub ticket_number: String,
        /// The ticket's URL for browsers.
        pub ticket_url: String,
        /// Id of the newest article at the time of the request; it and older ones are not sent.
        #[serde(default)]
        pub after_article: u64,
    }
}

wire! {
    /// The merge plan's writes for Jira. Jira's current value is compared with `expected` first; a field that differs is not
    /// written and is reported as stale.
    pub struct FieldApply {
        /// Jira's numeric issue id.
        pub issue_id: String,
        /// Values by Jira's field id, in the form of Jira's API.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        pub fields: BTreeMap<String, Value>,
        /// Status to reach by transitions.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub status: Option<TargetStatus>,
        /// For each field (`status` for the status) the [`crate::fingerprint()`] of Jira's value at the time of the merge.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        pub expected: BTreeMap<String, String>,
    }
}

wire! {
    /// A status to reach by transitions. Forge fills in required fields from the settings.
    pub struct TargetStatus {
        /// Acceptable statuses; the first is preferred.
        pub any_of: Vec<StatusSelector>,
    }
}
