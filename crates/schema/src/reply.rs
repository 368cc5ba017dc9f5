//! The body of a reply: one result per message, and the commands for the sidecar (docs/protocol.md §3).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::command::{Command, CommandBody};
use crate::issue::IssueSnapshot;
use crate::limits::{Invalid, Validate, WIRE_VERSION};
use crate::macros::wire;
use crate::parts::{AttachmentNotice, Author, CommentRef, FileRef, IssueRef};
use crate::read::read;

/// The body of a reply. `C` is [`Command`] for the sender; for the receiver see [`Reply::read`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Reply<C = Command> {
    /// The wire version, 1 ([`WIRE_VERSION`]).
    pub v: u8,
    /// The installation that replies; must be the one of the request.
    pub install_id: String,
    /// One result per message of the request, in the same order.
    #[serde(default)]
    pub results: Vec<MessageResult>,
    /// Commands for the sidecar; each is delivered again until it is acknowledged.
    pub commands: Vec<C>,
    /// The admin's settings.
    pub config: Config,
    /// The keys that are accepted.
    pub keys: LiveKeys,
    /// Version of the Forge app.
    pub forge: ForgeInfo,
    /// Maximum time until the next request, in milliseconds.
    pub next_poll_ms: u32,
    /// The state of the queue of commands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<QueueState>,
    /// The installation's use of Jira's rate limit; only in a reply to a request for which Jira was called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quota: Option<Quota>,
}

wire! {
    /// The state of the queue of commands.
    pub struct QueueState {
        /// Present if the queue was empty: a request with this mark needs no look at the queue unless it has changed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub empty_mark: Option<String>,
        /// Time since the last command was queued or the panel was opened, in milliseconds; absent if neither ever happened.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub changed_ms_ago: Option<u64>,
    }
}

wire! {
    /// The installation's use of Jira's rate limit, which all installations of the app share (docs/capacity.md).
    #[derive(Default)]
    pub struct Quota {
        /// Points of this clock hour that the installation has used, as the app counts them.
        pub spent: u32,
        /// Points that are left to all installations in this hour, if Jira says so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub rest: Option<u32>,
        /// Background questions wait for this many milliseconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub background_wait_ms: Option<u32>,
        /// Everything that needs Jira waits for this many milliseconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub wait_ms: Option<u32>,
    }
}

wire! {
    /// The result of one message.
    pub struct MessageResult {
        /// The message's id as received.
        pub id: String,
        /// Status of the result.
        pub status: ResultStatus,
        /// Machine-readable reason.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub code: Option<String>,
        /// For `retry`: minimum delay in milliseconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub retry_after_ms: Option<u32>,
        /// The answer; its form depends on the kind of the message.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub data: Option<Value>,
    }
}

wire! {
    /// The status of a message.
    pub enum ResultStatus {
        /// Applied now.
        Accepted,
        /// Applied before; `data` is the first answer.
        Duplicate,
        /// Not applied; the sender must retry.
        Retry,
        /// Not applied; a retry has the same result.
        Rejected,
    }
}

wire! {
    /// The admin's settings ([`crate::Settings`]).
    pub struct Config {
        /// Etag of the settings; it changes with them.
        pub etag: String,
        /// The settings; absent if the request's etag is current.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub value: Option<Value>,
    }
}

wire! {
    /// The keys that are accepted, `current` first.
    pub struct LiveKeys {
        /// Key ids (docs/protocol.md §1).
        pub live: Vec<String>,
    }
}

wire! {
    /// The Forge app.
    pub struct ForgeInfo {
        /// Its version.
        pub version: String,
        /// Minimum version of the sidecar; an older one may send only `hello`.
        pub min_sidecar: String,
    }
}

wire! {
    /// `data` of an accepted `hello`.
    pub struct HelloAnswer {
        /// Minimum version of the sidecar.
        pub min_sidecar: String,
        /// The sidecar's privacy mode, as Forge shows it.
        pub privacy_mode: bool,
        /// How many links Forge knows, of at most 10,000 tickets. After a new installation there are none, so the sidecar sends
        /// `link.restore` for its own.
        #[serde(default)]
        pub links: u64,
    }
}

