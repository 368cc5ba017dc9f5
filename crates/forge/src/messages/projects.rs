//! `project.meta`: the projects, and what a new issue of a project needs.

use schema::{FieldFound, IssueTypeFound, IssueTypesFound, OptionFound, ProjectFound, ProjectsFound};
use serde_json::Value;

use super::context::{Answer, MessageContext, NotApplied};
use super::link::in_scope;
use crate::input::is_project_key;
use crate::issue::{is_service, text};
use crate::jira::{self, JiraError};
use crate::join::join_all;
use crate::json::json;
use crate::platform::Platform;

/// Maximum number of pages of 100 projects.
const MAX_PAGES: usize = 10;
/// Maximum number of options per field.
const MAX_OPTIONS: usize = 100;

/// Returns the projects in scope in which the app may create issues.
pub(super) async fn list(context: &MessageContext<'_, impl Platform>) -> Answer {
    let strings = &["/rest/api/3/project/search?action=create&maxResults=100&orderBy=key&startAt=", ""];
    let mut projects = search(context.platform, strings).await?;
    projects.retain(|project| in_scope(context, &project.key).is_ok());
    Ok(json!(ProjectsFound { projects }))
}

/// Returns the projects that a search finds; `strings` ends in the parameter `startAt`.
pub(crate) async fn search(
    platform: &impl Platform,
    strings: &'static [&'static str],
) -> Result<Vec<ProjectFound>, JiraError> {
    let mut projects = Vec::new();
    for page in 0..MAX_PAGES {
        let found = jira::request(platform, "GET", strings, &[&(page * 100).to_string()], None).await?;
        projects.extend(found["values"].as_array().into_iter().flatten().map(project));
        if found["isLast"] != json!(false) {
            break;
        }
    }
    Ok(projects)
}

/// Returns a project and its issue types.
pub(super) async fn issue_types(context: &MessageContext<'_, impl Platform>, key: &str) -> Answer {
    if !is_project_key(key) {
        return Err(NotApplied::rejected("not-a-project"));
    }
    in_scope(context, key)?;
    let missing = |error| match error {
        JiraError::NotFound | JiraError::Refused { status: 400, .. } => NotApplied::rejected("not-a-project"),
        other => other.into(),
    };
    let found = jira::request(context.platform, "GET", &["/rest/api/3/project/", ""], &[key], None).await;
    let found = found.map_err(missing)?;
    let strings = &["/rest/api/3/issue/createmeta/", "/issuetypes"];
    let page = jira::request(context.platform, "GET", strings, &[key], None).await.map_err(missing)?;
    let types: Vec<&Value> =
        page["issueTypes"].as_array().into_iter().flatten().filter(|kind| kind["subtask"] != json!(true)).collect();
    let metas = join_all(types.iter().map(|kind| async {
        let strings = &["/rest/api/3/issue/createmeta/", "/issuetypes/", "?maxResults=200"];
        jira::request(context.platform, "GET", strings, &[key, &text(&kind["id"])], None).await
    }));
    let mut issue_types = Vec::new();
    for (kind, meta) in types.iter().zip(metas.await) {
        let meta = meta.map_err(missing)?;
        let fields = meta["fields"].as_array().into_iter().flatten().map(field).collect();
        issue_types.push(IssueTypeFound { id: text(&kind["id"]), name: text(&kind["name"]), fields });
    }
    Ok(json!(IssueTypesFound { project: project(&found), issue_types }))
}

fn project(row: &Value) -> ProjectFound {
    ProjectFound { id: text(&row["id"]), key: text(&row["key"]), name: text(&row["name"]), service: is_service(row) }
}

fn field(row: &Value) -> FieldFound {
    let option = |option: &Value| OptionFound {
        id: text(&option["id"]),
        name: option.get("name").or_else(|| option.get("value")).map(text).unwrap_or_default(),
    };
    FieldFound {
        id: text(&row["fieldId"]),
        name: text(&row["name"]),
        required: row["required"] == json!(true) && row["hasDefaultValue"] != json!(true),
        kind: text(&row["schema"]["type"]),
        custom: row["schema"]["custom"].as_str().map(str::to_owned),
        options: row["allowedValues"].as_array().map(|options| options.iter().take(MAX_OPTIONS).map(option).collect()),
    }
}
