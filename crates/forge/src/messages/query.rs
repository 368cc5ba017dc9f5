//! Questions, answered in the same reply and never remembered. Only what is in scope is found.

use schema::{
    AttachmentBytes, AttachmentFetch, AttachmentNotice, IssueSearch, MAX_INLINE_BYTES, MessageBody, UserSearch,
    UsersFound,
};
use serde_json::Value;

use crate::json::json;

use super::catch_up;
use super::link::{in_scope, not_found};
use super::{Answer, At, Stop};
use crate::issue::{self, Issue, text};
use crate::jira::{self, Failed};
use crate::join::join_all;
use crate::platform::Platform;
use crate::typed::{is_number, is_project, issue_in};
use crate::{files, links};

/// Most users in an answer.
const MOST_USERS: usize = 20;
/// Most values of a field that are told.
const MOST_OPTIONS: usize = 100;

/// Whether a message asks and writes nothing.
pub(super) const fn is_one(body: &MessageBody) -> bool {
    matches!(
        body,
        MessageBody::IssueSearch(_)
            | MessageBody::IssueGet(_)
            | MessageBody::ProjectMeta(_)
            | MessageBody::UserSearch(_)
            | MessageBody::AttachmentFetch(_)
    )
}

pub(super) async fn answer(at: &At<'_, impl Platform>) -> Answer {
    match &at.message.body {
        MessageBody::IssueGet(wanted) => {
            let found = one(at, &wanted.issue).await?;
            let catch_up = match &wanted.catch_up_since {
                Some(since) => catch_up::since(at, &found, since).await?,
                None => None,
            };
            Ok(found.found(catch_up))
        }
        MessageBody::IssueSearch(wanted) => search(at, wanted).await,
        MessageBody::ProjectMeta(wanted) => match &wanted.project {
            Some(project) => project_types(at, project).await,
            None => projects(at).await,
        },
        MessageBody::UserSearch(wanted) => users(at, wanted).await,
        MessageBody::AttachmentFetch(wanted) => fetch(at, wanted).await,
        _ => Err(Stop::rejected("unsupported")),
    }
}

async fn one(at: &At<'_, impl Platform>, wanted: &str) -> Result<Issue, Stop> {
    let Some(wanted) = issue_in(wanted) else { return Err(Stop::rejected("not-an-issue")) };
    let found = issue::read(at.platform, at.config, wanted).await.map_err(not_found)?;
    in_scope(at, &found.key)?;
    Ok(found)
}

/// A key, id or URL finds its issue; anything else, and a key that no issue has, is looked for as words.
async fn search(at: &At<'_, impl Platform>, wanted: &IssueSearch) -> Answer {
    if issue_in(&wanted.query).is_some() {
        match one(at, &wanted.query).await {
            Ok(found) => return Ok(json!({ "issues": [found.answer()] })),
            Err(Stop::Rejected { .. }) => {}
            Err(later) => return Err(later),
        }
    }
    let words: String = wanted.query.chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    if words.is_empty() {
        return Ok(json!({ "issues": Value::Array(Vec::new()) }));
    }
    let mut jql = format!("text ~ \"{words}\"");
    let projects: Vec<&str> =
        at.config.settings.scope.projects.iter().map(String::as_str).filter(|key| is_project(key)).collect();
    if !projects.is_empty() {
        jql.push_str(&format!(" AND project IN (\"{}\")", projects.join("\",\"")));
    }
    jql.push_str(" ORDER BY updated DESC");
    let names = issue::fields(at.config);
    let fields: Vec<&str> = names.split(',').collect();
    let body = json!({ "jql": jql, "maxResults": wanted.limit, "fields": fields });
    let page = jira::ask(at.platform, "POST", &["/rest/api/3/search/jql"], &[], Some(body)).await?;
    let rows = page["issues"].as_array().into_iter().flatten();
    let found = rows.filter_map(|row| issue::of(row, &at.config.settings.fields.custom));
    let found: Vec<Value> =
        found.filter(|found| in_scope(at, &found.key).is_ok()).map(|found| found.answer()).collect();
    Ok(json!({ "issues": found }))
}

/// `{"projects":[{id, key, name}]}`, those in which the app may make issues.
async fn projects(at: &At<'_, impl Platform>) -> Answer {
    let strings = &["/rest/api/3/project/search?action=create&maxResults=100&orderBy=key"];
    let page = jira::ask(at.platform, "GET", strings, &[], None).await?;
    let rows = page["values"].as_array().into_iter().flatten();
    let shown = rows.filter(|row| in_scope(at, &text(&row["key"])).is_ok()).map(named);
    Ok(json!({ "projects": shown.collect::<Vec<_>>() }))
}

