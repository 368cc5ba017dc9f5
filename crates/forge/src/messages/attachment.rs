//! `attachment.added`: adds a file to each target issue exactly once, or a comment with the reason why the file is missing.

use schema::time::parse_rfc3339;
use schema::{AttachmentAnswer, AttachmentContent, AttachmentNotice, FileRef, RefFailure, UnixMs};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::comment::{self, NewComment, PerIssue};
use super::context::{Answer, MessageContext, NotApplied};
use crate::files::{self, File};
use crate::jira::{self, JiraError, UNREADABLE};
use crate::json::json;
use crate::links::Link;
use crate::platform::{Platform, SetOptions, Upload};
use crate::{adf, issue, records, service};

/// Lifetime of the record of an upload: for 90 days, the same file is not added to the issue again.
const REMEMBERED: SetOptions = SetOptions { ttl_seconds: Some(90 * 86_400), fail_if_exists: false };
/// Maximum difference by which Jira's clock may be behind the platform's.
const MAX_SKEW_MS: i64 = 60_000;

/// Record of an upload of a file to an issue.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct UploadRecord {
    begun_at: UnixMs,
    /// `None` until Jira has confirmed the upload.
    attachment_id: Option<String>,
}

/// Why a file is not on an issue.
#[derive(Clone, Copy)]
enum FileRefusal {
    /// Over the size limit of the settings.
    TooLarge,
    /// Privacy mode is on.
    Privacy,
    /// The sidecar could not read it.
    Unreadable,
    /// Over Jira's size limit.
    TooLargeForJira,
    /// It has no bytes.
    Empty,
    /// The customers of a service project would see it, and it is not for them.
    Internal,
    /// Jira refused it for another reason.
    RefusedByJira,
}

impl FileRefusal {
    /// The code on the wire.
    const fn code(self) -> &'static str {
        match self {
            Self::TooLarge => "too-large",
            Self::Privacy => "privacy",
            Self::Unreadable => "unreadable",
            Self::TooLargeForJira => "too-large-for-jira",
            Self::Empty => "empty",
            Self::Internal => "internal",
            Self::RefusedByJira => "jira-refused",
        }
    }

    /// The reason for people.
    const fn text(self) -> &'static str {
        match self {
            Self::TooLarge => "it is larger than the configured limit",
            Self::Privacy => "files do not leave the helpdesk's network",
            Self::Unreadable => "it could not be read there",
            Self::TooLargeForJira => "it is larger than Jira allows",
            Self::Empty => "it is empty",
            Self::Internal => "it is for agents only",
            Self::RefusedByJira => "Jira did not accept it",
        }
    }
}

pub(super) async fn added(context: &MessageContext<'_, impl Platform>, file: &AttachmentContent) -> Answer {
    let links = comment::links_among(context, &file.issues).await?;
    let (mut done, mut refused) = (PerIssue::new(), None);
    for link in &links {
        let outcome = match (&file.bytes, file.notice) {
            (Some(bytes), _) if bytes.is_empty() => Ok(Err(FileRefusal::Empty)),
            (Some(bytes), _) => upload_if_allowed(context, link, file, bytes).await,
            (None, Some(AttachmentNotice::TooLarge)) => Ok(Err(FileRefusal::TooLarge)),
            (None, Some(AttachmentNotice::Privacy)) => Ok(Err(FileRefusal::Privacy)),
            (None, Some(AttachmentNotice::Empty)) => Ok(Err(FileRefusal::Empty)),
            (None, Some(AttachmentNotice::Unreadable) | None) => Ok(Err(FileRefusal::Unreadable)),
        };
        let outcome = match outcome {
            Ok(Err(refusal)) => {
                refused = Some(refusal.code().to_owned());
                let placeholder = NewComment {
                    article_id: Some(file.article_id),
                    ..NewComment::internal(placeholder(link, file, refusal))
                };
                comment::write_once(context, &link.issue_id, placeholder).await.map(|_| None)
            }
            other => other.map(Result::ok),
        };
        done.add(RefFailure::of_issue(&link.issue_id), outcome.map(|id| id.map(|id| (link, id))))?;
    }
    let (sent, failed) = done.finish(file.again)?;
    let sent: Vec<File> = sent
        .into_iter()
        .flatten()
        .map(|(link, attachment_id)| File {
            number: file.attachment_id,
            issue_id: link.issue_id.clone(),
            attachment_id,
        })
        .collect();
    files::remember(context.platform, context.ticket_id(), &sent).await?;
    let files = sent.into_iter().map(|file| FileRef { issue_id: file.issue_id, attachment_id: file.attachment_id });
    Ok(json!(AttachmentAnswer { files: files.collect(), refused, failed }))
}

