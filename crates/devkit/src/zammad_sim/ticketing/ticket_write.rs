//! Creating and changing tickets: everything is checked before anything is written.

use super::{article_write, links, lookup, permitted, settle::settle, tags, tickets};
use crate::{
    clock::Millis,
    zammad_sim::{
        automation::forms::Form,
        call::{Call, Reply},
        error::ApiError,
        model::{
            actor::Actor,
            entities::{Id, OwnerChange, Stamps, Ticket},
            numbers::{SYSTEM, state},
            permission,
        },
        moment, render,
        values::{as_text, cut},
    },
};
use serde_json::{Map, Value, json};

/// Longer titles are silently cut.
const TITLE_LENGTH: usize = 250;

/// The requested values of a ticket, checked and looked up. `None`: not in the request.
#[derive(Clone, Debug, Default)]
struct Requested {
    title: Option<String>,
    group: Option<Id>,
    state: Option<Id>,
    priority: Option<Id>,
    owner: Option<Id>,
    customer: Option<Id>,
    note: Option<Option<String>>,
    pending_time: Option<Option<Millis>>,
    preferences: Option<Map<String, Value>>,
    attributes: Vec<(String, Value)>,
}

pub(in crate::zammad_sim) fn create(call: &mut Call<'_>, _: &[&str]) -> Reply {
    let actor = call.require(&["ticket.agent", "ticket.customer"])?;
    let mut requested = requested(call, &actor, None)?;
    let group = requested.group.ok_or_else(|| ApiError::invalid("The required value 'group_id' is missing."))?;
    let agent = actor.agent(call.state);
    if agent && !call.state.group_access(actor.user, group, "create") {
        return Err(ApiError::no_access());
    }
    if !agent {
        requested.customer = Some(actor.user);
        requested.owner = None;
    }
    let hidden = |field: &str| ApiError::invalid_hidden(format!("Missing required value for field '{field}'!"));
    let title = requested.title.take().ok_or_else(|| hidden("title"))?;
    let customer = requested.customer.ok_or_else(|| hidden("customer_id"))?;
    let ticket = blank(call, &actor, title, group, customer);
    check_pending(call, &requested, &ticket)?;
    check_form(call, &actor, "create_middle", None, &with_values(call, &ticket, requested.clone()))?;
    let requested_links = links::requested(call)?;
    let article = article_write::nested(call, &actor, &ticket)?;

    let id = store(call, ticket, call.text("number"));
    let calm = requested.state.and_then(|id| call.state.states.get(&id)).is_some_and(|state| state.ignore_escalation);
    apply(call, &actor, id, requested, true);
    if calm && let Some(ticket) = call.state.tickets.get_mut(&id) {
        let disabled = json!({"escalation_disabled": true});
        ticket.preferences.insert("escalation_calculation".to_owned(), disabled);
    }
    if let Some(draft) = article {
        article_write::insert(call, &actor, id, draft);
    }
    if let Some(text) = call.text("tags") {
        for tag in text.split(',') {
            tags::attach(call.state, id, tag.trim());
        }
    }
    links::attach(call, id, requested_links);
    tickets::one(call, id, 201, true)
}

/// Stores a new ticket with this public number, or the next one.
fn store(call: &mut Call<'_>, ticket: Ticket, number: Option<String>) -> Id {
    let id = call.state.next_id("ticket");
    let number = number.unwrap_or_else(|| format!("25{id:03}"));
    call.state.numbers.insert(number.clone(), id);
    call.state.tickets.insert(id, Ticket { id, number, ..ticket });
    call.events.created(id);
    id
}

/// Makes a ticket as a channel does, without the checks of the API.
pub(in crate::zammad_sim) fn make(call: &mut Call<'_>, actor: &Actor, title: &str, group: Id, customer: Id) -> Id {
    let ticket = blank(call, actor, title.to_owned(), group, customer);
    let id = store(call, ticket, None);
    apply(call, actor, id, Requested::default(), true);
    id
}

