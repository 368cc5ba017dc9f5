//! Requests as they come in: faults first, then the API, the admin side or the page.

use std::{
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
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
    pub outages: Outages,
    pub outbox: Outbox<Value>,
    pub event_delay: Duration,
    pub sink_timeout: Duration,
    /// Requests and answers so far, if they are to be kept.
    pub exchanges: Option<Mutex<Vec<Exchange>>>,
}

/// What is wrong with the whole site rather than with one request.
#[derive(Debug, Default)]
pub(super) struct Outages {
    /// The site's clock is this far from the real one.
    pub skew: AtomicI64,
    /// Nothing can be written.
    pub read_only: AtomicBool,
    /// Nothing is answered before this moment of the real clock.
    down_until: AtomicI64,
    /// Grows with every restart.
    restarts: AtomicI64,
}

impl Outages {
    /// Everything is well again.
    pub fn end(&self) {
        self.skew.store(0, Ordering::Relaxed);
        self.read_only.store(false, Ordering::Relaxed);
        self.down_until.store(0, Ordering::SeqCst);
    }
}

impl Shared {
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time as the site believes it is.
    pub fn now(&self) -> Millis {
        self.clock.now() + self.outages.skew.load(Ordering::Relaxed)
    }

    /// Goes down, and is back after this long: connections end without an answer, even those whose request was done;
    /// what is stored or waits to be sent stays.
    pub fn restart(&self, down: Duration) {
        self.outages.down_until.store(self.clock.now() + millis(down), Ordering::SeqCst);
        self.outages.restarts.fetch_add(1, Ordering::SeqCst);
    }

    fn is_down(&self) -> bool {
        self.clock.now() < self.outages.down_until.load(Ordering::SeqCst)
    }

    /// Does what a request asks, as `acting` where it comes from our own page, and queues the events of it.
    pub fn call(&self, inbound: &Inbound, acting: Option<String>) -> Answer {
        if self.outages.read_only.load(Ordering::Relaxed) && api::writes(inbound) {
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
        let restarts = self.outages.restarts.load(Ordering::SeqCst);
        if self.is_down() {
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
                FaultKind::HangAfterApply | FaultKind::ResetAfterApply => {}
            }
        }
        let answer = self.call(inbound, None);
        if struck.contains(&FaultKind::ResetAfterApply) || self.outages.restarts.load(Ordering::SeqCst) != restarts {
            return Outcome::Reset;
        }
        if struck.contains(&FaultKind::HangAfterApply) {
            std::future::pending::<()>().await;
        }
        answer.into()
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
