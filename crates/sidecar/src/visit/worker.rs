//! Working off doorbells: one ticket at a time is leased and visited. A notification that comes late, twice or out of order
//! changes nothing.

use std::sync::Arc;
use std::time::Duration;

use store::{StoreError, TicketLease};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use zammad::{Verdict, backoff};

use crate::health::Health;
use crate::visit::{Failure, Visitor};

/// Three calls of 30 s each.
const LEASE_MS: i64 = 90_000;
/// Tries of a ticket that Zammad answers with 500.
const FEW: u32 = 6;

/// One of several workers; each has one ticket at a time.
pub struct Worker {
    /// Looks at the ticket.
    pub visitor: Arc<Visitor>,
    /// Told of failures.
    pub health: Arc<Health>,
    /// Rung when a notification was stored.
    pub wake: Arc<Notify>,
    /// Rung when the outbox has something new.
    pub outbox: Arc<Notify>,
    /// Rung when a field is out of sync, perhaps for want of a counterpart.
    pub people: Arc<Notify>,
}

impl Worker {
    /// Works until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let (store, env) = (&self.visitor.store, &self.visitor.env);
        while !stop.is_cancelled() {
            match store.lease_ticket(env.now(), LEASE_MS).await {
                // The lease outlives this task; what was begun when the process stops is begun again by the next.
                Ok(Some(lease)) => tokio::select! {
                    () = self.work(&lease) => {}
                    () = stop.cancelled() => {}
                },
                Ok(None) => self.rest(&stop, Duration::from_secs(1)).await,
                Err(_) => {
                    self.health.store(false);
                    self.rest(&stop, Duration::from_secs(2)).await;
                }
            }
        }
    }

    /// Until something new is there; the timer finds what was put back and has become due.
    async fn rest(&self, stop: &CancellationToken, longest: Duration) {
        tokio::select! {
            () = self.wake.notified() => {}
            () = tokio::time::sleep(longest) => {}
            () = stop.cancelled() => {}
        }
    }

    async fn work(&self, lease: &TicketLease) {
        let ticket_id = lease.ticket_id;
        let done = match self.visitor.visit(ticket_id).await {
            Ok(completion) => {
                self.health.zammad(true);
                let (sends, rechecks) = (!completion.messages.is_empty(), !completion.effects.rechecks.is_empty());
                let troubles = !completion.effects.troubles.is_empty();
                let done = self.visitor.store.complete(lease, completion, self.visitor.env.now()).await;
                if done.is_ok() && sends {
                    self.outbox.notify_one();
                }
                if done.is_ok() && rings {
                    self.wake.notify_one();
                }
                if done.is_ok() && troubles {
                    self.people.notify_one();
                }
                done
            }
            Err(failure) => self.fail(lease, &failure).await,
        };
        match done {
            Ok(()) => {}
            // Somebody else has it now and will do the same work.
            Err(StoreError::Fenced { .. }) => tracing::info!(ticket_id, "lease ran out before the work was done"),
            Err(error) => {
                self.health.store(false);
                tracing::error!(ticket_id, error = %error, "work on a ticket not recorded; it will be done again");
            }
        }
    }

    async fn fail(&self, lease: &TicketLease, failure: &Failure) -> Result<(), StoreError> {
        let (store, env) = (&self.visitor.store, &self.visitor.env);
        let (ticket_id, attempt, now) = (lease.ticket_id, lease.attempts, env.now());
        let later = |after: Option<Duration>| {
            let delay = backoff::delay(attempt + 1, after, env.jitter());
            now.plus(i64::try_from(delay.as_millis()).unwrap_or(i64::MAX))
        };
        match failure {
            Failure::Zammad(error) => {
                let (code, verdict) = (error.code(), error.verdict());
                self.health.zammad(verdict != Verdict::GiveUp(zammad::Reason::Unauthorized));
                tracing::warn!(ticket_id, attempt, code, error = %error, "ticket not worked off");
                match verdict {
                    Verdict::Retry { after } => store.retry_ticket(lease, later(after), code).await,
                    Verdict::RetryFewTimes if attempt < FEW => store.retry_ticket(lease, later(None), code).await,
                    // A wrong token is mended by an operator, not by giving up every ticket that rings meanwhile.
                    Verdict::GiveUp(zammad::Reason::Unauthorized) => {
                        store.retry_ticket(lease, later(Some(Duration::from_secs(30))), code).await
                    }
                    Verdict::RetryFewTimes | Verdict::GiveUp(_) => store.abandon_ticket(lease, now, code).await,
                }
            }
            Failure::Leak => {
                self.health.leak_stopped();
                store.abandon_ticket(lease, now, "content-stopped-at-the-boundary").await
            }
            Failure::Boundary(error) => {
                tracing::error!(ticket_id, error = %error, "a message has no way across the boundary");
                store.abandon_ticket(lease, now, "boundary").await
            }
            Failure::Store(error) => {
                tracing::error!(ticket_id, error = %error, "store failed");
                store.retry_ticket(lease, later(None), "store").await
            }
            Failure::NoEntropy => store.retry_ticket(lease, later(None), "no-entropy").await,
        }
    }
}
