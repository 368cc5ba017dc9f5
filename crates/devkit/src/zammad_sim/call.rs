//! A request to the API, with its parameters as Rails would merge them.

use super::{
    cookie,
    error::ApiError,
    model::{actor::Actor, events::Events, gitlab::Question, session::Cookie, state::State},
    values::{as_text, is_true},
};
use crate::{
    clock::Millis,
    http::{Answer, Inbound},
};
use serde_json::{Map, Value};

/// A request that a route handles: its parameters, the database, and the changes for the triggers.
pub(super) struct Call<'a> {
    pub inbound: &'a Inbound,
    pub params: Map<String, Value>,
    pub state: &'a mut State,
    pub events: Events,
    pub now: Millis,
    /// Known after the route has authenticated the caller.
    pub actor: Option<Actor>,
    /// The browser's session.
    pub cookie: Cookie,
    /// Whether the session identifies the user.
    pub by_session: bool,
    /// Whether a refusal starts a session.
    pub starts_session: bool,
    /// A query for another server that must precede the response.
    pub question: Option<Question>,
}

/// The result of a route.
pub(super) type Reply = Result<Answer, ApiError>;

impl<'a> Call<'a> {
    pub fn new(inbound: &'a Inbound, params: Map<String, Value>, state: &'a mut State) -> Self {
        let now = state.now;
        let cookie = cookie::of(state, inbound);
        Self {
            inbound,
            params,
            events: Events::default(),
            now,
            actor: None,
            by_session: false,
            starts_session: cookie == Cookie::Unknown,
            cookie,
            question: None,
            state,
        }
    }

    /// A parameter; null counts as absent.
    pub fn param(&self, name: &str) -> Option<&Value> {
        self.params.get(name).filter(|value| !value.is_null())
    }

    /// A parameter as text; numbers are written out.
    pub fn text(&self, name: &str) -> Option<String> {
        self.param(name).map(as_text)
    }

    /// Whether a switch like `expand` is on.
    pub fn switch(&self, name: &str) -> bool {
        self.param(name).is_some_and(is_true)
    }

    /// The parameter `name`, which must be there and new.
    pub fn unique_name<'n>(&self, mut taken: impl Iterator<Item = &'n str>) -> Result<String, ApiError> {
        let name = self.text("name").filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| ApiError::invalid("The required parameter 'name' is missing."))?;
        if taken.any(|known| known.eq_ignore_ascii_case(&name)) {
            return Err(ApiError::invalid("This object already exists."));
        }
        Ok(name)
    }

    /// In which form the answer is wanted.
    pub fn mode(&self) -> Mode {
        if self.switch("expand") {
            Mode::Expand
        } else if self.switch("full") {
            Mode::Full
        } else {
            Mode::Plain
        }
    }
}

/// Form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Columns, and the numbers of the rows that belong to it.
    Plain,
    /// With names.
    Expand,
    /// Number and assets.
    Full,
}

/// The request's parameters: query, then body.
pub(super) fn params(inbound: &Inbound) -> Result<Map<String, Value>, BodyFault> {
    let mut params = inbound.query_values();
    let content_type = inbound.header("content-type").unwrap_or_default();
    if inbound.body.is_empty() {
        return Ok(params);
    }
    if content_type.starts_with("application/json") {
        let text = std::str::from_utf8(&inbound.body).map_err(|_| BodyFault::NotUtf8)?;
        // A list or a bare text is no set of parameters: Rails puts it aside, and so do we.
        if let Value::Object(body) = serde_json::from_str(text).map_err(|_| BodyFault::NotJson)? {
            params.extend(body.into_iter().map(|(name, value)| (name, munged(value))));
        }
    } else if content_type.starts_with("application/x-www-form-urlencoded") {
        params.extend(inbound.form_values());
    }
    Ok(params)
}

/// Rails takes nulls out of lists in parameters.
fn munged(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().filter(|item| !item.is_null()).map(munged).collect(),
        Value::Object(map) => Value::Object(map.into_iter().map(|(name, value)| (name, munged(value))).collect()),
        plain => plain,
    }
}

/// A body that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BodyFault {
    /// Refused before any controller.
    NotUtf8,
    /// An exception.
    NotJson,
}

/// A list of rows with `page` and `per_page`, as generic models have it.
pub(super) fn page<T>(call: &Call<'_>, rows: Vec<T>, default: usize) -> Vec<T> {
    let number = |name: &str| call.text(name).and_then(|text| text.parse::<usize>().ok());
    let per_page = number("per_page").or_else(|| number("limit")).unwrap_or(default).min(1000);
    let skip = number("page").unwrap_or(1).saturating_sub(1) * per_page;
    rows.into_iter().skip(skip).take(per_page).collect()
}

/// A JSON answer.
pub(super) fn ok(status: u16, body: impl Into<Value>) -> Reply {
    Ok(Answer::json(status, &body.into()))
}
