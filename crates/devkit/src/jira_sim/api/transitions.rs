//! Transitions, which alone change an issue's status.

use serde_json::{Map, Value, json};

use super::{
    call::{Call, Reply, no_content, ok},
    changes, comments,
    error::Refusal,
    fields::{self, Edit},
    lookup, meta,
};
use crate::jira_sim::{
    render,
    site::{Category, Issue, RESOLUTIONS, Transition},
};

/// Whether this account may perform a transition from the issue's status.
fn available(call: &Call<'_>, issue: &Issue, transition: &Transition) -> bool {
    call.state.may_with(&call.account, "TRANSITION_ISSUES", issue)
        && call.state.fulfils(&call.account, &transition.conditions, issue)
}

pub(super) fn list(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let issue = lookup::found(call, path)?;
    let wanted = call.inbound.query_value("transitionId");
    let all = call.flag("includeUnavailableTransitions");
    let with_fields = call.expands("transitions.fields");
    let leaving = leaving(call, issue)
        .filter(|(transition, _)| wanted.as_ref().is_none_or(|id| *id == transition.id.to_string()))
        .filter(|(_, available)| all || *available);
    let shown: Vec<Value> =
        leaving.map(|(transition, available)| shown(call, issue, transition, available, with_fields)).collect();
    call.read(1, 0);
    ok(200, json!({"expand": "transitions", "transitions": shown}))
}

/// The transitions from an issue's status, and whether this account may perform each.
fn leaving<'a>(call: &'a Call<'_>, issue: &'a Issue) -> impl Iterator<Item = (&'a Transition, bool)> {
    let flow = call.state.workflow(issue).filter(|_| !issue.archived);
    let leaving = flow.into_iter().flat_map(|flow| flow.leaving(issue.status));
    leaving.map(|transition| (transition, available(call, issue, transition)))
}

/// The transitions that this account may perform, as the issue itself shows them.
pub(super) fn open(call: &Call<'_>, issue: &Issue, with_fields: bool) -> Vec<Value> {
    let open = leaving(call, issue).filter(|(_, available)| *available);
    open.map(|(transition, available)| shown(call, issue, transition, available, with_fields)).collect()
}

fn shown(call: &Call<'_>, issue: &Issue, transition: &Transition, available: bool, with_fields: bool) -> Value {
    let to = call.state.workflow(issue).and_then(|flow| flow.status(transition.to));
    let mut row = json!({"id": transition.id.to_string(), "name": transition.name,
                         "hasScreen": transition.screen().next().is_some(),
                         "to": to.map(|status| render::status(call.state, status)),
                         "isGlobal": transition.from.is_empty(), "isInitial": false, "isAvailable": available,
                         "isConditional": !transition.conditions.is_empty(), "isLooped": false});
    if let (true, Some(project), Some(row)) =
        (with_fields, call.state.projects.get(&issue.project), row.as_object_mut())
    {
        let fields = transition
            .screen()
            .map(|(name, required)| (name.to_owned(), meta::described(call.state, project, name, required)));
        row.insert("fields".to_owned(), Value::Object(fields.collect()));
    }
    row
}

/// The transition that a body names, if it starts at the issue's status.
fn chosen(call: &Call<'_>, issue: &Issue, body: &Map<String, Value>) -> Result<Transition, Refusal> {
    let wanted = match body.get("transition").and_then(|transition| transition.get("id")) {
        Some(Value::String(id)) => id.clone(),
        Some(Value::Number(id)) => id.to_string(),
        _ => return Err(Refusal::message(400, "Missing 'transition' identifier")),
    };
    if wanted.parse::<u64>().is_err() {
        return Err(Refusal::message(400, "'transition' identifier must be an integer"));
    }
    let flow = call.state.workflow(issue).ok_or_else(Refusal::no_issue)?;
    let transition = flow.leaving(issue.status).find(|transition| transition.id.to_string() == wanted);
    let transition = transition.filter(|transition| available(call, issue, transition));
    transition
        .cloned()
        .ok_or_else(|| Refusal::message(400, format!("Transition id '{wanted}' is not valid for this issue.")))
}

pub(super) fn perform(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let issue = lookup::changeable(call, path, 400)?.clone();
    let body = call.body()?;
    let transition = chosen(call, &issue, &body)?;
    let empty = Map::new();
    let object = |name: &str| body.get(name).and_then(Value::as_object).unwrap_or(&empty);
    let (given, update) = (object("fields"), object("update"));
    fields::nothing_missing(transition.required.iter().map(String::as_str), given)?;
    let on_screen = |name: &str| transition.screen().any(|(known, _)| known == name);
    let comments = comments::in_update(call, &issue, update)?;
    let named = given.keys().chain(update.keys().filter(|name| *name != "comment"));
    if let Some(other) = named.into_iter().find(|name| !on_screen(name)) {
        return Err(Refusal::not_on_screen(other));
    }
    if let Some(twice) = given.keys().find(|name| update.contains_key(*name)) {
        let text = format!("Field '{twice}' cannot appear in both 'fields' and 'update'");
        return Err(Refusal::field(twice, text));
    }
    let project = call.state.projects.get(&issue.project).ok_or_else(Refusal::no_issue)?;
    let edits = given.iter().map(|(name, value)| fields::edit(call.state, project, name, value));
    let mut edits: Vec<Edit> = edits.collect::<Result<_, _>>()?;
    let done = project.workflow.status(transition.to).is_some_and(|status| status.category == Category::Done);
    // Workflows as Jira makes them set and clear the resolution with the last status.
    if done && issue.resolution.is_none() && !given.contains_key("resolution") {
        edits.push(Edit::Resolution(RESOLUTIONS.first().map(|(id, _)| *id)));
    } else if !done && issue.resolution.is_some() {
        edits.push(Edit::Resolution(None));
    }
    edits.push(Edit::Status(transition.to));
    changes::write(call, issue.id, edits);
    for comment in comments {
        comments::add(call, issue.id, comment);
    }
    no_content()
}
