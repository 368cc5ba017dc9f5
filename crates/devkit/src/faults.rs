//! Faults on demand, the same for both simulators: set with the builder, the Rust handle, or `POST /__sim/faults`.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::{clock::Millis, http::Inbound};

/// A fault of a request. `after_apply` kinds happen after the request was processed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum FaultKind {
    /// The response is delayed.
    Latency {
        /// Length of the delay, in milliseconds.
        ms: u32,
    },
    /// Never answered, nothing done.
    Hang,
    /// Done, but never answered.
    HangAfterApply,
    /// Answered with this status and nothing done (an upstream proxy's plain page).
    Status {
        /// The code.
        status: u16,
        /// Value of `Retry-After`, if any.
        #[serde(default)]
        retry_after: Option<u32>,
    },
    /// The connection is closed, nothing done.
    Reset,
    /// Done, then the connection is closed without an answer.
    ResetAfterApply,
    /// Processed, but the response differs in one place: for values that the simulator itself could not store.
    Rewrite {
        /// These characters of the answer.
        from: String,
        /// Become these.
        to: String,
    },
    /// Nothing done: a proxy knows no such address and answers 404, in HTML or as plain text.
    ProxyNotFound {
        /// `404 page not found` as plain text.
        #[serde(default)]
        plain: bool,
    },
    /// Nothing done: a login page of somebody else, with status 200.
    LoginPage,
    /// Nothing done: redirected to another address.
    Redirect {
        /// The address. One without a path (`https://help.example.com`) gets the request's own path and query.
        location: String,
        /// With status 301 instead of 302.
        #[serde(default)]
        permanent: bool,
    },
    /// Nothing done: status 200 without a body.
    EmptyBody,
    /// Nothing done: status 200 and JSON of another shape, `{"status":"ok"}`.
    OtherJson,
    /// Nothing done: the server itself answers 500. Zammad does so in two forms: JSON to a read, HTML to a write.
    ServerError,
    /// Nothing done: the server is in maintenance mode. Zammad answers 403 to every call of its API.
    Maintenance,
    /// Nothing done: the server no longer accepts API tokens, 403.
    TokenAccessDisabled,
    /// Nothing done: the server does not know the credentials, 401.
    Unauthorized,
    /// Nothing done: the server refuses the values, 422 in its own form.
    Refused,
}

/// A fault, and the requests that it hits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// The kind of fault.
    #[serde(flatten)]
    pub kind: FaultKind,
    /// Only this verb.
    #[serde(default)]
    pub method: Option<String>,
    /// Only paths that contain this text.
    #[serde(default)]
    pub path: Option<String>,
    /// Only requests whose `Authorization` contains this text: something on the way of one client, such as its proxy.
    #[serde(default)]
    pub client: Option<String>,
    /// Number of requests that it hits; absent: until cleared.
    #[serde(default)]
    pub times: Option<u32>,
}

impl Fault {
    /// Hits every request until cleared.
    #[must_use]
    pub const fn always(kind: FaultKind) -> Self {
        Self { kind, method: None, path: None, client: None, times: None }
    }

    /// Hits the next request only.
    #[must_use]
    pub fn once(kind: FaultKind) -> Self {
        Self { times: Some(1), ..Self::always(kind) }
    }

    /// Only requests with this verb whose path contains this text.
    #[must_use]
    pub fn on(mut self, method: &str, path: &str) -> Self {
        self.method = Some(method.to_owned());
        self.path = Some(path.to_owned());
        self
    }

    /// Only requests whose `Authorization` contains this text.
    #[must_use]
    pub fn of_client(mut self, credentials: &str) -> Self {
        self.client = Some(credentials.to_owned());
        self
    }

    fn hits(&self, (method, path): (&str, &str), credentials: &str) -> bool {
        self.times != Some(0)
            && self.client.as_deref().is_none_or(|wanted| credentials.contains(wanted))
            && self.method.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
            && self.path.as_deref().is_none_or(|wanted| path.contains(wanted))
    }
}

/// A fault of a message that the simulator sends: a webhook of Zammad, an event of Jira.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum SendFaultKind {
    /// Never sent.
    Lose,
    /// Sent twice, with the same identity.
    Double,
    /// Sent only after the next one. Clearing the faults releases a waiting one.
    Reorder,
    /// Sent later.
    Delay {
        /// Length of the delay, in milliseconds.
        ms: u32,
    },
}

/// A fault of sending, for the next `times` messages (absent: until cleared).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendFault {
    /// The kind of fault.
    #[serde(flatten)]
    pub kind: SendFaultKind,
    /// Number of messages that it hits; absent: until cleared.
    #[serde(default)]
    pub times: Option<u32>,
}

