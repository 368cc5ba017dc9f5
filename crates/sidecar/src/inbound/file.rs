//! A file of Jira's: fetched by a message of its own, written to Zammad when the answer brings it. The bytes never rest on
//! our disk: if they cannot be written now, they are fetched again.

use redaction::Sensitive;
use schema::{
    AttachmentAnnounced, AttachmentBytes, AttachmentNotice, Message, MessageBody, MessageResult, ResultStatus,
};
use serde_json::json;
use store::{Base, Effects, Link, LinkState, Origin, OutboxRow, Provenance, Settlement, Side};
use zammad::{Article, ClientError, NewArticle, NewFile, Verdict};

use super::{Inbound, html};

const LATER_MS: i64 = 10_000;
/// Pictures that are shown in their note.
const PICTURES: [&str; 4] = ["image/png", "image/jpeg", "image/gif", "image/webp"];
/// In bytes: as base64 it is under Zammad's limit of a body (docs/platforms/zammad.md §3).
const LARGEST_PICTURE: usize = 1_048_576;

/// What became of a fetched file.
pub(crate) struct Written {
    pub(crate) settlement: Settlement,
    pub(crate) effects: Effects,
}

impl Written {
    fn only(settlement: Settlement) -> Self {
        Self { settlement, effects: Effects::default() }
    }
}

/// Where the announcement waits for the bytes.
pub(super) fn announcement(attachment_id: &str) -> String {
    format!("file:{attachment_id}")
}

impl Inbound {
    /// Writes the file that an answer to `attachment.fetch` brought, or the reason why there is none.
    pub(crate) async fn file(&self, row: &OutboxRow, result: Option<&MessageResult>) -> Written {
        let again = |code: &str| {
            Written::only(Settlement::Retry { at: self.env.now().plus(LATER_MS), code: code.to_owned() })
        };
        let Some(result) = result else { return again("not-answered") };
        let bytes = match result.status {
            ResultStatus::Retry => return again(result.code.as_deref().unwrap_or("unknown")),
            // Gone, or not ours to read: the note says so.
            ResultStatus::Rejected => AttachmentBytes { bytes: None, notice: Some(AttachmentNotice::Unreadable) },
            ResultStatus::Accepted | ResultStatus::Duplicate => {
                let data = result.data.clone().and_then(|data| serde_json::from_value(data).ok());
                data.unwrap_or(AttachmentBytes { bytes: None, notice: Some(AttachmentNotice::Unreadable) })
            }
        };
        match self.write_file(row, bytes).await {
            Ok(effects) => Written { settlement: Settlement::Done { result: None }, effects },
            Err(Failure::Later(code)) => again(code),
            Err(Failure::Never(code)) => Written::only(Settlement::Dead { code: code.into() }),
        }
    }

    async fn write_file(&self, row: &OutboxRow, bytes: AttachmentBytes) -> Result<Effects, Failure> {
        let Ok(Message { body: MessageBody::AttachmentFetch(fetch), .. }) = serde_json::from_str(&row.body) else {
            return Err(Failure::Never("unreadable"));
        };
        let links = self.store.links_of_ticket(row.ticket_id).await.map_err(|_| Failure::Later("store"))?;
        let link = links.into_iter().find(|link| link.issue_id == fetch.issue_id && link.state == LinkState::Active);
        let key = announcement(&fetch.attachment_id);
        let bases = self.store.bases(row.ticket_id, &fetch.issue_id).await.map_err(|_| Failure::Later("store"))?;
        let announced = bases.get(&key).and_then(|json| serde_json::from_str::<AttachmentAnnounced>(json).ok());
        // Unlinked meanwhile, or written before its record was lost.
        let (Some(link), Some(announced)) = (link, announced) else { return Ok(Effects::default()) };
        let article = self.file_note(&link, &announced, bytes).await?;
        let done = Base { ticket_id: row.ticket_id, issue_id: fetch.issue_id.clone(), field: key, value: None };
        let provenance = Provenance {
            side: Side::Jira,
            object: "file".into(),
            id: fetch.attachment_id,
            origin: Origin::Theirs,
            mirror: Some(article.id.to_string()),
            print: None,
            ticket_id: row.ticket_id,
            carried_by: row.id.clone(),
            at: self.env.now(),
        };
        Ok(Effects { bases: vec![done], provenance: vec![provenance], ..Effects::default() })
    }

    async fn file_note(
        &self,
        link: &Link,
        announced: &AttachmentAnnounced,
        bytes: AttachmentBytes,
    ) -> Result<Article, Failure> {
        let mark = json!({ "file": announced.attachment_id });
        // The answer may come twice, and our record of the first may be lost.
        let articles = self.zammad.articles(link.ticket_id).await?;
        if let Some(written) = articles.into_iter().find(|article| article.mark() == Some(&mark)) {
            return Ok(written);
        }
        let missing = match (&bytes.bytes, bytes.notice) {
            (Some(_), _) => None,
            (None, Some(AttachmentNotice::TooLarge)) => Some("it is too large to travel"),
            (None, _) => Some("it could not be read"),
        };
        let picture = bytes.bytes.as_deref().and_then(|base64| picture(announced, base64));
        let file = bytes.bytes.map(|base64| NewFile {
            filename: Sensitive::new(announced.name.clone()),
            mime_type: announced.media_type.clone().unwrap_or_default(),
            base64: Sensitive::new(base64),
        });
        let note = |files: Vec<NewFile>, missing: Option<&str>, picture: Option<&str>| NewArticle {
            ticket_id: link.ticket_id,
            subject: None,
            html: Sensitive::new(html::file(&link.issue_key, announced, missing, picture)),
            internal: true,
            attachments: files,
            mark: mark.clone(),
        };
        match self.zammad.create_article(&note(file.into_iter().collect(), missing, picture.as_deref())).await {
            // One file that Zammad refuses takes its article with it, so the placeholder goes alone.
            Err(error) if matches!(error.verdict(), Verdict::GiveUp(zammad::Reason::Refused)) && missing.is_none() => {
                Ok(self.zammad.create_article(&note(Vec::new(), Some("Zammad did not take it"), None)).await?)
            }
            written => Ok(written?),
        }
    }
}

/// A small picture as a data URI: Zammad shows it in the note. Of an SVG only the file goes, since Zammad keeps that as it is.
fn picture(announced: &AttachmentAnnounced, base64: &str) -> Option<String> {
    let kind = announced.media_type.as_deref().filter(|kind| PICTURES.contains(kind))?;
    (base64.len() <= LARGEST_PICTURE / 3 * 4 + 4).then(|| format!("data:{kind};base64,{base64}"))
}

enum Failure {
    Later(&'static str),
    Never(&'static str),
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        match error.verdict() {
            Verdict::GiveUp(zammad::Reason::Gone | zammad::Reason::Forbidden | zammad::Reason::Refused) => {
                Self::Never(error.code())
            }
            _ => Self::Later(error.code()),
        }
    }
}
