//! A Zammad that can be started in a test: the recorded behaviour of 6.5 (and where it matters to us, of 6.1) over
//! real HTTP, with webhooks, faults on demand and a small page for humans.
//!
//! Map: `routes` is every address; `access` is who may, `ticketing` what people do, `automation` what follows by itself,
//! up to the webhook; `attributes`, `oauth` and `gitlab` are worlds of their own. `entities` and `state` are the database,
//! `stock` is what a fresh one holds; `render` is how rows look, `error` how refusals look, `html` what becomes of a body.
//! `builder` starts it all; `admin` and `ui` are ours alone.

mod access;
mod admin;
mod attributes;
mod automation;
mod builder;
mod call;
mod entities;
mod error;
mod gitlab;
mod html;
mod meta;
mod moment;
mod oauth;
mod render;
mod routes;
mod settings;
mod state;
mod stock;
mod ticketing;
mod ui;
mod version;

use std::{
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde_json::Value;
use tokio::sync::watch;

use self::{
    access::{auth, auth::Actor, groups, organizations, roles, session, tokens, users},
    automation::{
        core_workflows, custom_payload,
        delivery::{self, Job, Pace},
        events, http_logs, payload, selector,
        triggers::{self, Shot},
        webhooks,
    },
    gitlab::Question,
    routes::Done,
    ticketing::{
        article_write, articles, attachments, links, lookup, merge, search, states, tags, ticket_write, tickets,
    },
};
pub use self::{
    attributes::Column,
    automation::delivery::RETRY_GAPS,
    builder::ZammadSimBuilder,
    entities::{
        Article, Attachment, Group, HttpLog, Id, Link, Organization, Priority, Role, Stamps, Ticket, TicketState,
        Token, Trigger, User, Webhook,
    },
    state::State,
    stock::{ADMIN, SYSTEM},
    version::Version,
};
use crate::{
    clock::{Clock, Millis, calendar, millis},
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
    fn call(&self, inbound: &Inbound, user: Option<Id>) -> (Answer, Option<Question>) {
        let mut state = self.present();
        let acting = user.map(|user| Actor { user, token: None });
        let read_only = self.faults.is_read_only();
        let Done { answer, events, actor, question } = routes::answer(&mut state, inbound, acting, read_only);
        let shots = triggers::evaluate(&state, events, actor.map_or(SYSTEM, |actor| actor.user));
        self.queue_webhooks(&mut state, shots);
        (answer, question)
    }

    fn queue_webhooks(&self, state: &mut State, shots: Vec<Shot>) {
        let due = self.clock.now() + millis(self.pace.first);
        for shot in shots {
            let job = Job { delivery: state.entropy.uuid(), shot, made: 0 };
            self.queue.push(job, due, &self.faults.strike_send());
        }
    }

    /// The database, at the time that the server believes it is.
    fn present(&self) -> MutexGuard<'_, State> {
        let mut state = self.state();
        state.now = self.clock.now().saturating_add(self.faults.clock_skew());
        state
    }

    /// Until when the server is away, if it is: by our clock.
    fn away_until(&self) -> Option<Millis> {
        let now = self.clock.now();
        let mut state = self.present();
        let left = state.away_until().map(|until| now + until.saturating_sub(state.now));
        drop(state);
        left.max(self.faults.away_until(now))
    }

    async fn with_faults(&self, inbound: &Inbound) -> Outcome {
        if self.away_until().is_some() {
            return Outcome::Reset;
        }
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
                FaultKind::HangAfterApply | FaultKind::ResetAfterApply | FaultKind::Rewrite { .. } => {}
            }
        }
        let (mut answer, question) = self.call(inbound, None);
        if let Some(question) = question {
            answer.body = gitlab::ask(self, question).await.to_string().into();
        }
        if struck.contains(&FaultKind::ResetAfterApply) {
            return Outcome::Reset;
        }
        if struck.contains(&FaultKind::HangAfterApply) {
            std::future::pending::<()>().await;
        }
        let answer = answer.rewritten(&struck);
        // A server whose clock is wrong says so in every answer.
        match self.faults.clock_skew() {
            0 => answer.into(),
            skew => answer.with("date", http_date(self.clock.now().saturating_add(skew))).into(),
        }
    }
}

/// A time as HTTP writes it.
fn http_date(at: Millis) -> String {
    let at = calendar(at);
    let (day, month) = (at.weekday().to_string(), at.month().to_string());
    let short = |name: &str| name.chars().take(3).collect::<String>();
    let (day, month) = (short(&day), short(&month));
    let clock = format!("{:02}:{:02}:{:02}", at.hour(), at.minute(), at.second());
    format!("{day}, {:02} {month} {} {clock} GMT", at.day(), at.year())
}

impl ZammadSim {
    /// A request made inside the process by this user, of which no trigger hears: how stories are told.
    pub(crate) fn quietly(&self, user: Id, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        let mut state = self.shared.present();
        let request = Inbound::json(method, path, body);
        routes::answer(&mut state, &request, Some(Actor { user, token: None }), false).answer.into_json()
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
