//! What the imitated site knows, typed. How it looks on the wire is `render.rs`'s business alone.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::clock::Millis;

/// A row's number; the API shows it as text.
pub type Id = u64;

/// An account.
#[derive(Clone, Debug, Serialize)]
pub struct User {
    /// Account id.
    pub account_id: String,
    /// Name shown.
    pub display_name: String,
    /// Address, if its owner shows it.
    pub email: Option<String>,
    /// `atlassian` or `app`.
    pub account_type: &'static str,
    /// Whether the account works.
    pub active: bool,
    /// May administer the site.
    pub admin: bool,
    /// Project roles (in every project), which restricted comments may name.
    pub roles: Vec<String>,
}

/// A project.
#[derive(Clone, Debug, Serialize)]
pub struct Project {
    /// Number.
    pub id: Id,
    /// Key.
    pub key: String,
    /// Name.
    pub name: String,
    /// Who leads it.
    pub lead: String,
    /// How its issues move.
    pub workflow: Workflow,
    /// The last issue's number.
    pub last_issue: u64,
}

/// A status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Status {
    /// Number.
    pub id: Id,
    /// Name.
    pub name: String,
    /// Category.
    pub category: Category,
}

/// A status category.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Category {
    /// To Do.
    New,
    /// In Progress.
    Indeterminate,
    /// Done.
    Done,
}

/// One way from status to status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Transition {
    /// Number.
    pub id: Id,
    /// Name.
    pub name: String,
    /// Statuses it leaves from; none: from any.
    pub from: Vec<Id>,
    /// Status it leads to.
    pub to: Id,
    /// Fields that its screen requires.
    pub required: Vec<String>,
}

/// Statuses and the ways between them. An issue starts in the first status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Workflow {
    /// Statuses.
    pub statuses: Vec<Status>,
    /// Transitions.
    pub transitions: Vec<Transition>,
}

impl Workflow {
    fn statuses() -> Vec<Status> {
        [
            (10000, "To Do", Category::New),
            (3, "In Progress", Category::Indeterminate),
            (10001, "In Review", Category::Indeterminate),
            (10002, "Done", Category::Done),
        ]
        .map(|(id, name, category)| Status { id, name: name.to_owned(), category })
        .to_vec()
    }

    /// From everywhere to everywhere, as new projects have it.
    #[must_use]
    pub fn open() -> Self {
        let statuses = Self::statuses();
        let ways = [11, 21, 31, 41].into_iter().zip(&statuses);
        let transitions = ways.map(|(id, to)| Transition {
            id,
            name: to.name.clone(),
            from: Vec::new(),
            to: to.id,
            required: Vec::new(),
        });
        Self { transitions: transitions.collect(), statuses }
    }

    /// One step after the other, and the last one asks for a resolution.
    #[must_use]
    pub fn strict() -> Self {
        let way = |id, name: &str, from: Id, to: Id, required: &[&str]| Transition {
            id,
            name: name.to_owned(),
            from: vec![from],
            to,
            required: required.iter().map(|&field| field.to_owned()).collect(),
        };
        Self {
            statuses: Self::statuses(),
            transitions: vec![
                way(11, "Start work", 10000, 3, &[]),
                way(21, "Ask for review", 3, 10001, &[]),
                way(31, "Put back", 3, 10000, &[]),
                way(41, "Approve", 10001, 10002, &["resolution"]),
                way(51, "Reject", 10001, 3, &[]),
                way(61, "Reopen", 10002, 10000, &[]),
            ],
        }
    }

    /// A status.
    #[must_use]
    pub fn status(&self, id: Id) -> Option<&Status> {
        self.statuses.iter().find(|status| status.id == id)
    }

    /// The ways that leave a status.
    pub fn leaving(&self, from: Id) -> impl Iterator<Item = &Transition> {
        self.transitions.iter().filter(move |way| way.from.is_empty() || way.from.contains(&from))
    }
}

/// Who may see a comment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Visibility {
    /// `role` or `group`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its name.
    pub value: String,
}

/// A comment.
#[derive(Clone, Debug, Serialize)]
pub struct Comment {
    /// Number.
    pub id: Id,
    /// Its issue.
    pub issue: Id,
    /// Author's account.
    pub author: String,
    /// Who changed it last.
    pub update_author: String,
    /// The document.
    pub body: Value,
    /// Who may see it; everybody if absent.
    pub visibility: Option<Visibility>,
    /// Entity properties, given when it was made or set later.
    pub properties: BTreeMap<String, Value>,
    /// Made at.
    pub created: Millis,
    /// Changed at.
    pub updated: Millis,
}

/// A file.
#[derive(Clone, Debug, Serialize)]
pub struct Attachment {
    /// Number.
    pub id: Id,
    /// Its issue.
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

/// A link to something outside Jira.
#[derive(Clone, Debug, Serialize)]
pub struct RemoteLink {
    /// Number.
    pub id: Id,
    /// Its issue.
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
    /// Its project's key.
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

/// Issue types: number, name.
pub const ISSUE_TYPES: [(Id, &str); 4] = [(10001, "Task"), (10002, "Bug"), (10003, "Story"), (10004, "Epic")];
/// Priorities: number, name.
pub const PRIORITIES: [(Id, &str); 5] = [(1, "Highest"), (2, "High"), (3, "Medium"), (4, "Low"), (5, "Lowest")];
/// Resolutions: number, name.
pub const RESOLUTIONS: [(Id, &str); 4] =
    [(10000, "Done"), (10001, "Won't Do"), (10002, "Duplicate"), (10003, "Cannot Reproduce")];
