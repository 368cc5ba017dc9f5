//! Types that several kinds share, and the macros that declare types of the wire.

use serde::{Deserialize, Serialize};

use crate::limits::{Invalid, NAME, Validate, non_empty, optional_max_chars};

/// Declares a type of the wire: camelCase JSON, and JSON Schema where it is not compiled to wasm.
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

/// Declares the enum of all kinds of messages or commands, with their wire names.
macro_rules! kinds {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $wire:literal $variant:ident($data:ty),)* }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq)]
        #[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
        #[cfg_attr(not(target_family = "wasm"), schemars(tag = "kind", content = "data"))]
        pub enum $name { $($(#[$doc])* #[cfg_attr(not(target_family = "wasm"), schemars(rename = $wire))] $variant($data),)* }

        impl $name {
            /// The wire name of every kind.
            pub const KINDS: &'static [&'static str] = &[$($wire),*];

            /// The wire name of this kind.
            #[must_use]
            pub const fn kind(&self) -> &'static str {
                match self { $(Self::$variant(_) => $wire,)* }
            }

            /// The JSON of `data`.
            pub(crate) fn data(&self) -> serde_json::Value {
                // These types have string keys only, so this cannot fail.
                match self { $(Self::$variant(data) => serde_json::to_value(data).unwrap_or_default(),)* }
            }

            pub(crate) fn read(kind: &str, data: serde_json::Value) -> Result<Self, $crate::read::Unreadable> {
                match kind {
                    $($wire => $crate::read::read(data).map(Self::$variant),)*
                    _ => Err($crate::read::Unreadable),
                }
            }
        }

        impl Validate for $name {
            fn validate(&self) -> Result<(), Invalid> {
                match self { $(Self::$variant(data) => data.validate(),)* }
            }
        }
    };
}
pub(crate) use kinds;

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
