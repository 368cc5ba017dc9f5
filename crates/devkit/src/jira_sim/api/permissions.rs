//! The permissions of an account.

use serde_json::{Map, Value, json};

use super::{
    call::{Call, Reply, ok},
    error::Refusal,
};
use crate::jira_sim::site::{DefaultHolder, Issue, PERMISSIONS, Permission, Project};

/// The subject of a permission query: the site, a project, or an issue.
struct About<'a> {
    project: Option<&'a Project>,
    issue: Option<&'a Issue>,
}

fn about<'a>(call: &'a Call<'_>) -> Result<About<'a>, Refusal> {
    let issue = ["issueKey", "issueId"].iter().find_map(|name| call.inbound.query_value(name));
    if let Some(name) = issue {
        let issue = call.state.issue(&name).filter(|issue| call.state.browses(&call.account, issue));
        let issue = issue.ok_or_else(Refusal::no_issue)?;
        return Ok(About { project: call.state.projects.get(&issue.project), issue: Some(issue) });
    }
    let project = ["projectKey", "projectId"].iter().find_map(|name| call.inbound.query_value(name));
    let Some(name) = project else { return Ok(About { project: None, issue: None }) };
    let found = call.state.projects.values().find(|row| row.key == name || row.id.to_string() == name);
    let refused = || Refusal::message(404, format!("No project could be found with key or id '{name}'."));
    Ok(About { project: Some(found.ok_or_else(refused)?), issue: None })
}

pub(super) fn mine(call: &mut Call<'_>, _: &[&str]) -> Reply {
    let wanted = call.list("permissions");
    if wanted.is_empty() {
        return Err(Refusal::message(400, "The 'permissions' query parameter is required."));
    }
    let about = about(call)?;
    let mut rows = Map::new();
    for key in wanted {
        let known = PERMISSIONS.iter().find(|known| known.key == key);
        let permission = known.ok_or_else(|| Refusal::message(400, format!("Unrecognized permission '{key}'")))?;
        rows.insert(key, shown(call, permission, &about));
    }
    let people = rows.len();
    call.read(0, people);
    ok(200, json!({"permissions": Value::Object(rows)}))
}

fn shown(call: &Call<'_>, permission: &Permission, about: &About<'_>) -> Value {
    let may = |project: &Project| call.state.may(&call.account, permission.key, project, about.issue);
    let global = permission.default_holder == DefaultHolder::Site;
    let have = match about.project {
        _ if global => call.state.administers(&call.account),
        Some(project) => may(project),
        // Without a project: whether there is one where it holds.
        None => call.state.projects.values().any(may),
    };
    json!({"id": permission.id.to_string(), "key": permission.key, "name": permission.name,
           "type": if global { "GLOBAL" } else { "PROJECT" }, "description": "", "havePermission": have})
}
