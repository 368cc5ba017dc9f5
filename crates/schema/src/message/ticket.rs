//! Messages about the helpdesk and its tickets.

use serde::{Deserialize, Serialize};

use crate::macros::wire;
use crate::parts::{CommentRef, FileRef, NamedId, Person, TicketState};

wire! {
    /// The sidecar's capabilities and mode.
    pub struct Hello {
        /// Names of the sidecar's capabilities; a reader ignores unknown ones.
        pub capabilities: Vec<String>,
        /// Whether privacy mode is on. It can only be changed in the sidecar's configuration.
        pub privacy_mode: bool,
        /// Zammad's version, if it could be read.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub zammad_version: Option<String>,
        /// URL of Zammad for browsers, without a trailing slash.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub zammad_url: Option<String>,
    }
}

wire! {
    /// The values of a ticket that the panel shows.
    pub struct TicketSnapshot {
        /// Zammad's public ticket number, a text.
        pub number: String,
        /// Never set in privacy mode.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub title: Option<String>,
        /// State.
        pub state: TicketState,
        /// Priority.
        pub priority: NamedId,
        /// Group.
        pub group: NamedId,
        /// Owner; `None` if unassigned.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub owner: Option<Person>,
        /// Customer, if the privacy table allows it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub customer: Option<Person>,
        /// Number of articles.
        pub article_count: u64,
        /// Names of the empty attributes because of which Zammad refuses to change the ticket; known after a refused change.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub demanded: Vec<String>,
        /// The parts of the ticket that are out of sync, on which issue and why.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub sync: Vec<OutOfSync>,
        /// RFC 3339.
        pub created_at: String,
        /// RFC 3339.
        pub updated_at: String,
    }
}

wire! {
    /// Something of a link that is out of sync. Codes only: no names and no values.
    pub struct OutOfSync {
        /// Jira's numeric issue id.
        pub issue_id: String,
        /// A synced field (`title`, `state`, `resolution`, `priority`, `owner`, `customer`, `tags`), or `custom`, `article`, `file`,
        /// `command`, `not-erased`, `issue`, `link`.
        pub subject: String,
        /// The reason (docs/codes.md).
        pub code: String,
        /// Out of sync since this time, RFC 3339.
        pub since: String,
        /// When it is tried again, RFC 3339, if that is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub next_try: Option<String>,
    }
}

wire! {
    /// A merge of two tickets.
    pub struct TicketMerged {
        /// Zammad's id of the remaining ticket.
        pub into_ticket_id: u64,
        /// Its public number.
        pub into_number: String,
        /// Its URL for browsers.
        pub into_url: String,
    }
}

wire! {
    /// The end of a ticket.
    pub struct TicketGone {
        /// `deleted`, `no-access`, `out-of-scope`.
        pub reason: String,
        /// The treatment of the comments and files in Jira.
        #[serde(default)]
        pub erase: Erasure,
        /// The comments to erase; with `files` at most 100.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub comments: Vec<CommentRef>,
        /// The files to erase.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub files: Vec<FileRef>,
        /// Whether a message with further comments and files follows; the last one ends the links.
        #[serde(default)]
        pub more: bool,
    }
}

wire! {
    /// The treatment, in Jira, of the content of a ticket that is gone.
    #[derive(Default)]
    pub enum Erasure {
        /// It stays.
        #[default]
        Keep,
        /// The text of comments is replaced by a note; files are deleted.
        Tombstone,
        /// Comments and files are deleted, and no note has the ticket's number.
        Delete,
    }
}

wire! {
    /// One pair of the identity map.
    pub struct IdentityUpsert {
        /// The Zammad user.
        pub person: Person,
        /// Atlassian account id; `None` removes the pair.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub account_id: Option<String>,
    }
}

wire! {
    /// The numbers of a drift check.
    pub struct DriftReport {
        /// Links compared.
        pub checked: u64,
        /// Links that differed.
        pub differed: u64,
        /// Links that differed and were repaired.
        pub repaired: u64,
    }
}
