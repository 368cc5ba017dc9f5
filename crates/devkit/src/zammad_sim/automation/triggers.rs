//! Triggers: their configuration, and which of them fire after a request.

use serde_json::{Value, json};

use super::{
    selector::{self, Node},
    subject::Subject,
    webhooks::webhook_of,
};
use crate::zammad_sim::{
    call::{Call, Mode, Reply, ok, page},
    error::ApiError,
    model::{
        entities::{Id, Stamps, Trigger},
        events::{Events, TicketEvent},
        state::State,
        version::Version,
    },
    render,
    values::is_true,
};

const RIGHT: [&str; 1] = ["admin.trigger"];

impl State {
    fn trigger_by_text(&self, id: &str) -> Result<&Trigger, ApiError> {
        let found = id.parse().ok().and_then(|id: Id| self.triggers.get(&id));
        found.ok_or_else(|| ApiError::not_found("Trigger", id))
    }
}

fn viewer(call: &Call<'_>) -> Id {
    call.actor.as_ref().map_or(0, |actor| actor.user)
}

fn one(call: &Call<'_>, id: Id, status: u16) -> Reply {
    let trigger = call.state.trigger_by_text(&id.to_string())?;
    match call.mode() {
        Mode::Full => {
            let people = [trigger.stamps.created_by_id, trigger.stamps.updated_by_id];
            let hook = webhook_of(&trigger.perform).and_then(|id| call.state.webhooks.get(&id));
            let hook = hook.map(|hook| (hook.id.to_string(), render::webhook(call.state, hook, Mode::Plain).into()));
            let assets = json!({
                "Trigger": {id.to_string(): render::trigger(call.state, trigger, Mode::Plain)},
                "User": render::user_assets(call.state, people, viewer(call)),
                "Webhook": Value::Object(hook.into_iter().collect()),
                "Calendar": {},
            });
            ok(status, json!({"id": id, "assets": assets}))
        }
        mode => ok(status, render::trigger(call.state, trigger, mode)),
    }
}

pub(in crate::zammad_sim) fn list(call: &mut Call<'_>, _: &[&str]) -> Reply {
    call.require(&RIGHT)?;
    let mode = call.mode();
    let rows = page(call, call.state.triggers.values().collect(), 500);
    ok(200, rows.into_iter().map(|row| render::trigger(call.state, row, mode)).collect::<Vec<_>>())
}

pub(in crate::zammad_sim) fn show(call: &mut Call<'_>, path: &[&str]) -> Reply {
    call.require(&RIGHT)?;
    let id = call.state.trigger_by_text(path.get(1).copied().unwrap_or_default())?.id;
    one(call, id, 200)
}

pub(in crate::zammad_sim) fn create(call: &mut Call<'_>, _: &[&str]) -> Reply {
    let actor = call.require(&RIGHT)?;
    let mut trigger = Trigger {
        id: 0,
        name: String::new(),
        activator: String::new(),
        execution_condition_mode: "selective".to_owned(),
        condition: Value::Null,
        perform: Value::Null,
        active: true,
        note: None,
        stamps: Stamps::new(actor.user, call.now),
    };
    fill(call, &mut trigger, true)?;
    trigger.id = call.state.next_id("trigger");
    let id = trigger.id;
    call.state.triggers.insert(id, trigger);
    one(call, id, 201)
}

pub(in crate::zammad_sim) fn update(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let actor = call.require(&RIGHT)?;
    let mut trigger = call.state.trigger_by_text(path.get(1).copied().unwrap_or_default())?.clone();
    fill(call, &mut trigger, false)?;
    trigger.stamps.touch(actor.user, call.now);
    let id = trigger.id;
    call.state.triggers.insert(id, trigger);
    one(call, id, 200)
}

pub(in crate::zammad_sim) fn delete(call: &mut Call<'_>, path: &[&str]) -> Reply {
    call.require(&RIGHT)?;
    let id = call.state.trigger_by_text(path.get(1).copied().unwrap_or_default())?.id;
    call.state.triggers.remove(&id);
    ok(200, json!({}))
}

