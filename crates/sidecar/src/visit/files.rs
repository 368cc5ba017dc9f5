//! Files of an article. They are sent before it, so that its pictures are in Jira when the comment arrives. The bytes are read
//! when the message is sent, so no file is stored in the outbox.

use redaction::Privacy;
use schema::{AttachmentContent, AttachmentNotice, FileRef, MessageBody, Side};
use store::{ObjectKind, Origin, Provenance};
use zammad::{Article, Attachment};

use super::context::{Visit, VisitError};
use crate::ticket::facts;

impl Visit<'_> {
    /// Sends an article's files and returns the ids of those whose bytes are sent. `suffix` makes the deduplication keys
    /// different from those of an earlier time.
    pub(super) async fn files(
        &mut self,
        article: &Article,
        issues: &[String],
        suffix: &str,
    ) -> Result<Vec<u64>, VisitError> {
        let settings = &self.settings.attachments;
        let mut sent = Vec::new();
        if !settings.direction.to_jira() {
            return Ok(sent);
        }
        let is_logo =
            |file: &&Attachment| file.is_inline() && file.size.is_some_and(|size| size < settings.inline_from_bytes);
        for file in article.attachments.iter().filter(|file| !is_logo(file)) {
            let content = self.file(article, file, issues);
            if content.notice.is_none() {
                sent.push(file.id);
            }
            let dedup_key = format!("file:{}:{}{suffix}", article.id, file.id);
            let id = self.send(MessageBody::AttachmentAdded(content), Some(dedup_key)).await?;
            self.completion.effects.provenance.push(Provenance {
                side: Side::Zammad,
                object: ObjectKind::File,
                id: file.id.to_string(),
                origin: Origin::Theirs,
                mirror: None,
                fingerprint: Some(of_article(article.id)),
                ticket_id: self.ticket_id(),
                carried_by: id.to_string(),
                at: self.visitor.env.now(),
            });
        }
        Ok(sent)
    }

    /// The message for a file, without its bytes.
    pub(super) fn file(&self, article: &Article, file: &Attachment, issues: &[String]) -> AttachmentContent {
        let notice = if self.visitor.config.privacy == Privacy::On {
            Some(AttachmentNotice::Privacy)
        } else if file.size == Some(0) {
            Some(AttachmentNotice::Empty)
        } else if file.size.is_some_and(|size| size > self.settings.attachments.max_bytes) {
            Some(AttachmentNotice::TooLarge)
        } else {
            None
        };
        AttachmentContent {
            article_id: article.id,
            attachment_id: file.id,
            name: file.filename.expose().chars().filter(|c| !c.is_control()).take(255).collect(),
            size: file.size.unwrap_or_default(),
            media_type: file.mime_type().map(|kind| kind.chars().take(255).collect()),
            sha256: None,
            bytes: None,
            notice,
            internal: article.internal,
            again: false,
            issues: issues.to_vec(),
        }
    }

    /// The attachments in Jira of an article's files, without those that show a file of another article too.
    pub(super) async fn files_of(&self, article_id: u64) -> Result<Vec<FileRef>, VisitError> {
        let recorded = self.visitor.store.recorded(self.ticket_id(), Side::Zammad, ObjectKind::File).await?;
        let mark = of_article(article_id);
        let (own, others): (Vec<_>, Vec<_>) =
            recorded.iter().partition(|file| file.fingerprint.as_deref() == Some(mark.as_str()));
        let attachments = |files: Vec<&Provenance>| -> Vec<FileRef> {
            files.into_iter().flat_map(facts::mirrors::<FileRef>).collect()
        };
        let shared = attachments(others);
        let is_shared = |file: &FileRef| shared.iter().any(|other| other.attachment_id == file.attachment_id);
        Ok(attachments(own).into_iter().filter(|file| !is_shared(file)).collect())
    }
}

/// The mark of a recorded file: its article.
fn of_article(id: u64) -> String {
    format!("article:{id}")
}

#[cfg(test)]
#[path = "files_tests.rs"]
mod tests;
