//! Which file of Zammad is which attachment of Jira. Ids only, and for a limited time.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::json::{json, take};

use crate::jira::{self, Failed};
use crate::platform::{Platform, PlatformError, SetOptions};
use crate::records;

/// As long as an article may change and show its pictures again.
const REMEMBERED: SetOptions = SetOptions { ttl_seconds: Some(365 * 86_400), fail_if_exists: false };
/// As long as the event of an upload may be under way, with room.
const OWN: SetOptions = SetOptions { ttl_seconds: Some(86_400), fail_if_exists: false };

/// A file of a ticket as one issue has it.
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

/// Where a file of a ticket is, one a linked issue.
pub(crate) async fn of(platform: &impl Platform, ticket_id: u64, number: u64) -> Result<Vec<File>, PlatformError> {
    Ok(records::get(platform, &key(ticket_id, number)).await?.unwrap_or_default())
}

/// Remembers where a file went.
pub(crate) async fn remember(platform: &impl Platform, ticket_id: u64, files: &[File]) -> Result<(), PlatformError> {
    let Some(first) = files.first() else { return Ok(()) };
    records::set(platform, &key(ticket_id, first.number), json!(files), REMEMBERED).await
}

/// Remembers that an attachment is ours, for the event that tells of it.
pub(crate) async fn remember_own(platform: &impl Platform, attachment_id: &str) -> Result<(), PlatformError> {
    records::set(platform, &format!("own:{attachment_id}"), json!(1), OWN).await
}

/// Whether an attachment is ours.
pub(crate) async fn is_own(platform: &impl Platform, attachment_id: &str) -> Result<bool, PlatformError> {
    Ok(records::get::<Value>(platform, &format!("own:{attachment_id}")).await?.is_some())
}

/// The id by which a document can show an attachment. Jira's API has no answer to that; what it has is an address of the
/// bytes that redirects to the media service, whose path names the id: `…/file/<uuid>/…`. Unverified on a real site, like
/// whether the platform hands a redirect on instead of following it. So `None` is no error, a document that is refused
/// with the id is written without it, and nothing else depends on it.
pub(crate) async fn media_id_of(platform: &impl Platform, attachment_id: &str) -> Result<Option<String>, Failed> {
    let strings = &["/rest/api/3/attachment/content/", ""];
    let params = vec![attachment_id.to_owned()];
    let principal = crate::platform::PrincipalKind::App;
    let call = crate::platform::JiraCall { principal, method: "GET", strings, params, body: None };
    match platform.jira(call).await {
        Ok(answer) if (300..400).contains(&answer.status) => Ok(answer.location.as_deref().and_then(media_id_in)),
        other => match jira::outcome(other) {
            Err(later @ Failed::Later { .. }) => Err(later),
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

/// The attachments of an issue as Jira lists them.
pub(crate) async fn on_issue(platform: &impl Platform, issue_id: &str) -> Result<Vec<Value>, Failed> {
    let mut found =
        jira::ask(platform, "GET", &["/rest/api/3/issue/", "?fields=attachment"], &[issue_id], None).await?;
    match take(&mut take(&mut found, "fields"), "attachment") {
        Value::Array(list) => Ok(list),
        _ => Ok(Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_media_services_path_names_the_id() {
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
