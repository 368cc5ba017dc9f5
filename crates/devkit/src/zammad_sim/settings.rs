//! Settings: the few that the connector reads or writes.

use serde_json::{Value, json};

use super::{
    call::{Call, Reply},
    error::ApiError,
    routes::ok,
    state::State,
};

const AREAS: [(&str, &str); 9] = [
    ("api_password_access", "API::Base"),
    ("api_token_access", "API::Base"),
    ("auto_shutdown", "Core::WebApp"),
    ("fqdn", "System::Base"),
    ("gitlab_config", "Integration::GitLab"),
    ("gitlab_integration", "Integration::Switch"),
    ("http_type", "System::Base"),
    ("tag_new", "Web::Base"),
    ("ticket_trigger_recursive", "Ticket::Core"),
];

fn row(state: &State, index: usize, (name, area): (&str, &str)) -> Value {
    json!({"id": index + 1, "name": name, "area": area, "state_current": {"value": state.setting(name)},
           "preferences": {}, "frontend": false})
}

pub(super) fn list(call: &mut Call<'_>, _: &[&str]) -> Reply {
    let actor = call.authenticate()?;
    if !actor.may_any_below(call.state, "admin") {
        return Err(actor.lacking());
    }
    let rows = AREAS.iter().enumerate().map(|(index, setting)| row(call.state, index, *setting));
    ok(200, rows.collect::<Vec<_>>())
}

pub(super) fn update(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let actor = call.authenticate()?;
    if !actor.may_any_below(call.state, "admin") {
        return Err(actor.lacking());
    }
    let id = path.get(1).copied().unwrap_or_default();
    let index = id.parse::<usize>().ok().and_then(|id| id.checked_sub(1));
    let found = index.and_then(|index| Some((index, *AREAS.get(index)?)));
    let (index, setting) = found.ok_or_else(|| ApiError::not_found("Setting", id))?;
    let value = call.param("state_current").and_then(|state| state.get("value")).cloned();
    if let Some(value) = value {
        call.state.settings.insert(setting.0.to_owned(), value);
    }
    ok(200, row(call.state, index, setting))
}
