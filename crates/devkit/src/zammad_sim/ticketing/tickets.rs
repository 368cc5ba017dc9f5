//! Tickets: reading, listing and deleting. Writing is `ticket_write.rs`.

use super::permitted;
use crate::{
    http::Answer,
    zammad_sim::{
        call::{Call, Mode, Reply, ok},
        error::ApiError,
        model::{
            actor::Actor,
            entities::{Id, OwnerChange, Ticket},
            permission::Reader,
            state::State,
        },
        render::{self, time},
    },
};
use serde_json::{Map, Value, json};

/// Most tickets in one list.
const LIST_CAP: usize = 100;

pub(in crate::zammad_sim) fn show(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let id = path.get(1).copied().unwrap_or_default();
    let (actor, ticket) = permitted::ticket(call, id, "read")?;
    if call.switch("all") {
        return ok(200, everything(call.state, &actor, ticket));
    }
    one(call, ticket, 200, false)
}

/// The answer to a read (`written` false) or a write of one ticket.
pub(in crate::zammad_sim) fn one(call: &Call<'_>, ticket: Id, status: u16, written: bool) -> Reply {
    let state = &*call.state;
    let row = state.ticket_by_text(&ticket.to_string())?;
    let mode = call.mode();
    let body = match mode {
        Mode::Full => json!({"id": ticket, "assets": assets(state, [row], viewer(call))}),
        Mode::Plain if written => Value::Object(render::ticket_with_ids(state, row)),
        Mode::Plain | Mode::Expand => Value::Object(render::ticket(state, row, mode)),
    };
    ok(status, body)
}

fn viewer(call: &Call<'_>) -> Id {
    call.actor.as_ref().map_or(0, |actor| actor.user)
}

/// The tickets and the people around them.
pub(in crate::zammad_sim) fn assets<'a>(
    state: &State,
    tickets: impl IntoIterator<Item = &'a Ticket>,
    viewer: Id,
) -> Value {
    let mut rows = Map::new();
    let mut people = std::collections::BTreeSet::new();
    for ticket in tickets {
        rows.insert(ticket.id.to_string(), Value::Object(render::ticket_with_ids(state, ticket)));
        people.extend([ticket.owner_id, ticket.customer_id, ticket.stamps.created_by_id, ticket.stamps.updated_by_id]);
    }
    json!({"Ticket": rows, "User": render::user_assets(state, people, viewer)})
}

/// All data of the web client's ticket view.
fn everything(state: &State, actor: &Actor, ticket: Id) -> Value {
    let articles: Vec<Id> = state.articles_of(ticket).map(|article| article.id).collect();
    let row = state.tickets.get(&ticket);
    json!({
        "ticket_id": ticket, "ticket_article_ids": articles, "assets": assets(state, row, actor.user), "links": [],
        "tags": row.map(|row| row.tags.clone()).unwrap_or_default(), "mentions": [], "time_accountings": [],
        "form_meta": {},
    })
}

pub(in crate::zammad_sim) fn list(call: &mut Call<'_>, _: &[&str]) -> Reply {
    let actor = call.authenticate()?;
    let (skip, take) = bounds(call, LIST_CAP, LIST_CAP)?;
    let state = &*call.state;
    let reader = Reader::new(state, &actor);
    let seen = state.tickets.values().filter(|ticket| reader.may_read(ticket));
    let rows: Vec<&Ticket> = seen.skip(skip).take(take).collect();
    let mode = call.mode();
    if mode == Mode::Full {
        let ids: Vec<Id> = rows.iter().map(|row| row.id).collect();
        return ok(200, json!({"record_ids": ids, "assets": assets(state, rows, actor.user)}));
    }
    ok(200, rows.into_iter().map(|row| render::ticket(state, row, mode)).collect::<Vec<_>>())
}

/// How many rows to leave out and how many to show.
pub(in crate::zammad_sim) fn bounds(call: &Call<'_>, default: usize, cap: usize) -> Result<(usize, usize), ApiError> {
    // Ruby's `to_i`: text counts as 0.
    let number = |name: &str| call.text(name).map(|text| text.trim().parse::<i64>().unwrap_or(0));
    let page = number("page").unwrap_or(1);
    let wanted = number("per_page").or_else(|| number("limit"));
    if page < 1 || wanted.is_some_and(|wanted| wanted < 0) {
        return Err(ApiError::invalid_hidden("LIMIT must not be negative"));
    }
    let take = wanted.map_or(default, |wanted| usize::try_from(wanted).unwrap_or(cap)).min(cap);
    Ok((usize::try_from(page - 1).unwrap_or(0).saturating_mul(take), take))
}

pub(in crate::zammad_sim) fn delete(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let actor = call.authenticate()?;
    let id = path.get(1).copied().unwrap_or_default();
    let ticket = call.state.ticket_by_text(id)?.id;
    if !actor.may(call.state, "admin") {
        return Err(ApiError::forbidden("Not authorized (admin permission required)!"));
    }
    call.state.delete_ticket(ticket);
    Ok(Answer::new(200, "application/json", ""))
}

/// The history of a ticket; of its entries only the changes of the owner. Not recorded: as Zammad's source has them.
pub(in crate::zammad_sim) fn history(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let (actor, ticket) = permitted::ticket(call, path.get(1).copied().unwrap_or_default(), "read")?;
    let row = call.state.tickets.get(&ticket);
    let changes = row.map(|row| row.owner_changes.as_slice()).unwrap_or_default();
    let entry = |(number, change): (usize, &OwnerChange)| {
        json!({
            "id": number + 1, "o_id": ticket, "object": "Ticket", "type": "updated", "attribute": "owner",
            "id_from": change.from, "id_to": change.to, "created_by_id": change.by, "created_at": time(change.at),
        })
    };
    let entries: Vec<Value> = changes.iter().enumerate().map(entry).collect();
    ok(200, json!({"history": entries, "assets": assets(call.state, row, actor.user)}))
}
