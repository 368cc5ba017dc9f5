//! Asynchronous tasks, of which every one is done at once.

use serde_json::json;

use super::{
    call::{Call, Reply, ok},
    error::Refusal,
};
use crate::jira_sim::{id::Id, site::Task};

/// Records a task of this account that is done; its address.
pub(super) fn done(call: &mut Call<'_>, description: &'static str) -> String {
    let id = call.state.next_id();
    let task = Task { account: call.account.clone(), description, at: call.now };
    call.state.tasks.insert(id, task);
    format!("{}/rest/api/3/task/{id}", call.state.base)
}

pub(super) fn show(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let name = path.get(1).copied().unwrap_or_default();
    let found = name.parse().ok().and_then(|id: Id| Some((id, call.state.tasks.get(&id)?)));
    let (id, task) =
        found.ok_or_else(|| Refusal::message(404, format!("The task with id '{name}' does not exist.")))?;
    if task.account != call.account && !call.state.administers(&call.account) {
        return Err(Refusal::message(403, "Only the user who started a task and administrators may see it."));
    }
    let shown = json!({"self": format!("{}/rest/api/3/task/{id}", call.state.base), "id": id.to_string(),
                       "description": task.description, "status": "COMPLETE", "progress": 100, "elapsedRuntime": 0,
                       // A number, as described; of accounts it says nothing.
                       "submittedBy": 10_000, "submitted": task.at, "started": task.at, "finished": task.at,
                       "lastUpdate": task.at});
    call.read(1, 0);
    ok(200, shown)
}
