//! The running server: its database, clock, faults and queue of webhooks, shared by all connections and the worker.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value};

use super::{
    automation::{
        job::{Job, Pace},
        triggers::{self, PendingWebhook},
    },
    call::Call,
    gitlab::ChangedLinks,
    model::{
        actor::Actor, entities::Id, events::Events, gitlab::Question, incoming::Incoming, numbers::SYSTEM, state::State,
    },
    routes::{self, Done},
    ticketing::{channel, scheduler},
};
use crate::{
    clock::{Clock, Millis, millis},
    faults::Faults,
    http::{Answer, Inbound},
    outbox::Outbox,
};

/// State shared by all connections and the worker.
#[derive(Debug)]
pub(super) struct Shared {
    pub state: Mutex<State>,
    pub clock: Arc<dyn Clock>,
    pub faults: Faults,
    pub queue: Outbox<Job>,
    pub pace: Pace,
}

impl Shared {
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Handles a request, as `user` if it comes from the simulator's page, and queues the webhooks it causes.
    pub fn call(&self, inbound: &Inbound, user: Option<Id>) -> (Answer, Option<Question>) {
        let mut state = self.present();
        let acting = user.map(|user| Actor { user, token: None });
        let read_only = self.faults.is_read_only();
        let Done { answer, events, actor, question } = routes::answer(&mut state, inbound, acting, read_only);
        let webhooks = triggers::evaluate(&state, events, actor.map_or(SYSTEM, |actor| actor.user));
        self.queue_webhooks(&mut state, webhooks);
        (answer, question)
    }

    /// Does something that no request asks for, and queues the webhooks it causes.
    fn in_background<T>(&self, work: impl FnOnce(&mut Call<'_>) -> T) -> T {
        let mut state = self.present();
        let inbound = Inbound::json("POST", "/", &Value::Null);
        let mut call = Call::new(&inbound, Map::new(), &mut state);
        let done = work(&mut call);
        let (events, actor) = (std::mem::take(&mut call.events), call.actor.take());
        let webhooks = triggers::evaluate(&state, events, actor.map_or(SYSTEM, |actor| actor.user));
        self.queue_webhooks(&mut state, webhooks);
        done
    }

    /// Stores an article that came in by a channel. The numbers of ticket and article.
    pub fn receive(&self, incoming: Incoming) -> Option<(Id, Id)> {
        self.in_background(|call| channel::receive(call, incoming))
    }

    /// Lets the scheduler take tickets away from owners who did nothing.
    pub fn run_scheduler(&self) {
        self.in_background(scheduler::unassign);
    }

    pub fn queue_webhooks(&self, state: &mut State, webhooks: Vec<PendingWebhook>) {
        let due = self.clock.now() + millis(self.pace.first);
        for webhook in webhooks {
            let job = Job { delivery: state.entropy.uuid(), webhook, made: 0 };
            self.queue.push(job, due, &self.faults.strike_send());
        }
    }

    /// The database, with the server's time set: the clock and a skew that a fault may set.
    pub fn present(&self) -> MutexGuard<'_, State> {
        let mut state = self.state();
        state.now = self.clock.now().saturating_add(self.faults.clock_skew());
        state
    }

    /// The end of a restart by our clock, if one is going on.
    pub fn away_until(&self) -> Option<Millis> {
        let now = self.clock.now();
        let mut state = self.present();
        let left = state.away_until().map(|until| now + until.saturating_sub(state.now));
        drop(state);
        left.max(self.faults.away_until(now))
    }

    /// Stores the links of a ticket as GitLab spells them, which is a change of the ticket.
    pub fn store_links(&self, changed: ChangedLinks) {
        let ChangedLinks { ticket, user, links } = changed;
        let mut state = self.present();
        let links = links.into_iter().map(Value::String).collect();
        let Some((before, after)) = state.store_links(ticket, links, user) else { return };
        let mut events = Events::default();
        events.changed(ticket, "preferences", &before, &after);
        let webhooks = triggers::evaluate(&state, events, user);
        self.queue_webhooks(&mut state, webhooks);
    }
}
