//! A running simulator, as tests and programs use it.

use std::{
    net::SocketAddr,
    sync::{Arc, MutexGuard},
};

use serde_json::{Value, json};
use tokio::sync::watch;

use super::{
    model::{
        actor::Actor,
        entities::{Article, Id, Ticket},
        incoming::Incoming,
        state::State,
    },
    routes,
    shared::Shared,
};
use crate::{
    faults::Faults,
    http::{Inbound, Listening},
    outbox::{DeliveryStatus, WaitingJobs},
};

/// A running simulator. Dropping it stops it.
#[derive(Debug)]
pub struct ZammadSim {
    /// The simulator's address, `http://127.0.0.1:<port>`.
    pub url: String,
    pub(super) shared: Arc<Shared>,
    pub(super) listening: Listening,
}

impl ZammadSim {
    /// The socket it listens on.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.listening.address
    }

    /// The database, locked: the simulator responds to nothing until the guard is dropped.
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

    /// Removes all faults, and sends the webhooks that were held back.
    pub fn clear_faults(&self) {
        self.shared.faults.clear();
        self.shared.queue.release();
    }

    /// The state of the webhook worker, as it changes.
    #[must_use]
    pub fn delivery_status(&self) -> watch::Receiver<DeliveryStatus> {
        self.shared.queue.watch()
    }

    /// Waits until no webhook is being sent or waiting, retries included. One that a fault holds back counts as
    /// waiting.
    pub async fn deliveries_done(&self) {
        self.shared.queue.drained().await;
    }

    /// An article comes in by a channel: a customer's mail, a call, a message. The numbers of its ticket and of the
    /// article, if the ticket (or the new one's group) exists.
    pub fn receive(&self, incoming: Incoming) -> Option<(Id, Id)> {
        self.shared.receive(incoming)
    }

    /// The scheduler runs once: it takes tickets away from their owners where the assignment timeout of the group is
    /// over by the simulator's clock.
    pub fn run_scheduler(&self) {
        self.shared.run_scheduler();
    }

    /// An agent splits an article off into a ticket of its own, as the web client does: a child of the old one. Its
    /// number, unless that is refused.
    pub fn split(&self, agent: Id, article: Id, title: &str) -> Option<Id> {
        let body = {
            let state = self.state();
            let article = state.articles.get(&article)?;
            let ticket = state.tickets.get(&article.ticket_id)?;
            json!({"title": title, "group_id": ticket.group_id, "customer_id": ticket.customer_id,
                   "links": {"Ticket": {"child": [ticket.id]}},
                   "article": {"body": article.body, "content_type": article.content_type, "type": "phone",
                               "sender": "Customer", "origin_by_id": ticket.customer_id}})
        };
        let (answer, _) = self.shared.call(&Inbound::json("POST", "/api/v1/tickets", &body), Some(agent));
        answer.into_json().ok()?.get("id")?.as_u64()
    }

    /// The background worker dies: triggers still evaluate, but no webhook is sent; all of them wait.
    pub fn stop_worker(&self) {
        self.shared.queue.stop();
    }

    /// Starts the background worker again, and decides about the webhooks that waited.
    pub fn start_worker(&self, waiting: WaitingJobs) {
        self.shared.queue.resume(waiting);
    }

    /// Handles a request of this user as one over HTTP: triggers run, and webhooks are sent.
    ///
    /// # Errors
    /// The refusal as text.
    pub fn request(&self, user: Id, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        self.shared.call(&Inbound::json(method, path, body), Some(user)).0.into_json()
    }

    /// Handles a request of this user without running triggers: for sample data.
    ///
    /// # Errors
    /// The refusal as text.
    pub fn request_without_triggers(&self, user: Id, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        let mut state = self.shared.present();
        let request = Inbound::json(method, path, body);
        routes::answer(&mut state, &request, Some(Actor { user, token: None }), false).answer.into_json()
    }
}
