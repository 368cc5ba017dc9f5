//! The limits of every kind of message.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    ArticleContent, ArticleRemoved, AttachmentContent, AttachmentFetch, DriftReport, Erasure, FieldApply, Hello,
    IdentityUpsert, IssueCreate, IssueGet, IssueSearch, IssuesChanged, IssuesRead, LinkEnded, LinkRequest, LinkRestore,
    Message, MessageBody, OutOfSync, ProjectMeta, TicketGone, TicketMerged, TicketSnapshot, UserSearch,
};
use crate::limits::{
    COMMENT, DOCUMENT_BYTES, ERASED, INLINE_BASE64, Invalid, KEY, LIST, MAX_ISSUES_READ, NAME, TIME, TITLE, URL,
    Validate, max_chars, max_items, max_json_bytes, non_empty, optional_max_chars, positive,
};
use crate::parts::{CommentRef, FileRef, Part};

impl Validate for Message {
    fn validate(&self) -> Result<(), Invalid> {
        if let Some(ticket_id) = self.ticket_id {
            positive("ticketId", ticket_id)?;
        } else if !matches!(
            self.body,
            MessageBody::Hello(_)
                | MessageBody::HelpdeskNames(_)
                | MessageBody::SidecarStatus(_)
                | MessageBody::IdentityUpsert(_)
                | MessageBody::DriftReport(_)
                | MessageBody::IssueSearch(_)
                | MessageBody::IssueGet(_)
                | MessageBody::IssuesChanged(_)
                | MessageBody::IssuesRead(_)
                | MessageBody::ProjectMeta(_)
                | MessageBody::UserSearch(_)
                | MessageBody::AttachmentFetch(_)
        ) {
            return Err(Invalid { field: "ticketId", rule: "missing" });
        }
        self.body.validate()
    }
}

impl Validate for Hello {
    fn validate(&self) -> Result<(), Invalid> {
        max_items("capabilities", self.capabilities.len(), LIST)?;
        self.capabilities.iter().try_for_each(|name| max_chars("capabilities", name, KEY))?;
        optional_max_chars("zammadVersion", self.zammad_version.as_ref(), NAME)?;
        optional_max_chars("zammadUrl", self.zammad_url.as_ref(), URL)
    }
}

impl Validate for TicketSnapshot {
    fn validate(&self) -> Result<(), Invalid> {
        non_empty("number", &self.number, KEY)?;
        optional_max_chars("title", self.title.as_ref(), TITLE)?;
        self.state.validate()?;
        self.priority.validate()?;
        self.group.validate()?;
        self.owner.as_ref().map_or(Ok(()), Validate::validate)?;
        self.customer.as_ref().map_or(Ok(()), Validate::validate)?;
        max_items("demanded", self.demanded.len(), LIST)?;
        self.demanded.iter().try_for_each(|name| non_empty("demanded", name, NAME))?;
        max_items("sync", self.sync.len(), LIST)?;
        self.sync.iter().try_for_each(Validate::validate)?;
        max_chars("createdAt", &self.created_at, TIME)?;
        max_chars("updatedAt", &self.updated_at, TIME)
    }
}

impl Validate for OutOfSync {
    fn validate(&self) -> Result<(), Invalid> {
        non_empty("sync.issueId", &self.issue_id, KEY)?;
        non_empty("sync.subject", &self.subject, KEY)?;
        non_empty("sync.code", &self.code, KEY)?;
        max_chars("sync.since", &self.since, TIME)?;
        optional_max_chars("sync.nextTry", self.next_try.as_ref(), TIME)
    }
}

impl Validate for ArticleContent {
    fn validate(&self) -> Result<(), Invalid> {
        positive("articleId", self.article_id)?;
        max_chars("createdAt", &self.created_at, TIME)?;
        self.document.as_ref().map_or(Ok(()), |value| max_chars("document", &value.to_string(), COMMENT))?;
        optional_max_chars("url", self.url.as_ref(), URL)?;
        issues(&self.issues)?;
        comments(&self.comments)?;
        files(&self.files)?;
        match self.part {
            Some(Part { number, of }) if number == 0 || number > of => {
                Err(Invalid { field: "part", rule: "out-of-range" })
            }
            _ => Ok(()),
        }
    }
}

