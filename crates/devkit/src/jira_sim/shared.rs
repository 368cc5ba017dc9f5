//! The running site: its data, clock and faults, shared by all connections and the event worker.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde_json::Value;

use super::{
    api::{self, Answered},
    recorder::Exchange,
    site::State,
};
use crate::{
    clock::{Clock, Millis, millis},
    faults::Faults,
    http::{Answer, Inbound},
    outbox::Outbox,
};

/// What all connections and the worker share.
#[derive(Debug)]
pub(super) struct Shared {
    pub state: Mutex<State>,
    pub clock: Arc<dyn Clock>,
    pub faults: Faults,
    pub outbox: Outbox<Value>,
    pub event_delay: Duration,
    pub sink_timeout: Duration,
    /// Requests and answers so far, if they are to be kept.
    pub exchanges: Option<Mutex<Vec<Exchange>>>,
}

impl Shared {
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time as the site believes it is.
    pub fn now(&self) -> Millis {
        self.clock.now().saturating_add(self.faults.clock_skew())
    }

    /// Until when the site restarts, if it does: connections end without an answer and nothing is sent, but what is
    /// stored or waits stays.
    pub fn away_until(&self) -> Option<Millis> {
        self.faults.away_until(self.clock.now())
    }

    /// Does what a request asks, as `acting` where it comes from our own page, and queues the events of it.
    pub fn call(&self, inbound: &Inbound, acting: Option<String>) -> Answer {
        if self.faults.is_read_only() && api::writes(inbound) {
            return api::failure(503, "Jira is in read-only mode. Try again later.").with("retry-after", "30");
        }
        let mut state = self.state();
        state.now = self.now();
        let due = self.clock.now() + millis(self.event_delay);
        let Answered { answer, changes, account } = api::answer(&mut state, inbound, acting);
        for change in changes {
            self.tell(&mut state, change.event(&account), due);
        }
        answer
    }

    /// Makes an event known, now or, with a fault, otherwise.
    pub fn tell(&self, state: &mut State, event: Value, due: Millis) {
        state.events.push(event.clone());
        self.outbox.push(event, due, &self.faults.strike_send());
    }
}
