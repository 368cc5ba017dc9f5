//! Webhooks as configuration. Secrets are answered in clear, as 6.x does.

use super::payload;
use crate::zammad_sim::{
    call::{Call, Mode, Reply, ok, page},
    error::ApiError,
    model::{
        entities::{Id, Stamps, Ticket, Webhook},
        numbers::SYSTEM,
        permission,
        state::State,
        version::{MASK, Version},
    },
    render,
    values::{cut, is_true},
};
use serde_json::{Map, Value, json};
use url::Url;

const RIGHT: [&str; 1] = ["admin.webhook"];

impl State {
    fn webhook_by_text(&self, id: &str) -> Result<&Webhook, ApiError> {
        let found = id.parse().ok().and_then(|id: Id| self.webhooks.get(&id));
        found.ok_or_else(|| ApiError::not_found("Webhook", id))
    }
}

fn viewer(call: &Call<'_>) -> Id {
    call.actor.as_ref().map_or(0, |actor| actor.user)
}

fn one(call: &Call<'_>, id: Id, status: u16) -> Reply {
    let hook = call.state.webhook_by_text(&id.to_string())?;
    match call.mode() {
        Mode::Full => {
            let shown = render::webhook(call.state, hook, Mode::Plain);
            let people = [hook.stamps.created_by_id, hook.stamps.updated_by_id];
            let people = render::user_assets(call.state, people, viewer(call));
            let assets = json!({"Webhook": {id.to_string(): shown}, "User": people});
            ok(status, json!({"id": id, "assets": assets}))
        }
        mode => ok(status, render::webhook(call.state, hook, mode)),
    }
}

pub(in crate::zammad_sim) fn list(call: &mut Call<'_>, _: &[&str]) -> Reply {
    call.require(&RIGHT)?;
    let mode = call.mode();
    let rows = page(call, call.state.webhooks.values().collect(), 500);
    ok(200, rows.into_iter().map(|hook| render::webhook(call.state, hook, mode)).collect::<Vec<_>>())
}

pub(in crate::zammad_sim) fn search(call: &mut Call<'_>, _: &[&str]) -> Reply {
    call.require(&RIGHT)?;
    if call.state.version == Version::V6_1 {
        return Err(ApiError::no_route());
    }
    let query = call.text("query").unwrap_or_default().to_lowercase();
    let found = call.state.webhooks.values().rev().filter(|hook| hook.name.to_lowercase().contains(&query));
    let rows = page(call, found.collect(), 50);
    let mode = call.mode();
    ok(200, rows.into_iter().map(|hook| render::webhook(call.state, hook, mode)).collect::<Vec<_>>())
}

/// A sample of the payload, made of the newest ticket that the caller may read.
pub(in crate::zammad_sim) fn preview(call: &mut Call<'_>, _: &[&str]) -> Reply {
    let actor = call.require(&RIGHT)?;
    let state = &*call.state;
    let seen = |ticket: &&Ticket| {
        permission::as_agent(state, &actor, ticket, "read") && state.articles_of(ticket.id).next().is_some()
    };
    let with_article = state.tickets.values().rev().find(seen);
    let ticket = with_article.ok_or_else(|| ApiError::not_found("Ticket", "1"))?;
    let (ticket, article) = payload::objects(state, ticket, state.articles_of(ticket.id).last());
    ok(200, json!({"ticket": ticket, "article": article}))
}

/// The ready-made kinds.
pub(in crate::zammad_sim) fn pre_defined(call: &mut Call<'_>, _: &[&str]) -> Reply {
    call.require(&RIGHT)?;
    let kinds = [
        ("Mattermost", "Mattermost Notifications"),
        ("MicrosoftTeams", "Microsoft Teams Notifications"),
        ("RocketChat", "Rocket Chat Notifications"),
        ("Slack", "Slack Notifications"),
    ];
    ok(200, kinds.map(|(id, name)| json!({"id": id, "name": name})).to_vec())
}

