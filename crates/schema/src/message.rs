//! Messages: sidecar → Forge (docs/protocol.md §2). Their limits are in `validate`.

mod validate;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::Id;
use crate::limits::{Invalid, Validate};
use crate::macros::{kinds, wire};
use crate::parts::{AttachmentNotice, CommentRef, FileRef, NamedId, Part, Person, TicketState};
use crate::read::Unreadable;
use crate::settings::mapping::StatusSelector;

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
    /// Every kind that the sidecar sends (docs/protocol.md §2). The last five are queries; the same reply has their answer.
    MessageBody, MessageKind {
        /// The sidecar's capabilities and mode: first message after a start, and after every change.
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
        /// Query: projects, or the issue types of a project and their fields. Not sent yet: for the admin page.
        "project.meta" ProjectMeta(ProjectMeta),
        /// Query: Jira users.
        "user.search" UserSearch(UserSearch),
        /// Query: the bytes of a Jira attachment.
        "attachment.fetch" AttachmentFetch(AttachmentFetch),
    }
}

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
        /// RFC 3339.
        pub created_at: String,
        /// RFC 3339.
        pub updated_at: String,
    }
}

wire! {
    /// An article in the form of its comment.
    pub struct ArticleContent {
        /// Zammad's article id.
        pub article_id: u64,
        /// Not visible to the customer.
        pub internal: bool,
        /// RFC 3339.
        pub created_at: String,
        /// The whole comment as an Atlassian document, with its head line, at most 32,767 characters as JSON. A media node
        /// with the id `zammad-<attachment id>` stands for a file that was sent before. Never set in privacy mode; Forge then
        /// writes a notice.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub document: Option<Value>,
        /// The document only says that there is an article, whose text is not sent. Such a comment is never shown to customers.
        #[serde(default, skip_serializing_if = "is_false")]
        pub notice: bool,
        /// The part of the article, if it was split.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub part: Option<Part>,
        /// Number of files of the article.
        pub attachment_count: u32,
        /// URL of the article in Zammad.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub url: Option<String>,
        /// Jira's numeric ids of the target issues: those whose primary ticket is this one.
        pub issues: Vec<String>,
        /// For `article.changed`: the comments that were written for this part.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub comments: Vec<CommentRef>,
        /// For `article.changed` of an article that has become internal: the files that were added for it. Those on issues of
        /// service projects are deleted, since the portal shows every attachment to the customer.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub files: Vec<FileRef>,
        /// Sent again for issues that could not be written before: a failure is answered and does not wait, so that the ticket's
        /// other messages go on.
        #[serde(default, skip_serializing_if = "is_false")]
        pub again: bool,
    }
}

impl ArticleContent {
    /// Number of the part, from 1; an article that was not split has one part.
    #[must_use]
    pub fn part_number(&self) -> u32 {
        self.part.as_ref().map_or(1, |part| part.number)
    }
}

/// Whether to leave out a flag.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
pub(crate) const fn is_false(flag: &bool) -> bool {
    !*flag
}

wire! {
    /// An article that was deleted, or that the comment policy no longer allows.
    pub struct ArticleRemoved {
        /// Zammad's article id.
        pub article_id: u64,
        /// The comments that were written for it.
        pub comments: Vec<CommentRef>,
        /// The files that were added for it; they are deleted. Without those that another article still shows: equal files of
        /// an issue are one attachment.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub files: Vec<FileRef>,
        /// Whether to delete the comments; otherwise their text is replaced by a note.
        #[serde(default)]
        pub delete: bool,
    }
}

wire! {
    /// A file of an article.
    pub struct AttachmentContent {
        /// Zammad's id of its article.
        pub article_id: u64,
        /// Zammad's attachment id.
        pub attachment_id: u64,
        /// File name; in privacy mode only the extension.
        pub name: String,
        /// Size in bytes.
        pub size: u64,
        /// Media type as stored in Zammad.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub media_type: Option<String>,
        /// SHA-256 of the bytes, hex.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub sha256: Option<String>,
        /// The bytes in base64, at most 2.5 MiB before encoding.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub bytes: Option<String>,
        /// Why the bytes are missing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub notice: Option<AttachmentNotice>,
        /// Whether its article is internal.
        #[serde(default, skip_serializing_if = "is_false")]
        pub internal: bool,
        /// As [`ArticleContent::again`].
        #[serde(default, skip_serializing_if = "is_false")]
        pub again: bool,
        /// Jira's numeric ids of the target issues.
        pub issues: Vec<String>,
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
