//! Files of Jira: requested by a message, written to Zammad when the answer brings the bytes. The bytes are never stored; if
//! they cannot be written now, they are requested again.

use redaction::Sensitive;
use schema::{
    AttachmentAnnounced, AttachmentBytes, AttachmentNotice, Message, MessageBody, MessageResult, ResultStatus, Side,
};
use serde::Deserialize as _;
use serde_json::json;
use store::{Effects, FactKind, Link, LinkState, ObjectKind, Origin, OutboxRow, Provenance, Settlement, StoreError};
use zammad::{Article, ClientError, NewArticle, NewFile, Reason, Verdict};

use super::handler::CommandHandler;
use crate::ticket::bodies;
use crate::ticket::facts::{self, LinkKey};
use crate::ticket::note;

/// Delay before a file is requested again, in milliseconds.
const RETRY_MS: i64 = 10_000;
/// Types of pictures that are shown in their note. Not SVG, which Zammad would store unchanged.
const PICTURES: [&str; 4] = ["image/png", "image/jpeg", "image/gif", "image/webp"];
/// Largest picture shown in a note, in bytes; as base64 it stays below Zammad's limit of a body (docs/platforms/zammad.md §3).
const LARGEST_PICTURE: usize = 1_048_576;

/// The settlement of a file request, and what to record with it.
pub(crate) struct Written {
    pub(crate) settlement: Settlement,
    pub(crate) effects: Effects,
}

impl From<Settlement> for Written {
    fn from(settlement: Settlement) -> Self {
        Self { settlement, effects: Effects::default() }
    }
}

/// Why a file was not written.
enum FileError {
    Retry(&'static str),
    Permanent(&'static str),
}

impl From<ClientError> for FileError {
    fn from(error: ClientError) -> Self {
        match error.verdict() {
            Verdict::GiveUp(Reason::Refused) => Self::Permanent(error.code()),
            // Of a missing ticket too: its visit ends the link, and the file with it.
            _ => Self::Retry(error.code()),
        }
    }
}

impl From<StoreError> for FileError {
    fn from(_: StoreError) -> Self {
        Self::Retry("store")
    }
}

impl CommandHandler {
    /// Writes the file that the answer to `attachment.fetch` brought, or a note with the reason why there is none.
    pub(crate) async fn write_file(&self, row: &OutboxRow, result: Option<&MessageResult>) -> Written {
        let retry =
            |code: &str| Written::from(Settlement::Retry { at: self.env.now().plus(RETRY_MS), code: code.to_owned() });
        let unreadable = AttachmentBytes { bytes: None, notice: Some(AttachmentNotice::Unreadable) };
        let Some(result) = result else { return retry("not-answered") };
        let bytes = match result.status {
            ResultStatus::Retry => return retry(result.code.as_deref().unwrap_or("unknown")),
            // Deleted, or the app may not read it: the note says so.
            ResultStatus::Rejected => unreadable,
            ResultStatus::Accepted | ResultStatus::Duplicate => {
                let data = result.data.as_ref().and_then(|data| AttachmentBytes::deserialize(data).ok());
                data.unwrap_or(unreadable)
            }
        };
        match self.write_fetched(row, bytes).await {
            Ok(effects) => Written { settlement: Settlement::Done { result: None }, effects },
            Err(FileError::Retry(code)) => retry(code),
            Err(FileError::Permanent(code)) => Settlement::Dead { code: code.into() }.into(),
        }
    }

    async fn write_fetched(&self, row: &OutboxRow, bytes: AttachmentBytes) -> Result<Effects, FileError> {
        let Ok(Message { body: MessageBody::AttachmentFetch(fetch), .. }) = serde_json::from_str(&row.body) else {
            return Err(FileError::Permanent("unreadable"));
        };
        let links = self.store.links_of_ticket(row.ticket_id).await?;
        let link = links.into_iter().find(|link| link.issue_id == fetch.issue_id && link.state == LinkState::Active);
        let facts = self.store.link_facts(row.ticket_id, &fetch.issue_id).await?;
        let announced = facts::announced_file(&facts, &fetch.attachment_id);
        // Unlinked meanwhile, or already written.
        let (Some(link), Some(announced)) = (link, announced) else { return Ok(Effects::default()) };
        let article = self.write_file_note(&link, &announced, bytes).await?;
        let done = LinkKey::from(&link).clear(FactKind::AnnouncedFile(fetch.attachment_id.clone()));
        let provenance = Provenance {
            side: Side::Jira,
            object: ObjectKind::File,
            id: fetch.attachment_id,
            origin: Origin::Theirs,
            mirror: Some(article.id.to_string()),
            fingerprint: None,
            ticket_id: row.ticket_id,
            carried_by: row.id.clone(),
            at: self.env.now(),
        };
        Ok(Effects { facts: vec![done], provenance: vec![provenance], ..Effects::default() })
    }

    async fn write_file_note(
        &self,
        link: &Link,
        announced: &AttachmentAnnounced,
        bytes: AttachmentBytes,
    ) -> Result<Article, FileError> {
        let mark = json!({ "file": announced.attachment_id });
        // The answer may arrive twice, and the record of the first may be lost.
        let helpdesk = self.helpdesk.as_ref();
        if let Some(written) = bodies::find_marked(helpdesk, link.ticket_id, |found| *found == mark).await? {
            return Ok(written);
        }
        let missing = match (&bytes.bytes, bytes.notice) {
            (Some(_), _) => None,
            (None, Some(AttachmentNotice::TooLarge)) => Some("it is too large to transfer"),
            (None, Some(AttachmentNotice::Empty)) => Some("it is empty"),
            (None, _) => Some("it could not be read"),
        };
        // Zammad refuses a file without bytes.
        let missing = if announced.size == 0 { Some("it is empty") } else { missing };
        let bytes = if announced.size == 0 { AttachmentBytes { bytes: None, notice: None } } else { bytes };
        let picture = bytes.bytes.as_deref().and_then(|base64| picture(announced, base64));
        let file = bytes.bytes.map(|base64| NewFile {
            filename: Sensitive::new(announced.name.clone()),
            mime_type: announced.media_type.clone().unwrap_or_default(),
            base64: Sensitive::new(base64),
        });
        let note = |files: Vec<NewFile>, missing: Option<&str>, picture: Option<&str>| NewArticle {
            ticket_id: link.ticket_id,
            subject: None,
            html: Sensitive::new(note::file(&link.issue_key, announced, missing, picture)),
            internal: true,
            attachments: files,
            mark: mark.clone(),
        };
        match self.helpdesk.create_article(&note(file.into_iter().collect(), missing, picture.as_deref())).await {
            // Zammad refuses an article together with its file, so a note without the file is written.
            Err(error) if matches!(error.verdict(), Verdict::GiveUp(Reason::Refused)) && missing.is_none() => {
                Ok(self.helpdesk.create_article(&note(Vec::new(), Some("Zammad did not accept it"), None)).await?)
            }
            written => Ok(written?),
        }
    }
}

/// A small picture as a data URI, which Zammad shows in the note.
fn picture(announced: &AttachmentAnnounced, base64: &str) -> Option<String> {
    let kind = announced.media_type.as_deref().filter(|kind| PICTURES.contains(kind))?;
    (base64.len() <= LARGEST_PICTURE / 3 * 4 + 4).then(|| format!("data:{kind};base64,{base64}"))
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
