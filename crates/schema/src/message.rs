//! Messages: sidecar → Forge (docs/protocol.md §2). Their data is in the files of this folder, their limits are in `validate`.

mod article;
mod helpdesk;
mod issue;
mod link;
mod query;
mod ticket;
mod validate;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::Id;
use crate::limits::{Invalid, Validate};
use crate::macros::kinds;
use crate::read::Unreadable;

pub use article::{ArticleContent, ArticleRemoved, AttachmentContent};
pub use helpdesk::{HelpdeskNames, MAX_NAMES, ObjectName, SidecarStatus, StateName};
pub use issue::{FieldApply, IssueCreate, TargetStatus};
pub use link::{LinkEnded, LinkRequest, LinkRestore};
pub use query::{
    AttachmentFetch, IssueGet, IssueSearch, IssuesChanged, IssuesRead, KnownLink, ProjectMeta, UserSearch,
};
pub use ticket::{DriftReport, Erasure, Hello, IdentityUpsert, OutOfSync, TicketGone, TicketMerged, TicketSnapshot};

/// One message. Messages with the same `ticket_id` are applied in their order; queries and `hello` have none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(try_from = "RawMessage", into = "RawMessage")]
#[cfg_attr(not(target_family = "wasm"), schemars(!try_from, !into, rename_all = "camelCase"))]
pub struct Message {
    /// The same in every retry.
    pub id: Id,
    /// Zammad's ticket id.
    #[cfg_attr(not(target_family = "wasm"), schemars(default))]
    pub ticket_id: Option<u64>,
    /// Kind and data.
    #[cfg_attr(not(target_family = "wasm"), schemars(flatten))]
    pub body: MessageBody,
}

/// The JSON of a message before its kind is known. Without this untyped step serde would generate a second reader of every
/// type for its flattened form, which was a third of the wasm module.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawMessage {
    id: Id,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ticket_id: Option<u64>,
    kind: String,
    data: Value,
}

impl TryFrom<RawMessage> for Message {
    type Error = Unreadable;

    fn try_from(raw: RawMessage) -> Result<Self, Self::Error> {
        let body = MessageBody::read(&raw.kind, raw.data)?;
        Ok(Self { id: raw.id, ticket_id: raw.ticket_id, body })
    }
}

impl From<Message> for RawMessage {
    fn from(message: Message) -> Self {
        Self {
            id: message.id,
            ticket_id: message.ticket_id,
            kind: message.body.kind().into(),
            data: message.body.data(),
        }
    }
}

kinds! {
    /// Every kind that the sidecar sends (docs/protocol.md §2). The answer of a query is in the same reply.
    MessageBody, MessageKind {
        /// The sidecar's capabilities and mode: first message after a start.
        "hello" Hello(Hello),
        /// The current values of a linked ticket for the panel.
        "ticket.changed" TicketChanged(TicketSnapshot),
        /// A new article of a linked ticket.
        "article.added" ArticleAdded(ArticleContent),
        /// An article whose text or visibility changed.
        "article.changed" ArticleChanged(ArticleContent),
        /// An article that was deleted or is no longer allowed in Jira.
        "article.removed" ArticleRemoved(ArticleRemoved),
        /// A file of an article: its bytes, or the reason why they are not sent.
        "attachment.added" AttachmentAdded(AttachmentContent),
        /// The ticket was merged into another.
        "ticket.merged" TicketMerged(TicketMerged),
        /// The ticket no longer exists, can no longer be read or is no longer in scope.
        "ticket.gone" TicketGone(TicketGone),
        /// Link this ticket to that issue.
        "link.requested" LinkRequested(LinkRequest),
        /// End the link.
        "link.removed" LinkRemoved(LinkEnded),
        /// Register an existing link again, after the app was installed anew.
        "link.restore" LinkRestore(LinkRestore),
        /// Create an issue for this ticket.
        "issue.create" IssueCreate(IssueCreate),
        /// Write fields of the issue.
        "field.apply" FieldApply(FieldApply),
        /// The Atlassian account of a Zammad user. Not sent yet: for the people page, on which agents confirm their account.
        "identity.upsert" IdentityUpsert(IdentityUpsert),
        /// The numbers of the last drift check.
        "drift.report" DriftReport(DriftReport),
        /// Query: issues by words, key or URL. Not sent yet: for linking by agents in Zammad.
        "issue.search" IssueSearch(IssueSearch),
        /// Query: one issue.
        "issue.get" IssueGet(IssueGet),
        /// Query: the linked issues that changed in a period.
        "issues.changed" IssuesChanged(IssuesChanged),
        /// Query: up to 100 linked issues.
        "issues.read" IssuesRead(IssuesRead),
        /// Query: projects, or the issue types of a project and their fields. Not sent yet: for the admin page.
        "project.meta" ProjectMeta(ProjectMeta),
        /// Query: Jira users.
        "user.search" UserSearch(UserSearch),
        /// Query: the bytes of a Jira attachment.
        "attachment.fetch" AttachmentFetch(AttachmentFetch),
        /// The names of states, priorities, groups and agents.
        "helpdesk.names" HelpdeskNames(HelpdeskNames),
        /// The sidecar's condition: after a start, and when an admin looks at the connection.
        "sidecar.status" SidecarStatus(SidecarStatus),
    }
}

/// Whether to leave out a flag.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
pub(crate) const fn is_false(flag: &bool) -> bool {
    !*flag
}
