//! Many issues in one request: reading them, and setting entity properties on them.

use serde_json::{Map, Value, json};

use super::{
    call::{Call, Reply, ok},
    error::Refusal,
    properties, search, tasks, transitions,
};
use crate::{
    http::Answer,
    jira_sim::{
        id::Id,
        render::{self, Wanted},
        site::Issue,
    },
};

/// Issues that one request may read.
const FETCHED: usize = 100;
/// Issues on which one request may set properties, and how many of these it may name.
const WRITTEN: usize = 10_000;
/// The same if each issue has properties of its own.
const WRITTEN_BY_ISSUE: usize = 100;
const PROPERTIES: usize = 10;

fn texts(body: &Map<String, Value>, name: &str) -> Vec<String> {
    let items = body.get(name).and_then(Value::as_array).into_iter().flatten();
    items.filter_map(|item| item.as_str().map(str::to_owned)).collect()
}

/// The issues that exist and may be seen, by number; of the others the answer says nothing.
pub(super) fn fetch(call: &mut Call<'_>, _: &[&str]) -> Reply {
    let body = call.body()?;
    let names = texts(&body, "issueIdsOrKeys");
    if names.is_empty() || names.len() > FETCHED {
        let text = format!("Between 1 and {FETCHED} issue ids or keys are required.");
        return Err(Refusal::message(400, text));
    }
    let mut wanted = Wanted::new(&texts(&body, "fields"), &texts(&body, "properties"));
    if wanted.properties.len() > search::PROPERTIES {
        return Err(search::too_many_properties());
    }
    if wanted.fields.is_empty() {
        wanted.fields.push("*navigable".to_owned());
    }
    let with_transitions = texts(&body, "expand").iter().any(|name| name == "transitions");
    let mut found: Vec<&Issue> = names.iter().filter_map(|name| call.state.issue(name)).collect();
    found.retain(|issue| call.state.browses(&call.account, issue));
    found.sort_by_key(|issue| issue.id);
    found.dedup_by_key(|issue| issue.id);
    let shown = found.into_iter().map(|issue| {
        let mut shown = render::issue(call.state, issue, &call.account, &wanted);
        if with_transitions {
            shown.insert("transitions".to_owned(), transitions::open(call, issue, false).into());
        }
        Value::Object(shown)
    });
    let shown: Vec<Value> = shown.collect();
    call.read(shown.len(), 0);
    ok(200, json!({"issues": shown, "issueErrors": []}))
}

/// Sets all properties on all issues, or none. On a real site a task does it a while later, and the answer leads to
/// that task; here it is done at once. Guessed: that issues which do not exist, may not be seen or are archived are
/// left out, and that no event reports the change.
pub(super) fn set_properties(call: &mut Call<'_>, _: &[&str]) -> Reply {
    let body = call.body()?;
    let ids = body.get("entitiesIds").and_then(Value::as_array).ok_or_else(Refusal::payload)?;
    let given = body.get("properties").and_then(Value::as_object).ok_or_else(Refusal::payload)?;
    if ids.is_empty() || ids.len() > WRITTEN {
        return Err(Refusal::message(400, format!("Between 1 and {WRITTEN} entity ids are required.")));
    }
    let rows = ids.iter().map(|id| Some((id.as_u64()?, given))).collect::<Option<Vec<_>>>();
    set(call, &rows.ok_or_else(Refusal::payload)?)
}

/// The same with properties of its own for each issue.
pub(super) fn set_properties_by_issue(call: &mut Call<'_>, _: &[&str]) -> Reply {
    let body = call.body()?;
    let rows = body.get("issues").and_then(Value::as_array).ok_or_else(Refusal::payload)?;
    if rows.is_empty() || rows.len() > WRITTEN_BY_ISSUE {
        return Err(Refusal::message(400, format!("Between 1 and {WRITTEN_BY_ISSUE} issues are required.")));
    }
    let row = |row: &Value| Some((row.get("issueID")?.as_u64()?, row.get("properties")?.as_object()?.clone()));
    let rows = rows.iter().map(row).collect::<Option<Vec<_>>>().ok_or_else(Refusal::payload)?;
    set(call, &rows.iter().map(|(id, given)| (*id, given)).collect::<Vec<_>>())
}

fn set(call: &mut Call<'_>, rows: &[(Id, &Map<String, Value>)]) -> Reply {
    for (_, given) in rows {
        if given.is_empty() || given.len() > PROPERTIES {
            return Err(Refusal::message(400, format!("Between 1 and {PROPERTIES} properties are required.")));
        }
        for (key, value) in *given {
            properties::allowed(key, value.to_string().len())?;
        }
    }
    let issues = rows.iter().filter_map(|(id, given)| Some((call.state.issues.get(id)?, *given)));
    let issues: Vec<(&Issue, &Map<String, Value>)> =
        issues.filter(|(issue, _)| !issue.archived && call.state.browses(&call.account, issue)).collect();
    if issues.is_empty() || !issues.iter().all(|(issue, _)| call.state.may_with(&call.account, "EDIT_ISSUES", issue)) {
        return Err(Refusal::message(400, "The issues do not exist, or you do not have permission to edit them."));
    }
    let written: Vec<(Id, &Map<String, Value>)> = issues.into_iter().map(|(issue, given)| (issue.id, given)).collect();
    for (id, given) in written {
        if let Some(issue) = call.state.issues.get_mut(&id) {
            issue.properties.extend(given.clone());
        }
    }
    let address = tasks::done(call, "Bulk set issue properties");
    Ok(Answer::empty(303).with("location", address))
}
