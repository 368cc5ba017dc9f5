//! Whom or what an export or an erasure is about.

use serde_json::Value;

use super::people::has_account;

/// Maximum bytes of an account id.
const MAX_ACCOUNT: usize = 128;

/// A person, a ticket, or everything.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Subject {
    /// The account id of a person.
    Person(String),
    /// Zammad's id of a ticket.
    Ticket(u64),
    /// All that is stored.
    Everything,
}

impl Subject {
    /// Reads the one subject that a payload names.
    pub(super) fn read(payload: &Value) -> Option<Self> {
        let person = payload["accountId"].as_str();
        let (ticket, everything) = (payload["ticketId"].as_u64(), payload["everything"] == true);
        match (person, ticket, everything) {
            (Some(id), None, false) if is_account(id) => Some(Self::Person(id.to_owned())),
            (None, Some(ticket), false) => Some(Self::Ticket(ticket)),
            (None, None, true) => Some(Self::Everything),
            _ => None,
        }
    }

    pub(super) const fn is_person(&self) -> bool {
        matches!(self, Self::Person(_))
    }

    /// The text that an admin types to confirm an erasure.
    pub(super) fn confirmation(&self) -> String {
        match self {
            Self::Person(id) => id.clone(),
            Self::Ticket(id) => id.to_string(),
            Self::Everything => "everything".to_owned(),
        }
    }

    /// Whether a record is about it.
    pub(super) fn has(&self, key: &str, value: &Value) -> bool {
        match self {
            Self::Person(account) => has_account(value, account),
            Self::Ticket(ticket) => is_of_ticket(key, *ticket) || has_ticket(value, *ticket),
            Self::Everything => true,
        }
    }
}

/// Whether a text has the form of an account id.
pub(super) fn is_account(id: &str) -> bool {
    !id.is_empty()
        && id.len() <= MAX_ACCOUNT
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b":-_".contains(&byte))
}

/// Whether the key of a record has the ticket's id.
fn is_of_ticket(key: &str, ticket: u64) -> bool {
    let rest = ["link:t:", "cache:ticket:", "file:"].iter().find_map(|prefix| key.strip_prefix(prefix));
    rest.and_then(|rest| rest.split(':').next()).is_some_and(|id| id == ticket.to_string())
}

/// Whether a value names the ticket.
fn has_ticket(value: &Value, ticket: u64) -> bool {
    match value {
        Value::Array(items) => items.iter().any(|item| has_ticket(item, ticket)),
        Value::Object(fields) => {
            let one = ["ticketId", "ticket", "intoTicketId"]
                .iter()
                .any(|name| fields.get(*name).is_some_and(|id| *id == ticket));
            let listed = ["ticketIds", "tickets"].iter().filter_map(|name| fields.get(*name)?.as_array()).flatten();
            one || listed.into_iter().any(|id| *id == ticket) || fields.values().any(|field| has_ticket(field, ticket))
        }
        Value::String(text) if text.starts_with("{\"") => serde_json::from_str::<Value>(text)
            .is_ok_and(|inner| inner.get("kind").is_some() && has_ticket(&inner, ticket)),
        _ => false,
    }
}
