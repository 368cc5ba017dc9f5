//! Small things that several kinds share.

use serde::{Deserialize, Serialize};

use crate::limits::{Invalid, NAME, Validate, filled, optional};

macro_rules! wire {
    ($(#[$meta:meta])* pub struct $name:ident { $($body:tt)* }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
        #[serde(rename_all = "camelCase")]
        pub struct $name { $($body)* }
    };
    ($(#[$meta:meta])* pub enum $name:ident { $($body:tt)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
        #[serde(rename_all = "camelCase")]
        pub enum $name { $($body)* }
    };
}
pub(crate) use wire;

wire! {
    /// The state types that every Zammad knows, in the three buckets shown everywhere (docs/sync-rules.md).
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
        /// Which bucket.
        pub bucket: Bucket,
        /// The state's own name, if it may be told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub name: Option<String>,
    }
}

wire! {
    /// Something with a numeric id and a name of the operator's choosing.
    pub struct NamedId {
        /// Id on its own side.
        pub id: u64,
        /// Name, if it may be told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub name: Option<String>,
    }
}

wire! {
    /// Somebody on the Zammad side.
    pub struct Person {
        /// Zammad's user id.
        pub id: u64,
        /// Display name, if it may be told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub name: Option<String>,
        /// E-mail, for finding the same person in Jira; never a customer's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub email: Option<String>,
    }
}

wire! {
    /// Somebody on the Jira side.
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
    /// One part of an article that is too long for one comment.
    pub struct Part {
        /// From 1.
        pub number: u32,
        /// How many there are.
        pub of: u32,
    }
}

wire! {
    /// Why a file's bytes do not travel.
    pub enum AttachmentNotice {
        /// Over the size limit.
        TooLarge,
        /// Privacy mode is on.
        Privacy,
        /// The file could not be read from its source.
        Unreadable,
    }
}

impl Validate for TicketState {
    fn validate(&self) -> Result<(), Invalid> {
        optional("state.name", self.name.as_ref(), NAME)
    }
}

impl Validate for NamedId {
    fn validate(&self) -> Result<(), Invalid> {
        optional("name", self.name.as_ref(), NAME)
    }
}

impl Validate for Person {
    fn validate(&self) -> Result<(), Invalid> {
        optional("name", self.name.as_ref(), NAME)?;
        optional("email", self.email.as_ref(), NAME)
    }
}

impl Validate for Author {
    fn validate(&self) -> Result<(), Invalid> {
        filled("author.accountId", &self.account_id, 128)?;
        optional("author.name", self.name.as_ref(), NAME)
    }
}
