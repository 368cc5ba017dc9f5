//! `field.apply`: the merge plan's writes. Nothing is written over a value that the plan did not know, what Jira refuses
//! does not keep the rest from being written, and the answer is the issue as it then is.

use schema::{FieldApply, FieldOutcome, FieldRefusal, IssueSnapshot};
use serde_json::{Map, Value};

use crate::json::{json, take};

use super::link::in_scope;
use super::{Answer, At, Stop, comment};
use crate::issue::{self, Issue};
use crate::jira::{self, Failed};
use crate::platform::Platform;
use crate::transitions;

/// Jira names one faulty field at a time in some cases, so so many are taken out one after the other.
const MOST_ROUNDS: usize = 12;

pub(super) async fn apply(at: &At<'_, impl Platform>, plan: &FieldApply) -> Answer {
    let links = comment::links_of(at).await?;
    if links.iter().all(|link| link.issue_id != plan.issue_id) {
        return Err(Stop::rejected("not-linked"));
    }
    let mut issue = issue::read(at.platform, at.config, &plan.issue_id).await?;
    in_scope(at, &issue.key)?;
    let (mut stale, mut refused, mut fields) = (Vec::new(), Vec::new(), Map::new());
    for (name, value) in &plan.fields {
        if holds(&issue.snapshot, name, value) {
            continue;
        }
        if is_known(plan, &issue.snapshot, name) {
            fields.insert(name.clone(), value.clone());
        } else {
            stale.push(name.clone());
        }
    }
    if let Some(changed) = write(at, &issue.id, fields, &mut refused).await? {
        issue = changed;
    }
    if let Some(wanted) = &plan.status {
        let snapshot = &issue.snapshot;
        let there = wanted.any_of.iter().any(|one| one.means(&snapshot.status_id, &snapshot.status_category));
        if !there && !is_known(plan, snapshot, "status") {
            stale.push("status".to_owned());
        } else if !there {
            let walk = transitions::reach(at.platform, at.config, &issue, &wanted.any_of).await?;
            refused.extend(walk.refused);
            if walk.moved {
                issue = issue::read(at.platform, at.config, &plan.issue_id).await?;
            }
        }
    }
    Ok(json!(FieldOutcome { snapshot: issue.snapshot, refused, stale }))
}

fn is_known(plan: &FieldApply, snapshot: &IssueSnapshot, name: &str) -> bool {
    plan.expected.get(name).is_some_and(|expected| *expected == snapshot.print(name))
}

/// Whether a field holds already what is asked for: the values that Jira takes are not the ones that it shows.
fn holds(snapshot: &IssueSnapshot, name: &str, asked: &Value) -> bool {
    let shown = snapshot.value(name);
    match (asked, &shown) {
        (Value::Object(asked), Value::String(id)) => {
            asked.get("id").or_else(|| asked.get("accountId")).is_some_and(|asked| asked == id)
        }
        (Value::Object(asked), Value::Object(shown)) => asked.contains_key("id") && asked.get("id") == shown.get("id"),
        (Value::Array(asked), Value::Array(shown)) => {
            asked.len() == shown.len() && asked.iter().all(|one| shown.contains(one))
        }
        (asked, shown) => asked == shown,
    }
}

fn refusal(field: &str, code: &str) -> FieldRefusal {
    FieldRefusal { field: field.to_owned(), code: code.to_owned(), detail: None }
}

/// Writes the fields that Jira takes and tells the others. The issue as it then is, if anything was written.
async fn write(
    at: &At<'_, impl Platform>,
    issue_id: &str,
    mut fields: Map<String, Value>,
    refused: &mut Vec<FieldRefusal>,
) -> Result<Option<Issue>, Stop> {
    let mut editable = None;
    for _ in 0..MOST_ROUNDS {
        if fields.is_empty() {
            return Ok(None);
        }
        let body = json!({ "fields": fields });
        let strings = &["/rest/api/3/issue/", "?returnIssue=true"];
        let (status, errors) = match jira::ask(at.platform, "PUT", strings, &[issue_id], Some(body)).await {
            // What it shows is the issue; where it shows less than a snapshot needs, the issue is read.
            Ok(shown) => match issue::of(&shown, &at.config.settings.fields.custom) {
                Some(issue) => return Ok(Some(issue)),
                None => return Ok(Some(issue::read(at.platform, at.config, issue_id).await?)),
            },
            Err(Failed::Refused { status, mut body, .. }) => (status, take(&mut body, "errors")),
            Err(failed) => return Err(failed.into()),
        };
        let named: Vec<String> = fields.keys().filter(|name| errors.get(name.as_str()).is_some()).cloned().collect();
        if status != 400 || named.is_empty() {
            let code = if matches!(status, 401 | 403) { "no-permission" } else { "jira-refused" };
            refused.extend(fields.keys().map(|name| refusal(name, code)));
            return Ok(None);
        }
        let known = match editable.take() {
            Some(known) => known,
            None => jira::ask(at.platform, "GET", &["/rest/api/3/issue/", "/editmeta"], &[issue_id], None).await?,
        };
        for name in named {
            let value = fields.remove(&name).unwrap_or_default();
            refused.push(refusal(&name, why(&known["fields"], &name, &value)));
        }
        editable = Some(known);
    }
    refused.extend(fields.keys().map(|name| refusal(name, "jira-refused")));
    Ok(None)
}

/// Why Jira refuses a field, told from what it says can be edited: its words are in the site's language, and may quote.
fn why(editable: &Value, name: &str, value: &Value) -> &'static str {
    let Some(field) = editable.get(name) else { return "not-on-screen" };
    let chosen = value.as_object().and_then(|value| value.get("id"));
    match (name, field["allowedValues"].as_array(), chosen) {
        // On the screen, so it is the person who may not be assigned here, or is not there.
        ("assignee" | "reporter", ..) => "no-permission",
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
    fn what_is_asked_for_is_recognised_in_what_is_shown() {
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
            fields: BTreeMap::from([("customfield_1".to_owned(), json!({ "id": "7", "value": "Red" }))]),
            updated_at: String::new(),
            changelog_ids: vec![],
        };
        let holds = |name, asked: Value| holds(&snapshot, name, &asked);
        assert!(holds("summary", json!("S")) && !holds("summary", json!("T")));
        assert!(holds("priority", json!({ "id": "2" })) && !holds("priority", json!({ "id": "3" })));
        assert!(holds("assignee", json!({ "accountId": "a" })) && !holds("assignee", json!(null)));
        assert!(holds("reporter", json!(null)) && !holds("reporter", json!({ "accountId": "a" })));
        assert!(holds("labels", json!(["x", "y"])) && !holds("labels", json!(["x"])));
        assert!(holds("customfield_1", json!({ "id": "7" })) && !holds("customfield_1", json!({ "value": "Red" })));
    }
}
