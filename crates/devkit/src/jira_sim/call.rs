//! A request to the REST API, and who makes it.
//!
//! On a real site Forge's proxy adds the credentials. Its stand-in here: `Authorization: Bearer app:<installation id>`
//! acts as the app (`asApp`), `Bearer user:<account id>` as that account (`asUser`). Our Forge emulator sends these.

use serde_json::{Map, Value};

use super::{
    error::{JSON, Refusal},
    events::Change,
    state::{APP_ACCOUNT, State},
};
use crate::{
    clock::Millis,
    http::{Answer, Inbound},
};

/// What a route gets.
pub(super) struct Call<'a> {
    pub inbound: &'a Inbound,
    pub state: &'a mut State,
    /// The acting account.
    pub account: String,
    pub now: Millis,
    /// What the request changed: the events that will be sent.
    pub changes: Vec<Change>,
}

/// What a route answers.
pub(super) type Reply = Result<Answer, Refusal>;

/// The account behind the credentials.
pub(super) fn account(inbound: &Inbound, state: &State) -> Result<String, Refusal> {
    let bearer = inbound.header("authorization").and_then(|header| header.strip_prefix("Bearer "));
    let account = match bearer.and_then(|bearer| bearer.split_once(':')) {
        Some(("app", installation)) if !installation.is_empty() => APP_ACCOUNT,
        Some(("user", account)) => account,
        _ => return Err(Refusal::unauthenticated()),
    };
    let known = state.users.get(account).is_some_and(|user| user.active);
    if known { Ok(account.to_owned()) } else { Err(Refusal::unauthenticated()) }
}

impl Call<'_> {
    /// The body, which must be a JSON object.
    pub fn body(&self) -> Result<Map<String, Value>, Refusal> {
        match serde_json::from_slice(&self.inbound.body) {
            Ok(Value::Object(body)) => Ok(body),
            _ => Err(Refusal::payload()),
        }
    }

    /// A value of the query as a number.
    pub fn number(&self, name: &str, default: usize) -> usize {
        self.inbound.query_value(name).and_then(|text| text.parse().ok()).unwrap_or(default)
    }

    /// Whether `expand` names this.
    pub fn expands(&self, name: &str) -> bool {
        self.inbound.query_value("expand").is_some_and(|list| list.split(',').any(|item| item.trim() == name))
    }
}

/// A JSON answer.
pub(super) fn ok(status: u16, body: impl Into<Value>) -> Reply {
    Ok(Answer::new(status, JSON, body.into().to_string()))
}

/// Done, nothing to say.
pub(super) fn no_content() -> Reply {
    Ok(Answer::empty(204))
}
