//! The rights of a user on an issue. Asking Jira costs points that all customers share (docs/capacity.md), so for showing the panel
//! the answers are kept: whether the user may browse the issue for an hour, and whether the user may edit issues of the project for
//! a day, since that only decides which buttons are shown. An act always asks Jira.

use serde::{Deserialize, Serialize};

use crate::jira::{self, JiraError};
use crate::json::json;
use crate::platform::{Platform, PlatformError, SetOptions};
use crate::records;

/// How long a user who may no longer browse an issue can still see its tickets, in seconds.
const BROWSE_KEPT: u32 = 3_600;
const EDIT_KEPT: u32 = 86_400;

/// The rights of a user who may browse the issue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Rights {
    /// Whether the user may probably edit the issue.
    pub(super) edit: bool,
}

fn key(of: &str, account_id: &str) -> String {
    format!("cache:may:{of}:{}", records::account_part(account_id))
}

/// Returns the rights that Jira has confirmed in the last hour.
pub(super) async fn kept(
    platform: &impl Platform,
    issue_id: &str,
    account_id: &str,
) -> Result<Option<Rights>, PlatformError> {
    records::get(platform, &key(issue_id, account_id)).await
}

/// Asks Jira for the rights of the calling user, and keeps them if the user may browse the issue. `None`: the user may not, or
/// there is no such issue. That is not kept: a refused user can be given the permission, and forged calls write nothing.
///
/// # Errors
/// Jira does not answer.
pub(super) async fn ask(
    platform: &impl Platform,
    issue_id: &str,
    account_id: &str,
) -> Result<Option<Rights>, JiraError> {
    let project = match jira::project_as_user(platform, issue_id).await {
        Ok(project) => project,
        Err(error @ JiraError::Unavailable { .. }) => return Err(error),
        Err(_) => return Ok(None),
    };
    let in_project = key(&project, account_id);
    let edit = match records::get(platform, &in_project).await.ok().flatten() {
        Some(edit) => edit,
        None => {
            let edit = jira::user_has(platform, "EDIT_ISSUES", issue_id).await?;
            keep(platform, &in_project, json!(edit), EDIT_KEPT).await;
            edit
        }
    };
    keep(platform, &key(issue_id, account_id), json!(Rights { edit }), BROWSE_KEPT).await;
    Ok(Some(Rights { edit }))
}

/// Without the record the next call asks again.
async fn keep(platform: &impl Platform, key: &str, value: serde_json::Value, seconds: u32) {
    let options = SetOptions { ttl_seconds: Some(seconds), fail_if_exists: false };
    let _ = records::set(platform, key, value, options).await;
}