/// The names that a custom payload may use, by object.
pub(in crate::zammad_sim) fn replacements(call: &mut Call<'_>, _: &[&str]) -> Reply {
    call.require(&RIGHT)?;
    let state = &*call.state;
    let names = |row: &Map<String, Value>| row.keys().cloned().collect::<Vec<_>>();
    let user = state.users.get(&SYSTEM).map(|user| render::user(state, user, Mode::Plain, false));
    let user = user.as_ref().map(names).unwrap_or_default();
    let group = state.groups.values().next().map(|group| render::group(state, group, Mode::Plain));
    let organization = state.organizations.values().next();
    let organization = organization.map(|row| render::organization(state, row, Mode::Plain));
    let priority = state.priorities.values().next().map(|row| render::priority(state, row, Mode::Plain));
    let row = state.states.values().next().map(|row| render::ticket_state(state, row, Mode::Plain));
    let of = |row: Option<Map<String, Value>>| json!(row.as_ref().map(names).unwrap_or_default());
    let ticket = state.tickets.values().next().map(|ticket| render::ticket_columns(state, ticket));
    let article = state.articles.values().next().map(|article| render::article(state, article));
    ok(
        200,
        json!({
            "article": of(article),
            "article.created_by": user,
            "article.sender": ["id", "name"],
            "article.type": ["id", "name"],
            "article.updated_by": user,
            "config": ["fqdn", "http_type"],
            "notification": ["subject", "link", "message", "body", "changes"],
            "ticket": of(ticket),
            "ticket.created_by": user,
            "ticket.customer": user,
            "ticket.group": of(group),
            "ticket.organization": of(organization),
            "ticket.owner": user,
            "ticket.priority": of(priority),
            "ticket.state": of(row),
            "ticket.updated_by": user,
        }),
    )
}

pub(in crate::zammad_sim) fn show(call: &mut Call<'_>, path: &[&str]) -> Reply {
    call.require(&RIGHT)?;
    let id = call.state.webhook_by_text(path.get(1).copied().unwrap_or_default())?.id;
    one(call, id, 200)
}

pub(in crate::zammad_sim) fn create(call: &mut Call<'_>, _: &[&str]) -> Reply {
    let actor = call.require(&RIGHT)?;
    let mut hook = Webhook {
        id: 0,
        name: String::new(),
        endpoint: String::new(),
        http_method: "post".to_owned(),
        signature_token: None,
        ssl_verify: true,
        customized_payload: false,
        custom_payload: None,
        pre_defined_webhook_type: None,
        basic_auth_username: None,
        basic_auth_password: None,
        note: None,
        preferences: json!({}),
        active: true,
        stamps: Stamps::new(actor.user, call.now),
    };
    fill(call, &mut hook, true)?;
    hook.id = call.state.next_id("webhook");
    let id = hook.id;
    call.state.webhooks.insert(id, hook);
    one(call, id, 201)
}

pub(in crate::zammad_sim) fn update(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let actor = call.require(&RIGHT)?;
    let mut hook = call.state.webhook_by_text(path.get(1).copied().unwrap_or_default())?.clone();
    fill(call, &mut hook, false)?;
    hook.stamps.touch(actor.user, call.now);
    let id = hook.id;
    call.state.webhooks.insert(id, hook);
    one(call, id, 200)
}

pub(in crate::zammad_sim) fn delete(call: &mut Call<'_>, path: &[&str]) -> Reply {
    call.require(&RIGHT)?;
    let id = call.state.webhook_by_text(path.get(1).copied().unwrap_or_default())?.id;
    let user = call.state.triggers.values().find(|trigger| uses(&trigger.perform, id));
    if let Some(trigger) = user {
        let (name, number) = (&trigger.name, trigger.id);
        let text = format!("Cannot delete! This webhook is referenced by Trigger: {name} (#{number})");
        return Err(ApiError::invalid(text));
    }
    call.state.webhooks.remove(&id);
    ok(200, json!({}))
}

