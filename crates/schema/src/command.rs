//! Commands: Forge → sidecar.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Id;
use crate::issue::IssueSnapshot;
use crate::limits::{
    DOCUMENT_BYTES, Invalid, KEY, LIST, NAME, TIME, Validate, document, filled, listed, optional, within,
};
use crate::message::kinds;
use crate::parts::{Author, wire};
use crate::read::Unreadable;

/// One command. It comes again until it is acknowledged `done` or `skipped`, so its id is stable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(try_from = "Carried", into = "Carried")]
#[cfg_attr(not(target_family = "wasm"), schemars(!try_from, !into, rename_all = "camelCase"))]
pub struct Command {
    /// Stable over deliveries.
    pub id: Id,
    /// The linked ticket, if the command is about one.
    #[cfg_attr(not(target_family = "wasm"), schemars(default))]
    pub ticket_id: Option<u64>,
    /// Jira's numeric issue id.
    #[cfg_attr(not(target_family = "wasm"), schemars(default))]
    pub issue_id: Option<String>,
    /// The issue's key now.
    #[cfg_attr(not(target_family = "wasm"), schemars(default))]
    pub issue_key: Option<String>,
    /// Kind and data.
    #[cfg_attr(not(target_family = "wasm"), schemars(flatten))]
    pub body: CommandBody,
}

/// The JSON of a command before its kind is known; see the same step in `message`.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Carried {
    id: Id,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ticket_id: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    issue_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    issue_key: Option<String>,
    kind: String,
    data: Value,
}

impl TryFrom<Carried> for Command {
    type Error = Unreadable;

    fn try_from(carried: Carried) -> Result<Self, Self::Error> {
        let body = CommandBody::read(&carried.kind, carried.data)?;
        let Carried { id, ticket_id, issue_id, issue_key, .. } = carried;
        Ok(Self { id, ticket_id, issue_id, issue_key, body })
    }
}

impl From<Command> for Carried {
    fn from(command: Command) -> Self {
        let (kind, data) = (command.body.kind().into(), command.body.data());
        let Command { id, ticket_id, issue_id, issue_key, .. } = command;
        Self { id, ticket_id, issue_id, issue_key, kind, data }
    }
}

kinds! {
    /// Every kind Forge sends (docs/protocol.md §3).
    CommandBody {
        /// The synced fields of a linked issue as they are now.
        "issue.changed" IssueChanged(IssueSnapshot),
        /// A new comment.
        "comment.added" CommentAdded(CommentContent),
        /// A comment whose text changed.
        "comment.changed" CommentChanged(CommentContent),
        /// A comment that was deleted, or whose visibility was restricted.
        "comment.removed" CommentRemoved(CommentRemoved),
        /// A file was added; its bytes are asked for with `attachment.fetch`.
        "attachment.added" AttachmentAdded(AttachmentAnnounced),
        /// The issue has another key now.
        "issue.moved" IssueMoved(IssueMoved),
        /// The issue no longer exists, or is no longer ours to read.
        "issue.gone" IssueGone(IssueGone),
        /// An engineer typed a ticket number.
        "link.requested" LinkRequested(TicketWanted),
        /// An engineer ended the link.
        "link.removed" LinkRemoved(Nothing),
        /// Somebody opened a panel and asked for fresh values.
        "refresh" Refresh(Nothing),
        /// The configuration changed.
        "config.changed" ConfigChanged(ConfigChanged),
        /// Forget a person (GDPR).
        "erase" Erase(Erase),
        /// Stop: the app is being removed.
        "disconnect" Disconnect(Nothing),
    }
}

wire! {
    /// No data.
    pub struct Nothing {}
}

