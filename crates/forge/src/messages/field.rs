//! `field.apply`: the merge plan's writes. A field whose value differs from the plan's `expected` is not written, a field that
//! Jira refuses does not prevent the others, and the answer has the issue after the writes.

use schema::codes::NOT_LINKED;
use schema::{FieldApply, FieldOutcome, FieldRefusal, IssueSnapshot};
use serde_json::{Map, Value};

use super::comment;
use super::context::{Answer, MessageContext, NotApplied};
use super::link::in_scope;
use crate::issue::{self, Issue};
use crate::jira::{self, JiraError};
use crate::json::{json, take};
use crate::platform::Platform;
use crate::transitions::{self, StatusChange};
use crate::written;

/// The code of a field that the app may not write, or of a person who may not be assigned.
const NO_PERMISSION: &str = "no-permission";
/// Maximum number of attempts of one write: in some cases Jira names only one invalid field per response.
const MAX_ATTEMPTS: usize = 12;

pub(super) async fn apply(context: &MessageContext<'_, impl Platform>, plan: &FieldApply) -> Answer {
    let links = comment::links_of(context).await?;
    if links.iter().all(|link| link.issue_id != plan.issue_id) {
        return Err(NotApplied::rejected(NOT_LINKED));
    }
    let mut issue = match &plan.status {
        Some(_) => issue::read_with_transitions(context.platform, context.config, &plan.issue_id).await?,
        None => issue::read(context.platform, context.config, &plan.issue_id).await?,
    };
    in_scope(context, &issue.key)?;
    let (mut stale, mut refused, mut fields) = (Vec::new(), Vec::new(), Map::new());
    for (name, value) in &plan.fields {
        if is_equal(&issue.snapshot, name, value) {
            continue;
        }
        if is_as_expected(plan, &issue.snapshot, name) {
            fields.insert(name.clone(), value.clone());
        } else {
            stale.push(name.clone());
        }
    }
    let (mut changed, mut forbidden) = (false, false);
    let names: Vec<String> = fields.keys().cloned().collect();
    match write(context, &issue, fields, &mut refused).await {
        Ok(Some(written)) => (issue, changed) = (written, true),
        Ok(None) => {}
        Err(NotApplied::Forbidden) => {
            forbidden = true;
            let is_refused = |name: &&String| refused.iter().any(|known| known.field == **name);
            let others: Vec<FieldRefusal> =
                names.iter().filter(|name| !is_refused(name)).map(|name| refusal(name, NO_PERMISSION)).collect();
            refused.extend(others);
        }
        Err(error) => return Err(error),
    }
    if let Some(wanted) = &plan.status {
        let snapshot = &issue.snapshot;
        let there = wanted.any_of.iter().any(|one| one.matches(&snapshot.status_id, &snapshot.status_category));
        if !there && !is_as_expected(plan, snapshot, "status") {
            stale.push("status".to_owned());
        } else if !there {
            let change = match transitions::reach(context.platform, context.config, &issue, &wanted.any_of).await {
                Err(JiraError::Forbidden) => {
                    StatusChange { moved: false, refused: Some(refusal("status", NO_PERMISSION)) }
                }
                other => other?,
            };
            forbidden |= change.refused.as_ref().is_some_and(|refused| refused.code == NO_PERMISSION);
            refused.extend(change.refused);
            changed |= change.moved;
            if change.moved {
                issue = issue::read(context.platform, context.config, &plan.issue_id).await?;
            }
        }
    }
    // An admin may grant the permission, so a message of which nothing could be done waits for it.
    if forbidden && !changed {
        return Err(NotApplied::Forbidden);
    }
    Ok(json!(FieldOutcome { snapshot: issue.snapshot, refused, stale }))
}

fn is_as_expected(plan: &FieldApply, snapshot: &IssueSnapshot, name: &str) -> bool {
    plan.expected.get(name).is_some_and(|expected| *expected == snapshot.fingerprint(name.into()))
}

/// Whether a field already has the requested value. Jira's API has different forms for writing and reading a value.
fn is_equal(snapshot: &IssueSnapshot, name: &str, requested: &Value) -> bool {
    let current = snapshot.value(name.into());
    match (requested, &current) {
        (Value::Object(requested), Value::String(id)) => {
            requested.get("id").or_else(|| requested.get("accountId")).is_some_and(|requested| requested == id)
        }
        (Value::Object(requested), Value::Object(current)) => {
            requested.contains_key("id") && requested.get("id") == current.get("id")
        }
        (Value::Array(requested), Value::Array(current)) => {
            requested.len() == current.len() && requested.iter().all(|one| current.contains(one))
        }
        (requested, current) => requested == current,
    }
}

fn refusal(field: &str, code: &str) -> FieldRefusal {
    FieldRefusal { field: field.to_owned(), code: code.to_owned(), detail: None }
}

