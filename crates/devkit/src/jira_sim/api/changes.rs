//! Edits of an issue's fields, and the change that events report.

use serde_json::json;

use super::{
    call::Call,
    fields::{self, Edit},
};
use crate::jira_sim::{change::Change, id::Id};

/// Makes the edits, and records a change if a value differs.
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
    let assigned = issue.assignee != before.assignee;
    issue.updated = call.now;
    call.state.issues.insert(id, issue);
    let log = json!({"id": call.state.next_id().to_string(), "items": items});
    let kinds = [Some("avi:jira:updated:issue"), Some("avi:jira:assigned:issue").filter(|_| assigned)];
    for kind in kinds.into_iter().flatten() {
        let change = Change::of(call.state, kind, id);
        call.changes.extend(change.map(|change| change.with("changelog", log.clone())));
    }
}
