//! Archiving: an archived issue can be read, but neither changed nor found.

use serde_json::{Value, json};

use super::{
    call::{Call, Reply, ok},
    error::Refusal,
};

pub(super) fn archive(call: &mut Call<'_>, _: &[&str]) -> Reply {
    set(call, true)
}

pub(super) fn unarchive(call: &mut Call<'_>, _: &[&str]) -> Reply {
    set(call, false)
}

fn set(call: &mut Call<'_>, archived: bool) -> Reply {
    if !call.state.administers(&call.account) {
        return Err(Refusal::message(403, "Only admins can archive or unarchive issues. Access denied."));
    }
    let body = call.body()?;
    let names = body.get("issueIdsOrKeys").and_then(Value::as_array).ok_or_else(Refusal::payload)?;
    let (mut updated, mut missing) = (0, Vec::new());
    for name in names.iter().filter_map(Value::as_str) {
        let id = call.state.issue(name).map(|issue| issue.id);
        match id.and_then(|id| call.state.issues.get_mut(&id)) {
            Some(issue) => {
                issue.archived = archived;
                updated += 1;
            }
            None => missing.push(name),
        }
    }
    if updated == 0 {
        return Err(Refusal::message(400, "No valid issue to archive or unarchive. Bad request."));
    }
    let mut errors = json!({});
    if !missing.is_empty() {
        let row = json!({"count": missing.len(), "issueIdsOrKeys": missing, "message": "Issue not found."});
        errors = json!({"issuesNotFound": row});
    }
    ok(200, json!({"numberOfIssuesUpdated": updated, "errors": errors}))
}