/// `{"issueTypes":[{id, name, fields:[{id, name, required, type, custom?, options?:[{id, name}]}]}]}`, without sub-tasks.
async fn project_types(at: &At<'_, impl Platform>, project: &str) -> Answer {
    if !is_project(project) {
        return Err(Stop::rejected("not-a-project"));
    }
    in_scope(at, project)?;
    let missing = |failed| match failed {
        Failed::Gone | Failed::Refused { status: 400, .. } => Stop::rejected("not-a-project"),
        other => other.into(),
    };
    let strings = &["/rest/api/3/issue/createmeta/", "/issuetypes"];
    let page = jira::ask(at.platform, "GET", strings, &[project], None).await.map_err(missing)?;
    let types: Vec<&Value> =
        page["issueTypes"].as_array().into_iter().flatten().filter(|kind| kind["subtask"] != json!(true)).collect();
    let metas = join_all(types.iter().map(|kind| async {
        let strings = &["/rest/api/3/issue/createmeta/", "/issuetypes/", "?maxResults=200"];
        jira::ask(at.platform, "GET", strings, &[project, &text(&kind["id"])], None).await
    }));
    let mut shown = Vec::new();
    for (kind, meta) in types.iter().zip(metas.await) {
        let meta = meta.map_err(missing)?;
        let fields: Vec<Value> = meta["fields"].as_array().into_iter().flatten().map(field).collect();
        let mut row = named(kind);
        row["fields"] = fields.into();
        shown.push(row);
    }
    Ok(json!({ "issueTypes": shown }))
}

fn named(row: &Value) -> Value {
    let mut shown = json!({ "id": text(&row["id"]), "name": row["name"] });
    if let Some(key) = row.get("key") {
        shown["key"] = key.clone();
    }
    shown
}

fn field(row: &Value) -> Value {
    let required = row["required"] == json!(true) && row["hasDefaultValue"] != json!(true);
    let mut shown = json!({
        "id": row["fieldId"], "name": row["name"], "required": required, "type": row["schema"]["type"],
    });
    if let Some(custom) = row["schema"].get("custom") {
        shown["custom"] = custom.clone();
    }
    if let Some(options) = row["allowedValues"].as_array() {
        let option = |option: &Value| {
            let name = option.get("name").or_else(|| option.get("value")).cloned();
            json!({ "id": text(&option["id"]), "name": name })
        };
        shown["options"] = options.iter().take(MOST_OPTIONS).map(option).collect();
    }
    shown
}

/// People as Jira shows them to the app, by name or address; apps and closed accounts are none.
async fn users(at: &At<'_, impl Platform>, wanted: &UserSearch) -> Answer {
    let found = match &wanted.project {
        Some(project) => {
            let strings = &["/rest/api/3/user/assignable/search?maxResults=50&query=", "&project=", ""];
            jira::ask(at.platform, "GET", strings, &[&wanted.query, project], None).await
        }
        None => {
            let strings = &["/rest/api/3/user/search?maxResults=50&query=", ""];
            jira::ask(at.platform, "GET", strings, &[&wanted.query], None).await
        }
    };
    let found =
        found.map_err(|failed| if failed == Failed::Gone { Stop::rejected("not-a-project") } else { failed.into() })?;
    let people = found.as_array().into_iter().flatten().filter(|user| {
        user["active"] != json!(false) && user["accountType"].as_str().is_none_or(|kind| kind == "atlassian")
    });
    Ok(json!(UsersFound { users: people.take(MOST_USERS).map(issue::author).collect() }))
}

/// The bytes of an attachment of a linked issue: asked for by any other way, Jira would not tell whose it is.
async fn fetch(at: &At<'_, impl Platform>, wanted: &AttachmentFetch) -> Answer {
    if !is_number(&wanted.attachment_id) {
        return Err(Stop::rejected("not-an-attachment"));
    }
    let links = links::of_issue(at.platform, &wanted.issue_id).await?;
    let link = links.first().ok_or(Stop::rejected("not-linked"))?;
    in_scope(at, &link.issue_key)?;
    let listed = files::on_issue(at.platform, &wanted.issue_id).await?;
    let known = listed.iter().find(|known| text(&known["id"]) == wanted.attachment_id);
    let known = known.ok_or(Stop::rejected("attachment-gone"))?;
    let notice = |notice| Ok(json!(AttachmentBytes { bytes: None, notice: Some(notice) }));
    if known["size"].as_u64().is_none_or(|size| size > MAX_INLINE_BYTES) {
        return notice(AttachmentNotice::TooLarge);
    }
    match jira::outcome(at.platform.jira_download(&wanted.attachment_id, MAX_INLINE_BYTES).await) {
        Ok(bytes) => Ok(json!(AttachmentBytes { bytes: bytes.as_str().map(str::to_owned), notice: None })),
        Err(Failed::Refused { status: 413, .. }) => notice(AttachmentNotice::TooLarge),
        Err(Failed::Gone) => Err(Stop::rejected("attachment-gone")),
        Err(Failed::Refused { .. }) => notice(AttachmentNotice::Unreadable),
        Err(failed) => Err(failed.into()),
    }
}
