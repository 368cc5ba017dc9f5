//! A release of a version changes no issue, and Jira reports none: the linked issues of the version are searched and read again.

use schema::CommandBody;
use serde_json::Value;

use crate::config::Config;
use crate::fan_out;
use crate::input::is_number;
use crate::issue::{self, text};
use crate::issue_commands::IssueEvent;
use crate::jira::{self, JiraError, UNREADABLE};
use crate::join::try_for_each;
use crate::json::json;
use crate::links::{self, Link};
use crate::platform::Platform;

/// Issues on a page of the search.
const PAGE: u32 = 100;
/// Maximum number of pages. A function has 25 s (docs/platforms/forge.md §3); what is left is found by the daily comparison.
const MAX_PAGES: usize = 3;
/// Calls at the same time.
const AT_ONCE: usize = 10;

/// Queues the current state of the version's linked issues.
///
/// # Errors
/// [`JiraError`]; a repetition queues again what is queued already.
pub(crate) async fn released(platform: &impl Platform, config: &Config, version_id: &str) -> Result<(), JiraError> {
    if !is_number(version_id) {
        return Ok(());
    }
    let mut token = Value::Null;
    for _ in 0..MAX_PAGES {
        let mut body = json!({
            "jql": format!("fixVersion = {version_id} ORDER BY updated DESC"),
            "maxResults": PAGE,
            "fields": json!(["project"]),
        });
        if !token.is_null() {
            body["nextPageToken"] = token;
        }
        let mut page = jira::request(platform, "POST", &["/rest/api/3/search/jql"], &[], Some(body)).await?;
        let rows = page["issues"].as_array().into_iter().flatten();
        let ids: Vec<String> = rows.map(|row| text(&row["id"])).collect();
        try_for_each(&ids, AT_ONCE, |id| queue(platform, config, id, version_id)).await?;
        token = crate::json::take(&mut page, "nextPageToken");
        if token.is_null() {
            return Ok(());
        }
    }
    platform.warn("release-too-large", json!({ "versionId": version_id }));
    Ok(())
}

/// Queues the current state of one issue for its linked tickets.
async fn queue(platform: &impl Platform, config: &Config, issue_id: &str, version_id: &str) -> Result<(), JiraError> {
    let links: Vec<Link> = links::of_issue(platform, issue_id).await.map_err(|_| UNREADABLE)?;
    if links.is_empty() {
        return Ok(());
    }
    let issue = match issue::read(platform, config, issue_id).await {
        // An event of its own tells that an issue was deleted.
        Err(JiraError::NotFound) => return Ok(()),
        other => other?,
    };
    if !config.settings.scope.has_issue(&issue.key) {
        return Ok(());
    }
    let body = CommandBody::IssueChanged(issue.snapshot);
    // Without Jira's time of the change: it is older than the release.
    let event = IssueEvent::new(platform, issue_id, &issue.key, "", &["released", version_id], body);
    fan_out::queue(platform, &links, event).await.map_err(|_| UNREADABLE)
}
