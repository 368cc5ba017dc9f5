//! Moving an issue to another project: on a real site a wizard or an asynchronous bulk operation, here one step.

use serde_json::{Value, json};

use super::{
    change::{Change, changed},
    shared::Shared,
    site::Project,
};
use crate::clock::millis;

pub(super) fn move_issue(shared: &Shared, account: &str, id_or_key: &str, project: &str) -> Option<String> {
    let mut state = shared.state();
    state.now = shared.now();
    let before = state.issue(id_or_key)?.clone();
    let from = state.projects.get(&before.project)?.clone();
    let to = state.projects.get(project)?.clone();
    let key = state.next_key(project)?;
    let mut issue = before.clone();
    (issue.key, issue.project, issue.updated) = (key.clone(), project.to_owned(), state.now);
    // Levels and versions belong to a project, and so do statuses: one that the new workflow lacks becomes its first.
    issue.security = None;
    issue.fix_versions.clear();
    if to.workflow.status(issue.status).is_none() {
        issue.status = to.workflow.statuses.first().map_or(issue.status, |status| status.id);
    }
    state.keys.insert(key.clone(), issue.id);
    state.issues.insert(issue.id, issue);
    state.settle_index();
    for comment in state.issue_comments.get(&before.id).cloned().unwrap_or_default() {
        state.settle_visibility(comment);
    }
    let text = |text: &str| (Value::Null, Value::from(text));
    let named = |row: &Project| (Value::from(row.id.to_string()), Value::from(row.name.clone()));
    let items = [changed("project", named(&from), named(&to)), changed("Key", text(&before.key), text(&key))];
    let log = json!({"id": state.next_id().to_string(), "items": items});
    let change = Change::of(&state, "avi:jira:updated:issue", before.id)?.with("changelog", log);
    let due = shared.clock.now() + millis(shared.event_delay);
    shared.emit(&mut state, change.event(account), due);
    Some(key)
}
