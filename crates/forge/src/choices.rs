//! The names that the admin page offers for settings: those of the helpdesk as the sidecar told them, and those of Jira.

use serde_json::Value;

use crate::issue::text;
use crate::jira::{self, JiraError};
use crate::join::{join, join3};
use crate::json::json;
use crate::messages::projects;
use crate::platform::Platform;
use crate::sidecar_info;

/// Returns `{helpdesk: {at, names}|null, jira: {projects:[{id, key, name, service}], statuses:[{id, name, category, projectId?}],
/// priorities:[{id, name}], resolutions:[{id, name}]}}`, or `{"error": code}`. `helpdesk` is null until a sidecar has told.
pub(crate) async fn read(platform: &impl Platform) -> Value {
    let (names, jira) = join(sidecar_info::names(platform), of_jira(platform)).await;
    let Ok(names) = names else { return json!({ "error": "unavailable" }) };
    match jira {
        Ok(jira) => json!({ "helpdesk": names, "jira": jira }),
        Err(error) => {
            let code = jira::code_of(&error);
            platform.warn("choices-failed", json!({ "code": code }));
            json!({ "error": code })
        }
    }
}

async fn of_jira(platform: &impl Platform) -> Result<Value, JiraError> {
    let list = |path: &'static [&'static str]| jira::request(platform, "GET", path, &[], None);
    let (projects, statuses, (priorities, resolutions)) = join3(
        projects::search(platform, &["/rest/api/3/project/search?maxResults=100&orderBy=key&startAt=", ""]),
        list(&["/rest/api/3/status"]),
        join(list(&["/rest/api/3/priority/search?maxResults=200"]), list(&["/rest/api/3/resolution"])),
    )
    .await;
    let status = |row: &Value| {
        let mut status = json!({ "id": text(&row["id"]), "name": text(&row["name"]), "category": text(&row["statusCategory"]["key"]) });
        // Each team-managed project has statuses of its own, often with the same names.
        if let Some(project) = row["scope"]["project"].get("id") {
            status["projectId"] = text(project).into();
        }
        status
    };
    Ok(json!({
        "projects": projects?,
        "statuses": each(&statuses?, status),
        "priorities": each(&priorities?["values"], named),
        "resolutions": each(&resolutions?, named),
    }))
}

fn named(row: &Value) -> Value {
    json!({ "id": text(&row["id"]), "name": text(&row["name"]) })
}

fn each(rows: &Value, of: impl Fn(&Value) -> Value) -> Vec<Value> {
    rows.as_array().into_iter().flatten().map(of).collect()
}
