//! Settings: the few that the connector or a rule of this simulator depends on.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    call::{Call, Reply, ok},
    error::ApiError,
    model::{state::State, version::Version},
    render,
};

/// The fixed part of a setting.
struct About {
    name: &'static str,
    area: &'static str,
    title: &'static str,
    description: &'static str,
    /// Which permission it needs beyond any of an administrator.
    permission: &'static str,
    frontend: bool,
    /// Whether a form shows it as yes or no.
    switch: bool,
    prio: u32,
}

const fn about(name: &'static str, area: &'static str, title: &'static str, permission: &'static str) -> About {
    About { name, area, title, description: "", permission, frontend: true, switch: true, prio: 1 }
}

const ALL: [About; 10] = [
    about("api_password_access", "API::Base", "API Password Access", "admin.api"),
    about("api_token_access", "API::Base", "API Token Access", "admin.api"),
    about("auto_shutdown", "Core::WebApp", "Automatic Shutdown", "admin"),
    About { switch: false, ..about("fqdn", "System::Base", "Fully Qualified Domain Name", "admin.system") },
    About {
        description: "Stores the GitLab configuration.",
        frontend: false,
        switch: false,
        prio: 2,
        ..about("gitlab_config", "Integration::GitLab", "GitLab config", "admin.integration")
    },
    About {
        description: "Defines if the GitLab (http://www.gitlab.com) integration is enabled or not.",
        ..about("gitlab_integration", "Integration::Switch", "GitLab integration", "admin.integration")
    },
    About { switch: false, ..about("http_type", "System::Base", "HTTP type", "admin.system") },
    about("tag_new", "Web::Base", "Allow tag creation", "admin.tag"),
    about("ticket_trigger_recursive", "Ticket::Core", "Recursive Ticket Triggers", "admin.ticket"),
    about("maintenance_mode", "Core::WebApp", "Maintenance Mode", "admin.maintenance"),
];

/// The values of a fresh database.
pub(super) fn stock(version: Version, http_type: &str, fqdn: &str) -> BTreeMap<String, Value> {
    let known = ALL.iter().filter(|about| version != Version::V6_1 || about.name != "auto_shutdown");
    known.map(|about| (about.name.to_owned(), initial(about, http_type, fqdn))).collect()
}

fn initial(about: &About, http_type: &str, fqdn: &str) -> Value {
    match about.name {
        "fqdn" => json!(fqdn),
        "http_type" => json!(http_type),
        "gitlab_config" => json!({"endpoint": "https://gitlab.com/api/graphql"}),
        name => json!(!matches!(name, "gitlab_integration" | "maintenance_mode" | "ticket_trigger_recursive")),
    }
}

fn row(state: &State, index: usize, about: &About) -> Value {
    let at = render::time(state.started());
    let options = [("true", "yes"), ("false", "no")].map(|(key, text)| (key.to_owned(), text.into()));
    let form = json!({"form": [{"display": "", "null": true, "name": about.name, "tag": "boolean",
                                "options": Value::Object(options.into_iter().collect())}]});
    let mut preferences = json!({"prio": about.prio, "permission": [about.permission]});
    if about.area == "Integration::Switch"
        && let Some(map) = preferences.as_object_mut()
    {
        map.insert("authentication".to_owned(), true.into());
    }
    let fresh = |name| state.setting(name).as_str().unwrap_or_default();
    json!({"id": index + 1, "name": about.name, "area": about.area, "title": about.title,
           "description": about.description, "options": if about.switch { form } else { json!({}) },
           "state_current": {"value": state.setting(about.name)},
           "state_initial": {"value": initial(about, fresh("http_type"), fresh("fqdn"))},
           "frontend": about.frontend, "preferences": preferences, "created_at": at, "updated_at": at})
}

/// The setting with this number, if the caller may use it.
fn found(call: &mut Call<'_>, id: Option<&&str>) -> Result<(usize, &'static About), ApiError> {
    let actor = call.authenticate()?;
    if !actor.may_any_below(call.state, "admin") {
        return Err(actor.lacking());
    }
    let id = id.copied().unwrap_or_default();
    let index = id.parse::<usize>().ok().and_then(|id| id.checked_sub(1));
    let found = index.and_then(|index| Some((index, ALL.get(index)?)));
    let (index, about) = found.ok_or_else(|| ApiError::not_found("Setting", id))?;
    if !actor.may_any_below(call.state, about.permission) {
        return Err(ApiError::no_access());
    }
    Ok((index, about))
}

pub(super) fn list(call: &mut Call<'_>, _: &[&str]) -> Reply {
    let actor = call.authenticate()?;
    if !actor.may_any_below(call.state, "admin") {
        return Err(actor.lacking());
    }
    let state = &*call.state;
    let seen = ALL
        .iter()
        .enumerate()
        .filter(|(_, about)| state.settings.contains_key(about.name) && actor.may_any_below(state, about.permission));
    ok(200, seen.map(|(index, about)| row(state, index, about)).collect::<Vec<_>>())
}

pub(super) fn show(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let (index, about) = found(call, path.get(1))?;
    ok(200, row(call.state, index, about))
}

pub(super) fn update(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let (index, about) = found(call, path.get(1))?;
    let value = call.param("state_current").and_then(|state| state.get("value")).cloned();
    if let Some(value) = value {
        call.state.settings.insert(about.name.to_owned(), value);
    }
    ok(200, row(call.state, index, about))
}