/// A condition of a whole simulator, until it is cleared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum ConditionKind {
    /// It restarts: from its next request or message on, for this time, every connection is closed and nothing is sent.
    Restart {
        /// Length of the restart, in milliseconds.
        ms: u32,
    },
    /// The simulator's clock is wrong.
    ClockSkew {
        /// How far ahead of ours.
        ms: i64,
    },
    /// It can be read, but every write fails.
    ReadOnly,
    /// The simulator's database is away: every call answers 500, as with [`FaultKind::ServerError`], and nothing is sent.
    DatabaseAway,
}

/// The faults that are set.
#[derive(Debug, Default)]
pub struct Faults {
    rules: Mutex<Rules>,
    database_away: watch::Sender<bool>,
}

#[derive(Debug, Default, Serialize)]
struct Rules {
    requests: Vec<Fault>,
    sends: Vec<SendFault>,
    restart: Option<u32>,
    away_until: Option<Millis>,
    clock_skew: Millis,
    read_only: bool,
}

impl Faults {
    fn rules(&self) -> MutexGuard<'_, Rules> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a fault for requests.
    pub fn add(&self, fault: Fault) {
        self.rules().requests.push(fault);
    }

    /// Ends the first request fault of this kind, as it is now.
    pub fn remove(&self, kind: &FaultKind) -> Option<Fault> {
        let requests = &mut self.rules().requests;
        let at = requests.iter().position(|fault| fault.kind == *kind)?;
        Some(requests.remove(at))
    }

    /// Adds a fault of sent messages.
    pub fn add_send(&self, fault: SendFault) {
        self.rules().sends.push(fault);
    }

    /// Lets something be wrong with the whole simulator.
    pub fn set(&self, condition: ConditionKind) {
        let mut rules = self.rules();
        match condition {
            ConditionKind::Restart { ms } => rules.restart = Some(ms),
            ConditionKind::ClockSkew { ms } => rules.clock_skew = ms,
            ConditionKind::ReadOnly => rules.read_only = true,
            ConditionKind::DatabaseAway => {
                self.database_away.send_replace(true);
            }
        }
    }

    /// Until when it restarts, if it does.
    pub(crate) fn away_until(&self, now: Millis) -> Option<Millis> {
        let mut rules = self.rules();
        if let Some(ms) = rules.restart.take() {
            rules.away_until = Some(now.saturating_add(ms.into()));
        }
        rules.away_until.filter(|until| now < *until)
    }

    /// How far its clock is ahead.
    pub(crate) fn clock_skew(&self) -> Millis {
        self.rules().clock_skew
    }

    /// Whether writes fail.
    pub(crate) fn is_read_only(&self) -> bool {
        self.rules().read_only
    }

    /// Whether the database is away.
    pub(crate) fn is_database_away(&self) -> bool {
        *self.database_away.borrow()
    }

    /// Waits until the database is there.
    pub(crate) async fn database_back(&self) {
        // The sender is `self`, so waiting cannot fail.
        let _ = self.database_away.subscribe().wait_for(|away| !away).await;
    }

    /// No faults any more.
    pub fn clear(&self) {
        *self.rules() = Rules::default();
        self.database_away.send_replace(false);
    }

    /// The faults as JSON.
    pub fn dump(&self) -> Value {
        let mut dumped = serde_json::to_value(&*self.rules()).unwrap_or_default();
        if let Some(dumped) = dumped.as_object_mut() {
            dumped.insert("database_away".to_owned(), self.is_database_away().into());
        }
        dumped
    }

    /// Returns the faults of this request, and counts it.
    pub(crate) fn strike(&self, request: &Inbound) -> Vec<FaultKind> {
        let address = (request.method.as_str(), request.path.as_str());
        let credentials = request.header("authorization").unwrap_or_default();
        let mut struck = Vec::new();
        for fault in &mut self.rules().requests {
            if fault.hits(address, credentials) {
                fault.times = fault.times.map(|left| left - 1);
                struck.push(fault.kind.clone());
            }
        }
        struck
    }

    /// Returns the faults of the next message, and counts it.
    pub(crate) fn strike_send(&self) -> Vec<SendFaultKind> {
        let mut struck = Vec::new();
        for fault in &mut self.rules().sends {
            if fault.times != Some(0) {
                fault.times = fault.times.map(|left| left - 1);
                struck.push(fault.kind);
            }
        }
        struck
    }

