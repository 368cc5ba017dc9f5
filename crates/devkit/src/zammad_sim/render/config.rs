//! JSON of states, priorities, webhooks and triggers.

use serde_json::{Map, Value, json};

use super::parts::{object, stamp};
use crate::zammad_sim::{
    call::Mode,
    model::{
        entities::{Priority, TicketState, Trigger, Webhook},
        state::State,
        version::MASK,
    },
};

/// A ticket state.
pub(in crate::zammad_sim) fn ticket_state(state: &State, row: &TicketState, mode: Mode) -> Map<String, Value> {
    let follow = (row.state_type == "pending action").then_some(4);
    let mut shown = object(json!({
        "id": row.id, "name": row.name, "state_type_id": row.state_type_id, "active": row.active, "note": row.note,
        "next_state_id": follow, "ignore_escalation": row.ignore_escalation, "default_create": row.id == 1,
        "default_follow_up": row.id == 2,
    }));
    let expanded = mode == Mode::Expand;
    if expanded {
        shown.insert("state_type".into(), row.state_type.into());
        if follow.is_some() {
            shown.insert("next_state".into(), "closed".into());
        }
    }
    stamp(&mut shown, row.stamps, expanded.then_some(state));
    shown
}

/// A priority.
pub(in crate::zammad_sim) fn priority(state: &State, row: &Priority, mode: Mode) -> Map<String, Value> {
    let mut shown = object(json!({
        "id": row.id, "name": row.name, "active": row.active, "note": row.note, "default_create": row.id == 2,
        "ui_icon": row.ui.map(|(icon, _)| icon), "ui_color": row.ui.map(|(_, color)| color),
    }));
    let expanded = mode == Mode::Expand;
    stamp(&mut shown, row.stamps, expanded.then_some(state));
    shown
}

/// A webhook's configuration, secrets in clear as 6.x shows them.
pub(in crate::zammad_sim) fn webhook(state: &State, hook: &Webhook, mode: Mode) -> Map<String, Value> {
    let secret = |text: &Option<String>| match text {
        Some(_) if state.version.masks_secrets() => Some(MASK.to_owned()),
        text => text.clone(),
    };
    let mut row = object(json!({
        "id": hook.id,
        "name": hook.name,
        "endpoint": hook.endpoint,
        "signature_token": secret(&hook.signature_token),
        "ssl_verify": hook.ssl_verify,
        "customized_payload": hook.customized_payload,
        "custom_payload": hook.custom_payload,
        "pre_defined_webhook_type": hook.pre_defined_webhook_type,
        "basic_auth_username": hook.basic_auth_username,
        "basic_auth_password": secret(&hook.basic_auth_password),
        "note": hook.note,
        "preferences": hook.preferences,
        "active": hook.active,
    }));
    if state.version.names_http_method() {
        row.insert("http_method".into(), hook.http_method.as_str().into());
    }
    stamp(&mut row, hook.stamps, (mode == Mode::Expand).then_some(state));
    row
}

/// A trigger's configuration.
pub(in crate::zammad_sim) fn trigger(state: &State, trigger: &Trigger, mode: Mode) -> Map<String, Value> {
    let mut row = object(json!({
        "id": trigger.id,
        "name": trigger.name,
        "activator": trigger.activator,
        "execution_condition_mode": trigger.execution_condition_mode,
        "condition": trigger.condition,
        "perform": trigger.perform,
        "active": trigger.active,
        "note": trigger.note,
        "disable_notification": true,
        "localization": null,
        "timezone": null,
    }));
    stamp(&mut row, trigger.stamps, (mode == Mode::Expand).then_some(state));
    row
}