wire! {
    /// `data` of an accepted `link.requested`.
    pub struct LinkAnswer {
        /// Jira's numeric issue id.
        pub issue_id: String,
        /// The issue's current key.
        pub issue_key: String,
        /// The issue's synced fields at the time of the link.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub snapshot: Option<IssueSnapshot>,
        /// For `link.requested`: the issue's description at the time of the link, if comments sync to Zammad. A large one is
        /// reduced to its text.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub description: Option<Value>,
    }
}

wire! {
    /// `data` of an answered `issue.get`.
    pub struct IssueFound {
        /// Jira's numeric issue id.
        pub issue_id: String,
        /// The issue's current key.
        pub issue_key: String,
        /// The issue's synced fields.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub snapshot: Option<IssueSnapshot>,
        /// Comments and files since the requested time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub catch_up: Option<CatchUp>,
        /// Whether Forge knows a link between the issue and the ticket of the message. Always true for a message without a
        /// ticket.
        #[serde(default = "yes")]
        pub linked: bool,
    }
}

/// Forge apps that do not say it answer as if it were so.
const fn yes() -> bool {
    true
}

wire! {
    /// The comments and files that users added to an issue since it was linked. Without restricted comments and without the connector's own content.
    pub struct CatchUp {
        /// The commands that the events would have queued, with the same ids, oldest first; as many as fit into a reply.
        pub commands: Vec<Command>,
        /// Ids of all comments that may be sent, if Jira returned all of them: a known comment that is missing was removed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub all_comments: Option<Vec<String>>,
        /// Jira's time from which to continue.
        pub until: String,
    }
}

wire! {
    /// `data` of an answered `issues.changed`.
    pub struct ChangedIssues {
        /// The linked issues that changed in the period, by Jira's search index.
        pub issues: Vec<ChangedIssue>,
        /// The end of the period, RFC 3339: where the next question goes on.
        pub until: String,
        /// Whether there were more issues than one answer has; every linked issue has to be read then.
        #[serde(default)]
        pub more: bool,
        /// Not answered now, since the installation has used its share of Jira's rate limit: ask again after this many
        /// milliseconds. `until` is where the question began.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub wait_ms: Option<u32>,
    }
}

wire! {
    /// An issue that changed.
    pub struct ChangedIssue {
        /// Jira's numeric issue id.
        pub issue_id: String,
        /// Jira's time of its last change.
        pub updated_at: String,
    }
}

wire! {
    /// `data` of an answered `issues.read`. An issue that is in no list is asked for again.
    pub struct IssuesFound {
        /// The issues that were read.
        pub issues: Vec<IssueState>,
        /// Ids of issues that Jira does not return, or whose project is out of scope; `issue.get` tells why.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub missing: Vec<String>,
        /// The links of the question that Forge does not know, as places in the question's list.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub unlinked: Vec<u32>,
        /// As in [`ChangedIssues`].
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub wait_ms: Option<u32>,
    }
}

wire! {
    /// An issue that was read together with others.
    pub struct IssueState {
        /// Jira's numeric issue id.
        pub issue_id: String,
        /// The issue's current key.
        pub issue_key: String,
        /// Jira's time of its last change.
        pub updated_at: String,
        /// The issue's synced fields, unless `updatedAt` of the question is the same.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub snapshot: Option<IssueSnapshot>,
    }
}

wire! {
    /// `data` of an accepted `article.added`.
    pub struct ArticleAnswer {
        /// The comments of the article, one per linked issue.
        pub comments: Vec<CommentRef>,
        /// The issues or comments for which nothing was done.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub failed: Vec<RefFailure>,
    }
}

wire! {
    /// A part of a message that was not applied, while the rest was.
    pub struct RefFailure {
        /// Jira's numeric issue id.
        pub issue_id: String,
        /// Jira's comment id, if it concerns one comment.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub comment_id: Option<String>,
        /// Jira's attachment id, if it concerns one file.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub attachment_id: Option<String>,
        /// `issue-no-access`, `jira-forbidden`, `jira-refused`, `not-ours`, `not-linked`; for an issue whose ticket was erased
        /// also `summary-kept` and `description-kept`.
        pub reason: String,
    }
}