wire! {
    /// A comment. One whose visibility is restricted never becomes a command.
    pub struct CommentContent {
        /// Jira's comment id.
        pub comment_id: String,
        /// Who wrote it.
        pub author: Author,
        /// Jira's time of writing.
        pub created_at: String,
        /// Jira's time of the last edit; equal to `created_at` if there was none.
        pub updated_at: String,
        /// The comment as an Atlassian document.
        pub document: Value,
        /// The document was too large to queue and was reduced to its text.
        #[serde(default)]
        pub reduced: bool,
    }
}

wire! {
    /// A comment that is gone.
    pub struct CommentRemoved {
        /// Jira's comment id.
        pub comment_id: String,
    }
}

wire! {
    /// A file that somebody added to an issue.
    pub struct AttachmentAnnounced {
        /// Jira's attachment id.
        pub attachment_id: String,
        /// File name.
        pub name: String,
        /// Bytes.
        pub size: u64,
        /// Media type as Jira has it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub media_type: Option<String>,
        /// Who added it.
        pub author: Author,
        /// Jira's time of it.
        pub created_at: String,
    }
}

wire! {
    /// A move between projects.
    pub struct IssueMoved {
        /// The key before.
        pub old_key: String,
    }
}

wire! {
    /// The end of an issue.
    pub struct IssueGone {
        /// `deleted`, `archived`, `no-access`.
        pub reason: String,
    }
}

wire! {
    /// A ticket that an engineer wants linked.
    pub struct TicketWanted {
        /// Public ticket number as typed.
        pub ticket_number: String,
        /// Who asked.
        pub requested_by: Author,
    }
}

wire! {
    /// Where to look for the new configuration.
    pub struct ConfigChanged {
        /// Its new etag.
        pub etag: String,
    }
}

wire! {
    /// Whom to forget.
    pub struct Erase {
        /// Atlassian account ids.
        pub account_ids: Vec<String>,
    }
}

impl Validate for Command {
    fn validate(&self) -> Result<(), Invalid> {
        optional("issueId", self.issue_id.as_ref(), KEY)?;
        optional("issueKey", self.issue_key.as_ref(), NAME)?;
        self.body.validate()
    }
}

impl Validate for Nothing {
    fn validate(&self) -> Result<(), Invalid> {
        Ok(())
    }
}

impl Validate for CommentContent {
    fn validate(&self) -> Result<(), Invalid> {
        filled("commentId", &self.comment_id, KEY)?;
        self.author.validate()?;
        within("createdAt", &self.created_at, TIME)?;
        within("updatedAt", &self.updated_at, TIME)?;
        document("document", &self.document, DOCUMENT_BYTES)
    }
}

impl Validate for CommentRemoved {
    fn validate(&self) -> Result<(), Invalid> {
        filled("commentId", &self.comment_id, KEY)
    }
}

impl Validate for AttachmentAnnounced {
    fn validate(&self) -> Result<(), Invalid> {
        filled("attachmentId", &self.attachment_id, KEY)?;
        within("name", &self.name, NAME)?;
        optional("mediaType", self.media_type.as_ref(), NAME)?;
        self.author.validate()?;
        within("createdAt", &self.created_at, TIME)
    }
}

impl Validate for IssueMoved {
    fn validate(&self) -> Result<(), Invalid> {
        filled("oldKey", &self.old_key, NAME)
    }
}

impl Validate for IssueGone {
    fn validate(&self) -> Result<(), Invalid> {
        filled("reason", &self.reason, KEY)
    }
}

impl Validate for TicketWanted {
    fn validate(&self) -> Result<(), Invalid> {
        filled("ticketNumber", &self.ticket_number, KEY)?;
        self.requested_by.validate()
    }
}

impl Validate for ConfigChanged {
    fn validate(&self) -> Result<(), Invalid> {
        filled("etag", &self.etag, KEY)
    }
}

impl Validate for Erase {
    fn validate(&self) -> Result<(), Invalid> {
        listed("accountIds", self.account_ids.len(), LIST)?;
        self.account_ids.iter().try_for_each(|id| filled("accountIds", id, 128))
    }
}
