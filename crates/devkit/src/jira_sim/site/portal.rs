//! The portal of a service project, as its customer sees it.

use serde::Serialize;
use serde_json::Value;

use super::{
    issue::{Attachment, Comment, Issue, Shown},
    project::ProjectType,
    state::State,
};
use crate::jira_sim::{adf, id::Id};

/// The property that hides a comment from the portal: `{"internal": true}`.
const PUBLIC_COMMENT: &str = "sd.public.comment";

/// A request on the portal.
#[derive(Clone, Debug, Serialize)]
pub struct PortalRequest {
    /// Key of its issue.
    pub key: String,
    /// Summary.
    pub summary: String,
    /// Document or null.
    pub description: Value,
    /// The public comments, oldest first.
    pub comments: Vec<Comment>,
    /// The customers' own files and those that a public comment shows, oldest first.
    pub attachments: Vec<Attachment>,
}

impl State {
    pub(in crate::jira_sim) fn on_portal(&self, issue: &Issue) -> bool {
        self.projects.get(&issue.project).is_some_and(|project| project.kind == ProjectType::ServiceDesk)
    }

    /// The part of an issue that the portal shows; nothing unless it is in a service project.
    #[must_use]
    pub fn portal(&self, id_or_key: &str) -> Option<PortalRequest> {
        let issue = self.issue(id_or_key).filter(|issue| self.on_portal(issue))?;
        let comments: Vec<Comment> = self.comments_of(issue.id).filter(|row| is_shown(row)).cloned().collect();
        let media: Vec<String> = comments.iter().flat_map(|row| adf::media(&row.body)).collect();
        let by_customer = |file: &Attachment| self.users.get(&file.author).is_some_and(|user| user.is_customer());
        let shown = |file: &&Attachment| by_customer(file) || media.contains(&file.media_name());
        Some(PortalRequest {
            key: issue.key.clone(),
            summary: issue.summary.clone(),
            description: issue.description.clone(),
            attachments: self.attachments_of(issue.id).filter(shown).cloned().collect(),
            comments,
        })
    }

    /// Everything that customers could ever read in comments, also what was hidden, edited or deleted later.
    #[must_use]
    pub fn shown_to_customers(&self) -> &[Shown] {
        &self.shown
    }

    /// Whether a comment of this issue with these properties is public.
    pub(in crate::jira_sim) fn is_public(
        &self,
        issue: &Issue,
        properties: &std::collections::BTreeMap<String, Value>,
    ) -> bool {
        let internal = properties.get(PUBLIC_COMMENT).and_then(|value| value.get("internal"));
        // The property is one of the service desk's and means nothing elsewhere.
        !self.on_portal(issue) || internal.is_none_or(|internal| *internal != true)
    }

    /// Computes the visibility of a comment after it or its properties changed, or its issue moved.
    pub(in crate::jira_sim) fn settle_visibility(&mut self, comment: Id) {
        let Some(row) = self.comments.get(&comment) else { return };
        let Some(issue) = self.issues.get(&row.issue) else { return };
        let (public, on_portal) = (self.is_public(issue, &row.properties), self.on_portal(issue));
        let Some(row) = self.comments.get_mut(&comment) else { return };
        row.jsd_public = public;
        if on_portal && is_shown(row) {
            self.shown.push(Shown { issue: row.issue, text: adf::text(&row.body) });
        }
    }
}

const fn is_shown(comment: &Comment) -> bool {
    comment.jsd_public && comment.visibility.is_none()
}
