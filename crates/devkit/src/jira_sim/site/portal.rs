//! The portal of a service project, as its customer sees it.

use serde::Serialize;

use super::{
    issue::{Attachment, Comment, Issue},
    project::ProjectType,
    state::State,
};

/// The property that a comment is made with to hide it from the portal: `{"internal": true}`.
const PUBLIC_COMMENT: &str = "sd.public.comment";

/// A request on the portal.
#[derive(Clone, Debug, Serialize)]
pub struct PortalRequest {
    /// Key of its issue.
    pub key: String,
    /// Summary.
    pub summary: String,
    /// The public comments, oldest first.
    pub comments: Vec<Comment>,
    /// Files, oldest first.
    pub attachments: Vec<Attachment>,
}

impl State {
    fn on_portal(&self, issue: &Issue) -> bool {
        self.projects.get(&issue.project).is_some_and(|project| project.kind == ProjectType::ServiceDesk)
    }

    /// The part of an issue that the portal shows; nothing unless it is in a service project.
    #[must_use]
    pub fn portal(&self, id_or_key: &str) -> Option<PortalRequest> {
        let issue = self.issue(id_or_key).filter(|issue| self.on_portal(issue))?;
        let shown = |row: &&Comment| row.jsd_public && row.visibility.is_none();
        Some(PortalRequest {
            key: issue.key.clone(),
            summary: issue.summary.clone(),
            comments: self.comments_of(issue.id).filter(shown).cloned().collect(),
            attachments: self.attachments_of(issue.id).cloned().collect(),
        })
    }

    /// Whether a comment that is made with these properties is public.
    pub(in crate::jira_sim) fn is_public(
        &self,
        issue: &Issue,
        properties: &std::collections::BTreeMap<String, serde_json::Value>,
    ) -> bool {
        let internal = properties.get(PUBLIC_COMMENT).and_then(|value| value.get("internal"));
        // The property is one of the service desk's and means nothing elsewhere.
        !self.on_portal(issue) || internal.is_none_or(|internal| *internal != true)
    }
}
