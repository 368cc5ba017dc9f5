//! Issues, and the rows that belong to them.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{clock::Millis, jira_sim::id::Id};

/// Who may see a comment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Visibility {
    /// `role` or `group`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Name of the role or group.
    pub value: String,
}

/// A comment.
#[derive(Clone, Debug, Serialize)]
pub struct Comment {
    /// Number.
    pub id: Id,
    /// The issue to which it belongs.
    pub issue: Id,
    /// Author's account.
    pub author: String,
    /// Who changed it last.
    pub update_author: String,
    /// The document.
    pub body: Value,
    /// Who may see it; everybody if absent.
    pub visibility: Option<Visibility>,
    /// Whether customers see it on the portal of a service project.
    pub jsd_public: bool,
    /// Entity properties, given when it was made or set later.
    pub properties: BTreeMap<String, Value>,
    /// Made at.
    pub created: Millis,
    /// Changed at.
    pub updated: Millis,
}

/// A comment at a moment at which customers could read it: the portal showed it, and a mail brought it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// The issue to which it belongs.
    pub issue: Id,
    /// The text at that moment.
    pub text: String,
}

/// A file.
#[derive(Clone, Debug, Serialize)]
pub struct Attachment {
    /// Number.
    pub id: Id,
    /// The issue to which it belongs.
    pub issue: Id,
    /// Name as sent.
    pub filename: String,
    /// Type as sent.
    pub mime_type: String,
    /// Author's account.
    pub author: String,
    /// Made at.
    pub created: Millis,
    /// The bytes.
    #[serde(skip)]
    pub data: Bytes,
}

impl Attachment {
    /// The file's name at the media service, which needs no credentials: a UUID made of number and time.
    pub(in crate::jira_sim) fn media_name(&self) -> String {
        let created = self.created.unsigned_abs();
        format!("{:08x}-{:04x}-4000-8000-{:012x}", created >> 16, created & 0xffff, self.id)
    }
}

/// A link to something outside Jira.
#[derive(Clone, Debug, Serialize)]
pub struct RemoteLink {
    /// Number.
    pub id: Id,
    /// The issue to which it belongs.
    pub issue: Id,
    /// The client's own key, for upserts.
    pub global_id: Option<String>,
    /// `application`, `object`, `relationship` as sent.
    pub rest: Map<String, Value>,
}

/// An issue.
#[derive(Clone, Debug, Serialize)]
pub struct Issue {
    /// Number.
    pub id: Id,
    /// Key.
    pub key: String,
    /// Key of the project.
    pub project: String,
    /// Type's number.
    pub issue_type: Id,
    /// Summary.
    pub summary: String,
    /// Document or null.
    pub description: Value,
    /// Status.
    pub status: Id,
    /// Resolution's number.
    pub resolution: Option<Id>,
    /// When resolved.
    pub resolved: Option<Millis>,
    /// Priority's number.
    pub priority: Id,
    /// Assignee's account.
    pub assignee: Option<String>,
    /// Reporter's account.
    pub reporter: String,
    /// Creator's account.
    pub creator: String,
    /// Security level's number; everybody who may browse the project sees it if absent.
    pub security: Option<Id>,
    /// Whether it is archived: still to be read, no longer to be changed, not found by a search.
    pub archived: bool,
    /// Numbers of the versions that it is fixed in.
    pub fix_versions: BTreeSet<Id>,
    /// Labels.
    pub labels: BTreeSet<String>,
    /// Other fields as set: `duedate` and custom ones.
    pub other: BTreeMap<String, Value>,
    /// Entity properties.
    pub properties: BTreeMap<String, Value>,
    /// Made at.
    pub created: Millis,
    /// Changed at.
    pub updated: Millis,
}
