//! Whether the app can read a linked issue. Jira's 404 is the same for an issue that was deleted and for one that the app may
//! not see, so it proves no deletion: only the event of a deletion does. An issue that cannot be read keeps its links; the
//! sidecar is told once, and gets the issue's state when it can be read again.

use schema::time::rfc3339;
use schema::{CommandBody, IssueGone, UnixMs};
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::issue::Issue;
use crate::issue_commands::IssueEvent;
use crate::jira::{self, JiraError};
use crate::json::json;
use crate::links::Link;
use crate::platform::{Platform, PlatformError, SetOptions};
use crate::{fan_out, records};

/// Lifetime of the record of an outage: a year. An issue that still cannot be read then is reported again.
const REMEMBERED: SetOptions = SetOptions { ttl_seconds: Some(365 * 86_400), fail_if_exists: false };

/// The record of an issue that cannot be read (an outage).
#[derive(Clone, Serialize, Deserialize)]
struct Outage {
    since: UnixMs,
    /// Whether the commands for the sidecar are queued.
    queued: bool,
}

fn key(issue_id: &str) -> String {
    format!("noaccess:{issue_id}")
}

/// Whether an outage of the issue is recorded.
pub(crate) async fn is_lost(platform: &impl Platform, issue_id: &str) -> Result<bool, PlatformError> {
    Ok(outage_since(platform, issue_id).await?.is_some())
}

/// Since when the issue cannot be read, if so.
pub(crate) async fn outage_since(platform: &impl Platform, issue_id: &str) -> Result<Option<UnixMs>, PlatformError> {
    Ok(records::get::<Outage>(platform, &key(issue_id)).await?.map(|outage| outage.since))
}

/// Ends the record of an outage.
pub(crate) async fn forget(platform: &impl Platform, issue_id: &str) -> Result<(), PlatformError> {
    platform.kv_delete(&key(issue_id)).await
}

/// Checks after a 404 whether the app can read the issue of these links, all of one issue. If it cannot, while Jira answers
/// otherwise, the sidecar is told.
///
/// # Errors
/// Jira does not answer, so the 404 says nothing.
pub(crate) async fn check(platform: &impl Platform, links: &[Link]) -> Result<(), JiraError> {
    let Some(first) = links.first() else { return Ok(()) };
    match jira::key_of(platform, &first.issue_id).await {
        Err(JiraError::NotFound) => {}
        other => return other.map(drop),
    }
    jira::own_account(platform).await?;
    report(platform, links, &first.issue_id).await.map_err(|_| jira::UNREADABLE)
}

/// Queues one command per link, once per outage. The ids of the commands depend on the recorded time, so a repetition after an
/// interrupted run gives the same commands.
async fn report(platform: &impl Platform, links: &[Link], issue_id: &str) -> Result<(), PlatformError> {
    let outage = match records::get::<Outage>(platform, &key(issue_id)).await? {
        Some(Outage { queued: true, .. }) => return Ok(()),
        Some(outage) => outage,
        None => {
            let outage = Outage { since: platform.now(), queued: false };
            records::set(platform, &key(issue_id), json!(outage), REMEMBERED).await?;
            outage
        }
    };
    platform.warn("issue-not-readable", json!({ "issueId": issue_id }));
    let since = outage.since.0.to_string();
    let body = CommandBody::IssueGone(IssueGone { reason: IssueGone::NO_ACCESS.into() });
    let issue_key = links.first().map_or("", |link| &link.issue_key);
    let event = ["no-access", issue_id, &since];
    let event = IssueEvent::new(platform, issue_id, issue_key, &rfc3339(outage.since), &event, body);
    fan_out::queue(platform, links, event).await?;
    records::set(platform, &key(issue_id), json!(Outage { queued: true, ..outage }), REMEMBERED).await
}

/// Ends an outage with an issue that was read: the sidecar gets its current state, if it is in scope.
pub(crate) async fn regained(
    platform: &impl Platform,
    config: &Config,
    issue: &Issue,
    links: &[Link],
) -> Result<(), PlatformError> {
    let Some(outage) = records::get::<Outage>(platform, &key(&issue.id)).await? else { return Ok(()) };
    if config.settings.scope.has_issue(&issue.key) {
        let since = outage.since.0.to_string();
        let body = CommandBody::IssueChanged(issue.snapshot.clone());
        // With the outage in its id: the command of the same change may have been applied before.
        let event = ["readable", issue.id.as_str(), &since];
        // Without Jira's time of the change, so that it is delivered after the command of the outage.
        let event = IssueEvent::new(platform, &issue.id, &issue.key, "", &event, body);
        fan_out::queue(platform, links, event).await?;
    }
    forget(platform, &issue.id).await
}
