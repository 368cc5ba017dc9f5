//! The tables of the simulated site, and how rows are found in them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Value, json};

use super::{
    embedded_page::EmbeddedPage,
    issue::{Attachment, Comment, Issue, RemoteLink, Shown},
    issues::Issues,
    people::User,
    project::Project,
    workflow::Workflow,
};
use crate::{
    clock::Millis,
    jira_sim::{id::Id, limits::Limiter},
};

/// The site.
#[derive(Debug, Default)]
pub struct State {
    /// Accounts by id.
    pub users: BTreeMap<String, User>,
    /// Projects by key.
    pub projects: BTreeMap<String, Project>,
    /// Issues by number.
    pub issues: Issues,
    /// Comments by number.
    pub comments: BTreeMap<Id, Comment>,
    /// Files by number.
    pub attachments: BTreeMap<Id, Attachment>,
    /// Remote links by number.
    pub remote_links: BTreeMap<Id, RemoteLink>,
    /// Custom fields: id and name. All are texts.
    pub custom_fields: BTreeMap<String, String>,
    /// The URLs that events are sent to.
    pub sinks: Vec<String>,
    /// Pages of the app that the page of an issue shows.
    pub embedded: Vec<EmbeddedPage>,
    /// Every event made so far, sent or not, oldest first.
    pub events: Vec<Value>,
    /// Numbers by key, old keys of moved issues too, and the rows of each issue: indexes, since every request of a load
    /// test reads them.
    pub(in crate::jira_sim) keys: HashMap<String, Id>,
    pub(in crate::jira_sim) issue_comments: HashMap<Id, Vec<Id>>,
    pub(in crate::jira_sim) issue_attachments: HashMap<Id, Vec<Id>>,
    pub(in crate::jira_sim) issue_links: HashMap<Id, Vec<Id>>,
    /// Issues by number and projects by key that the app has no access to, whatever the permissions say.
    pub(in crate::jira_sim) hidden_issues: BTreeSet<Id>,
    pub(in crate::jira_sim) hidden_projects: BTreeSet<String>,
    pub(in crate::jira_sim) shown: Vec<Shown>,
    /// Keys of the entity properties that the app declares, and that JQL may therefore name.
    pub(in crate::jira_sim) searchable: BTreeSet<String>,
    /// Tasks by number.
    pub(in crate::jira_sim) tasks: BTreeMap<Id, Task>,
    /// Whether a list of comments costs one point in all.
    pub(in crate::jira_sim) flat_comments: bool,
    pub(in crate::jira_sim) limiter: Limiter,
    pub(in crate::jira_sim) base: String,
    pub(in crate::jira_sim) last_id: Id,
    pub(in crate::jira_sim) now: Millis,
}

/// An asynchronous task; here all are done at once.
#[derive(Clone, Debug)]
pub(in crate::jira_sim) struct Task {
    /// Who started it.
    pub account: String,
    /// Its description.
    pub description: &'static str,
    /// When it ran.
    pub at: Millis,
}

/// The rows that an index names for an issue.
fn rows<'a, T>(index: &'a HashMap<Id, Vec<Id>>, rows: &'a BTreeMap<Id, T>, issue: Id) -> impl Iterator<Item = &'a T> {
    index.get(&issue).into_iter().flatten().filter_map(|id| rows.get(id))
}

impl State {
    pub(in crate::jira_sim) const fn next_id(&mut self) -> Id {
        self.last_id += 1;
        self.last_id
    }

    /// Dates the changes of issues that were made up to now, for an index that lags.
    pub(in crate::jira_sim) fn settle_index(&mut self) {
        self.issues.settle(self.now);
    }

    /// The issue with this number or key, also an old key.
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
        rows(&self.issue_comments, &self.comments, issue)
    }

    /// An issue's files, oldest first.
    pub fn attachments_of(&self, issue: Id) -> impl Iterator<Item = &Attachment> {
        rows(&self.issue_attachments, &self.attachments, issue)
    }

    /// An issue's remote links, oldest first.
    pub fn links_of(&self, issue: Id) -> impl Iterator<Item = &RemoteLink> {
        rows(&self.issue_links, &self.remote_links, issue)
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