/// Adds the file to an issue unless the customers of a service project would see it there. The inner error is the reason why
/// the file is not added.
async fn upload_if_allowed(
    context: &MessageContext<'_, impl Platform>,
    link: &Link,
    file: &AttachmentContent,
    bytes: &str,
) -> Result<Result<String, FileRefusal>, NotApplied> {
    if service::allows_file(context.platform, context.config, link, file.internal).await? {
        upload_once(context, link, file, bytes).await
    } else {
        Ok(Err(FileRefusal::Internal))
    }
}

/// Returns the key of the record of an upload. A file is the same if its name and its bytes are.
fn upload_key(issue_id: &str, name: &str, bytes: &str) -> String {
    // Base64 has no line break, so the last one separates the name from the bytes.
    let mut hash = Sha256::new();
    for part in [name, "\n", bytes] {
        hash.update(part);
    }
    format!("sha:{issue_id}:{}", hex::encode(hash.finalize()))
}

/// Adds the file to an issue that does not have it yet, and returns the attachment's id. The inner error is Jira's refusal.
async fn upload_once(
    context: &MessageContext<'_, impl Platform>,
    link: &Link,
    file: &AttachmentContent,
    bytes: &str,
) -> Result<Result<String, FileRefusal>, NotApplied> {
    let (platform, issue_id) = (context.platform, link.issue_id.as_str());
    let key = upload_key(issue_id, &file.name, bytes);
    if let Some(before) = records::get::<UploadRecord>(platform, &key).await? {
        // Without an id an earlier upload was interrupted; Jira may have the file.
        let uploaded = match before.attachment_id {
            Some(id) => Some(id),
            None => find_upload(platform, issue_id, file, before.begun_at).await?,
        };
        if let Some(id) = uploaded {
            record_upload(context, &key, &id).await?;
            return Ok(Ok(id));
        }
    }
    let begun = UploadRecord { begun_at: platform.now(), attachment_id: None };
    records::set(platform, &key, json!(begun), REMEMBERED).await?;
    let media_type = file.media_type.as_deref().unwrap_or("application/octet-stream");
    let upload = Upload { issue_id, name: &file.name, media_type, base64: bytes };
    match jira::upload(platform, upload).await {
        Ok(attachments) => {
            context.wrote.set(true);
            let id = issue::text(&attachments[0]["id"]);
            if id.is_empty() {
                return Err(NotApplied::of_write(UNREADABLE));
            }
            record_upload(context, &key, &id).await?;
            Ok(Ok(id))
        }
        Err(JiraError::Refused { status, .. }) => {
            platform.kv_delete(&key).await?;
            Ok(Err(if status == 413 { FileRefusal::TooLargeForJira } else { FileRefusal::RefusedByJira }))
        }
        // An admin may grant the permission, so the file waits for it.
        Err(JiraError::Forbidden) => {
            platform.kv_delete(&key).await?;
            Err(NotApplied::Forbidden)
        }
        Err(error) => Err(NotApplied::of_write(error)),
    }
}

async fn record_upload(context: &MessageContext<'_, impl Platform>, key: &str, id: &str) -> Result<(), NotApplied> {
    files::remember_own(context.platform, id, key).await?;
    let sent = UploadRecord { begun_at: context.platform.now(), attachment_id: Some(id.to_owned()) };
    Ok(records::set(context.platform, key, json!(sent), REMEMBERED).await?)
}

/// Returns the attachment with this name and size that was added since the time given.
async fn find_upload(
    platform: &impl Platform,
    issue_id: &str,
    file: &AttachmentContent,
    since: UnixMs,
) -> Result<Option<String>, JiraError> {
    let listed = files::on_issue(platform, issue_id).await?;
    let found = listed.iter().find(|known| {
        known["filename"] == file.name
            && known["size"] == file.size
            && parse_rfc3339(&issue::text(&known["created"])).is_some_and(|at| at.since(since) >= -MAX_SKEW_MS)
    });
    Ok(found.map(|known| issue::text(&known["id"])))
}

/// Returns the comment that replaces a file: name, size, reason and the ticket.
fn placeholder(link: &Link, file: &AttachmentContent, refusal: FileRefusal) -> serde_json::Value {
    let before = format!("File {} ({} kB) stays in ", file.name, file.size.div_ceil(1_000));
    adf::sentence(&before, link, &format!(": {}.", refusal.text()))
}
