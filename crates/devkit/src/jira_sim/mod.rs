//! A Jira Cloud site that can be started in a test: the part of REST API v3 that the connector uses, product events,
//! faults on demand and a small page for humans.
//!
//! Map: `routes` is every address; one file a resource; `entities` and `state` are the site; `call` says who acts (and
//! how the stand-in for Forge's proxy works); `fields` reads what clients send; `render` is how things look; `events`
//! makes and sends product events; `adf` knows documents; `builder` starts it all, `admin` and `ui` are ours alone.

mod adf;
mod admin;
mod attachments;
mod builder;
mod call;
mod comments;
mod entities;
mod error;
mod events;
mod fields;
mod issues;
mod people;
mod projects;
mod properties;
mod remote_links;
mod render;
mod routes;
mod search;
mod state;
mod transitions;
mod ui;

use std::{
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde_json::{Value, json};
use tokio::sync::watch;

pub(crate) use self::adf::document;
pub use self::{
    builder::JiraSimBuilder,
    entities::{
        Attachment, Category, Comment, ISSUE_TYPES, Id, Issue, PRIORITIES, Project, RESOLUTIONS, RemoteLink, Status,
        Transition, User, Visibility, Workflow,
    },
    state::{APP_ACCOUNT, State},
};
use self::{error::JSON, routes::Answered};
use crate::{
    clock::{Clock, millis},
    faults::{FaultKind, Faults},
    http::{Answer, Handler, Inbound, Listening, Outcome},
    outbox::{DeliveryStatus, Outbox},
};

/// A running site. Dropping it stops it.
#[derive(Debug)]
pub struct JiraSim {
    /// Where it answers, `http://127.0.0.1:<port>`.
    pub url: String,
    shared: Arc<Shared>,
    listening: Listening,
}

/// What all connections and the worker share.
#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    clock: Arc<dyn Clock>,
    faults: Faults,
    outbox: Outbox<Value>,
    event_delay: Duration,
    sink_timeout: Duration,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does what a request asks, as `acting` where it comes from our own page, and queues the events of it.
    fn call(&self, inbound: &Inbound, acting: Option<String>) -> Answer {
        let mut state = self.state();
        state.now = self.clock.now();
        let due = state.now + millis(self.event_delay);
        let Answered { answer, changes, account } = routes::answer(&mut state, inbound, acting);
        for change in changes {
            let event = change.event(&account);
            state.events.push(event.clone());
            self.outbox.push(event, due, &self.faults.strike_send());
        }
        answer
    }

    async fn with_faults(&self, inbound: &Inbound) -> Outcome {
        let struck = self.faults.strike(inbound.method.as_str(), &inbound.path);
        for fault in &struck {
            match fault {
                FaultKind::Latency { ms } => self.clock.sleep_until(self.clock.now() + i64::from(*ms)).await,
                FaultKind::Hang => std::future::pending().await,
                FaultKind::Reset => return Outcome::Reset,
                FaultKind::Status { status: 429, retry_after } => return rate_limited(*retry_after).into(),
                FaultKind::Status { status, .. } => {
                    let body = json!({"errorMessages": ["Internal server error"], "errors": {}});
                    return Answer::new(*status, JSON, body.to_string()).into();
                }
                FaultKind::HangAfterApply | FaultKind::ResetAfterApply => {}
            }
        }
        let answer = self.call(inbound, None);
        if struck.contains(&FaultKind::ResetAfterApply) {
            return Outcome::Reset;
        }
        if struck.contains(&FaultKind::HangAfterApply) {
            std::future::pending::<()>().await;
        }
        answer.into()
    }
}

/// Too many requests, in the form that Jira documents.
fn rate_limited(retry_after: Option<u32>) -> Answer {
    let body = json!({"errorMessages": ["Rate limit exceeded."], "errors": {}});
    Answer::new(429, JSON, body.to_string())
        .with("retry-after", retry_after.unwrap_or(1).to_string())
        .with("ratelimit-reason", "jira-burst-based")
        .with("x-ratelimit-remaining", "0")
}

impl JiraSim {
    /// A request made inside the process by this account, of which no event tells: how stories are told.
    pub(crate) fn quietly(&self, account: &str, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        let mut state = self.shared.state();
        state.now = self.shared.clock.now();
        let request = Inbound::json(method, path, body);
        routes::answer(&mut state, &request, Some(account.to_owned())).answer.into_json()
    }
}

impl Handler for Shared {
    fn handle(self: Arc<Self>, request: Inbound) -> Pin<Box<dyn Future<Output = Outcome> + Send>> {
        Box::pin(async move {
            if request.path.starts_with("/__sim/") {
                admin::answer(&self, &request).into()
            } else if request.path.starts_with("/rest/") {
                self.with_faults(&request).await
            } else {
                ui::answer(&self, &request).into()
            }
        })
    }
}

impl JiraSim {
    /// How to start one.
    #[must_use]
    pub fn builder() -> JiraSimBuilder {
        JiraSimBuilder::default()
    }

    /// The socket it listens on.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.listening.address
    }

    /// The site, locked: the simulator answers nothing until the guard is dropped.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state()
    }

    /// The issue with this number or key.
    #[must_use]
    pub fn issue(&self, id_or_key: &str) -> Option<Issue> {
        self.state().issue(id_or_key).cloned()
    }

    /// An issue's comments, oldest first.
    #[must_use]
    pub fn comments(&self, issue: Id) -> Vec<Comment> {
        self.state().comments_of(issue).cloned().collect()
    }

    /// All events so far, oldest first, whether they were sent or lost.
    #[must_use]
    pub fn events(&self) -> Vec<Value> {
        self.state().events.clone()
    }

    /// The whole site, as `GET /__sim/state` shows it.
    #[must_use]
    pub fn dump(&self) -> Value {
        self.state().dump()
    }

    /// Sends events to a further URL from now on.
    pub fn add_sink(&self, url: &str) {
        self.state().sinks.push(url.to_owned());
    }

    /// The faults, to set and clear.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.shared.faults
    }

    /// No faults any more; events that were held back go.
    pub fn clear_faults(&self) {
        self.shared.faults.clear();
        self.shared.outbox.release();
    }

    /// What the event worker has to do, as it changes.
    #[must_use]
    pub fn delivery_status(&self) -> watch::Receiver<DeliveryStatus> {
        self.shared.outbox.watch()
    }

    /// Ends when no event is being sent or waits. One that a fault holds back waits, too.
    pub async fn deliveries_done(&self) {
        self.shared.outbox.drained().await;
    }
}
