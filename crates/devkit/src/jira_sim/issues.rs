//! Issues: reading, making, changing, deleting.

use serde_json::{Map, Value, json};

use super::{
    call::{Call, Reply, no_content, ok},
    entities::{Id, Issue},
    error::Refusal,
    events::Change,
    fields::{self, Edit},
    render::{self, Wanted},
};

/// The issue of an address.
pub(super) fn found<'a>(call: &'a Call<'_>, path: &[&str]) -> Result<&'a Issue, Refusal> {
    call.state.issue(path.get(1).copied().unwrap_or_default()).ok_or_else(Refusal::no_issue)
}

/// Its number.
pub(super) fn found_id(call: &Call<'_>, path: &[&str]) -> Result<Id, Refusal> {
    found(call, path).map(|issue| issue.id)
}

pub(super) fn show(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let issue = found(call, path)?;
    let list = |name: &str| call.inbound.query_value(name).map_or_else(Vec::new, |text| vec![text]);
    let mut wanted = Wanted::new(&list("fields"), &list("properties"));
    if wanted.fields.is_empty() {
        wanted.fields.push("*all".to_owned());
    }
    ok(200, render::issue(call.state, issue, &call.account, &wanted))
}

pub(super) fn create(call: &mut Call<'_>, _: &[&str]) -> Reply {
    let body = call.body()?;
    let given = body.get("fields").and_then(Value::as_object).ok_or_else(Refusal::payload)?;
    let project = given.get("project").and_then(Value::as_object).map(|project| {
        let by = |name: &str| project.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        (by("key"), by("id"))
    });
    let project = project
        .and_then(|(key, id)| call.state.projects.values().find(|row| row.key == key || row.id.to_string() == id));
    let project = project.ok_or_else(|| Refusal::field("project", "valid project is required"))?.clone();
    let issue_type = given.get("issuetype").and_then(fields::issue_type);
    let issue_type = issue_type.ok_or_else(|| Refusal::field("issuetype", "Specify a valid issue type"))?;
    let mut rest = given.clone();
    rest.retain(|name, _| !matches!(name.as_str(), "project" | "issuetype"));
    let edits = fields::edits(call.state, &rest)?;
    if !rest.contains_key("summary") {
        return Err(Refusal::field("summary", "You must specify a summary of the issue."));
    }
    let id = call.state.next_id();
    let number = call.state.projects.get_mut(&project.key).map_or(1, |row| {
        row.last_issue += 1;
        row.last_issue
    });
    let mut issue = Issue {
        id,
        key: format!("{}-{number}", project.key),
        project: project.key,
        issue_type,
        summary: String::new(),
        description: Value::Null,
        status: project.workflow.statuses.first().map_or(0, |status| status.id),
        resolution: None,
        resolved: None,
        priority: 3,
        assignee: None,
        reporter: call.account.clone(),
        creator: call.account.clone(),
        labels: Default::default(),
        other: Default::default(),
        properties: properties_in(&body),
        created: call.now,
        updated: call.now,
    };
    for edit in edits {
        fields::apply(call.state, &mut issue, edit);
    }
    let answer = json!({"id": id.to_string(), "key": issue.key,
                        "self": format!("{}/rest/api/3/issue/{id}", call.state.base)});
    call.state.keys.insert(issue.key.clone(), id);
    call.state.issues.insert(id, issue);
    call.changes.extend(Change::of(call.state, "avi:jira:created:issue", id));
    ok(201, answer)
}

fn properties_in(body: &Map<String, Value>) -> std::collections::BTreeMap<String, Value> {
    let list = body.get("properties").and_then(Value::as_array).into_iter().flatten();
    list.filter_map(|item| Some((item.get("key")?.as_str()?.to_owned(), item.get("value")?.clone()))).collect()
}

pub(super) fn edit(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let id = found_id(call, path)?;
    let body = call.body()?;
    let mut edits = match body.get("fields").and_then(Value::as_object) {
        Some(given) => fields::edits(call.state, given)?,
        None => Vec::new(),
    };
    if let Some(update) = body.get("update").and_then(Value::as_object) {
        edits.extend(fields::updates(call.state, update)?);
    }
    write(call, id, edits);
    for (key, value) in properties_in(&body) {
        if let Some(issue) = call.state.issues.get_mut(&id) {
            issue.properties.insert(key, value);
        }
    }
    no_content()
}

/// Makes the edits; tells of them if anything became different.
pub(super) fn write(call: &mut Call<'_>, id: Id, edits: Vec<Edit>) {
    let Some(before) = call.state.issues.get(&id).cloned() else { return };
    let mut issue = before.clone();
    for edit in edits {
        fields::apply(call.state, &mut issue, edit);
    }
    let items = fields::changelog(call.state, &before, &issue);
    if items.is_empty() {
        return;
    }
    issue.updated = call.now;
    call.state.issues.insert(id, issue);
    let log = json!({"id": call.state.next_id().to_string(), "items": items});
    call.changes
        .extend(Change::of(call.state, "avi:jira:updated:issue", id).map(|change| change.with("changelog", log)));
}

pub(super) fn delete(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let id = found_id(call, path)?;
    // Comments and files go with it, and no event tells of those.
    call.changes.extend(Change::of(call.state, "avi:jira:deleted:issue", id));
    if let Some(issue) = call.state.issues.remove(&id) {
        call.state.keys.remove(&issue.key);
    }
    for comment in call.state.issue_comments.remove(&id).unwrap_or_default() {
        call.state.comments.remove(&comment);
    }
    call.state.attachments.retain(|_, file| file.issue != id);
    call.state.remote_links.retain(|_, link| link.issue != id);
    no_content()
}