impl RefFailure {
    /// A whole issue, without a reason.
    #[must_use]
    pub fn of_issue(issue_id: &str) -> Self {
        Self { issue_id: issue_id.to_owned(), comment_id: None, attachment_id: None, reason: String::new() }
    }

    /// A comment, without a reason.
    #[must_use]
    pub fn of_comment(comment: &CommentRef) -> Self {
        Self { comment_id: Some(comment.comment_id.clone()), ..Self::of_issue(&comment.issue_id) }
    }

    /// A file, without a reason.
    #[must_use]
    pub fn of_file(file: &FileRef) -> Self {
        Self { attachment_id: Some(file.attachment_id.clone()), ..Self::of_issue(&file.issue_id) }
    }

    /// Sets the reason.
    #[must_use]
    pub fn because(self, reason: &str) -> Self {
        Self { reason: reason.to_owned(), ..self }
    }
}

wire! {
    /// `data` of an accepted `ticket.gone` or `ticket.merged`.
    pub struct TicketEnded {
        /// The issues whose link to the ticket has ended or moved.
        pub issues: Vec<IssueRef>,
        /// For `ticket.gone`: the comments, files and texts of issues that could not be erased.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub failed: Vec<RefFailure>,
    }
}

wire! {
    /// `data` of an accepted `attachment.added`.
    pub struct AttachmentAnswer {
        /// The attachments of the file, one per linked issue.
        pub files: Vec<FileRef>,
        /// Why the file is not in Jira: `too-large`, `privacy`, `unreadable`, `empty`, `internal`, `too-large-for-jira`,
        /// `jira-refused`. A comment on the issue states name, size and reason.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub refused: Option<String>,
        /// The issues for which nothing was done.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub failed: Vec<RefFailure>,
    }
}

wire! {
    /// `data` of an answered `attachment.fetch`.
    pub struct AttachmentBytes {
        /// The bytes in base64, at most 2.5 MiB before encoding.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub bytes: Option<String>,
        /// Why the bytes are missing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub notice: Option<AttachmentNotice>,
    }
}

wire! {
    /// `data` of an answered `user.search`.
    pub struct UsersFound {
        /// The users, at most 20.
        pub users: Vec<Author>,
    }
}

/// Id and code of a command that cannot be read.
type UnreadableCommand = (String, &'static str);

impl Reply<Result<Command, UnreadableCommand>> {
    /// Reads a verified reply. A command that cannot be read stays in the list as `Err((id, code))` with the code
    /// `unsupported` (unknown kind), `malformed` or `invalid`, so that it is acknowledged and does not block the others.
    ///
    /// # Errors
    /// [`Invalid`] if the reply as a whole has another shape, version or installation.
    pub fn read(body: &str, install_id: &str) -> Result<Self, Invalid> {
        let malformed = |_| Invalid { field: "reply", rule: "malformed" };
        let raw: Reply<Value> = serde_json::from_str(body).map_err(malformed)?;
        if raw.v != WIRE_VERSION {
            return Err(Invalid { field: "v", rule: "unsupported-version" });
        }
        if raw.install_id != install_id {
            return Err(Invalid { field: "installId", rule: "install-mismatch" });
        }
        Ok(Self {
            v: raw.v,
            install_id: raw.install_id,
            results: raw.results,
            commands: raw.commands.into_iter().map(read_command).collect(),
            config: raw.config,
            keys: raw.keys,
            forge: raw.forge,
            next_poll_ms: raw.next_poll_ms,
            queue: raw.queue,
            quota: raw.quota,
        })
    }
}

fn read_command(value: Value) -> Result<Command, UnreadableCommand> {
    let text =
        |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().chars().take(64).collect::<String>();
    let (id, kind) = (text("id"), text("kind"));
    if !CommandBody::KINDS.contains(&kind.as_str()) {
        return Err((id, "unsupported"));
    }
    let command: Command = read(value).map_err(|_| (id.clone(), "malformed"))?;
    command.validate().map_err(|_| (id, "invalid"))?;
    Ok(command)
}
