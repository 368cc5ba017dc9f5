//! Messages: sidecar → Forge. Their limits are in `limits_of`.

mod limits_of;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Id;
use crate::limits::{Invalid, Validate};
use crate::parts::{AttachmentNotice, CommentRef, NamedId, Part, Person, TicketState, wire};
use crate::read::Unreadable;
use crate::settings::StatusSelector;

/// One message. `ticket_id` names the line it keeps its order in; queries and `hello` have none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(try_from = "Carried", into = "Carried")]
#[cfg_attr(not(target_family = "wasm"), schemars(!try_from, !into, rename_all = "camelCase"))]
pub struct Message {
    /// Stable over retries.
    pub id: Id,
    /// Zammad's ticket id.
    #[cfg_attr(not(target_family = "wasm"), schemars(default))]
    pub ticket_id: Option<u64>,
    /// Kind and data.
    #[cfg_attr(not(target_family = "wasm"), schemars(flatten))]
    pub body: MessageBody,
}

/// The JSON of a message before its kind is known. One untyped step keeps serde from generating every type's reader once
/// more for its flattened form: that was a third of the wasm module.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Carried {
    id: Id,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ticket_id: Option<u64>,
    kind: String,
    data: Value,
}

impl TryFrom<Carried> for Message {
    type Error = Unreadable;

    fn try_from(carried: Carried) -> Result<Self, Self::Error> {
        let body = MessageBody::read(&carried.kind, carried.data)?;
        Ok(Self { id: carried.id, ticket_id: carried.ticket_id, body })
    }
}

impl From<Message> for Carried {
    fn from(message: Message) -> Self {
        Self {
            id: message.id,
            ticket_id: message.ticket_id,
            kind: message.body.kind().into(),
            data: message.body.data(),
        }
    }
}

