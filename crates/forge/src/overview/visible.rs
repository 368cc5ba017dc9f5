//! The projects and issues that a user may browse, record `cache:seen:<project>:<user>` for an hour: asking Jira costs a point for
//! each of them.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::totals::{ProjectTotals, Totals};
use crate::issue::text;
use crate::jira::{JiraError, UNREADABLE, read_response, send, with_part};
use crate::json::json;
use crate::platform::{JiraCall, Platform, PrincipalKind, SetOptions};
use crate::records;

/// How long a user who may no longer browse a project can still see its counts, in seconds.
const KEPT: SetOptions = SetOptions { ttl_seconds: Some(3_600), fail_if_exists: false };
/// Pages of 100 projects that are read.
const MAX_PAGES: usize = 5;
/// Issues that Jira is asked about.
const MOST_ISSUES: usize = 30;

#[derive(Default, Serialize, Deserialize)]
pub(super) struct Visible {
    /// Keys of projects.
    pub(super) projects: BTreeSet<String>,
    /// Ids of the issues among those that may be named.
    pub(super) issues: BTreeSet<String>,
}

/// Returns the projects, and the issues of `project` or of all, that the calling user may browse.
///
/// # Errors
/// The code of a refusal.
pub(super) async fn of_user(
    platform: &impl Platform,
    totals: &Totals,
    project: Option<&str>,
    account_id: &str,
) -> Result<Visible, &'static str> {
    let key = format!("cache:seen:{}:{}", project.unwrap_or("-"), records::account_part(account_id));
    if let Some(kept) = records::get(platform, &key).await.map_err(|_| "unavailable")? {
        return Ok(kept);
    }
    let visible = ask(platform, totals, project).await.map_err(|error| match error {
        JiraError::Unavailable { .. } => "unavailable",
        _ => "forbidden",
    })?;
    // Without the record the next call asks again.
    let _ = records::set(platform, &key, json!(visible), KEPT).await;
    Ok(visible)
}

async fn ask(platform: &impl Platform, totals: &Totals, project: Option<&str>) -> Result<Visible, JiraError> {
    let mut visible = Visible::default();
    for page in 0..MAX_PAGES {
        let strings = &["/rest/api/3/project/search?maxResults=100&orderBy=key&startAt=", ""];
        let found = as_user(platform, "GET", strings, vec![(page * 100).to_string()], None).await?;
        let found = with_part(found, |found| found["values"].is_array())?;
        let keys = found["values"].as_array().into_iter().flatten().map(|project| text(&project["key"]));
        visible.projects.extend(keys.filter(|key| totals.projects.contains_key(key)));
        if found["isLast"] != json!(false) {
            break;
        }
    }
    let mut sum = ProjectTotals::default();
    for (key, of_project) in &totals.projects {
        if visible.projects.contains(key) && project.is_none_or(|project| key == project) {
            sum.add(of_project);
        }
    }
    let ids: Vec<&str> = sum.top.iter().take(MOST_ISSUES).map(|top| top.issue_id.as_str()).collect();
    if !ids.is_empty() {
        // An issue may be hidden from people who see its project.
        let body = json!({ "issueIdsOrKeys": ids, "fields": ["project"] });
        let found = as_user(platform, "POST", &["/rest/api/3/issue/bulkfetch"], Vec::new(), Some(body)).await?;
        let found = with_part(found, |found| found["issues"].is_array())?;
        visible.issues = found["issues"].as_array().into_iter().flatten().map(|issue| text(&issue["id"])).collect();
    }
    Ok(visible)
}

async fn as_user(
    platform: &impl Platform,
    method: &'static str,
    strings: &'static [&'static str],
    params: Vec<String>,
    body: Option<Value>,
) -> Result<Value, JiraError> {
    let answer = send(platform, JiraCall { principal: PrincipalKind::User, method, strings, params, body }).await?;
    match read_response(Ok(answer))? {
        Value::Null => Err(UNREADABLE),
        answer => Ok(answer),
    }
}
