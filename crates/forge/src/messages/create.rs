//! `issue.create`: creates one issue for a ticket exactly once, and links it.
//!
//! Jira's API has no idempotency key. So the new issue carries the message's id in a property, and its id is recorded as soon
//! as Jira returns it. If an invocation ends between the two, the next run searches the newest issues of the project for the
//! property. Jira's search index may be delayed by seconds, so that run is delayed too. Limit: if the index is delayed for
//! longer than [`INDEX_DELAY_MS`], a second issue is created.

use schema::IssueCreate;
use serde_json::Value;

use super::context::{Answer, MessageContext, NotApplied};
use super::link::{NewLink, attach, describe, in_scope, not_found, title_of};
use crate::flag;
use crate::input::{is_number, is_project_key, is_web_url};
use crate::jira::{self, JiraError, JiraResult, MARK, UNREADABLE, Unavailable};
use crate::json::{json, take};
use crate::platform::{Platform, SetOptions};
use crate::{adf, issue, records, service, written};

/// Lifetime of the record of a created issue.
const REMEMBERED: SetOptions = SetOptions { ttl_seconds: Some(86_400), fail_if_exists: false };
/// Delay before the search for a new issue, longer than the usual delay of Jira's index.
const INDEX_DELAY_MS: u32 = 60_000;

pub(super) async fn apply(context: &MessageContext<'_, impl Platform>, request: &IssueCreate) -> Answer {
    if !is_web_url(&request.ticket_url) {
        return Err(NotApplied::rejected("not-a-url"));
    }
    let project = project_key(context, &request.project).await?;
    in_scope(context, &project)?;
    // Customers see the description of an issue in the portal, and the ticket's text may have internal articles in it.
    let is_service = request.description.is_some() && service::is_project(context.platform, &project).await?;
    let description = request.description.as_ref().filter(|_| !is_service);
    let record = format!("create:{}", context.message.id);
    let created = if context.interrupted { find_created(context, &record, &project).await? } else { None };
    let issue_id = match created {
        Some(id) => id,
        None => create(context, request, &record, (&project, description)).await?,
    };
    context.wrote.set(true);
    let issue = match description {
        Some(_) => issue::read_with_description(context.platform, context.config, &issue_id).await?,
        None => issue::read(context.platform, context.config, &issue_id).await?,
    };
    // After an interruption a person may have changed the issue.
    if !context.interrupted {
        let (summary, described) = (&issue.snapshot.summary, issue.description.as_ref());
        written::record_created(context.platform, &issue.id, context.ticket_id(), summary, described).await?;
    }
    let title = title_of(&request.ticket_number);
    let link = NewLink::of(context, &request.ticket_number, &request.ticket_url, &title);
    attach(context, &issue, NewLink { is_marked: true, ..link }).await?;
    if let (Some(document), None) = (&request.description, &issue.description) {
        describe(context, &issue.id, document, &request.ticket_url).await?;
    }
    Ok(json!(issue.link_answer()))
}

async fn project_key(context: &MessageContext<'_, impl Platform>, wanted: &str) -> Result<String, NotApplied> {
    if is_project_key(wanted) {
        return Ok(wanted.to_owned());
    }
    if !is_number(wanted) {
        return Err(NotApplied::rejected("not-a-project"));
    }
    let project = jira::request(context.platform, "GET", &["/rest/api/3/project/", ""], &[wanted], None).await;
    let project = project.map_err(|error| match error {
        JiraError::NotFound => NotApplied::rejected("not-a-project"),
        other => other.into(),
    })?;
    project["key"].as_str().map(str::to_owned).ok_or_else(|| UNREADABLE.into())
}

async fn create(
    context: &MessageContext<'_, impl Platform>,
    request: &IssueCreate,
    record: &str,
    (project, description): (&str, Option<&Value>),
) -> Result<String, NotApplied> {
    let mut fields = json!(request.fields);
    fields["project"] = json!({ "key": project });
    fields["issuetype"] = json!({ "id": request.issue_type });
    fields["summary"] = json!(request.summary);
    let mark = json!({ "message": context.message.id, "ticket": context.ticket_id() });
    if let Some(document) = description {
        fields["description"] = adf::with_names(document, &request.ticket_url);
    }
    let flag = json!({ "key": flag::PROPERTY, "value": flag::value_of_new() });
    let properties = json!([json!({ "key": MARK, "value": mark }), flag]);
    let mut body = json!({ "fields": fields, "properties": properties });
    let mut created = post(context, body.clone()).await;
    if let Err(JiraError::Refused { body: errors, .. }) = &created
        && errors["errors"].as_object().is_some_and(|errors| errors.len() == 1 && errors.contains_key("description"))
    {
        // The project's issues have no description, so it becomes a comment.
        take(&mut body["fields"], "description");
        created = post(context, body).await;
    }
    let created = match created {
        Ok(created) => created,
        Err(JiraError::Refused { body, .. }) => {
            let names = body["errors"].as_object().into_iter().flatten().map(|(name, _)| name);
            return Err(NotApplied::Rejected {
                code: jira::REFUSED,
                data: json!({ "fields": names.collect::<Vec<_>>() }),
            });
        }
        Err(JiraError::Unavailable { cause, .. }) if cause.may_have_written() => {
            return Err(NotApplied::Uncertain { after_ms: INDEX_DELAY_MS, code: cause.code() });
        }
        Err(error) => return Err(not_found(error)),
    };
    context.wrote.set(true);
    let id = created["id"]
        .as_str()
        .ok_or(NotApplied::Uncertain { after_ms: INDEX_DELAY_MS, code: Unavailable::Unreadable.code() })?;
    records::set(context.platform, record, json!(id), REMEMBERED).await?;
    Ok(id.to_owned())
}

async fn post(context: &MessageContext<'_, impl Platform>, body: Value) -> JiraResult {
    jira::request(context.platform, "POST", &["/rest/api/3/issue"], &[], Some(body)).await
}

/// Returns the id of the issue that an interrupted run created.
async fn find_created(
    context: &MessageContext<'_, impl Platform>,
    record: &str,
    project: &str,
) -> Result<Option<String>, NotApplied> {
    if let Some(id) = records::get(context.platform, record).await? {
        return Ok(Some(id));
    }
    let jql = format!("project = \"{project}\" AND created >= \"-2d\" ORDER BY created DESC");
    let body = json!({ "jql": jql, "maxResults": 100, "fields": ["summary"], "properties": [MARK] });
    let page = jira::request(context.platform, "POST", &["/rest/api/3/search/jql"], &[], Some(body)).await?;
    let message_id = context.message.id.to_string();
    let has_mark = |issue: &&Value| issue["properties"][MARK]["message"] == message_id;
    Ok(page["issues"].as_array().into_iter().flatten().find(has_mark).map(|issue| issue::text(&issue["id"])))
}
