//! Maps files of Zammad to attachments of Jira. Stores ids only, for a limited time.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::jira::{self, JiraError, Unavailable};
use crate::json::{json, take};
use crate::platform::{JiraCall, Platform, PlatformError, PrincipalKind, SetOptions};
use crate::records;

/// Lifetime of the record of a file: for a year, a changed article can show its pictures again.
const REMEMBERED: SetOptions = SetOptions { ttl_seconds: Some(365 * 86_400), fail_if_exists: false };
/// Lifetime of the record of an attachment that the connector made: that of the upload's record.
const OWN: SetOptions = SetOptions { ttl_seconds: Some(90 * 86_400), fail_if_exists: false };

/// A file of a ticket as attachment of one issue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct File {
    /// Zammad's attachment id.
    pub(crate) number: u64,
    pub(crate) issue_id: String,
    pub(crate) attachment_id: String,
}

fn key(ticket_id: u64, number: u64) -> String {
    format!("file:{ticket_id}:{number}")
}

/// Returns the attachments of a file of a ticket, one per linked issue.
pub(crate) async fn of(platform: &impl Platform, ticket_id: u64, number: u64) -> Result<Vec<File>, PlatformError> {
    Ok(records::get(platform, &key(ticket_id, number)).await?.unwrap_or_default())
}

/// Records the attachments of one file, and keeps the record of those on other issues.
pub(crate) async fn remember(platform: &impl Platform, ticket_id: u64, files: &[File]) -> Result<(), PlatformError> {
    let Some(first) = files.first() else { return Ok(()) };
    let mut known = of(platform, ticket_id, first.number).await?;
    known.retain(|known| files.iter().all(|file| file.issue_id != known.issue_id));
    known.extend_from_slice(files);
    records::set(platform, &key(ticket_id, first.number), json!(known), REMEMBERED).await
}

/// Records that the connector made this attachment, so that its event is ignored, with the key of the upload's record.
pub(crate) async fn remember_own(
    platform: &impl Platform,
    attachment_id: &str,
    upload: &str,
) -> Result<(), PlatformError> {
    records::set(platform, &own_key(attachment_id), json!(upload), OWN).await
}

/// Deletes the records of an attachment that was deleted, so that the same file can be added again.
pub(crate) async fn forget(platform: &impl Platform, attachment_id: &str) -> Result<(), PlatformError> {
    let key = own_key(attachment_id);
    if let Ok(Some(upload)) = records::get::<String>(platform, &key).await {
        platform.kv_delete(&upload).await?;
    }
    platform.kv_delete(&key).await
}

fn own_key(attachment_id: &str) -> String {
    format!("own:{attachment_id}")
}

/// Whether the connector made this attachment.
pub(crate) async fn is_own(platform: &impl Platform, attachment_id: &str) -> Result<bool, PlatformError> {
    Ok(records::get::<Value>(platform, &own_key(attachment_id)).await?.is_some())
}

/// Returns the media id with which a document can show an attachment. Jira's API does not return it, but the URL of the bytes
/// redirects to the media service with the id in its path: `…/file/<uuid>/…`. Neither this path nor whether the platform
/// returns a redirect is verified on a real site. So `None` is not an error, and a document that Jira refuses with the id is
/// written without it.
pub(crate) async fn media_id_of(platform: &impl Platform, attachment_id: &str) -> Result<Option<String>, JiraError> {
    let strings = &["/rest/api/3/attachment/content/", ""];
    let params = vec![attachment_id.to_owned()];
    let call = JiraCall { principal: PrincipalKind::App, method: "GET", strings, params, body: None };
    match jira::send(platform, call).await {
        Ok(response) if (300..400).contains(&response.status) => Ok(response.location.as_deref().and_then(media_id_in)),
        other => match other.and_then(|response| jira::read_response(Ok(response))) {
            Err(JiraError::Unavailable { cause: Unavailable::Unreadable, .. }) => Ok(None),
            Err(error @ JiraError::Unavailable { .. }) => Err(error),
            _ => Ok(None),
        },
    }
}

fn media_id_in(location: &str) -> Option<String> {
    let id = location.split_once("/file/")?.1.split(['/', '?', '#']).next()?;
    let is_uuid = id.len() == 36
        && id.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        });
    is_uuid.then(|| id.to_owned())
}

/// Reads the attachments of an issue, in the form of Jira's API.
pub(crate) async fn on_issue(platform: &impl Platform, issue_id: &str) -> Result<Vec<Value>, JiraError> {
    let strings = &["/rest/api/3/issue/", "?fields=attachment"];
    let issue = jira::request(platform, "GET", strings, &[issue_id], None).await?;
    let mut issue = jira::with_part(issue, |issue| issue["fields"].is_object())?;
    match take(&mut take(&mut issue, "fields"), "attachment") {
        Value::Array(list) => Ok(list),
        _ => Ok(Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_media_id_from_the_redirect() {
        let id = "5c2e8f1a-9b7d-4e3c-8a61-0f4d2b9c7e55";
        for url in [format!("https://api.media.example/file/{id}/binary?token=x"), format!("http://h/media/file/{id}")]
        {
            assert_eq!(media_id_in(&url).as_deref(), Some(id));
        }
        for url in ["", "https://h/file/12/binary", "https://h/other/5c2e8f1a-9b7d-4e3c-8a61-0f4d2b9c7e55"] {
            assert_eq!(media_id_in(url), None, "{url}");
        }
    }
}
