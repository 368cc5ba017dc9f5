//! The settings for the admin page: read, write, and a check whether a project has the ids that they contain.

use schema::Settings;
use serde_json::Value;

use crate::config::{self, Config};
use crate::input::is_project_key;
use crate::jira::{self, JiraError};
use crate::json::json;
use crate::platform::{Platform, PlatformError};
use crate::{audit, issue};

/// Returns `{etag, value}`; the value includes all defaults.
pub(crate) async fn get(platform: &impl Platform) -> Value {
    or_unavailable(
        config::load(platform).await.map(|config| json!({ "etag": config.etag(), "value": config.settings })),
    )
}

/// Writes `{value}` if `ifEtag` is the current etag.
pub(crate) async fn set(platform: &impl Platform, payload: &Value) -> Value {
    or_unavailable(write(platform, payload).await)
}

async fn write(platform: &impl Platform, payload: &Value) -> Result<Value, PlatformError> {
    let before = config::load(platform).await?;
    if payload["ifEtag"] != before.etag() {
        return Ok(json!({ "error": "changed-meanwhile" }));
    }
    let settings = match config::read(&payload["value"]) {
        Ok(settings) => settings,
        Err(invalid) => return Ok(json!({ "error": "invalid", "field": invalid.field, "rule": invalid.rule })),
    };
    let after = config::store(platform, &before, settings).await?;
    audit::record(platform, "settings-changed", json!({ "etag": after.etag() })).await?;
    Ok(json!({ "etag": after.etag() }))
}

fn or_unavailable(result: Result<Value, PlatformError>) -> Value {
    result.unwrap_or_else(|_| json!({ "error": "unavailable" }))
}

/// Returns `{"missing":[{field, value}], "inScope"}`: the ids of statuses, priorities, fields and options in the settings that
/// the project does not have, or that the app cannot see.
pub(crate) async fn preflight(platform: &impl Platform, payload: &Value) -> Value {
    let Some(project) = payload["project"].as_str().filter(|key| is_project_key(key)) else {
        return json!({ "error": "not-a-project" });
    };
    let Ok(config) = config::load(platform).await else { return json!({ "error": "unavailable" }) };
    let available = match ProjectMetadata::read(platform, project).await {
        Ok(available) => available,
        Err(JiraError::NotFound) => return json!({ "error": "not-a-project" }),
        Err(JiraError::Forbidden) => return preflight_failed(platform, jira::FORBIDDEN),
        Err(JiraError::Refused { .. }) => return preflight_failed(platform, jira::REFUSED),
        Err(JiraError::Unavailable { cause, .. }) => return preflight_failed(platform, cause.code()),
    };
    let missing: Vec<Value> = available
        .missing(&config.settings)
        .into_iter()
        .map(|(field, value)| json!({ "field": field, "value": value }))
        .collect();
    json!({ "missing": missing, "inScope": in_scope(&config, project) })
}

fn preflight_failed(platform: &impl Platform, code: &str) -> Value {
    platform.warn("preflight-failed", json!({ "code": code }));
    json!({ "error": code })
}

fn in_scope(config: &Config, project: &str) -> bool {
    config.settings.scope.has_issue(project)
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
    async fn read(platform: &impl Platform, project: &str) -> Result<Self, JiraError> {
        let mut metadata = Self::default();
        let types = jira::request(platform, "GET", &["/rest/api/3/project/", "/statuses"], &[project], None).await?;
        for kind in types.as_array().into_iter().flatten() {
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