fn fill(call: &Call<'_>, trigger: &mut Trigger, new: bool) -> Result<(), ApiError> {
    let given = |name: &str| new || call.params.contains_key(name);
    let invalid = |text: &str| Err(ApiError::invalid(text));
    if given("name") {
        let Some(name) = call.text("name").filter(|name| !name.is_empty()) else {
            return invalid("Name can't be blank");
        };
        let taken = |other: &Trigger| other.id != trigger.id && other.name.to_lowercase() == name.to_lowercase();
        if call.state.triggers.values().any(taken) {
            return invalid("Name has already been taken");
        }
        trigger.name = name;
    }
    if given("activator") {
        match call.text("activator").as_deref() {
            None | Some("") => return invalid("Activator can't be blank"),
            Some(kind @ ("action" | "time")) => kind.clone_into(&mut trigger.activator),
            Some(_) => return invalid("Activator is not included in the list"),
        }
    }
    if given("execution_condition_mode") {
        match call.text("execution_condition_mode").as_deref() {
            None | Some("") => return invalid("Execution condition mode can't be blank"),
            Some(mode @ ("selective" | "always")) => mode.clone_into(&mut trigger.execution_condition_mode),
            Some(_) => return invalid("Execution condition mode is not included in the list"),
        }
    }
    if given("condition") {
        let condition = call.params.get("condition").cloned().unwrap_or(Value::Null);
        check_condition(call.state, &condition)?;
        trigger.condition = condition;
    }
    if given("perform") {
        let perform = call.param("perform").cloned().unwrap_or(Value::Null);
        if perform.as_object().is_none_or(serde_json::Map::is_empty) {
            return invalid("Attribute 'perform\" of relation \"triggers' required!");
        }
        let hook = perform.get("notification.webhook");
        if hook.is_some_and(|hook| hook.get("webhook_id").is_none_or(Value::is_null)) {
            return invalid("The required 'perform' value for notification.webhook, webhook_id is missing!");
        }
        trigger.perform = perform;
    }
    if let Some(active) = call.param("active") {
        trigger.active = is_true(active);
    }
    if given("note") {
        trigger.note = call.text("note");
    }
    Ok(())
}

fn check_condition(state: &State, condition: &Value) -> Result<(), ApiError> {
    let refused = || ApiError::invalid("Invalid object selector conditions");
    if condition.as_object().is_none_or(serde_json::Map::is_empty) {
        return Err(ApiError::invalid("Attribute 'condition\" of relation \"triggers' required!"));
    }
    let node = selector::parse(condition).map_err(|_| refused())?;
    if state.version != Version::V6_1 {
        node.check_fields(state).map_err(|_| refused())?;
    }
    for test in node.tests() {
        let pattern = test.operator == "matches regex";
        let broken = pattern
            && (state.version == Version::V6_1
                || test.value.as_ref().and_then(Value::as_str).is_none_or(|text| regex::Regex::new(text).is_err()));
        if broken || test.is_void() {
            return Err(refused());
        }
    }
    Ok(())
}

/// A webhook that a trigger sends.
#[derive(Clone, Debug)]
pub(in crate::zammad_sim) struct PendingWebhook {
    pub trigger: String,
    pub webhook: Id,
    pub ticket: Id,
    pub article: Option<Id>,
}

/// Returns the webhooks that a request's events cause. Evaluated inside the request, on the state after its changes.
pub(in crate::zammad_sim) fn evaluate(state: &State, events: Events, user: Id) -> Vec<PendingWebhook> {
    let mut webhooks = Vec::new();
    let mut triggers: Vec<&Trigger> =
        state.triggers.values().filter(|trigger| trigger.active && trigger.activator == "action").collect();
    triggers.sort_by(|left, right| left.name.cmp(&right.name));
    if triggers.is_empty() {
        return webhooks;
    }
    let read: Vec<(&Trigger, Node)> =
        triggers.into_iter().filter_map(|trigger| Some((trigger, selector::parse(&trigger.condition).ok()?))).collect();
    for (id, event) in events.into_list() {
        let Some(ticket) = state.tickets.get(&id) else { continue };
        let subject = Subject { state, ticket, event: Some(&event), user, now: state.now };
        for (trigger, node) in &read {
            let due = trigger.execution_condition_mode == "always" || selected(&event, node);
            if due
                && subject.fits(node)
                && let Some(webhook) = webhook_of(&trigger.perform)
            {
                webhooks.push(PendingWebhook {
                    trigger: trigger.name.clone(),
                    webhook,
                    ticket: id,
                    article: event.article,
                });
            }
        }
    }
    webhooks
}

/// A selective trigger considers an update only if it added an article or changed a column that the trigger names.
fn selected(event: &TicketEvent, node: &Node) -> bool {
    let named =
        |test: &&selector::Test| test.field.strip_prefix("ticket.").is_some_and(|name| event.changed.contains(name));
    event.created || event.article.is_some() || node.tests().iter().any(named)
}
