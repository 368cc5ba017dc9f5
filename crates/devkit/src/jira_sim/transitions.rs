//! Transitions: the only way to another status.

use serde_json::{Value, json};

use super::{
    call::{Call, Reply, no_content, ok},
    entities::{Category, RESOLUTIONS},
    error::Refusal,
    fields::{self, Edit},
    issues, render,
};

pub(super) fn list(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let issue = issues::found(call, path)?;
    let flow = call.state.workflow(issue).ok_or_else(Refusal::no_issue)?;
    let with_fields = call.expands("transitions.fields");
    let wanted = call.inbound.query_value("transitionId");
    let shown = flow.leaving(issue.status).filter(|way| wanted.as_ref().is_none_or(|id| *id == way.id.to_string())).map(|way| {
        let to = flow.status(way.to).map(|status| render::status(call.state, status));
        let mut row = json!({"id": way.id.to_string(), "name": way.name, "to": to, "hasScreen": !way.required.is_empty(),
                             "isGlobal": way.from.is_empty(), "isInitial": false, "isAvailable": true,
                             "isConditional": false, "isLooped": false});
        if with_fields && let Some(row) = row.as_object_mut() {
            let fields = way.required.iter().map(|name| (name.clone(), screen_field(name)));
            row.insert("fields".to_owned(), Value::Object(fields.collect()));
        }
        row
    });
    let shown: Vec<Value> = shown.collect();
    ok(200, json!({"expand": "transitions", "transitions": shown}))
}

fn screen_field(name: &str) -> Value {
    let allowed: Vec<Value> = if name == "resolution" {
        RESOLUTIONS.iter().map(|(id, name)| json!({"id": id.to_string(), "name": name})).collect()
    } else {
        Vec::new()
    };
    json!({"required": true, "key": name, "name": title(name), "hasDefaultValue": false, "operations": ["set"],
           "schema": {"type": name, "system": name}, "allowedValues": allowed})
}

fn title(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().collect::<String>() + letters.as_str())
}

pub(super) fn perform(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let issue = issues::found(call, path)?;
    let body = call.body()?;
    let wanted = body.get("transition").and_then(|transition| transition.get("id"));
    let wanted = match wanted {
        Some(Value::String(id)) => id.clone(),
        Some(Value::Number(id)) => id.to_string(),
        _ => return Err(Refusal::message(400, "Missing 'transition' identifier")),
    };
    if wanted.parse::<u64>().is_err() {
        return Err(Refusal::message(400, "'transition' identifier must be an integer"));
    }
    let flow = call.state.workflow(issue).ok_or_else(Refusal::no_issue)?;
    let way = flow.leaving(issue.status).find(|way| way.id.to_string() == wanted);
    let refused = || Refusal::message(400, format!("Transition id '{wanted}' is not valid for this issue."));
    let way = way.ok_or_else(refused)?.clone();
    let empty = serde_json::Map::new();
    let given = body.get("fields").and_then(Value::as_object).unwrap_or(&empty);
    if let Some(missing) = way.required.iter().find(|name| given.get(*name).is_none_or(Value::is_null)) {
        return Err(Refusal::field(missing, format!("{} is required.", title(missing))));
    }
    if let Some(other) = given.keys().find(|name| !way.required.contains(name)) {
        let text = format!("Field '{other}' cannot be set. It is not on the appropriate screen, or unknown.");
        return Err(Refusal::field(other, text));
    }
    let done = flow.status(way.to).is_some_and(|status| status.category == Category::Done);
    let (id, resolved) = (issue.id, issue.resolution.is_some());
    let mut edits = fields::edits(call.state, given)?;
    // Workflows as Jira makes them set and clear the resolution with the last status.
    if done && !resolved && !given.contains_key("resolution") {
        edits.push(Edit::Resolution(RESOLUTIONS.first().map(|(id, _)| *id)));
    } else if !done && resolved {
        edits.push(Edit::Resolution(None));
    }
    edits.push(Edit::Status(way.to));
    issues::write(call, id, edits);
    no_content()
}
