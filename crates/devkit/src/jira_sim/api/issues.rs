//! Issues: reading, making, changing, deleting.

use serde_json::{Map, Value, json};

use super::{
    call::{Call, Reply, no_content, ok},
    changes, comments,
    error::Refusal,
    fields::{self, Screen},
    lookup, transitions,
};
use crate::jira_sim::{
    change::Change,
    render::{self, Wanted},
    site::{Issue, Project},
};

pub(super) fn show(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let issue = lookup::found(call, path)?;
    let mut wanted = Wanted::new(&call.list("fields"), &call.list("properties"));
    if wanted.fields.is_empty() {
        wanted.fields.push("*all".to_owned());
    }
    let mut shown = render::issue(call.state, issue, &call.account, &wanted);
    let with_fields = call.expands("transitions.fields");
    if with_fields || call.expands("transitions") {
        shown.insert("transitions".to_owned(), transitions::open(call, issue, with_fields).into());
    }
    call.read(1, 0);
    ok(200, shown)
}

/// The project that a new issue names, if this account may make issues in it.
fn project_of(call: &Call<'_>, given: &Map<String, Value>) -> Result<Project, Refusal> {
    let by = |name: &str| given.get("project").and_then(|project| project.get(name)).and_then(Value::as_str);
    let fits = |row: &&Project| by("key") == Some(&row.key) || by("id") == Some(&row.id.to_string());
    let sees = |row: &&Project| call.state.may(&call.account, "BROWSE_PROJECTS", row, None);
    let project = call.state.projects.values().filter(sees).find(fits);
    let project = project.ok_or_else(|| Refusal::field("project", "valid project is required"))?;
    if !call.state.may(&call.account, "CREATE_ISSUES", project, None) {
        return Err(Refusal::field("project", "You do not have permission to create issues in this project."));
    }
    Ok(project.clone())
}

pub(super) fn create(call: &mut Call<'_>, _: &[&str]) -> Reply {
    let body = call.body()?;
    let given = body.get("fields").and_then(Value::as_object).ok_or_else(Refusal::payload)?;
    let project = project_of(call, given)?;
    let issue_type = given.get("issuetype").and_then(fields::issue_type);
    let issue_type = issue_type.ok_or_else(|| Refusal::field("issuetype", "Specify a valid issue type"))?;
    let mut rest = given.clone();
    rest.retain(|name, _| !matches!(name.as_str(), "project" | "issuetype"));
    let screen = Screen { project: &project, issue: None };
    let edits = fields::edits(call, &screen, &rest)?;
    if !rest.contains_key("summary") {
        return Err(Refusal::field("summary", "You must specify a summary of the issue."));
    }
    fields::nothing_missing(project.screens.create_requires.iter().map(String::as_str), &rest)?;
    let id = call.state.next_id();
    let key = call.state.next_key(&project.key).ok_or_else(Refusal::no_issue)?;
    let mut issue = Issue {
        id,
        key,
        issue_type,
        summary: String::new(),
        description: Value::Null,
        status: project.workflow.statuses.first().map_or(0, |status| status.id),
        project: project.key,
        resolution: None,
        resolved: None,
        priority: 3,
        assignee: None,
        reporter: call.account.clone(),
        creator: call.account.clone(),
        security: None,
        archived: false,
        fix_versions: Default::default(),
        labels: Default::default(),
        other: Default::default(),
        properties: lookup::properties_in(&body),
        created: call.now,
        updated: call.now,
    };
    for edit in edits {
        fields::apply(call.state, &mut issue, edit);
    }
    let answer = json!({"id": id.to_string(), "key": issue.key,
                        "self": format!("{}/rest/api/3/issue/{id}", call.state.base)});
    let assigned = issue.assignee.is_some();
    call.state.keys.insert(issue.key.clone(), id);
    call.state.issues.insert(id, issue);
    call.changes.extend(Change::of(call.state, "avi:jira:created:issue", id));
    if assigned {
        call.changes.extend(Change::of(call.state, "avi:jira:assigned:issue", id));
    }
    ok(201, answer)
}

pub(super) fn edit(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let issue = lookup::changeable(call, path, 400)?.clone();
    for name in ["overrideScreenSecurity", "overrideEditableFlag"] {
        if call.flag(name) && !call.state.administers(&call.account) {
            let text = format!("The request has '{name}' set, which only administrators may do.");
            return Err(Refusal::message(403, text));
        }
    }
    let body = call.body()?;
    let project = call.state.projects.get(&issue.project).cloned().ok_or_else(Refusal::no_issue)?;
    let screen = Screen { project: &project, issue: Some(&issue) };
    let mut edits = match body.get("fields").and_then(Value::as_object) {
        Some(given) => fields::edits(call, &screen, given)?,
        None => Vec::new(),
    };
    let mut added = Vec::new();
    if let Some(update) = body.get("update").and_then(Value::as_object) {
        added = comments::in_update(call, &issue, update)?;
        edits.extend(fields::updates(call, &screen, update)?);
    }
    changes::write(call, issue.id, edits);
    for comment in added {
        comments::add(call, issue.id, comment);
    }
    for (key, value) in lookup::properties_in(&body) {
        if let Some(issue) = call.state.issues.get_mut(&issue.id) {
            issue.properties.insert(key, value);
        }
    }
    if call.flag("returnIssue") {
        return show(call, path);
    }
    no_content()
}

pub(super) fn assign(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let issue = lookup::changeable(call, path, 403)?;
    let refusal = Refusal::message(403, "You do not have permission to assign issues in this project.");
    lookup::permitted(call, issue, "ASSIGN_ISSUES", refusal)?;
    let (id, project) = (issue.id, issue.project.clone());
    let body = call.body()?;
    if !body.contains_key("accountId") {
        return Err(Refusal::message(400, "One of 'name', 'key' and 'accountId' is required."));
    }
    let project = call.state.projects.get(&project).ok_or_else(Refusal::no_issue)?;
    let edit = fields::assignee(call.state, project, &Value::Object(body))?;
    changes::write(call, id, vec![edit]);
    no_content()
}

pub(super) fn delete(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let issue = lookup::changeable(call, path, 403)?;
    let refusal = Refusal::message(403, "You do not have permission to delete issues in this project.");
    lookup::permitted(call, issue, "DELETE_ISSUES", refusal)?;
    let id = issue.id;
    // Its comments and files are deleted too; no event reports that.
    call.changes.extend(Change::of(call.state, "avi:jira:deleted:issue", id));
    call.state.remove_issue(id);
    no_content()
}
