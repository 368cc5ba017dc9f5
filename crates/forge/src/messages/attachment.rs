//! `attachment.added`: one file on each linked issue, exactly once, or a comment that says why not.

use schema::{AttachmentAnswer, AttachmentContent, AttachmentNotice, FileRef, UnixMs};
use serde::{Deserialize, Serialize};

use crate::json::json;
use sha2::{Digest, Sha256};

use super::comment::{self, PerIssue};
use super::{Answer, At, Stop};
use crate::files::{self, File};
use crate::jira::{self, Failed, UNREADABLE};
use crate::links::Linked;
use crate::platform::{Platform, SetOptions, Upload};
use crate::{adf, issue, records, time};

/// Within it the same bytes are not added to an issue again.
const REMEMBERED: SetOptions = SetOptions { ttl_seconds: Some(90 * 86_400), fail_if_exists: false };
/// How far Jira's clock may be behind the platform's.
const SKEW_MS: i64 = 60_000;

/// The bytes that an issue has, or is just getting.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sent {
    begun_at: UnixMs,
    attachment_id: Option<String>,
}

pub(super) async fn added(at: &At<'_, impl Platform>, file: &AttachmentContent) -> Answer {
    let links = comment::links_among(at, &file.issues).await?;
    let (mut done, mut refused) = (PerIssue::new(), None);
    for link in &links {
        let outcome = match (&file.bytes, file.notice) {
            (Some(bytes), _) => upload_once(at, link, file, bytes).await,
            (None, notice) => Ok(Err(match notice {
                Some(AttachmentNotice::TooLarge) => "too-large",
                Some(AttachmentNotice::Privacy) => "privacy",
                _ => "unreadable",
            })),
        };
        let outcome = match outcome {
            Ok(Err(code)) => {
                refused = Some(code.to_owned());
                let document = placeholder(link, file, code);
                comment::once(at, &link.issue_id, Some(file.article_id), document, None).await.map(|_| None)
            }
            other => other.map(Result::ok),
        };
        done.take(outcome.map(|id| id.map(|id| (link, id))))?;
    }
    let sent: Vec<File> = done
        .done()?
        .into_iter()
        .flatten()
        .map(|(link, attachment_id)| File {
            number: file.attachment_id,
            issue_id: link.issue_id.clone(),
            attachment_id,
        })
        .collect();
    files::remember(at.platform, at.ticket_id(), &sent).await?;
    let files = sent.into_iter().map(|file| FileRef { issue_id: file.issue_id, attachment_id: file.attachment_id });
    Ok(json!(AttachmentAnswer { files: files.collect(), refused }))
}

/// Adds the file to an issue that has not got the same bytes yet. The inner error is Jira's refusal, as a code.
async fn upload_once(
    at: &At<'_, impl Platform>,
    link: &Linked,
    file: &AttachmentContent,
    bytes: &str,
) -> Result<Result<String, &'static str>, Stop> {
    let (platform, issue_id) = (at.platform, link.issue_id.as_str());
    let key = format!("sha:{issue_id}:{}", hex::encode(Sha256::digest(bytes)));
    if let Some(before) = records::get::<Sent>(platform, &key).await? {
        // Begun and not ended: whether it is there only Jira can tell.
        let found = match before.attachment_id {
            Some(id) => Some(id),
            None => find(platform, issue_id, file, before.begun_at).await?,
        };
        if let Some(id) = found {
            note(at, &key, &id).await?;
            return Ok(Ok(id));
        }
    }
    let begun = Sent { begun_at: platform.now(), attachment_id: None };
    records::set(platform, &key, json!(begun), REMEMBERED).await?;
    let media_type = file.media_type.as_deref().unwrap_or("application/octet-stream");
    let upload = Upload { issue_id, name: &file.name, media_type, base64: bytes };
    match jira::outcome(platform.jira_upload(upload).await) {
        Ok(answer) => {
            at.wrote.set(true);
            let id = issue::text(&answer[0]["id"]);
            if id.is_empty() {
                return Err(Stop::of_write(UNREADABLE));
            }
            note(at, &key, &id).await?;
            Ok(Ok(id))
        }
        Err(Failed::Refused { status, .. }) => {
            platform.kv_delete(&key).await?;
            Ok(Err(match status {
                413 => "too-large-for-jira",
                401 | 403 => "no-permission",
                _ => "jira-refused",
            }))
        }
        Err(failed) => Err(Stop::of_write(failed)),
    }
}

async fn note(at: &At<'_, impl Platform>, key: &str, id: &str) -> Result<(), Stop> {
    files::remember_own(at.platform, id).await?;
    let sent = Sent { begun_at: at.platform.now(), attachment_id: Some(id.to_owned()) };
    Ok(records::set(at.platform, key, json!(sent), REMEMBERED).await?)
}

/// The attachment of this name and size that came since.
async fn find(
    platform: &impl Platform,
    issue_id: &str,
    file: &AttachmentContent,
    since: UnixMs,
) -> Result<Option<String>, Failed> {
    let listed = files::on_issue(platform, issue_id).await?;
    let found = listed.iter().find(|known| {
        known["filename"] == file.name
            && known["size"] == file.size
            && time::instant(&issue::text(&known["created"])).is_some_and(|at| at.since(since) >= -SKEW_MS)
    });
    Ok(found.map(|known| issue::text(&known["id"])))
}

/// What stands on the issue in the file's place: name, size, reason, and where it is.
fn placeholder(link: &Linked, file: &AttachmentContent, code: &str) -> serde_json::Value {
    let why = match code {
        "too-large" => "it is larger than what is passed on",
        "privacy" => "files do not leave the helpdesk's network",
        "unreadable" => "it could not be read there",
        "too-large-for-jira" => "it is larger than Jira takes",
        "no-permission" => "the connector may not add files here",
        _ => "Jira did not take it",
    };
    let before = format!("File {} ({} kB) stays in ", file.name, file.size.div_ceil(1_000));
    adf::line(&before, link, &format!(": {why}."))
}
