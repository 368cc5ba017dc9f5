//! Messages about links.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::macros::wire;

wire! {
    /// A request to link the ticket to an issue.
    pub struct LinkRequest {
        /// Issue key, numeric id, or URL of the issue.
        pub issue: String,
        /// The ticket's public number.
        pub ticket_number: String,
        /// The ticket's URL for browsers.
        pub ticket_url: String,
        /// The ticket's title for the text of the link. Never set in privacy mode.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub title: Option<String>,
        /// The ticket's articles so far, as an Atlassian document: becomes one comment. Never set in privacy mode.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub description: Option<Value>,
        /// Id of the newest article at the time of the request; it and older ones are not sent.
        #[serde(default)]
        pub after_article: u64,
    }
}

wire! {
    /// A link that exists and that Forge may not know, since a new installation starts without records.
    pub struct LinkRestore {
        /// Jira's numeric issue id.
        pub issue_id: String,
        /// The ticket's public number.
        pub ticket_number: String,
        /// The ticket's URL for browsers.
        pub ticket_url: String,
        /// The ticket's title for the text of the link. Never set in privacy mode.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub title: Option<String>,
        /// When the link was made, RFC 3339: what users wrote since is caught up, and the oldest link of an issue is its primary
        /// one. Without it the link is new.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub linked_at: Option<String>,
    }
}

wire! {
    /// The end of a link.
    pub struct LinkEnded {
        /// Jira's numeric issue id.
        pub issue_id: String,
        /// `asked`, `merged`, `deleted`, `moved-out-of-scope`.
        pub reason: String,
    }
}
