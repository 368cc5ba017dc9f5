//! A Zammad that can be started in a test: the recorded behaviour of 6.5 (and where it matters to us, of 6.1) over
//! real HTTP, with webhooks, faults on demand and a small page for humans.
//!
//! Map: `routes` is every address; one file a resource; `entities` and `state` are the database, `stock` what a fresh
//! one holds; `render` is how rows look, `error` how refusals look; `selector` reads conditions, `triggers` decides
//! what fires, `payload` builds and `delivery` sends webhooks; `builder` starts it all, `admin` and `ui` are ours alone.

mod admin;
mod article_write;
mod articles;
mod attachments;
mod auth;
mod builder;
mod call;
mod delivery;
mod entities;
mod error;
mod events;
mod groups;
mod html;
mod http_logs;
mod links;
mod lookup;
mod merge;
mod meta;
mod moment;
mod organizations;
mod payload;
mod render;
mod roles;
mod routes;
mod search;
mod selector;
mod settings;
mod state;
mod stock;
mod tags;
mod ticket_write;
mod tickets;
mod tokens;
mod triggers;
mod ui;
mod users;
mod version;
mod webhooks;

use std::{
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde_json::Value;
use tokio::sync::watch;

use self::{
    auth::Actor,
    delivery::{Job, Pace},
};
pub use self::{
    builder::ZammadSimBuilder,
    delivery::RETRY_GAPS,
    entities::{
        Article, Attachment, Group, HttpLog, Id, Link, Organization, Priority, Role, Stamps, Ticket, TicketState,
        Token, Trigger, User, Webhook,
    },
    state::State,
    stock::{ADMIN, SYSTEM},
    version::Version,
};
use crate::{
    clock::{Clock, millis},
    faults::{FaultKind, Faults},
    http::{Answer, Handler, Inbound, Listening, Outcome},
    outbox::{DeliveryStatus, Outbox},
};

/// A running simulator. Dropping it stops it.
#[derive(Debug)]
pub struct ZammadSim {
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
    queue: Outbox<Job>,
    pace: Pace,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does what a request asks, as `user` where it comes from our own page, and queues the webhooks it causes.
    fn call(&self, inbound: &Inbound, user: Option<Id>) -> Answer {
        let mut state = self.state();
        state.now = self.clock.now();
        let acting = user.map(|user| Actor { user, token: None });
        let (answer, events, actor) = routes::answer(&mut state, inbound, acting);
        let shots = triggers::evaluate(&state, events, actor.map_or(SYSTEM, |actor| actor.user));
        let due = state.now + millis(self.pace.first);
        for shot in shots {
            let job = Job { delivery: state.entropy.uuid(), shot, made: 0 };
            self.queue.push(job, due, &self.faults.strike_send());
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
                FaultKind::Status { status, retry_after } => {
                    let page = Answer::html(*status, format!("<html><body><h1>{status}</h1></body></html>\n"));
                    return match retry_after {
                        Some(seconds) => page.with("retry-after", seconds.to_string()).into(),
                        None => page.into(),
                    };
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

impl ZammadSim {
    /// A request made inside the process by this user, of which no trigger hears: how stories are told.
    pub(crate) fn quietly(&self, user: Id, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        let mut state = self.shared.state();
        state.now = self.shared.clock.now();
        let request = Inbound::json(method, path, body);
        let (answer, ..) = routes::answer(&mut state, &request, Some(Actor { user, token: None }));
        answer.into_json()
    }
}

impl Handler for Shared {
    fn handle(self: Arc<Self>, request: Inbound) -> Pin<Box<dyn Future<Output = Outcome> + Send>> {
        Box::pin(async move {
            if request.path.starts_with("/__sim/") {
                admin::answer(&self, &request).into()
            } else if request.path == "/" || request.path.starts_with("/__ui/") {
                ui::answer(&self, &request).into()
            } else {
                self.with_faults(&request).await
            }
        })
    }
}

impl ZammadSim {
    /// How to start one.
    #[must_use]
    pub fn builder() -> ZammadSimBuilder {
        ZammadSimBuilder::default()
    }

    /// The socket it listens on.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.listening.address
    }

    /// The database, locked: the simulator answers nothing until the guard is dropped.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state()
    }

    /// All tickets, by number.
    #[must_use]
    pub fn tickets(&self) -> Vec<Ticket> {
        self.state().tickets.values().cloned().collect()
    }

    /// One ticket.
    #[must_use]
    pub fn ticket(&self, id: Id) -> Option<Ticket> {
        self.state().tickets.get(&id).cloned()
    }

    /// A ticket's articles, oldest first.
    #[must_use]
    pub fn articles(&self, ticket: Id) -> Vec<Article> {
        self.state().articles_of(ticket).cloned().collect()
    }

    /// The whole database, as `GET /__sim/state` shows it.
    #[must_use]
    pub fn dump(&self) -> Value {
        self.state().dump()
    }

    /// The faults, to set and clear.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.shared.faults
    }

    /// No faults any more; webhooks that were held back go.
    pub fn clear_faults(&self) {
        self.shared.faults.clear();
        self.shared.queue.release();
    }

    /// What the webhook worker has to do, as it changes.
    #[must_use]
    pub fn delivery_status(&self) -> watch::Receiver<DeliveryStatus> {
        self.shared.queue.watch()
    }

    /// Ends when no webhook is being sent or waits, retries included. One that a fault holds back waits, too.
    pub async fn deliveries_done(&self) {
        self.shared.queue.drained().await;
    }
}
