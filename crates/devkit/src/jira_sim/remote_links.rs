//! Remote links: one a `globalId`, made or replaced by the same call.

use serde_json::{Value, json};

use super::{
    call::{Call, Reply, no_content, ok},
    entities::RemoteLink,
    error::Refusal,
    issues,
};

fn shown(call: &Call<'_>, link: &RemoteLink) -> Value {
    let mut row = link.rest.clone();
    row.insert("id".to_owned(), link.id.into());
    row.insert(
        "self".to_owned(),
        format!("{}/rest/api/3/issue/{}/remotelink/{}", call.state.base, link.issue, link.id).into(),
    );
    if let Some(global_id) = &link.global_id {
        row.insert("globalId".to_owned(), global_id.as_str().into());
    }
    row.entry("application").or_insert_with(|| json!({}));
    Value::Object(row)
}

pub(super) fn list(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let issue = issues::found_id(call, path)?;
    let of_issue = call.state.remote_links.values().filter(|link| link.issue == issue);
    if let Some(global_id) = call.inbound.query_value("globalId") {
        let found = call
            .state
            .remote_links
            .values()
            .find(|link| link.issue == issue && link.global_id.as_deref() == Some(&global_id));
        let text = format!("A remote issue link with given global id '{global_id}' does not exist.");
        return ok(200, shown(call, found.ok_or_else(|| Refusal::message(404, text))?));
    }
    ok(200, of_issue.map(|link| shown(call, link)).collect::<Vec<_>>())
}

pub(super) fn upsert(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let issue = issues::found_id(call, path)?;
    let mut body = call.body()?;
    let text =
        |name: &str| body.get("object").and_then(|object| object.get(name)).and_then(Value::as_str).unwrap_or_default();
    for name in ["title", "url"] {
        if text(name).is_empty() {
            return Err(Refusal::field(name, format!("'{name}' is required.")));
        }
    }
    let global_id = body.remove("globalId").and_then(|id| id.as_str().map(str::to_owned)).filter(|id| !id.is_empty());
    if global_id.as_ref().is_some_and(|id| id.len() > 255) {
        return Err(Refusal::field("globalId", "'globalId' must be no longer than 255 characters."));
    }
    body.retain(|name, _| matches!(name.as_str(), "application" | "object" | "relationship"));
    let known = call
        .state
        .remote_links
        .values()
        .find(|link| link.issue == issue && link.global_id.is_some() && link.global_id == global_id);
    let (id, status) = match known {
        Some(link) => (link.id, 200),
        None => (call.state.next_id(), 201),
    };
    call.state.remote_links.insert(id, RemoteLink { id, issue, global_id, rest: body });
    ok(status, json!({"id": id, "self": format!("{}/rest/api/3/issue/{issue}/remotelink/{id}", call.state.base)}))
}

pub(super) fn delete(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let issue = issues::found_id(call, path)?;
    let global_id =
        call.inbound.query_value("globalId").ok_or_else(|| Refusal::message(400, "The globalId is missing."))?;
    let before = call.state.remote_links.len();
    call.state.remote_links.retain(|_, link| link.issue != issue || link.global_id.as_deref() != Some(&global_id));
    if call.state.remote_links.len() == before {
        let text = format!("A remote issue link with given global id '{global_id}' does not exist.");
        return Err(Refusal::message(404, text));
    }
    no_content()
}
