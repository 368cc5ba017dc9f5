//! Whether settings fit a project: ids that it does not have, and statuses that cannot be reached. Nothing is saved.

use schema::Settings;
use serde_json::Value;

use crate::input::is_project_key;
use crate::jira::{self, JiraError};
use crate::json::json;
use crate::platform::Platform;
use crate::{config, issue, transitions};

/// Checks `{project, value?}`: the settings `value`, or the saved ones. Returns `{missing:[{field, value}], workflows:[{issueType,
/// blocked, unknown}], inScope}`. `missing` are the ids of statuses, priorities, fields and options that the project does not have,
/// or that the app cannot see; `workflows` is described at [`transitions::check`].
pub(crate) async fn run(platform: &impl Platform, payload: &Value) -> Value {
    let Some(project) = payload["project"].as_str().filter(|key| is_project_key(key)) else {
        return json!({ "error": "not-a-project" });
    };
    let settings = match payload.get("value") {
        Some(value) => match config::read(value) {
            Ok(settings) => settings,
            Err(invalid) => return json!({ "error": "invalid", "field": invalid.field, "rule": invalid.rule }),
        },
        None => match config::load(platform).await {
            Ok(config) => config.settings,
            Err(_) => return json!({ "error": "unavailable" }),
        },
    };
    match check(platform, project, &settings).await {
        Ok(answer) => answer,
        Err(JiraError::NotFound) => json!({ "error": "not-a-project" }),
        Err(error) => {
            let code = jira::code_of(&error);
            platform.warn("preflight-failed", json!({ "code": code }));
            json!({ "error": code })
        }
    }
}

async fn check(platform: &impl Platform, project: &str, settings: &Settings) -> Result<Value, JiraError> {
    let types = jira::request(platform, "GET", &["/rest/api/3/project/", "/statuses"], &[project], None).await?;
    let types: Vec<&Value> = types.as_array().into_iter().flatten().collect();
    let missing: Vec<Value> = ProjectMetadata::read(platform, project, &types)
        .await?
        .missing(settings)
        .into_iter()
        .map(|(field, value)| json!({ "field": field, "value": value }))
        .collect();
    let mut workflows = Vec::new();
    if settings.fields.state.direction.to_jira() {
        for kind in &types {
            workflows.push(transitions::check(platform, project, kind, settings).await?);
        }
    }
    Ok(json!({ "missing": missing, "workflows": workflows, "inScope": settings.scope.has_issue(project) }))
}

/// The statuses, fields and options of a project.
#[derive(Default)]
struct ProjectMetadata {
    statuses: Vec<String>,
    categories: Vec<String>,
    /// Ids of fields that are on the screen of at least one issue type.
    fields: Vec<String>,
    /// Options as `<field id> <option id>`.
    options: Vec<String>,
}

impl ProjectMetadata {
    /// `types`: the issue types with their statuses.
    async fn read(platform: &impl Platform, project: &str, types: &[&Value]) -> Result<Self, JiraError> {
        let mut metadata = Self::default();
        for kind in types {
            for status in kind["statuses"].as_array().into_iter().flatten() {
                metadata.statuses.push(issue::text(&status["id"]));
                metadata.categories.push(issue::text(&status["statusCategory"]["key"]));
            }
            let strings = &["/rest/api/3/issue/createmeta/", "/issuetypes/", "?maxResults=200"];
            let meta = jira::request(platform, "GET", strings, &[project, &issue::text(&kind["id"])], None).await?;
            for field in meta["fields"].as_array().into_iter().flatten() {
                let id = issue::text(&field["fieldId"]);
                for option in field["allowedValues"].as_array().into_iter().flatten() {
                    metadata.options.push(format!("{id} {}", issue::text(&option["id"])));
                }
                metadata.fields.push(id);
            }
        }
        Ok(metadata)
    }

    fn missing(&self, settings: &Settings) -> Vec<(&'static str, String)> {
        let mut missing = Vec::new();
        for pair in &settings.fields.state.pairs {
            let id = pair.jira.id.iter().filter(|id| !self.statuses.contains(*id));
            let category = pair.jira.category.iter().filter(|key| !self.categories.contains(*key));
            missing.extend(id.chain(category).map(|value| ("fields.state.pairs", value.clone())));
        }
        let configured = settings.fields.state.transition_fields.keys().filter(|id| id.starts_with("customfield_"));
        let absent = |id: &&String| !self.fields.contains(*id);
        missing.extend(configured.filter(absent).map(|id| ("fields.state.transitionFields", id.clone())));
        // A project without priorities ignores this mapping.
        if settings.fields.priority.direction.to_jira() && self.fields.iter().any(|id| id == "priority") {
            let pairs = settings.fields.priority.pairs.iter();
            let absent = pairs.filter(|pair| !self.options.contains(&format!("priority {}", pair.jira)));
            missing.extend(absent.map(|pair| ("fields.priority.pairs", pair.jira.clone())));
        }
        for field in &settings.fields.custom {
            if !self.fields.contains(&field.jira) {
                missing.push(("fields.custom", field.jira.clone()));
                continue;
            }
            let options = field.options.values().map(|option| format!("{} {option}", field.jira));
            missing.extend(
                options.filter(|option| !self.options.contains(option)).map(|option| ("fields.custom.options", option)),
            );
        }
        missing
    }
}
