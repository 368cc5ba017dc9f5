//! Searching tickets as Zammad does without Elasticsearch: by condition, or by one phrase in the texts.

use std::cmp::Ordering;

use serde_json::{Map, Value, json};

use super::tickets::{self, bounds};
use crate::zammad_sim::{
    automation::{
        selector::{self, Fault},
        subject::Subject,
    },
    call::{Call, Mode, Reply, ok},
    error::ApiError,
    model::{
        entities::{Id, Ticket},
        permission::Reader,
        state::State,
        version::Version,
    },
    render,
    values::{as_id, as_text},
};

/// Tickets in an answer, unless asked otherwise, and at most.
const DEFAULT: usize = 50;
const CAP: usize = 200;

pub(in crate::zammad_sim) fn tickets(call: &mut Call<'_>, _: &[&str]) -> Reply {
    let actor = call.require(&["ticket.agent", "ticket.customer"])?;
    let (skip, take) = bounds(call, DEFAULT, CAP)?;
    let old = call.state.version == Version::V6_1;
    let condition = match call.param("condition") {
        // A test that asks for nothing takes the whole condition with it, and everything is found. A trap of Zammad's.
        Some(value) => Some(condition(call.state, value)?).filter(|node| !node.is_void()),
        None => None,
    };
    let query = call.text("query");
    let phrase = query.as_deref().unwrap_or_default().replace('*', "");
    let ids: Option<Vec<Id>> =
        call.param("ids").filter(|_| !old).and_then(Value::as_array).map(|ids| ids.iter().filter_map(as_id).collect());
    let state = &*call.state;
    // An empty phrase finds everything on 6.5 and nothing on 6.1.
    let nothing = old && query.is_some() && phrase.trim().is_empty();
    let reader = Reader::new(state, &actor);
    // Newest first, unless asked otherwise.
    let mut found: Vec<&Ticket> = state
        .tickets
        .values()
        .rev()
        .filter(|ticket| !nothing && reader.may_read(ticket))
        .filter(|ticket| ids.as_ref().is_none_or(|ids| ids.contains(&ticket.id)))
        .filter(|ticket| phrase.is_empty() || mentions(state, ticket, &phrase, !old))
        .filter(|ticket| {
            let subject = Subject { state, ticket, event: None, user: actor.user, now: call.now };
            condition.as_ref().is_none_or(|node| subject.fits(node))
        })
        .collect();
    sort(call, &mut found)?;
    let total = found.len();
    if call.switch("only_total_count") && !old {
        return ok(200, json!({"total_count": total}));
    }
    let rows: Vec<&Ticket> = found.into_iter().skip(skip).take(take).collect();
    let ids: Vec<Id> = rows.iter().map(|row| row.id).collect();
    let counted = state.version == Version::V7_2 && call.switch("with_total_count");
    let listed = |rows: Vec<Map<String, Value>>| {
        if counted { ok(200, json!({"records": rows, "total_count": total})) } else { ok(200, rows) }
    };
    match call.mode() {
        Mode::Expand => listed(rows.into_iter().map(|row| render::ticket_expanded(state, row)).collect()),
        _ if old => {
            let assets = tickets::assets(state, rows, actor.user);
            ok(200, json!({"tickets": ids, "tickets_count": ids.len(), "assets": assets}))
        }
        Mode::Full => {
            let assets = tickets::assets(state, rows, actor.user);
            ok(200, json!({"record_ids": ids, "assets": assets, "total_count": total}))
        }
        Mode::Plain => listed(rows.into_iter().map(|row| render::ticket_with_ids(state, row)).collect()),
    }
}

fn condition(state: &State, value: &Value) -> Result<selector::Node, ApiError> {
    let refused = |fault| match fault {
        Fault::Field => ApiError::invalid_hidden("Invalid attribute in selector"),
        Fault::Operator => ApiError::crash("Invalid operator in selector"),
        Fault::Shape => ApiError::crash("undefined method 'each' for a String"),
    };
    let node = selector::parse(value).map_err(refused)?;
    node.check_fields(state).map_err(refused)?;
    if let Some(other) = node.tests().into_iter().find_map(no_number) {
        let text = format!("PG::InvalidTextRepresentation: ERROR:  invalid input syntax for type integer: \"{other}\"");
        return Err(ApiError::invalid_hidden(text));
    }
    Ok(node)
}

