//! `issue.create`: one issue for a ticket, exactly once, and linked.
//!
//! Jira has no key by which making an issue again would be the same. So the issue carries the message's id in its property,
//! and its id is recorded as soon as Jira has told it. Only if an invocation ends between the two is the property looked
//! for, among the newest issues of the project; a search may lag behind by seconds, which is why the next try is put off.
//! What remains: an index that lags for longer than that makes a second issue.

use schema::IssueCreate;
use serde_json::Value;

use crate::json::json;

use super::link::{attach, in_scope, not_found, title_of};
use super::{Answer, At, Stop};
use crate::jira::{self, Failed, MARK, UNREADABLE};
use crate::platform::{Platform, SetOptions};
use crate::typed::{is_number, is_project, is_web_url};
use crate::{issue, records};

const REMEMBERED: SetOptions = SetOptions { ttl_seconds: Some(86_400), fail_if_exists: false };
/// Until Jira's index has certainly seen a new issue.
const INDEXED_MS: u32 = 60_000;

pub(super) async fn apply(at: &At<'_, impl Platform>, wish: &IssueCreate) -> Answer {
    if !is_web_url(&wish.ticket_url) {
        return Err(Stop::rejected("not-a-url"));
    }
    let project = project_key(at, &wish.project).await?;
    in_scope(at, &project)?;
    let record = format!("create:{}", at.message.id);
    let known = if at.interrupted { found(at, &record, &project).await? } else { None };
    let issue_id = match known {
        Some(id) => id,
        None => make(at, wish, &record, &project).await?,
    };
    at.wrote.set(true);
    let issue = issue::read(at.platform, at.config, &issue_id).await?;
    attach(at, &issue, &wish.ticket_number, &wish.ticket_url, &title_of(&wish.ticket_number)).await?;
    Ok(issue.answer())
}

async fn project_key(at: &At<'_, impl Platform>, wanted: &str) -> Result<String, Stop> {
    if is_project(wanted) {
        return Ok(wanted.to_owned());
    }
    if !is_number(wanted) {
        return Err(Stop::rejected("not-a-project"));
    }
    let project = jira::ask(at.platform, "GET", &["/rest/api/3/project/", ""], &[wanted], None).await;
    let project = project.map_err(|failed| match failed {
        Failed::Gone => Stop::rejected("not-a-project"),
        other => other.into(),
    })?;
    project["key"].as_str().map(str::to_owned).ok_or_else(|| UNREADABLE.into())
}

async fn make(at: &At<'_, impl Platform>, wish: &IssueCreate, record: &str, project: &str) -> Result<String, Stop> {
    let mut fields = json!(wish.fields);
    fields["project"] = json!({ "key": project });
    fields["issuetype"] = json!({ "id": wish.issue_type });
    fields["summary"] = json!(wish.summary);
    let mark = json!({ "message": at.message.id, "ticket": at.ticket_id() });
    let body = json!({ "fields": fields, "properties": [json!({ "key": MARK, "value": mark })] });
    let made = match jira::ask(at.platform, "POST", &["/rest/api/3/issue"], &[], Some(body)).await {
        Ok(made) => made,
        Err(Failed::Refused { code, body, .. }) => {
            let names = body["errors"].as_object().into_iter().flatten().map(|(name, _)| name);
            return Err(Stop::Rejected { code, data: json!({ "fields": names.collect::<Vec<_>>() }) });
        }
        Err(Failed::Later { code, .. }) if code != "jira-limited" => {
            return Err(Stop::Unsure { after_ms: INDEXED_MS, code });
        }
        Err(failed) => return Err(not_found(failed)),
    };
    at.wrote.set(true);
    let id = made["id"].as_str().ok_or(Stop::Unsure { after_ms: INDEXED_MS, code: "jira-unreadable" })?;
    records::set(at.platform, record, json!(id), REMEMBERED).await?;
    Ok(id.to_owned())
}

/// The issue that an interrupted run made.
async fn found(at: &At<'_, impl Platform>, record: &str, project: &str) -> Result<Option<String>, Stop> {
    if let Some(id) = records::get(at.platform, record).await? {
        return Ok(Some(id));
    }
    let jql = format!("project = \"{project}\" AND created >= \"-2d\" ORDER BY created DESC");
    let body = json!({ "jql": jql, "maxResults": 100, "fields": ["summary"], "properties": [MARK] });
    let page = jira::ask(at.platform, "POST", &["/rest/api/3/search/jql"], &[], Some(body)).await?;
    let message_id = at.message.id.to_string();
    let ours = |issue: &&Value| issue["properties"][MARK]["message"] == message_id;
    Ok(page["issues"].as_array().into_iter().flatten().find(ours).map(|issue| issue::text(&issue["id"])))
}