    /// Adds the faults of an admin request: one or a list, of any sort, distinguished by their kind.
    pub(crate) fn admin_add(&self, body: &[u8]) -> Result<Value, String> {
        let value: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        let items = if let Value::Array(items) = value { items } else { vec![value] };
        for item in &items {
            if let Ok(fault) = serde_json::from_value::<SendFault>(item.clone()) {
                self.add_send(fault);
            } else if let Ok(condition) = serde_json::from_value::<ConditionKind>(item.clone()) {
                self.set(condition);
            } else {
                self.add(serde_json::from_value(item.clone()).map_err(|error| error.to_string())?);
            }
        }
        Ok(json!({"added": items.len()}))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: &str, path: &str) -> Inbound {
        Inbound::json(method, path, &Value::Null)
    }

    #[test]
    fn a_fault_affects_matching_requests_until_it_is_used_up() {
        let faults = Faults::default();
        faults.add(Fault::once(FaultKind::Hang).on("put", "/tickets/"));
        assert_eq!(faults.strike(&request("GET", "/api/v1/tickets/1")), []);
        assert_eq!(faults.strike(&request("PUT", "/api/v1/tickets/1")), [FaultKind::Hang]);
        assert_eq!(faults.strike(&request("PUT", "/api/v1/tickets/1")), []);
    }

    #[test]
    fn a_fault_may_affect_the_requests_of_one_client_only() {
        let faults = Faults::default();
        faults.add(Fault::always(FaultKind::LoginPage).of_client("app:"));
        let mut from = request("GET", "/x");
        assert_eq!(faults.strike(&from), []);
        for (credentials, struck) in [("Bearer app:1", vec![FaultKind::LoginPage]), ("Bearer user:1", vec![])] {
            from.headers.insert("authorization", credentials.parse().unwrap());
            assert_eq!(faults.strike(&from), struck, "{credentials}");
        }
        assert_eq!(faults.remove(&FaultKind::LoginPage).unwrap().client.as_deref(), Some("app:"));
        assert_eq!(faults.remove(&FaultKind::LoginPage), None);
    }

    #[test]
    fn distinguishes_request_and_send_faults_in_admin_requests() {
        let faults = Faults::default();
        let body = br#"[{"kind":"status","status":503,"retry_after":2,"times":1},{"kind":"double","times":1}]"#;
        faults.admin_add(body).unwrap();
        assert_eq!(faults.strike(&request("GET", "/x")), [FaultKind::Status { status: 503, retry_after: Some(2) }]);
        assert_eq!(faults.strike_send(), [SendFaultKind::Double]);
        assert!(faults.admin_add(br#"{"kind":"nonsense"}"#).is_err());
    }

    #[test]
    fn faults_that_answer_instead_of_the_server_are_set_by_their_names() {
        let faults = Faults::default();
        let body = br#"[{"kind":"proxy_not_found","plain":true,"times":1},{"kind":"login_page","times":1},
                        {"kind":"redirect","location":"https://h.example","times":1},{"kind":"empty_body"},
                        {"kind":"other_json"},{"kind":"server_error"},{"kind":"maintenance","method":"PUT"},
                        {"kind":"token_access_disabled"},{"kind":"unauthorized","path":"/users/me"}]"#;
        faults.admin_add(body).unwrap();
        let redirect = FaultKind::Redirect { location: "https://h.example".to_owned(), permanent: false };
        let struck = faults.strike(&request("GET", "/x"));
        assert_eq!(struck[..3], [FaultKind::ProxyNotFound { plain: true }, FaultKind::LoginPage, redirect]);
        let lasting =
            [FaultKind::EmptyBody, FaultKind::OtherJson, FaultKind::ServerError, FaultKind::TokenAccessDisabled];
        assert_eq!(struck[3..], lasting);
        assert_eq!(faults.strike(&request("PUT", "/x")).len(), lasting.len() + 1);
        assert_eq!(faults.strike(&request("GET", "/users/me")).last(), Some(&FaultKind::Unauthorized));
    }

    #[test]
    fn conditions_end_after_their_time_or_when_cleared() {
        let faults = Faults::default();
        let body = br#"[{"kind":"restart","ms":500},{"kind":"clock_skew","ms":-7000},{"kind":"read_only"},{"kind":"database_away"}]"#;
        faults.admin_add(body).unwrap();
        assert_eq!(faults.away_until(1_000), Some(1_500));
        assert_eq!((faults.away_until(1_499), faults.away_until(1_500)), (Some(1_500), None));
        assert_eq!((faults.clock_skew(), faults.is_read_only()), (-7_000, true));
        assert!(faults.is_database_away() && faults.dump()["database_away"] == true);
        faults.clear();
        assert_eq!((faults.away_until(1_000), faults.clock_skew(), faults.is_read_only()), (None, 0, false));
        assert!(!faults.is_database_away());
    }
}
