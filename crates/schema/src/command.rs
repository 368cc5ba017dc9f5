//! Commands: Forge → sidecar (docs/protocol.md §3).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::Id;
use crate::issue::IssueSnapshot;
use crate::limits::{
    DOCUMENT_BYTES, Invalid, KEY, LIST, NAME, TIME, TITLE, Validate, max_chars, max_items, max_json_bytes, non_empty,
    optional_max_chars,
};
use crate::macros::{kinds, wire};
use crate::parts::Author;
use crate::read::Unreadable;

/// One command. It is delivered again, with the same id, until it is acknowledged `done` or `skipped`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(try_from = "RawCommand", into = "RawCommand")]
#[cfg_attr(not(target_family = "wasm"), schemars(!try_from, !into, rename_all = "camelCase"))]
pub struct Command {
    /// The same in every delivery.
    pub id: Id,
    /// Zammad's id of the linked ticket, if the command is about one.
    #[cfg_attr(not(target_family = "wasm"), schemars(default))]
    pub ticket_id: Option<u64>,
    /// Jira's numeric issue id.
    #[cfg_attr(not(target_family = "wasm"), schemars(default))]
    pub issue_id: Option<String>,
    /// The issue's current key.
    #[cfg_attr(not(target_family = "wasm"), schemars(default))]
    pub issue_key: Option<String>,
    /// Kind and data.
    #[cfg_attr(not(target_family = "wasm"), schemars(flatten))]
    pub body: CommandBody,
}

/// The JSON of a command before its kind is known; see `RawMessage`.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawCommand {
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

impl TryFrom<RawCommand> for Command {
    type Error = Unreadable;

    fn try_from(raw: RawCommand) -> Result<Self, Self::Error> {
        let body = CommandBody::read(&raw.kind, raw.data)?;
        let RawCommand { id, ticket_id, issue_id, issue_key, .. } = raw;
        Ok(Self { id, ticket_id, issue_id, issue_key, body })
    }
}

impl From<Command> for RawCommand {
    fn from(command: Command) -> Self {
        let (kind, data) = (command.body.kind().into(), command.body.data());
        let Command { id, ticket_id, issue_id, issue_key, .. } = command;
        Self { id, ticket_id, issue_id, issue_key, kind, data }
    }
}

kinds! {
    /// Every kind that Forge sends (docs/protocol.md §3).
    #[expect(clippy::large_enum_variant, reason = "commands are few, and the largest is the most frequent")]
    CommandBody, CommandKind {
        /// The current values of a linked issue's synced fields.
        "issue.changed" IssueChanged(IssueSnapshot),
        /// A new comment.
        "comment.added" CommentAdded(CommentContent),
        /// A comment whose text changed.
        "comment.changed" CommentChanged(CommentContent),
        /// A comment that was deleted, or whose visibility is now restricted.
        "comment.removed" CommentRemoved(CommentRemoved),
        /// A file was added; the sidecar requests its bytes with `attachment.fetch`.
        "attachment.added" AttachmentAdded(AttachmentAnnounced),
        /// The description of an issue changed.
        "description.changed" DescriptionChanged(DescriptionChanged),
        /// The issue has a new key.
        "issue.moved" IssueMoved(IssueMoved),
        /// The issue no longer exists or can no longer be read.
        "issue.gone" IssueGone(IssueGone),
        /// An engineer requested a link by ticket number.
        "link.requested" LinkRequested(TicketWanted),
        /// An engineer ended the link.
        "link.removed" LinkRemoved(Nothing),
        /// A user opened a panel and requests current values. Not sent yet: for the issue panel.
        "refresh" Refresh(Nothing),
        /// The settings changed. Not sent yet: for the admin page.
        "config.changed" ConfigChanged(ConfigChanged),
        /// Erase the data of people (GDPR): an admin requested it.
        "erase" Erase(Erase),
        /// An admin ended the connection: send nothing more with this secret, and keep what waits.
        "disconnect" Disconnect(Nothing),
        /// An admin looks at the connection: send `sidecar.status`, and `helpdesk.names` if they changed.
        "status.requested" StatusRequested(Nothing),
    }
}

wire! {
    /// No data.
    pub struct Nothing {}
}

wire! {
    /// A comment. A comment with restricted visibility is never sent.
    pub struct CommentContent {
        /// Jira's comment id.
        pub comment_id: String,
        /// Author of the comment.
        pub author: Author,
        /// Jira's time of creation.
        pub created_at: String,
        /// Jira's time of the last edit; equal to `created_at` if the comment was never edited.
        pub updated_at: String,
        /// The comment as an Atlassian document.
        pub document: Value,
        /// Whether the document was too large for the queue and is reduced to its text.
        #[serde(default)]
        pub reduced: bool,
        /// Who can read the comment, if its project is a service project; absent for every other project.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub service: Option<ServiceVisibility>,
    }
}