/// Opens a closed or pending ticket again.
pub(in crate::zammad_sim) fn reopen(call: &mut Call<'_>, actor: &Actor, id: Id) {
    let kind = call.state.tickets.get(&id).and_then(|ticket| call.state.states.get(&ticket.state_id));
    if kind.is_some_and(|kind| kind.state_type == "closed" || kind.state_type.starts_with("pending")) {
        apply(call, actor, id, Requested { state: Some(state::OPEN), ..Requested::default() }, false);
    }
}

/// Takes a ticket away from its owner, in the name of the system itself.
pub(in crate::zammad_sim) fn unassign(call: &mut Call<'_>, id: Id) {
    let system = Actor { user: SYSTEM, token: None };
    apply(call, &system, id, Requested { owner: Some(SYSTEM), ..Requested::default() }, false);
}

pub(in crate::zammad_sim) fn update(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let id = path.get(1).copied().unwrap_or_default();
    let (actor, id) = permitted::ticket(call, id, "change")?;
    let ticket = call.state.ticket_by_text(&id.to_string())?.clone();
    let requested = requested(call, &actor, Some(&ticket))?;
    check_pending(call, &requested, &ticket)?;
    check_form(call, &actor, "edit", Some(&ticket), &with_values(call, &ticket, requested.clone()))?;
    let article = article_write::nested(call, &actor, &ticket)?;
    apply(call, &actor, id, requested, false);
    if let Some(draft) = article {
        article_write::insert(call, &actor, id, draft);
    }
    tickets::one(call, id, 200, true)
}

fn blank(call: &Call<'_>, actor: &Actor, title: String, group_id: Id, customer_id: Id) -> Ticket {
    let state = &*call.state;
    Ticket {
        id: 0,
        number: String::new(),
        title,
        group_id,
        priority_id: 2,
        state_id: state::NEW,
        owner_id: SYSTEM,
        customer_id,
        organization_id: state.users.get(&customer_id).and_then(|user| user.organization_id),
        note: None,
        preferences: Map::new(),
        pending_time: None,
        first_response_at: None,
        close_at: None,
        last_close_at: None,
        last_contact_at: None,
        last_contact_agent_at: None,
        last_contact_customer_at: None,
        last_owner_update_at: None,
        owner_changes: Vec::new(),
        article_count: call.param("article_count").and_then(Value::as_i64),
        create_article_type_id: None,
        create_article_sender_id: None,
        attributes: state.column_defaults(),
        tags: Vec::new(),
        stamps: Stamps::new(actor.user, call.now),
    }
}

/// Reads the requested values, and rejects invalid ones.
fn requested(call: &mut Call<'_>, actor: &Actor, ticket: Option<&Ticket>) -> Result<Requested, ApiError> {
    let agent =
        ticket.map_or_else(|| actor.agent(call.state), |row| permission::as_agent(call.state, actor, row, "change"));
    let mut requested = Requested {
        group: lookup::group(call, ticket.is_none())?,
        state: lookup::state(call)?,
        priority: lookup::priority(call)?,
        owner: if agent { lookup::owner(call)? } else { None },
        customer: if agent { lookup::customer(call, actor)? } else { None },
        ..Requested::default()
    };
    if let Some(group) = requested.group.filter(|group| ticket.is_some_and(|ticket| ticket.group_id != *group))
        && !(agent && call.state.group_access(actor.user, group, "create"))
    {
        return Err(ApiError::invalid_hidden(format!("Invalid value '{group}' for field 'group_id'!")));
    }
    if requested.state.is_some_and(|id| call.state.states.get(&id).is_some_and(|state| state.state_type == "merged")) {
        return Err(ApiError::invalid_hidden("Invalid value '5' for field 'state_id'!"));
    }
    if let Some(title) = call.params.get("title") {
        let title = cut(&as_text(title), TITLE_LENGTH);
        if title.is_empty() {
            return Err(ApiError::invalid_hidden("Missing required value for field 'title'!"));
        }
        requested.title = Some(title);
    }
    if call.params.contains_key("note") {
        requested.note = Some(call.text("note"));
    }
    if let Some(value) = call.params.get("pending_time") {
        let refused = || ApiError::invalid_hidden("Missing required value for field 'pending_time'!");
        requested.pending_time =
            Some(if value.is_null() { None } else { Some(moment::parse(value).ok_or_else(refused)?) });
    }
    if let Some(value) = call.param("preferences") {
        let map = value.as_object().ok_or_else(|| ApiError::crash("undefined method 'each'"))?;
        requested.preferences = agent.then(|| map.clone());
    }
    for (name, column) in &call.state.ticket_attributes {
        if let Some(value) = call.params.get(name) {
            requested.attributes.push((name.clone(), column.cast(name, value)?));
        }
    }
    Ok(requested)
}

