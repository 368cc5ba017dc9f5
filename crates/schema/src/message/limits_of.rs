//! The limits of every message kind.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    ArticleContent, ArticleRemoved, AttachmentContent, AttachmentFetch, DriftReport, FieldApply, Hello, IdentityUpsert,
    IssueCreate, IssueGet, IssueSearch, LinkEnded, LinkRequest, Message, MessageBody, ProjectMeta, TicketGone,
    TicketMerged, TicketSnapshot, UserSearch,
};
use crate::limits::{
    COMMENT, DOCUMENT_BYTES, INLINE_BASE64, Invalid, KEY, LIST, NAME, TIME, TITLE, URL, Validate, document, filled,
    listed, optional, positive, within,
};
use crate::parts::{CommentRef, Part};

impl Validate for Message {
    fn validate(&self) -> Result<(), Invalid> {
        if let Some(ticket_id) = self.ticket_id {
            positive("ticketId", ticket_id)?;
        } else if !matches!(
            self.body,
            MessageBody::Hello(_)
                | MessageBody::IdentityUpsert(_)
                | MessageBody::DriftReport(_)
                | MessageBody::IssueSearch(_)
                | MessageBody::IssueGet(_)
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
        listed("capabilities", self.capabilities.len(), LIST)?;
        self.capabilities.iter().try_for_each(|name| within("capabilities", name, KEY))?;
        optional("zammadVersion", self.zammad_version.as_ref(), NAME)?;
        optional("zammadUrl", self.zammad_url.as_ref(), URL)
    }
}

impl Validate for TicketSnapshot {
    fn validate(&self) -> Result<(), Invalid> {
        filled("number", &self.number, KEY)?;
        optional("title", self.title.as_ref(), TITLE)?;
        self.state.validate()?;
        self.priority.validate()?;
        self.group.validate()?;
        self.owner.as_ref().map_or(Ok(()), Validate::validate)?;
        self.customer.as_ref().map_or(Ok(()), Validate::validate)?;
        within("createdAt", &self.created_at, TIME)?;
        within("updatedAt", &self.updated_at, TIME)
    }
}

impl Validate for ArticleContent {
    fn validate(&self) -> Result<(), Invalid> {
        positive("articleId", self.article_id)?;
        within("createdAt", &self.created_at, TIME)?;
        self.document.as_ref().map_or(Ok(()), |value| within("document", &value.to_string(), COMMENT))?;
        optional("url", self.url.as_ref(), URL)?;
        issues(&self.issues)?;
        comments(&self.comments)?;
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
        comments(&self.comments)
    }
}

fn issues(issues: &[String]) -> Result<(), Invalid> {
    listed("issues", issues.len(), LIST)?;
    issues.iter().try_for_each(|issue| filled("issues", issue, KEY))
}

fn comments(comments: &[CommentRef]) -> Result<(), Invalid> {
    listed("comments", comments.len(), LIST)?;
    comments.iter().try_for_each(|comment| {
        filled("comments.issueId", &comment.issue_id, KEY)?;
        filled("comments.commentId", &comment.comment_id, KEY)
    })
}

impl Validate for AttachmentContent {
    fn validate(&self) -> Result<(), Invalid> {
        positive("articleId", self.article_id)?;
        positive("attachmentId", self.attachment_id)?;
        within("name", &self.name, NAME)?;
        optional("mediaType", self.media_type.as_ref(), NAME)?;
        optional("sha256", self.sha256.as_ref(), KEY)?;
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
        filled("intoNumber", &self.into_number, KEY)?;
        filled("intoUrl", &self.into_url, URL)
    }
}

impl Validate for TicketGone {
    fn validate(&self) -> Result<(), Invalid> {
        filled("reason", &self.reason, KEY)
    }
}

impl Validate for LinkRequest {
    fn validate(&self) -> Result<(), Invalid> {
        filled("issue", &self.issue, URL)?;
        filled("ticketNumber", &self.ticket_number, KEY)?;
        filled("ticketUrl", &self.ticket_url, URL)?;
        optional("title", self.title.as_ref(), TITLE)
    }
}

impl Validate for LinkEnded {
    fn validate(&self) -> Result<(), Invalid> {
        filled("issueId", &self.issue_id, KEY)?;
        filled("reason", &self.reason, KEY)
    }
}

impl Validate for IssueCreate {
    fn validate(&self) -> Result<(), Invalid> {
        filled("project", &self.project, KEY)?;
        filled("issueType", &self.issue_type, KEY)?;
        filled("summary", &self.summary, TITLE)?;
        fields(&self.fields)?;
        filled("ticketNumber", &self.ticket_number, KEY)?;
        filled("ticketUrl", &self.ticket_url, URL)
    }
}

impl Validate for FieldApply {
    fn validate(&self) -> Result<(), Invalid> {
        filled("issueId", &self.issue_id, KEY)?;
        fields(&self.fields)?;
        listed("expected", self.expected.len(), LIST)?;
        self.expected.iter().try_for_each(|(name, print)| {
            filled("expected", name, NAME)?;
            within("expected", print, KEY)
        })?;
        self.status.as_ref().map_or(Ok(()), |status| {
            if status.any_of.is_empty() {
                return Err(Invalid { field: "status.anyOf", rule: "empty" });
            }
            listed("status.anyOf", status.any_of.len(), LIST)
        })
    }
}

impl Validate for IdentityUpsert {
    fn validate(&self) -> Result<(), Invalid> {
        self.person.validate()?;
        optional("accountId", self.account_id.as_ref(), 128)
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
        filled("query", &self.query, TITLE)?;
        if (1..=50).contains(&self.limit) { Ok(()) } else { Err(Invalid { field: "limit", rule: "out-of-range" }) }
    }
}

impl Validate for IssueGet {
    fn validate(&self) -> Result<(), Invalid> {
        filled("issue", &self.issue, KEY)?;
        optional("catchUpSince", self.catch_up_since.as_ref(), TIME)
    }
}

impl Validate for ProjectMeta {
    fn validate(&self) -> Result<(), Invalid> {
        optional("project", self.project.as_ref(), KEY)
    }
}

impl Validate for UserSearch {
    fn validate(&self) -> Result<(), Invalid> {
        filled("query", &self.query, NAME)?;
        optional("project", self.project.as_ref(), KEY)
    }
}

impl Validate for AttachmentFetch {
    fn validate(&self) -> Result<(), Invalid> {
        filled("issueId", &self.issue_id, KEY)?;
        filled("attachmentId", &self.attachment_id, KEY)
    }
}

fn fields(fields: &BTreeMap<String, Value>) -> Result<(), Invalid> {
    listed("fields", fields.len(), LIST)?;
    fields.iter().try_for_each(|(name, value)| {
        filled("fields", name, NAME)?;
        document("fields", value, DOCUMENT_BYTES)
    })
}