/// Whether a trigger's `perform` names this webhook.
pub(in crate::zammad_sim) fn uses(perform: &Value, webhook: Id) -> bool {
    webhook_of(perform) == Some(webhook)
}

/// The webhook that a trigger's `perform` names, as number or text.
pub(in crate::zammad_sim) fn webhook_of(perform: &Value) -> Option<Id> {
    perform.get("notification.webhook")?.get("webhook_id").and_then(crate::zammad_sim::values::as_id)
}

/// Sets the columns in the request. Unknown and newer fields (`bearer_token`, and `http_method` before 7.2) are ignored.
fn fill(call: &Call<'_>, hook: &mut Webhook, new: bool) -> Result<(), ApiError> {
    let given = |name: &str| call.params.contains_key(name);
    if given("name") || new {
        hook.name = call
            .text("name")
            .filter(|name| !name.is_empty())
            .ok_or_else(|| ApiError::invalid("Name can't be blank"))?;
    }
    if given("endpoint") || new {
        let endpoint = call.text("endpoint");
        check_endpoint(endpoint.as_deref())?;
        hook.endpoint = cut(&endpoint.unwrap_or_default(), call.state.version.endpoint_length());
    }
    if let Some(method) = call.text("http_method").filter(|_| call.state.version.names_http_method()) {
        hook.http_method = method;
    }
    for (name, place, length) in [
        ("signature_token", &mut hook.signature_token, 200),
        ("basic_auth_username", &mut hook.basic_auth_username, 250),
        ("basic_auth_password", &mut hook.basic_auth_password, 250),
        ("pre_defined_webhook_type", &mut hook.pre_defined_webhook_type, 250),
    ] {
        let masked = call.state.version.masks_secrets() && call.text(name).as_deref() == Some(MASK);
        if given(name) && !masked {
            *place = call.text(name).map(|text| cut(&text, length));
        }
    }
    if given("note") {
        hook.note = call.text("note");
        if hook.note.as_ref().is_some_and(|note| note.chars().count() > 500) {
            return Err(ApiError::invalid("Note is too long (maximum is 500 characters)"));
        }
    }
    for (name, place) in [
        ("ssl_verify", &mut hook.ssl_verify),
        ("customized_payload", &mut hook.customized_payload),
        ("active", &mut hook.active),
    ] {
        if let Some(value) = call.param(name) {
            *place = is_true(value);
        }
    }
    if let Some(preferences) = call.param("preferences") {
        hook.preferences = preferences.clone();
    }
    if given("custom_payload") {
        hook.custom_payload = call.text("custom_payload");
    }
    if !hook.customized_payload {
        hook.custom_payload = None;
    } else if hook.custom_payload.as_deref().is_some_and(|text| serde_json::from_str::<Value>(text).is_err()) {
        let text = "Custom payload The provided payload is invalid. Please check your syntax.";
        return Err(ApiError::invalid(text));
    }
    Ok(())
}

fn check_endpoint(endpoint: Option<&str>) -> Result<(), ApiError> {
    let invalid = |why: &str| Err(ApiError::invalid(format!("Endpoint The provided endpoint is invalid{why}")));
    let Some(endpoint) = endpoint else { return invalid(".") };
    // Ruby's URI rejects characters that browsers would escape.
    if endpoint.contains([' ', '{', '}', '<', '>', '"']) {
        return invalid(".");
    }
    let Some(rest) = endpoint.strip_prefix("http://").or_else(|| endpoint.strip_prefix("https://")) else {
        return invalid(", no http or https protocol was specified.");
    };
    if rest.is_empty() {
        return invalid(", no hostname was specified.");
    }
    if Url::parse(endpoint).is_err() { invalid(".") } else { Ok(()) }
}
