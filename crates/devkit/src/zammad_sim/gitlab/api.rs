//! The integration's addresses.

use crate::zammad_sim::{
    call::{Call, Reply, ok},
    error::ApiError,
    model::{
        gitlab::{Config, Question},
        permission,
        state::State,
        version::Version,
    },
    values::as_text,
};
use serde_json::{Value, json};

fn failed(text: &str) -> Reply {
    ok(200, json!({"result": "failed", "message": text}))
}

/// The configuration in a setting or a request; `None` if it is not valid.
fn config(value: &Value, version: Version) -> Option<Config> {
    let text = |name: &str| value.get(name).map(as_text).filter(|text| !text.is_empty());
    let endpoint = text("endpoint").filter(|endpoint| endpoint.contains("/graphql"))?;
    let takes_work_items = version.takes_work_items();
    Some(Config { endpoint, api_token: text("api_token")?, takes_work_items })
}

const NO_CONFIG: &str = "Invalid GitLab configuration (missing endpoint or api_token).";

/// `POST integration/gitlab/verify`.
pub(in crate::zammad_sim) fn verify(call: &mut Call<'_>, _: &[&str]) -> Reply {
    call.require(&["admin.integration.gitlab"])?;
    let Some(config) = config(&Value::Object(call.params.clone()), call.state.version) else {
        return failed(NO_CONFIG);
    };
    call.question = Some(Question::Verify(config));
    ok(200, json!({"result": "ok"}))
}

/// `POST integration/gitlab`: by links, or by the ticket that has them. Whether the agent may read that ticket is not
/// checked, as recorded.
pub(in crate::zammad_sim) fn query(call: &mut Call<'_>, _: &[&str]) -> Reply {
    let actor = call.require(&["ticket.agent"])?;
    if call.state.setting("gitlab_integration") != true {
        return failed("This feature is not enabled.");
    }
    let Some(config) = config(call.state.setting("gitlab_config"), call.state.version) else {
        return failed(NO_CONFIG);
    };
    let texts = |value: &Value| value.as_array().map(|items| items.iter().map(as_text).collect::<Vec<_>>());
    let (links, ticket) = match call.param("links").and_then(texts) {
        Some(links) => (links, None),
        None => {
            let id = call.text("ticket_id").unwrap_or_default();
            let row = call.state.ticket_by_text(&id)?;
            let links = stored(row.preferences.get("gitlab"));
            (links, Some((row.id, actor.user)))
        }
    };
    call.question = Some(Question::Issues { config, links, ticket });
    ok(200, json!({"result": "ok", "response": []}))
}

/// The links in a ticket's preferences.
fn stored(gitlab: Option<&Value>) -> Vec<String> {
    let links = gitlab.and_then(|gitlab| gitlab.get("issue_links")).and_then(Value::as_array);
    links.into_iter().flatten().map(as_text).collect()
}

/// `POST integration/gitlab_ticket_update`: replaces the links of a ticket.
pub(in crate::zammad_sim) fn ticket_update(call: &mut Call<'_>, _: &[&str]) -> Reply {
    let actor = call.require(&["ticket.agent"])?;
    let id = call.text("ticket_id").unwrap_or_default();
    let ticket = call.state.ticket_by_text(&id)?;
    if !permission::as_agent(call.state, &actor, ticket, "read") {
        return Err(ApiError::no_access());
    }
    let id = ticket.id;
    let links = call.param("issue_links").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut once: Vec<Value> = Vec::new();
    for link in links {
        if !once.contains(&link) {
            once.push(link);
        }
    }
    let before = call.state.store_links(id, once, actor.user);
    if let Some((before, after)) = before {
        call.events.changed(id, "preferences", &before, &after);
    }
    ok(200, json!({"result": "ok"}))
}

impl State {
    /// Stores the links of a ticket; its preferences before and after, if they changed.
    pub(in crate::zammad_sim) fn store_links(
        &mut self,
        ticket: u64,
        links: Vec<Value>,
        by: u64,
    ) -> Option<(Value, Value)> {
        let now = self.now;
        let row = self.tickets.get_mut(&ticket)?;
        let before = Value::Object(row.preferences.clone());
        let gitlab = row.preferences.entry("gitlab").or_insert_with(|| json!({}));
        gitlab.as_object_mut()?.insert("issue_links".to_owned(), links.into());
        let after = Value::Object(row.preferences.clone());
        if before == after {
            return None;
        }
        row.stamps.touch(by, now);
        Some((before, after))
    }
}
