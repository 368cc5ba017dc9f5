//! Merging tickets.

use super::{article_write, links};
use crate::zammad_sim::{
    call::{Call, Reply, ok},
    error::ApiError,
    model::{
        actor::Actor,
        entities::Id,
        numbers::{SYSTEM, state},
        permission,
    },
    render,
};
use serde_json::{Value, json};

pub(in crate::zammad_sim) fn merge(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let [_, source, number] = path else { return Err(ApiError::no_route()) };
    let actor = call.require(&["ticket.agent"])?;
    let failed = |text: &str| ok(200, json!({"result": "failed", "message": text}));
    let Ok(source) = call.state.ticket_by_text(source).map(|ticket| ticket.id) else {
        return failed("The source ticket could not be found.");
    };
    let target = call.state.ticket_by_number(number).map(|ticket| ticket.id);
    let Some(target) = target else { return failed("The target ticket number could not be found.") };
    for id in [source, target] {
        let allowed =
            call.state.tickets.get(&id).is_some_and(|row| permission::as_agent(call.state, &actor, row, "change"));
        if !allowed {
            return Err(ApiError::no_access());
        }
    }
    if source == target {
        return Err(ApiError::invalid("A ticket cannot be merged into itself."));
    }
    if call.state.tickets.get(&target).is_some_and(|ticket| ticket.state_id == state::MERGED) {
        return Err(ApiError::invalid("It is not possible to merge into an already merged ticket."));
    }
    let before = call.state.ticket_by_text(&source.to_string())?.clone();
    apply(call, &actor, source, target)?;
    let row = |id: Id| call.state.tickets.get(&id).map(|ticket| render::ticket_columns(call.state, ticket));
    // The source is shown as it was before its note was added.
    let mut shown = row(source).unwrap_or_default();
    let old = render::ticket_columns(call.state, &before);
    for name in ["article_count", "create_article_type_id", "create_article_sender_id", "preferences"] {
        shown.insert(name.to_owned(), old.get(name).cloned().unwrap_or_default());
    }
    ok(200, json!({"result": "success", "target_ticket": row(target), "source_ticket": shown}))
}

/// Articles and links move without events; the source is closed with a note and becomes a child of the target.
fn apply(call: &mut Call<'_>, actor: &Actor, source: Id, target: Id) -> Result<(), ApiError> {
    let moved = call.state.ticket_articles.remove(&source).unwrap_or_default();
    for id in &moved {
        if let Some(article) = call.state.articles.get_mut(id) {
            article.ticket_id = target;
        }
    }
    let mut list = call.state.ticket_articles.remove(&target).unwrap_or_default();
    list.extend(moved);
    call.state.ticket_articles.insert(target, list);
    for link in &mut call.state.links {
        for end in [&mut link.source, &mut link.target] {
            if *end == source {
                *end = target;
            }
        }
    }
    links::attach_one(call.state, "parent", target, source);
    let row = call.state.ticket_by_text(&source.to_string())?.clone();
    let note = json!({"body": "merged", "type": "note"});
    let note = note.as_object().cloned().unwrap_or_default();
    let draft = article_write::draft(call, actor, &row, &note, true)?;
    article_write::insert(call, actor, source, draft);
    let now = call.now;
    if let Some(ticket) = call.state.tickets.get_mut(&source) {
        let before = [ticket.state_id, ticket.owner_id].map(Value::from);
        (ticket.state_id, ticket.owner_id) = (state::MERGED, SYSTEM);
        let disabled = json!({"escalation_disabled": true});
        ticket.preferences.insert("escalation_calculation".to_owned(), disabled);
        ticket.stamps.touch(actor.user, now);
        call.events.changed(source, "state_id", &before[0], &Value::from(state::MERGED));
        call.events.changed(source, "owner_id", &before[1], &Value::from(SYSTEM));
    }
    call.events.merged(source, target);
    Ok(())
}