/// A pending state needs a time.
fn check_pending(call: &Call<'_>, requested: &Requested, ticket: &Ticket) -> Result<(), ApiError> {
    let state = requested.state.unwrap_or(ticket.state_id);
    let pending = call.state.states.get(&state).is_some_and(|state| state.state_type.starts_with("pending"));
    if pending && requested.pending_time.unwrap_or(ticket.pending_time).is_none() {
        return Err(ApiError::invalid_hidden("Missing required value for field 'pending_time'!"));
    }
    Ok(())
}

/// Mandatory fields and excluded values, as a form has them.
fn check_form(
    call: &Call<'_>,
    actor: &Actor,
    screen: &str,
    saved: Option<&Ticket>,
    selected: &Ticket,
) -> Result<(), ApiError> {
    Form { state: call.state, user: actor.user, class: "Ticket", screen, saved, selected }.check()
}

/// A ticket with the requested values.
fn with_values(call: &Call<'_>, before: &Ticket, requested: Requested) -> Ticket {
    let mut ticket = before.clone();
    ticket.title = requested.title.unwrap_or(ticket.title);
    ticket.group_id = requested.group.unwrap_or(ticket.group_id);
    ticket.priority_id = requested.priority.unwrap_or(ticket.priority_id);
    ticket.owner_id = requested.owner.unwrap_or(ticket.owner_id);
    if let Some(customer) = requested.customer {
        ticket.customer_id = customer;
        ticket.organization_id = call.state.users.get(&customer).and_then(|user| user.organization_id);
    }
    ticket.note = requested.note.unwrap_or(ticket.note);
    ticket.pending_time = requested.pending_time.unwrap_or(ticket.pending_time);
    ticket.preferences.extend(requested.preferences.unwrap_or_default());
    ticket.attributes.extend(requested.attributes);
    // A user without access to the group cannot be owner; Zammad responds 200 and sets nobody.
    if ticket.owner_id != SYSTEM && !call.state.group_access(ticket.owner_id, ticket.group_id, "full") {
        ticket.owner_id = SYSTEM;
    }
    ticket.state_id = requested.state.unwrap_or(ticket.state_id);
    ticket
}

/// Writes the requested values and records the changed columns.
fn apply(call: &mut Call<'_>, actor: &Actor, id: Id, requested: Requested, new: bool) {
    let now = call.now;
    let Some(before) = call.state.tickets.get(&id).cloned() else { return };
    let mut ticket = with_values(call, &before, requested);
    settle(call, &before, &mut ticket, new);
    let changed = ticket_changes(call, &before, &ticket);
    if new || changed || before.stamps.updated_by_id != actor.user {
        let by = |id: Id| Value::from(id);
        call.events.changed(id, "updated_by_id", &by(before.stamps.updated_by_id), &by(actor.user));
        ticket.stamps.touch(actor.user, now);
    }
    if !new && before.owner_id != ticket.owner_id {
        let change = OwnerChange { by: actor.user, from: before.owner_id, to: ticket.owner_id, at: now };
        ticket.owner_changes.push(change);
    }
    // A background job counts the customers' tickets, in the name of the user who created or moved one.
    let customers = [before.customer_id, ticket.customer_id];
    if new || customers[0] != customers[1] {
        for customer in customers {
            if let Some(customer) = call.state.users.get_mut(&customer) {
                customer.stamps.touch(actor.user, now);
            }
        }
    }
    call.state.tickets.insert(id, ticket);
}

fn ticket_changes(call: &mut Call<'_>, before: &Ticket, after: &Ticket) -> bool {
    let rows = [before, after].map(|ticket| render::ticket_columns(call.state, ticket));
    let mut any = false;
    for (column, value) in &rows[1] {
        let old = rows[0].get(column).unwrap_or(&Value::Null);
        any |= old != value;
        call.events.changed(after.id, column, old, value);
    }
    any
}
