//! Files of an article. They are sent before it, so that its pictures are in Jira when the comment arrives. The bytes are read
//! when the message is sent, so no file is stored in the outbox.

use redaction::Privacy;
use schema::{AttachmentContent, AttachmentNotice, MessageBody};
use store::{ObjectKind, Origin, Provenance, Side};
use zammad::{Article, Attachment};

use super::context::{Visit, VisitError};

impl Visit<'_> {
    /// Sends an article's files and returns the ids of those whose bytes are sent.
    pub(super) async fn files(&mut self, article: &Article, issues: &[String]) -> Result<Vec<u64>, VisitError> {
        let settings = &self.settings.attachments;
        let mut sent = Vec::new();
        if !settings.direction.to_jira() {
            return Ok(sent);
        }
        let is_logo =
            |file: &&Attachment| file.is_inline() && file.size.is_some_and(|size| size < settings.inline_from_bytes);
        for file in article.attachments.iter().filter(|file| !is_logo(file)) {
            let notice = if self.visitor.config.privacy == Privacy::On {
                Some(AttachmentNotice::Privacy)
            } else if file.size.is_some_and(|size| size > settings.max_bytes) {
                Some(AttachmentNotice::TooLarge)
            } else {
                sent.push(file.id);
                None
            };
            let content = AttachmentContent {
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
            };
            let dedup_key = format!("file:{}:{}", article.id, file.id);
            let id = self.send(MessageBody::AttachmentAdded(content), Some(dedup_key)).await?;
            self.completion.effects.provenance.push(Provenance {
                side: Side::Zammad,
                object: ObjectKind::File,
                id: file.id.to_string(),
                origin: Origin::Theirs,
                mirror: None,
                fingerprint: None,
                ticket_id: self.ticket_id(),
                carried_by: id.to_string(),
                at: self.visitor.env.now(),
            });
        }
        Ok(sent)
    }
}