/// A text that a test compares with the number of a ticket, although it is no number.
fn no_number(test: &selector::Test) -> Option<String> {
    let values = test.value.as_ref().filter(|_| test.field == "ticket.id" && test.operator.starts_with("is"))?;
    let values = if let Value::Array(items) = values { items.iter().collect() } else { vec![values] };
    values.into_iter().find(|value| !value.is_null() && as_id(value).is_none()).map(as_text)
}

/// One phrase in title, number, or an article's texts; only tickets with an article are searched.
fn mentions(state: &State, ticket: &Ticket, phrase: &str, any_case: bool) -> bool {
    let fold = |text: &str| if any_case { text.to_lowercase() } else { text.to_owned() };
    let phrase = fold(phrase);
    let has = |text: &str| fold(text).contains(&phrase);
    let mut articles = state.articles_of(ticket.id).peekable();
    if articles.peek().is_none() {
        return false;
    }
    has(&ticket.title)
        || has(&ticket.number)
        || articles.any(|article| {
            let texts = [Some(&article.body), Some(&article.from), article.to.as_ref(), article.subject.as_ref()];
            texts.into_iter().flatten().any(|text| has(text))
        })
}

fn sort(call: &Call<'_>, found: &mut [&Ticket]) -> Result<(), ApiError> {
    let list = |name: &str| match call.param(name) {
        Some(Value::Array(items)) => items.iter().map(as_text).collect(),
        Some(value) => as_text(value).split(',').map(|part| part.trim().to_owned()).collect::<Vec<_>>(),
        None => Vec::new(),
    };
    let (columns, orders) = (list("sort_by"), list("order_by"));
    if columns.is_empty() {
        return Ok(());
    }
    let known = [
        "id",
        "number",
        "title",
        "created_at",
        "updated_at",
        "state_id",
        "priority_id",
        "group_id",
        "owner_id",
        "customer_id",
        "close_at",
        "article_count",
        "pending_time",
    ];
    if let Some(unknown) = columns.iter().find(|column| !known.contains(&column.as_str())) {
        return Err(ApiError::crash(format!("Found invalid column '{unknown}' for sorting.")));
    }
    if let Some(unknown) = orders.iter().find(|order| !matches!(order.as_str(), "asc" | "desc")) {
        return Err(ApiError::crash(format!("Ordering direction {unknown} is invalid.")));
    }
    let down = |index: usize| orders.get(index).is_none_or(|order| order == "desc");
    found.sort_by(|left, right| {
        let by = |(index, column): (usize, &String)| {
            let order = compare(column, left, right);
            if down(index) { order.reverse() } else { order }
        };
        columns.iter().enumerate().map(by).find(|order| order.is_ne()).unwrap_or_else(|| right.id.cmp(&left.id))
    });
    Ok(())
}

fn compare(column: &str, left: &Ticket, right: &Ticket) -> Ordering {
    let by = |key: fn(&Ticket) -> i128| key(left).cmp(&key(right));
    match column {
        "number" => left.number.cmp(&right.number),
        "title" => left.title.cmp(&right.title),
        "created_at" => by(|ticket| ticket.stamps.created_at.into()),
        "updated_at" => by(|ticket| ticket.stamps.updated_at.into()),
        "state_id" => by(|ticket| ticket.state_id.into()),
        "priority_id" => by(|ticket| ticket.priority_id.into()),
        "group_id" => by(|ticket| ticket.group_id.into()),
        "owner_id" => by(|ticket| ticket.owner_id.into()),
        "customer_id" => by(|ticket| ticket.customer_id.into()),
        "close_at" => left.close_at.cmp(&right.close_at),
        "article_count" => left.article_count.cmp(&right.article_count),
        "pending_time" => left.pending_time.cmp(&right.pending_time),
        _ => left.id.cmp(&right.id),
    }
}
