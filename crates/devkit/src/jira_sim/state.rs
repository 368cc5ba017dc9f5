//! Everything that the imitated site knows, behind one lock.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};

use super::entities::{Attachment, Comment, Id, Issue, Project, RemoteLink, User, Workflow};
use crate::clock::Millis;

/// The app's own account, whichever installation calls.
pub const APP_ACCOUNT: &str = "712020:c0ffee00-0000-4000-8000-00000000a001";

/// The site.
#[derive(Debug, Default)]
pub struct State {
    /// Accounts by id.
    pub users: BTreeMap<String, User>,
    /// Projects by key.
    pub projects: BTreeMap<String, Project>,
    /// Issues by number.
    pub issues: BTreeMap<Id, Issue>,
    /// Comments by number.
    pub comments: BTreeMap<Id, Comment>,
    /// Files by number.
    pub attachments: BTreeMap<Id, Attachment>,
    /// Remote links by number.
    pub remote_links: BTreeMap<Id, RemoteLink>,
    /// Where events go.
    pub sinks: Vec<String>,
    /// Every event made so far, sent or not, oldest first.
    pub events: Vec<Value>,
    /// Numbers by key, and each issue's comments: looked up with every request of a load test.
    pub(super) keys: HashMap<String, Id>,
    pub(super) issue_comments: HashMap<Id, Vec<Id>>,
    pub(super) base: String,
    pub(super) last_id: Id,
    pub(super) now: Millis,
}

impl State {
    pub(super) const fn next_id(&mut self) -> Id {
        self.last_id += 1;
        self.last_id
    }

    /// The issue with this number or key.
    pub fn issue(&self, id_or_key: &str) -> Option<&Issue> {
        match id_or_key.parse::<Id>() {
            Ok(id) => self.issues.get(&id),
            Err(_) => self.issues.get(self.keys.get(&id_or_key.to_uppercase())?),
        }
    }

    /// The workflow of an issue's project.
    pub fn workflow(&self, issue: &Issue) -> Option<&Workflow> {
        self.projects.get(&issue.project).map(|project| &project.workflow)
    }

    /// An issue's comments, oldest first.
    pub fn comments_of(&self, issue: Id) -> impl Iterator<Item = &Comment> {
        self.issue_comments.get(&issue).into_iter().flatten().filter_map(|id| self.comments.get(id))
    }

    /// An issue's files, oldest first.
    pub fn attachments_of(&self, issue: Id) -> impl Iterator<Item = &Attachment> {
        self.attachments.values().filter(move |file| file.issue == issue)
    }

    /// Whether an account may see a comment. The app sees all of them: what it must not pass on is its own affair.
    pub fn sees(&self, account: &str, comment: &Comment) -> bool {
        let Some(visibility) = &comment.visibility else { return true };
        let user = self.users.get(account);
        user.is_some_and(|user| user.account_type == "app" || user.roles.contains(&visibility.value))
    }

    /// Everything, for assertions.
    pub fn dump(&self) -> Value {
        json!({
            "users": self.users.values().collect::<Vec<_>>(),
            "projects": self.projects.values().collect::<Vec<_>>(),
            "issues": self.issues.values().collect::<Vec<_>>(),
            "comments": self.comments.values().collect::<Vec<_>>(),
            "attachments": self.attachments.values().collect::<Vec<_>>(),
            "remote_links": self.remote_links.values().collect::<Vec<_>>(),
            "sinks": self.sinks,
            "events": self.events,
        })
    }
}
