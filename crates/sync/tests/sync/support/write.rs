//! Two systems that store what they receive.

use serde_json::Value;
use sync::{Issue, Ticket, TicketWrite};

use super::STATES;

pub(crate) fn write_ticket(write: &TicketWrite, ticket: &mut Ticket) {
    match write {
        TicketWrite::Title(title) => title.clone_into(&mut ticket.title),
        TicketWrite::State(id, pending) => {
            let state = STATES.iter().find(|state| state.id == *id).unwrap();
            assert!(state.active && state.type_id != 6, "only states that may be set");
            assert_eq!(pending.is_some(), [3, 4].contains(&state.type_id), "a pending state needs a time");
            (ticket.state, ticket.state_type) = (state.id, state.type_id);
        }
        TicketWrite::Priority(id) => ticket.priority = *id,
        TicketWrite::Owner(owner) => ticket.owner = *owner,
        TicketWrite::Tags { add, remove } => {
            ticket.tags.retain(|tag| !remove.contains(tag));
            ticket.tags.extend(add.iter().cloned());
        }
        TicketWrite::Attribute(name, value) => {
            ticket.attributes.insert(name.clone(), value.clone());
        }
    }
}

pub(crate) fn write_issue(field: &str, value: &Value, issue: &mut Issue) {
    let snapshot = &mut issue.snapshot;
    let account = || value["accountId"].as_str().and_then(super::account);
    match field {
        "summary" => value.as_str().unwrap().clone_into(&mut snapshot.summary),
        "priority" => snapshot.priority_id = value["id"].as_str().map(str::to_owned),
        "assignee" => snapshot.assignee = account(),
        "reporter" => snapshot.reporter = account(),
        "labels" => {
            snapshot.labels =
                value.as_array().unwrap().iter().map(|label| label.as_str().unwrap().to_owned()).collect();
        }
        custom if value.is_null() => {
            snapshot.fields.remove(custom);
        }
        custom => {
            snapshot.fields.insert(custom.to_owned(), value.clone());
        }
    }
}
