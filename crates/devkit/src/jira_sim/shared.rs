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

/// State shared by all connections and the worker.
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

    /// The site's time: the clock and a skew that a fault may set.
    pub fn now(&self) -> Millis {
        self.clock.now().saturating_add(self.faults.clock_skew())
    }

    /// The end of a restart, if one is going on: connections end without a response and nothing is sent, but what is
    /// stored or waits stays.
    pub fn away_until(&self) -> Option<Millis> {
        self.faults.away_until(self.clock.now())
    }

    /// Handles a request, as the account `acting` if it comes from the simulator's page, and queues its events.
    pub fn call(&self, inbound: &Inbound, acting: Option<String>) -> Answer {
        if self.faults.is_read_only() && api::writes(inbound) {
            return api::failure(503, "Jira is in read-only mode. Try again later.").with("retry-after", "30");
        }
        let mut state = self.state();
        state.now = self.now();
        let due = self.clock.now() + millis(self.event_delay);
        let Answered { answer, changes, account } = api::answer(&mut state, inbound, acting);
        for change in changes {
            self.emit(&mut state, change.event(&account), due);
        }
        answer
    }

    /// Records an event and queues it, as the faults allow.
    pub fn emit(&self, state: &mut State, event: Value, due: Millis) {
        state.events.push(event.clone());
        self.outbox.push(event, due, &self.faults.strike_send());
    }
}