macro_rules! kinds {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $wire:literal $variant:ident($data:ty),)* }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq)]
        #[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
        #[cfg_attr(not(target_family = "wasm"), schemars(tag = "kind", content = "data"))]
        pub enum $name { $($(#[$doc])* #[cfg_attr(not(target_family = "wasm"), schemars(rename = $wire))] $variant($data),)* }

        impl $name {
            /// Every kind's wire name.
            pub const KINDS: &'static [&'static str] = &[$($wire),*];

            /// This one's wire name.
            #[must_use]
            pub const fn kind(&self) -> &'static str {
                match self { $(Self::$variant(_) => $wire,)* }
            }

            /// The JSON that stands under `data`.
            pub(crate) fn data(&self) -> serde_json::Value {
                // Our own types: string keys only, so this cannot fail; `null` would be refused by every reader.
                match self { $(Self::$variant(data) => serde_json::to_value(data).unwrap_or_default(),)* }
            }

            pub(crate) fn read(kind: &str, data: serde_json::Value) -> Result<Self, $crate::Unreadable> {
                match kind {
                    $($wire => $crate::read(data).map(Self::$variant),)*
                    _ => Err($crate::Unreadable),
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

kinds! {
    /// Every kind the sidecar sends (docs/protocol.md §2). The last five are queries, answered in the same reply.
    MessageBody {
        /// Who is calling: first message after a start, and whenever it changes.
        "hello" Hello(Hello),
        /// The synced fields of a linked ticket as they are now.
        "ticket.changed" TicketChanged(TicketSnapshot),
        /// A new article of a linked ticket.
        "article.added" ArticleAdded(ArticleContent),
        /// An article whose text or visibility changed.
        "article.changed" ArticleChanged(ArticleContent),
        /// An article that is gone.
        "article.removed" ArticleRemoved(ArticleRemoved),
        /// A file of an article: its bytes, or a notice why not.
        "attachment.added" AttachmentAdded(AttachmentContent),
        /// The ticket was merged into another.
        "ticket.merged" TicketMerged(TicketMerged),
        /// The ticket no longer exists, or is no longer ours to read.
        "ticket.gone" TicketGone(TicketGone),
        /// Link this ticket to that issue.
        "link.requested" LinkRequested(LinkRequest),
        /// End the link.
        "link.removed" LinkRemoved(LinkEnded),
        /// Create an issue for this ticket.
        "issue.create" IssueCreate(IssueCreate),
        /// Write these fields of the issue.
        "field.apply" FieldApply(FieldApply),
        /// Who a Zammad user is in Jira.
        "identity.upsert" IdentityUpsert(IdentityUpsert),
        /// What the last comparison of both sides found.
        "drift.report" DriftReport(DriftReport),
        /// Query: issues by words, key or URL.
        "issue.search" IssueSearch(IssueSearch),
        /// Query: one issue.
        "issue.get" IssueGet(IssueGet),
        /// Query: projects, issue types and their required fields.
        "project.meta" ProjectMeta(ProjectMeta),
        /// Query: Jira users.
        "user.search" UserSearch(UserSearch),
        /// Query: the bytes of a Jira attachment.
        "attachment.fetch" AttachmentFetch(AttachmentFetch),
    }
}

wire! {
    /// Who is calling.
    pub struct Hello {
        /// What this sidecar can do, by name; unknown ones are ignored.
        pub capabilities: Vec<String>,
        /// Whether privacy mode is on. Only the customer's network can change it.
        pub privacy_mode: bool,
        /// Zammad's own version, if it could be asked.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub zammad_version: Option<String>,
        /// Where people reach Zammad in a browser, without a trailing slash.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub zammad_url: Option<String>,
    }
}

wire! {
    /// A ticket as the panel shows it.
    pub struct TicketSnapshot {
        /// Zammad's public number: a text.
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
        /// Customer, by policy.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub customer: Option<Person>,
        /// Number of articles.
        pub article_count: u64,
        /// RFC 3339.
        pub created_at: String,
        /// RFC 3339.
        pub updated_at: String,
    }
}

wire! {
    /// An article as the comment it becomes, or has become.
    pub struct ArticleContent {
        /// Zammad's article id.
        pub article_id: u64,
        /// Not visible to the customer.
        pub internal: bool,
        /// RFC 3339.
        pub created_at: String,
        /// The whole comment as an Atlassian document, with its head line, at most 32,767 characters as JSON. A media node
        /// whose id is `zammad-<attachment id>` stands for a file that travelled before. Never set in privacy mode: Forge
        /// then writes a notice.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub document: Option<Value>,
        /// Which part this is, if the article was split.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub part: Option<Part>,
        /// How many files hang on it.
        pub attachment_count: u32,
        /// Where to read it in Zammad.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub url: Option<String>,
        /// Jira's numeric ids of the issues it is for: those that the ticket is linked to and is the primary of.
        pub issues: Vec<String>,
        /// For `article.changed`: the comments that this part became.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub comments: Vec<CommentRef>,
    }
}

wire! {
    /// An article that is gone, or that the policy does not admit any more.
    pub struct ArticleRemoved {
        /// Zammad's article id.
        pub article_id: u64,
        /// The comments that it became.
        pub comments: Vec<CommentRef>,
        /// Delete them; otherwise they say that the article is gone.
        #[serde(default)]
        pub delete: bool,
    }
}

wire! {
    /// A file.
    pub struct AttachmentContent {
        /// The article it hangs on.
        pub article_id: u64,
        /// Zammad's attachment id.
        pub attachment_id: u64,
        /// File name; in privacy mode only its extension.
        pub name: String,
        /// Bytes.
        pub size: u64,
        /// Media type as Zammad has it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub media_type: Option<String>,
        /// SHA-256 of the bytes, hex.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub sha256: Option<String>,
        /// The bytes in base64, at most 2.5 MiB of them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub bytes: Option<String>,
        /// Why there are none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub notice: Option<AttachmentNotice>,
        /// Jira's numeric ids of the issues it is for.
        pub issues: Vec<String>,
    }
}

wire! {
    /// A merge.
    pub struct TicketMerged {
        /// Id of the ticket that lives on.
        pub into_ticket_id: u64,
        /// Its public number.
        pub into_number: String,
        /// Where people read it.
        pub into_url: String,
    }
}

wire! {
    /// A ticket that is gone.
    pub struct TicketGone {
        /// `deleted`, `no-access`, `out-of-scope`.
        pub reason: String,
    }
}

wire! {
    /// A wish to link.
    pub struct LinkRequest {
        /// Issue key, numeric id, or URL of the issue.
        pub issue: String,
        /// The ticket's public number.
        pub ticket_number: String,
        /// Where people read the ticket.
        pub ticket_url: String,
        /// The ticket's title for the link's text. Never set in privacy mode.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub title: Option<String>,
        /// The newest article when the link was asked for: it and older ones are not sent.
        #[serde(default)]
        pub after_article: u64,
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
        /// Further fields by Jira's field id, as Jira takes them.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        pub fields: BTreeMap<String, Value>,
        /// The ticket's public number.
        pub ticket_number: String,
        /// Where people read the ticket.
        pub ticket_url: String,
        /// The newest article when the issue was asked for: it and older ones are not sent.
        #[serde(default)]
        pub after_article: u64,
    }
}

wire! {
    /// The merge plan's writes for Jira. Nothing is written over a value that the plan did not know: what Jira holds is
    /// compared with `expected` first, and a field that differs is answered as stale.
    pub struct FieldApply {
        /// Jira's numeric issue id.
        pub issue_id: String,
        /// Values by Jira's field id, as Jira takes them.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        pub fields: BTreeMap<String, Value>,
        /// Status to reach by transitions.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub status: Option<StatusWanted>,
        /// For each field (`status` for the status) the [`crate::print()`] of what the plan was made against.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        pub expected: BTreeMap<String, String>,
    }
}

wire! {
    /// A status to reach. What transitions ask for is filled in from the configuration, which Forge has itself.
    pub struct StatusWanted {
        /// Any of these will do; the first is preferred.
        pub any_of: Vec<StatusSelector>,
    }
}

wire! {
    /// One pair of the identity map.
    pub struct IdentityUpsert {
        /// Zammad's user.
        pub person: Person,
        /// Atlassian account, `None` to forget the pair.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub account_id: Option<String>,
    }
}

wire! {
    /// Numbers of a comparison.
    pub struct DriftReport {
        /// Links compared.
        pub checked: u64,
        /// Links that differed.
        pub differed: u64,
        /// Of these, repaired.
        pub repaired: u64,
    }
}

wire! {
    /// Search words.
    pub struct IssueSearch {
        /// Key, URL or words as typed by an agent.
        pub query: String,
        /// At most so many hits, 1 to 50.
        pub limit: u32,
    }
}

wire! {
    /// One issue.
    pub struct IssueGet {
        /// Key or numeric id.
        pub issue: String,
        /// Also tell what was written since this time of Jira's: comments and files that no event may have told of.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub catch_up_since: Option<String>,
    }
}

wire! {
    /// Projects, or one project's issue types and fields.
    pub struct ProjectMeta {
        /// Project key; all projects if not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub project: Option<String>,
    }
}

wire! {
    /// Jira users.
    pub struct UserSearch {
        /// Name or e-mail of an agent.
        pub query: String,
        /// Only users who can be assigned in this project.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub project: Option<String>,
    }
}

wire! {
    /// A Jira attachment.
    pub struct AttachmentFetch {
        /// Jira's numeric issue id.
        pub issue_id: String,
        /// Jira's attachment id.
        pub attachment_id: String,
    }
}
