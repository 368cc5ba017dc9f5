//! Articles and files that could not be written on one issue of several, while the others took them: sent again to that issue
//! every few minutes. The ticket's other messages do not wait for them.

use schema::{ArticleContent, AttachmentContent, MessageBody, UnixMs};
use store::{Link, Subject, TroubleRow};

use super::context::{Visit, VisitError};
use crate::ticket::facts::{RESEND_MS, is_resent};

/// Parts sent again in one visit.
const MOST: usize = 20;

impl Visit<'_> {
    /// Sends again what is listed as failed for a reason that may have passed.
    pub(super) async fn resend_failed(&mut self, links: &[&Link]) -> Result<(), VisitError> {
        // Once in each interval, whatever causes the visits.
        let interval = self.visitor.env.now().0 / RESEND_MS;
        let mut waits = false;
        for link in links {
            let listed = self.visitor.store.troubles_of(link.ticket_id, &link.issue_id).await?;
            let failed = listed.iter().filter(|row| is_resent(&row.code));
            let is_part = |row: &&TroubleRow| matches!(row.subject, Subject::Article { .. } | Subject::File(_));
            for row in failed.filter(is_part).take(MOST) {
                if let Some(message) = self.again(&row.subject, &link.issue_id).await? {
                    waits = true;
                    let dedup_key = format!("{}:{}:{interval}", row.subject, link.issue_id);
                    self.send(message, Some(dedup_key)).await?;
                }
            }
        }
        if waits { self.revisit(UnixMs((interval + 1) * RESEND_MS)) } else { Ok(()) }
    }

    /// The message for a comment or file and one issue; `None` if the article or file is gone or may no longer be sent.
    async fn again(&self, part: &Subject, issue_id: &str) -> Result<Option<MessageBody>, VisitError> {
        let issues = vec![issue_id.to_owned()];
        let mut articles = self.view.articles.iter().filter(|article| self.admits(article));
        Ok(match *part {
            Subject::Article { id, part } => {
                let Some(article) = articles.find(|article| article.id == id) else { return Ok(None) };
                let files: Vec<u64> = article.attachments.iter().map(|file| file.id).collect();
                let whole = self.whole(article).await?;
                let _turn = self.visitor.reader.turn_of(&whole).await;
                let comments = self.comments(&whole, &files);
                let content = comments.into_iter().find(|content| content.part_number() == part);
                content.map(|content| MessageBody::ArticleAdded(ArticleContent { issues, again: true, ..content }))
            }
            Subject::File(id) => articles.find_map(|article| {
                let file = article.attachments.iter().find(|file| file.id == id)?;
                let content = self.file(article, file, &issues);
                Some(MessageBody::AttachmentAdded(AttachmentContent { again: true, ..content }))
            }),
            _ => None,
        })
    }
}

#[cfg(test)]
#[path = "resend_tests.rs"]
mod tests;
