//! The reply body: one result a message, and what Forge wants done.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::issue::IssueSnapshot;
use crate::parts::{AttachmentNotice, Author, CommentRef, wire};
use crate::read::read;
use crate::{Command, CommandBody, Invalid, Validate, WIRE_VERSION};

/// A reply body. `C` is [`Command`] where it is made; where it is read, see [`Reply::read`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Reply<C = Command> {
    /// [`WIRE_VERSION`].
    pub v: u8,
    /// The installation that answers; must be the one asked.
    pub install_id: String,
    /// One a message of the request, in its order.
    #[serde(default)]
    pub results: Vec<MessageResult>,
    /// What Forge wants done; each comes again until it is acknowledged.
    pub commands: Vec<C>,
    /// The admin's configuration.
    pub config: Config,
    /// Which keys verify now.
    pub keys: LiveKeys,
    /// The other half's version.
    pub forge: ForgeInfo,
    /// When to come again at the latest, in milliseconds.
    pub next_poll_ms: u32,
}

wire! {
    /// What became of one message.
    pub struct MessageResult {
        /// The message's id as it was received.
        pub id: String,
        /// How it ended.
        pub status: ResultStatus,
        /// Why, for machines.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub code: Option<String>,
        /// For `retry`: not before so many milliseconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub retry_after_ms: Option<u32>,
        /// An answer, by kind.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub data: Option<Value>,
    }
}

wire! {
    /// How a message ended.
    pub enum ResultStatus {
        /// Applied now.
        Accepted,
        /// Applied before; `data` is the first answer.
        Duplicate,
        /// Not applied; send it again.
        Retry,
        /// Not applied, and never will be.
        Rejected,
    }
}

wire! {
    /// The admin's configuration: [`crate::Settings`].
    pub struct Config {
        /// Changes with the value.
        pub etag: String,
        /// Absent if the sidecar has this etag already.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub value: Option<Value>,
    }
}

wire! {
    /// Which keys verify now, `current` first.
    pub struct LiveKeys {
        /// Key ids (docs/protocol.md §1).
        pub live: Vec<String>,
    }
}

wire! {
    /// The Forge half.
    pub struct ForgeInfo {
        /// Its version.
        pub version: String,
        /// Older sidecars send only `hello`.
        pub min_sidecar: String,
    }
}

wire! {
    /// `data` of an accepted `link.requested`.
    pub struct LinkAnswer {
        /// Jira's numeric issue id.
        pub issue_id: String,
        /// The issue's key now.
        pub issue_key: String,
        /// The issue's synced fields when the link was made.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub snapshot: Option<IssueSnapshot>,
    }
}

wire! {
    /// `data` of an answered `issue.get`.
    pub struct IssueFound {
        /// Jira's numeric issue id.
        pub issue_id: String,
        /// The issue's key now.
        pub issue_key: String,
        /// The issue's synced fields.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub snapshot: Option<IssueSnapshot>,
        /// What was written since the time that was asked for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub catch_up: Option<CatchUp>,
    }
}

wire! {
    /// What people wrote on an issue since they linked it: never a restricted comment, nor anything of ours.
    pub struct CatchUp {
        /// The commands that events would have queued, under the same ids, oldest first; as many as fit.
        pub commands: Vec<Command>,
        /// Ids of all comments that may be told of, if Jira showed all: a known one that is missing is gone.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub all_comments: Option<Vec<String>>,
        /// Ask again from this time of Jira's on.
        pub until: String,
    }
}

wire! {
    /// `data` of an accepted `article.added`.
    pub struct ArticleAnswer {
        /// The comments it became, one a linked issue.
        pub comments: Vec<CommentRef>,
    }
}

wire! {
    /// `data` of an accepted `attachment.added`.
    pub struct AttachmentAnswer {
        /// What it became, one a linked issue.
        pub files: Vec<FileRef>,
        /// Why Jira did not take it: shown on the issue as a comment with name, size and reason.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub refused: Option<String>,
    }
}

wire! {
    /// A file on an issue.
    pub struct FileRef {
        /// Jira's numeric issue id.
        pub issue_id: String,
        /// Jira's attachment id.
        pub attachment_id: String,
    }
}

wire! {
    /// `data` of an answered `attachment.fetch`.
    pub struct AttachmentBytes {
        /// The bytes in base64, at most 2.5 MiB of them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub bytes: Option<String>,
        /// Why there are none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub notice: Option<AttachmentNotice>,
    }
}

wire! {
    /// `data` of an answered `user.search`.
    pub struct UsersFound {
        /// At most 20.
        pub users: Vec<Author>,
    }
}

/// A command that this version does not know, to be acknowledged `skipped`/`unsupported`.
type Unknown = (String, &'static str);

impl Reply<Result<Command, Unknown>> {
    /// Reads a verified reply. Commands that cannot be read stay in the list as `Err((id, code))`: each gets its own
    /// acknowledgement, and none blocks its neighbours.
    ///
    /// # Errors
    /// [`Invalid`] if the reply as a whole is of another shape, version or installation.
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
        })
    }
}

fn read_command(value: Value) -> Result<Command, Unknown> {
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
