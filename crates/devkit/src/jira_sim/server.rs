//! Requests as they come in: faults first, then the API, the admin side or the page.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde_json::{Value, json};

use super::{
    admin,
    api::{self, Answered, JSON},
    recorder::Exchange,
    site::State,
    ui,
};
use crate::{
    clock::{Clock, Millis, millis},
    faults::{FaultKind, Faults},
    http::{Answer, Handler, Inbound, Outcome},
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
            return failure(503, "Jira is in read-only mode. Try again later.").with("retry-after", "30");
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
                FaultKind::Status { status: 429, retry_after } => return rate_limited(*retry_after).into(),
                FaultKind::Status { status, retry_after } => {
                    let answer = failure(*status, "Internal server error");
                    return match retry_after {
                        Some(seconds) => answer.with("retry-after", seconds.to_string()).into(),
                        None => answer.into(),
                    };
                }
                FaultKind::HangAfterApply | FaultKind::ResetAfterApply | FaultKind::Rewrite { .. } => {}
            }
        }
        let answer = self.call(inbound, None);
        // A restart in between breaks off what it was too late to stop.
        if struck.contains(&FaultKind::ResetAfterApply) || self.away_until().is_some() {
            return Outcome::Reset;
        }
        if struck.contains(&FaultKind::HangAfterApply) {
            std::future::pending::<()>().await;
        }
        answer.rewritten(&struck).into()
    }

    fn keep(&self, inbound: &Inbound, outcome: &Outcome) {
        if let Some(exchanges) = &self.exchanges {
            let answer = if let Outcome::Answer(answer) = outcome { Some(answer) } else { None };
            let mut exchanges = exchanges.lock().unwrap_or_else(PoisonError::into_inner);
            exchanges.push(Exchange::new(inbound, answer));
        }
    }
}

/// Something went wrong that is not the request's fault.
fn failure(status: u16, text: &str) -> Answer {
    Answer::new(status, JSON, json!({"errorMessages": [text], "errors": {}}).to_string())
}

/// Too many requests, in the form that Jira documents.
fn rate_limited(retry_after: Option<u32>) -> Answer {
    failure(429, "Rate limit exceeded.")
        .with("retry-after", retry_after.unwrap_or(1).to_string())
        .with("ratelimit-reason", "jira-burst-based")
        .with("x-ratelimit-remaining", "0")
}

impl Handler for Shared {
    fn handle(self: Arc<Self>, request: Inbound) -> Pin<Box<dyn Future<Output = Outcome> + Send>> {
        Box::pin(async move {
            if request.path.starts_with("/__sim/") {
                admin::answer(&self, &request).into()
            } else if request.path.starts_with("/rest/") {
                let outcome = self.with_faults(&request).await;
                self.keep(&request, &outcome);
                outcome
            } else if let Some(file) = request.path.strip_prefix("/media/file/") {
                api::media(&self.state(), file).into()
            } else {
                ui::answer(&self, &request).into()
            }
        })
    }
}