impl Validate for ArticleRemoved {
    fn validate(&self) -> Result<(), Invalid> {
        positive("articleId", self.article_id)?;
        comments(&self.comments)?;
        files(&self.files)
    }
}

fn issues(issues: &[String]) -> Result<(), Invalid> {
    max_items("issues", issues.len(), LIST)?;
    issues.iter().try_for_each(|issue| non_empty("issues", issue, KEY))
}

fn comments(comments: &[CommentRef]) -> Result<(), Invalid> {
    max_items("comments", comments.len(), LIST)?;
    comments.iter().try_for_each(|comment| {
        non_empty("comments.issueId", &comment.issue_id, KEY)?;
        non_empty("comments.commentId", &comment.comment_id, KEY)
    })
}

fn files(files: &[FileRef]) -> Result<(), Invalid> {
    max_items("files", files.len(), LIST)?;
    files.iter().try_for_each(|file| {
        non_empty("files.issueId", &file.issue_id, KEY)?;
        non_empty("files.attachmentId", &file.attachment_id, KEY)
    })
}

impl Validate for AttachmentContent {
    fn validate(&self) -> Result<(), Invalid> {
        positive("articleId", self.article_id)?;
        positive("attachmentId", self.attachment_id)?;
        max_chars("name", &self.name, NAME)?;
        optional_max_chars("mediaType", self.media_type.as_ref(), NAME)?;
        optional_max_chars("sha256", self.sha256.as_ref(), KEY)?;
        issues(&self.issues)?;
        if self.bytes.is_some() == self.notice.is_some() {
            return Err(Invalid { field: "bytes", rule: "missing" });
        }
        self.bytes.as_ref().map_or(Ok(()), |bytes| {
            if bytes.len() <= INLINE_BASE64 { Ok(()) } else { Err(Invalid { field: "bytes", rule: "too-long" }) }
        })
    }
}

impl Validate for TicketMerged {
    fn validate(&self) -> Result<(), Invalid> {
        positive("intoTicketId", self.into_ticket_id)?;
        non_empty("intoNumber", &self.into_number, KEY)?;
        non_empty("intoUrl", &self.into_url, URL)
    }
}

impl Validate for TicketGone {
    fn validate(&self) -> Result<(), Invalid> {
        non_empty("reason", &self.reason, KEY)?;
        max_items("comments", self.comments.len() + self.files.len(), ERASED)?;
        comments(&self.comments)?;
        files(&self.files)?;
        // Without a policy the content stays, so a reference would be without effect.
        if self.erase == Erasure::Keep && (self.more || !self.comments.is_empty() || !self.files.is_empty()) {
            return Err(Invalid { field: "erase", rule: "missing" });
        }
        Ok(())
    }
}

impl Validate for LinkRequest {
    fn validate(&self) -> Result<(), Invalid> {
        non_empty("issue", &self.issue, URL)?;
        non_empty("ticketNumber", &self.ticket_number, KEY)?;
        non_empty("ticketUrl", &self.ticket_url, URL)?;
        optional_max_chars("title", self.title.as_ref(), TITLE)?;
        description(self.description.as_ref())
    }
}

/// A description has the same limit as a comment.
fn description(document: Option<&Value>) -> Result<(), Invalid> {
    document.map_or(Ok(()), |document| max_chars("description", &document.to_string(), COMMENT))
}

impl Validate for LinkRestore {
    fn validate(&self) -> Result<(), Invalid> {
        non_empty("issueId", &self.issue_id, KEY)?;
        non_empty("ticketNumber", &self.ticket_number, KEY)?;
        non_empty("ticketUrl", &self.ticket_url, URL)?;
        optional_max_chars("title", self.title.as_ref(), TITLE)?;
        optional_max_chars("linkedAt", self.linked_at.as_ref(), TIME)
    }
}

