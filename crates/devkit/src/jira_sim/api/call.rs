//! A request to the REST API, and who makes it.
//!
//! On a real site Forge's proxy adds the credentials. Its stand-in here: `Authorization: Bearer app:<installation id>`
//! acts as the app (`asApp`), `Bearer user:<account id>` as that account (`asUser`). Our Forge emulator sends these.
//! Scripts log in as on a real site: Basic authentication with an address and an API token. Without credentials it is
//! an anonymous visitor, whose account is the empty text.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value};

use super::error::{JSON, Refusal};
use crate::{
    clock::Millis,
    http::{Answer, Inbound},
    jira_sim::{change::Change, id::APP_ACCOUNT, site::State},
};

/// A request that a route handles.
pub(super) struct Call<'a> {
    pub inbound: &'a Inbound,
    pub state: &'a mut State,
    /// The acting account.
    pub account: String,
    pub now: Millis,
    /// The changes that the request made; each becomes an event.
    pub changes: Vec<Change>,
    /// Points of the app's hourly budget that the request costs.
    pub points: u64,
}

/// The result of a route.
pub(super) type Reply = Result<Answer, Refusal>;

/// The account that makes a request, and whether the request comes through the app.
pub(super) struct Who {
    pub account: String,
    pub through_app: bool,
}

/// The account behind the credentials.
pub(super) fn who(inbound: &Inbound, state: &State) -> Result<Who, Refusal> {
    let Some(header) = inbound.header("authorization") else {
        return Ok(Who { account: String::new(), through_app: false });
    };
    let (account, through_app) = match header.split_once(' ') {
        Some(("Bearer", token)) => match token.split_once(':') {
            Some(("app", installation)) if !installation.is_empty() => (Some(APP_ACCOUNT.to_owned()), true),
            Some(("user", account)) => (Some(account.to_owned()), true),
            _ => (None, true),
        },
        Some(("Basic", credentials)) => (by_token(state, credentials), false),
        _ => (None, false),
    };
    let account = account.filter(|account| state.users.get(account).is_some_and(|user| user.active));
    let account = account.ok_or_else(Refusal::unauthenticated)?;
    Ok(Who { account, through_app })
}

fn by_token(state: &State, credentials: &str) -> Option<String> {
    let credentials = String::from_utf8(STANDARD.decode(credentials).ok()?).ok()?;
    let (address, token) = credentials.split_once(':')?;
    let fits = |email: Option<&str>, known: Option<&str>| email == Some(address) && known == Some(token);
    let user = state.users.values().find(|user| fits(user.email.as_deref(), user.api_token.as_deref()))?;
    Some(user.account_id.clone())
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

    /// Whether a switch of the query is on.
    pub fn flag(&self, name: &str) -> bool {
        self.inbound.query_value(name).is_some_and(|text| text == "true")
    }

    /// The values of the query by this name: repeated, or with commas between.
    pub fn list(&self, name: &str) -> Vec<String> {
        let pairs = url::form_urlencoded::parse(self.inbound.query.as_bytes());
        let values: Vec<String> = pairs.filter(|(key, _)| key == name).map(|(_, value)| value.into_owned()).collect();
        let items = values.iter().flat_map(|value| value.split(',')).map(|item| item.trim().to_owned());
        items.filter(|item| !item.is_empty()).collect()
    }

    /// Whether `expand` names this.
    pub fn expands(&self, name: &str) -> bool {
        self.list("expand").iter().any(|item| item == name)
    }

    /// Somebody who has logged in.
    pub fn logged_in(&self) -> Result<(), Refusal> {
        if self.account.is_empty() { Err(Refusal::unauthenticated()) } else { Ok(()) }
    }

    /// Charges points for this many read objects; people cost two each.
    pub const fn read(&mut self, objects: usize, people: usize) {
        self.points += objects as u64 + 2 * people as u64;
    }
}

/// A JSON answer.
pub(super) fn ok(status: u16, body: impl Into<Value>) -> Reply {
    Ok(Answer::new(status, JSON, body.into().to_string()))
}

/// Status 204 without a body.
pub(super) fn no_content() -> Reply {
    Ok(Answer::empty(204))
}