wire! {
    /// Who can read a comment of a service project (Jira Service Management).
    pub struct ServiceVisibility {
        /// Whether the customer can read it in the portal; otherwise it is internal.
        pub public: bool,
        /// Whether a customer wrote it.
        pub by_customer: bool,
    }
}

wire! {
    /// A removed comment.
    pub struct CommentRemoved {
        /// Jira's comment id.
        pub comment_id: String,
    }
}

wire! {
    /// A file that a user added to an issue.
    pub struct AttachmentAnnounced {
        /// Jira's attachment id.
        pub attachment_id: String,
        /// File name.
        pub name: String,
        /// Size in bytes.
        pub size: u64,
        /// Media type as stored in Jira.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub media_type: Option<String>,
        /// The user who added it.
        pub author: Author,
        /// Jira's time of creation.
        pub created_at: String,
    }
}

wire! {
    /// A changed description of an issue.
    pub struct DescriptionChanged {
        /// The description as an Atlassian document; `None` if it was removed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub document: Option<Value>,
        /// Whether the document was too large for the queue and is reduced to its text.
        #[serde(default)]
        pub reduced: bool,
        /// The user who changed it.
        pub author: Author,
        /// Jira's time of the issue's last change.
        pub at: String,
        /// Whether it is the description at the time of the link, and no change of it.
        #[serde(default)]
        pub at_link: bool,
    }
}

wire! {
    /// A move of an issue between projects.
    pub struct IssueMoved {
        /// The previous key.
        pub old_key: String,
    }
}

wire! {
    /// The end of an issue.
    pub struct IssueGone {
        /// `deleted`: an event of Jira said so; the link has ended. `no-access`: the app cannot read the issue at the moment; the
        /// link stays, and `issue.changed` follows when it can.
        pub reason: String,
    }
}

impl IssueGone {
    /// The reason of an issue that the app cannot read at the moment.
    pub const NO_ACCESS: &'static str = "no-access";
}

wire! {
    /// A request of an engineer to link a ticket.
    pub struct TicketWanted {
        /// Public ticket number or address of the ticket, as typed.
        pub ticket_number: String,
        /// The user who requested it.
        pub requested_by: Author,
    }
}

wire! {
    /// A change of the settings.
    pub struct ConfigChanged {
        /// Etag of the new settings.
        pub etag: String,
    }
}

wire! {
    /// The people whose data to erase.
    pub struct Erase {
        /// Atlassian account ids.
        pub account_ids: Vec<String>,
    }
}

impl Validate for Command {
    fn validate(&self) -> Result<(), Invalid> {
        optional_max_chars("issueId", self.issue_id.as_ref(), KEY)?;
        optional_max_chars("issueKey", self.issue_key.as_ref(), NAME)?;
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
        non_empty("commentId", &self.comment_id, KEY)?;
        self.author.validate()?;
        max_chars("createdAt", &self.created_at, TIME)?;
        max_chars("updatedAt", &self.updated_at, TIME)?;
        max_json_bytes("document", &self.document, DOCUMENT_BYTES)
    }
}

impl Validate for CommentRemoved {
    fn validate(&self) -> Result<(), Invalid> {
        non_empty("commentId", &self.comment_id, KEY)
    }
}

impl Validate for AttachmentAnnounced {
    fn validate(&self) -> Result<(), Invalid> {
        non_empty("attachmentId", &self.attachment_id, KEY)?;
        max_chars("name", &self.name, NAME)?;
        optional_max_chars("mediaType", self.media_type.as_ref(), NAME)?;
        self.author.validate()?;
        max_chars("createdAt", &self.created_at, TIME)
    }
}

impl Validate for DescriptionChanged {
    fn validate(&self) -> Result<(), Invalid> {
        self.document.as_ref().map_or(Ok(()), |document| max_json_bytes("document", document, DOCUMENT_BYTES))?;
        self.author.validate()?;
        max_chars("at", &self.at, TIME)
    }
}

impl Validate for IssueMoved {
    fn validate(&self) -> Result<(), Invalid> {
        non_empty("oldKey", &self.old_key, NAME)
    }
}

impl Validate for IssueGone {
    fn validate(&self) -> Result<(), Invalid> {
        non_empty("reason", &self.reason, KEY)
    }
}

impl Validate for TicketWanted {
    fn validate(&self) -> Result<(), Invalid> {
        non_empty("ticketNumber", &self.ticket_number, TITLE)?;
        self.requested_by.validate()
    }
}

impl Validate for ConfigChanged {
    fn validate(&self) -> Result<(), Invalid> {
        non_empty("etag", &self.etag, KEY)
    }
}

impl Validate for Erase {
    fn validate(&self) -> Result<(), Invalid> {
        max_items("accountIds", self.account_ids.len(), LIST)?;
        self.account_ids.iter().try_for_each(|id| non_empty("accountIds", id, 128))
    }
}
