//! Types that several kinds of messages and commands share.

use serde::{Deserialize, Serialize};

use crate::limits::{Invalid, KEY, NAME, Validate, max_chars, non_empty, optional_max_chars};
use crate::macros::wire;

wire! {
    /// Zammad's state types in the three groups that every view shows (docs/sync-rules.md).
    pub enum Bucket {
        /// new, open
        Open,
        /// pending reminder, pending action
        Pending,
        /// closed, merged
        Closed,
    }
}

wire! {
    /// A ticket's state.
    pub struct TicketState {
        /// Bucket of the state.
        pub bucket: Bucket,
        /// The state's name, if the privacy table allows it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub name: Option<String>,
    }
}

wire! {
    /// An object of Zammad with a numeric id and a name that the customer chose.
    pub struct NamedId {
        /// Zammad's id.
        pub id: u64,
        /// Name, if the privacy table allows it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub name: Option<String>,
    }
}

wire! {
    /// An object of Jira with an id and a name.
    pub struct NamedText {
        /// Jira's id.
        pub id: String,
        /// Name.
        pub name: String,
    }
}

wire! {
    /// A Zammad user.
    pub struct Person {
        /// Zammad's user id.
        pub id: u64,
        /// Display name, if the privacy table allows it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub name: Option<String>,
        /// E-mail address, to find the same person in Jira; never a customer's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub email: Option<String>,
    }
}

wire! {
    /// A Jira user.
    pub struct Author {
        /// Atlassian account id.
        pub account_id: String,
        /// Display name as Jira shows it to the app.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub name: Option<String>,
    }
}

wire! {
    /// A comment on an issue.
    pub struct CommentRef {
        /// Jira's numeric issue id.
        pub issue_id: String,
        /// Jira's comment id.
        pub comment_id: String,
    }
}

wire! {
    /// An issue.
    pub struct IssueRef {
        /// Jira's numeric issue id.
        pub issue_id: String,
    }
}

wire! {
    /// An attachment of an issue.
    pub struct FileRef {
        /// Jira's numeric issue id.
        pub issue_id: String,
        /// Jira's attachment id.
        pub attachment_id: String,
    }
}

wire! {
    /// One part of an article that is too long for one comment.
    pub struct Part {
        /// Number of this part, from 1.
        pub number: u32,
        /// Number of parts.
        pub of: u32,
    }
}

wire! {
    /// Why the bytes of a file are not sent.
    pub enum AttachmentNotice {
        /// The file exceeds the size limit.
        TooLarge,
        /// Privacy mode is on.
        Privacy,
        /// The file could not be read from its source.
        Unreadable,
        /// The file has no bytes.
        Empty,
    }
}

impl Validate for TicketState {
    fn validate(&self) -> Result<(), Invalid> {
        optional_max_chars("state.name", self.name.as_ref(), NAME)
    }
}

impl Validate for NamedId {
    fn validate(&self) -> Result<(), Invalid> {
        optional_max_chars("name", self.name.as_ref(), NAME)
    }
}

impl Validate for NamedText {
    fn validate(&self) -> Result<(), Invalid> {
        non_empty("id", &self.id, KEY)?;
        max_chars("name", &self.name, NAME)
    }
}

impl Validate for Person {
    fn validate(&self) -> Result<(), Invalid> {
        optional_max_chars("name", self.name.as_ref(), NAME)?;
        optional_max_chars("email", self.email.as_ref(), NAME)
    }
}

impl Validate for Author {
    fn validate(&self) -> Result<(), Invalid> {
        non_empty("author.accountId", &self.account_id, 128)?;
        optional_max_chars("author.name", self.name.as_ref(), NAME)
    }
}