impl Validate for LinkEnded {
    fn validate(&self) -> Result<(), Invalid> {
        non_empty("issueId", &self.issue_id, KEY)?;
        non_empty("reason", &self.reason, KEY)
    }
}

impl Validate for IssueCreate {
    fn validate(&self) -> Result<(), Invalid> {
        non_empty("project", &self.project, KEY)?;
        non_empty("issueType", &self.issue_type, KEY)?;
        non_empty("summary", &self.summary, TITLE)?;
        fields(&self.fields)?;
        description(self.description.as_ref())?;
        non_empty("ticketNumber", &self.ticket_number, KEY)?;
        non_empty("ticketUrl", &self.ticket_url, URL)
    }
}

impl Validate for FieldApply {
    fn validate(&self) -> Result<(), Invalid> {
        non_empty("issueId", &self.issue_id, KEY)?;
        fields(&self.fields)?;
        max_items("expected", self.expected.len(), LIST)?;
        self.expected.iter().try_for_each(|(name, fingerprint)| {
            non_empty("expected", name, NAME)?;
            max_chars("expected", fingerprint, KEY)
        })?;
        self.status.as_ref().map_or(Ok(()), |status| {
            if status.any_of.is_empty() {
                return Err(Invalid { field: "status.anyOf", rule: "empty" });
            }
            status.any_of.iter().try_for_each(|wanted| {
                optional_max_chars("status.anyOf.resolution", wanted.resolution.as_ref(), KEY)
            })?;
            max_items("status.anyOf", status.any_of.len(), LIST)
        })
    }
}

impl Validate for IdentityUpsert {
    fn validate(&self) -> Result<(), Invalid> {
        self.person.validate()?;
        optional_max_chars("accountId", self.account_id.as_ref(), 128)
    }
}

impl Validate for DriftReport {
    fn validate(&self) -> Result<(), Invalid> {
        if self.repaired > self.differed || self.differed > self.checked {
            return Err(Invalid { field: "differed", rule: "out-of-range" });
        }
        Ok(())
    }
}

impl Validate for IssueSearch {
    fn validate(&self) -> Result<(), Invalid> {
        non_empty("query", &self.query, TITLE)?;
        if (1..=50).contains(&self.limit) { Ok(()) } else { Err(Invalid { field: "limit", rule: "out-of-range" }) }
    }
}

impl Validate for IssueGet {
    fn validate(&self) -> Result<(), Invalid> {
        non_empty("issue", &self.issue, KEY)?;
        optional_max_chars("catchUpSince", self.catch_up_since.as_ref(), TIME)
    }
}

impl Validate for IssuesChanged {
    fn validate(&self) -> Result<(), Invalid> {
        non_empty("since", &self.since, TIME)
    }
}

impl Validate for IssuesRead {
    fn validate(&self) -> Result<(), Invalid> {
        max_items("links", self.links.len(), MAX_ISSUES_READ)?;
        self.links.iter().try_for_each(|link| {
            positive("links", link.ticket_id)?;
            non_empty("links", &link.issue_id, KEY)?;
            optional_max_chars("links", link.updated_at.as_ref(), TIME)
        })
    }
}

impl Validate for ProjectMeta {
    fn validate(&self) -> Result<(), Invalid> {
        optional_max_chars("project", self.project.as_ref(), KEY)
    }
}

impl Validate for UserSearch {
    fn validate(&self) -> Result<(), Invalid> {
        non_empty("query", &self.query, NAME)?;
        optional_max_chars("project", self.project.as_ref(), KEY)
    }
}

impl Validate for AttachmentFetch {
    fn validate(&self) -> Result<(), Invalid> {
        non_empty("issueId", &self.issue_id, KEY)?;
        non_empty("attachmentId", &self.attachment_id, KEY)
    }
}

fn fields(fields: &BTreeMap<String, Value>) -> Result<(), Invalid> {
    max_items("fields", fields.len(), LIST)?;
    fields.iter().try_for_each(|(name, value)| {
        non_empty("fields", name, NAME)?;
        max_json_bytes("fields", value, DOCUMENT_BYTES)
    })
}