/// Writes the fields that Jira accepts and adds the others to `refused`. Returns the issue after the write, if there was one.
///
/// # Errors
/// [`NotApplied::Forbidden`] if the app may not write any of the fields that are not in `refused`.
async fn write(
    context: &MessageContext<'_, impl Platform>,
    issue: &Issue,
    mut fields: Map<String, Value>,
    refused: &mut Vec<FieldRefusal>,
) -> Result<Option<Issue>, NotApplied> {
    if let Some(summary) = fields.get("summary").and_then(Value::as_str) {
        // Before the write, so that an interrupted run leaves no summary of which nothing is known.
        written::record_summary(context.platform, &issue.id, context.ticket_id(), summary).await?;
    }
    let mut editable = None;
    for _ in 0..MAX_ATTEMPTS {
        if fields.is_empty() {
            return Ok(None);
        }
        let body = body_of(&fields, &issue.snapshot);
        let strings = &["/rest/api/3/issue/", "?returnIssue=true"];
        let (status, errors) = match jira::request(context.platform, "PUT", strings, &[&issue.id], Some(body)).await {
            // The response is the issue; if it lacks a part of the snapshot, the issue is read.
            Ok(response) => match issue::from_response(&response, &context.config.settings.fields) {
                Some(issue) => return Ok(Some(issue)),
                None => return Ok(Some(issue::read(context.platform, context.config, &issue.id).await?)),
            },
            Err(JiraError::Refused { status, mut body }) => (status, take(&mut body, "errors")),
            Err(error) => return Err(error.into()),
        };
        let named: Vec<String> = fields.keys().filter(|name| errors.get(name.as_str()).is_some()).cloned().collect();
        if status != 400 || named.is_empty() {
            refused.extend(fields.keys().map(|name| refusal(name, jira::REFUSED)));
            return Ok(None);
        }
        let metadata = match editable.take() {
            Some(metadata) => metadata,
            None => {
                jira::request(context.platform, "GET", &["/rest/api/3/issue/", "/editmeta"], &[&issue.id], None).await?
            }
        };
        for name in named {
            let value = fields.remove(&name).unwrap_or_default();
            refused.push(refusal(&name, refusal_code(&metadata["fields"], &name, &value)));
        }
        editable = Some(metadata);
    }
    refused.extend(fields.keys().map(|name| refusal(name, "jira-refused")));
    Ok(None)
}

/// Returns the body of the write. Labels are written as differences if the snapshot does not have all of them; writing the
/// list would delete the others.
fn body_of(fields: &Map<String, Value>, snapshot: &IssueSnapshot) -> Value {
    let mut fields = fields.clone();
    let mut body = json!({});
    if snapshot.labels_truncated
        && let Some(Value::Array(wanted)) = fields.remove("labels")
    {
        let is_known = |label: &&Value| snapshot.labels.iter().any(|known| *label == known);
        let added = wanted.iter().filter(|label| !is_known(label)).map(|label| json!({ "add": label }));
        let dropped = snapshot.labels.iter().filter(|known| !wanted.iter().any(|label| label == *known));
        let changes: Vec<Value> = added.chain(dropped.map(|label| json!({ "remove": label }))).collect();
        body["update"] = json!({ "labels": changes });
    }
    body["fields"] = fields.into();
    body
}

/// Returns why Jira refuses a field, derived from the issue's edit metadata. Jira's error messages are not used: they are in the
/// language of the site and may quote content.
fn refusal_code(editable: &Value, name: &str, value: &Value) -> &'static str {
    let Some(field) = editable.get(name) else { return "not-on-screen" };
    let chosen = value.as_object().and_then(|value| value.get("id"));
    match (name, field["allowedValues"].as_array(), chosen) {
        // The field is on the screen, so the person may not be assigned here or does not exist.
        ("assignee" | "reporter", ..) => NO_PERMISSION,
        (_, Some(allowed), Some(id)) if allowed.iter().all(|one| one["id"] != *id) => "option-missing",
        _ => "jira-refused",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;

    #[test]
    fn recognises_requested_values_in_a_snapshot() {
        let snapshot = IssueSnapshot {
            summary: "S".into(),
            status_id: "3".into(),
            status: "In Progress".into(),
            status_category: "indeterminate".into(),
            priority_id: Some("2".into()),
            priority: None,
            assignee: Some(schema::Author { account_id: "a".into(), name: None }),
            reporter: None,
            labels: vec!["y".into(), "x".into()],
            labels_truncated: false,
            resolution: None,
            fix_versions: vec![],
            fields: BTreeMap::from([("customfield_1".to_owned(), json!({ "id": "7", "value": "Red" }))]),
            updated_at: String::new(),
            changelog_ids: vec![],
        };
        let has = |name, requested: Value| is_equal(&snapshot, name, &requested);
        assert!(has("summary", json!("S")) && !has("summary", json!("T")));
        assert!(has("priority", json!({ "id": "2" })) && !has("priority", json!({ "id": "3" })));
        assert!(has("assignee", json!({ "accountId": "a" })) && !has("assignee", json!(null)));
        assert!(has("reporter", json!(null)) && !has("reporter", json!({ "accountId": "a" })));
        assert!(has("labels", json!(["x", "y"])) && !has("labels", json!(["x"])));
        assert!(has("customfield_1", json!({ "id": "7" })) && !has("customfield_1", json!({ "value": "Red" })));
    }
}
