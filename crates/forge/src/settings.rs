//! The settings as an admin sees and changes them, and whether Jira has what they name.

use schema::Settings;
use serde_json::Value;

use crate::json::json;

use crate::config::{self, Config};
use crate::jira::{self, Failed};
use crate::platform::{Level, Platform, PlatformError};
use crate::typed::is_project;
use crate::{audit, issue};

/// `{etag, value}`; the value is complete.
pub(crate) async fn get(platform: &impl Platform) -> Value {
    told(config::load(platform).await.map(|config| json!({ "etag": config.etag(), "value": config.settings })))
}

/// Writes `{value}` if `ifEtag` is what is there.
pub(crate) async fn set(platform: &impl Platform, payload: &Value) -> Value {
    told(write(platform, payload).await)
}

async fn write(platform: &impl Platform, payload: &Value) -> Result<Value, PlatformError> {
    let before = config::load(platform).await?;
    if payload["ifEtag"] != before.etag() {
        return Ok(json!({ "error": "changed-meanwhile" }));
    }
    let settings = match config::read(&payload["value"]) {
        Ok(settings) => settings,
        Err(fault) => return Ok(json!({ "error": "invalid", "field": fault.field, "rule": fault.rule })),
    };
    let after = config::store(platform, &before, settings).await?;
    audit::note(platform, "settings-changed", json!({ "etag": after.etag() })).await?;
    Ok(json!({ "etag": after.etag() }))
}

fn told(answer: Result<Value, PlatformError>) -> Value {
    answer.unwrap_or_else(|_| json!({ "error": "unavailable" }))
}

/// `{"missing":[{field, value}]}`: statuses, priorities, fields and options that the settings name and the project, as the
/// app sees it, has not. Values are ids.
pub(crate) async fn preflight(platform: &impl Platform, payload: &Value) -> Value {
    let Some(project) = payload["project"].as_str().filter(|key| is_project(key)) else {
        return json!({ "error": "not-a-project" });
    };
    let Ok(config) = config::load(platform).await else { return json!({ "error": "unavailable" }) };
    let found = match Found::read(platform, project).await {
        Ok(found) => found,
        Err(Failed::Gone) => return json!({ "error": "not-a-project" }),
        Err(Failed::Refused { code, .. } | Failed::Later { code, .. }) => {
            platform.log(Level::Warn, "preflight-failed", json!({ "code": code }));
            return json!({ "error": code });
        }
    };
    let missing: Vec<Value> = found
        .lacks(&config.settings)
        .into_iter()
        .map(|(field, value)| json!({ "field": field, "value": value }))
        .collect();
    json!({ "missing": missing, "inScope": in_scope(&config, project) })
}

fn in_scope(config: &Config, project: &str) -> bool {
    config.settings.scope.has_issue(project)
}

/// What a project has.
#[derive(Default)]
struct Found {
    statuses: Vec<String>,
    categories: Vec<String>,
    /// Ids of fields that some type of issue has on its screen.
    fields: Vec<String>,
    /// `<field id> <option id>`.
    options: Vec<String>,
}

impl Found {
    async fn read(platform: &impl Platform, project: &str) -> Result<Self, Failed> {
        let mut found = Self::default();
        let types = jira::ask(platform, "GET", &["/rest/api/3/project/", "/statuses"], &[project], None).await?;
        for kind in types.as_array().into_iter().flatten() {
            for status in kind["statuses"].as_array().into_iter().flatten() {
                found.statuses.push(issue::text(&status["id"]));
                found.categories.push(issue::text(&status["statusCategory"]["key"]));
            }
            let strings = &["/rest/api/3/issue/createmeta/", "/issuetypes/", "?maxResults=200"];
            let meta = jira::ask(platform, "GET", strings, &[project, &issue::text(&kind["id"])], None).await?;
            for field in meta["fields"].as_array().into_iter().flatten() {
                let id = issue::text(&field["fieldId"]);
                for option in field["allowedValues"].as_array().into_iter().flatten() {
                    found.options.push(format!("{id} {}", issue::text(&option["id"])));
                }
                found.fields.push(id);
            }
        }
        Ok(found)
    }

    fn lacks(&self, settings: &Settings) -> Vec<(&'static str, String)> {
        let mut missing = Vec::new();
        for pair in &settings.fields.state.pairs {
            let id = pair.jira.id.iter().filter(|id| !self.statuses.contains(*id));
            let category = pair.jira.category.iter().filter(|key| !self.categories.contains(*key));
            missing.extend(id.chain(category).map(|value| ("fields.state.pairs", value.clone())));
        }
        let named = settings.fields.state.transition_fields.keys().filter(|id| id.starts_with("customfield_"));
        let lost = |id: &&String| !self.fields.contains(*id);
        missing.extend(named.filter(lost).map(|id| ("fields.state.transitionFields", id.clone())));
        // A project without priorities has none to be wrong about.
        if settings.fields.priority.direction.to_jira() && self.fields.iter().any(|id| id == "priority") {
            let pairs = settings.fields.priority.pairs.iter();
            let lost = pairs.filter(|pair| !self.options.contains(&format!("priority {}", pair.jira)));
            missing.extend(lost.map(|pair| ("fields.priority.pairs", pair.jira.clone())));
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
