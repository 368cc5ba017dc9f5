//! Workers: each leases one ticket at a time and visits it. Late, repeated or reordered notifications change nothing.

use std::sync::Arc;
use std::time::Duration;

use store::{StoreError, TicketLease};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use zammad::Verdict;

use super::context::{VisitError, Visitor};
use crate::env::millis;
use crate::health::Health;

/// Lifetime of a ticket lease: three calls of 30 s each.
const LEASE_MS: i64 = 90_000;
/// Longest delay while the whole server cannot be used: work resumes soon after it can.
const SERVER_RETRY: Duration = Duration::from_secs(15);

/// One of several workers.
pub struct Worker {
    /// Processes the ticket.
    pub visitor: Arc<Visitor>,
    /// Receives failures.
    pub health: Arc<Health>,
    /// Notified when a ticket has to be read.
    pub inbox_ready: Arc<Notify>,
    /// To notify when the outbox has new messages.
    pub outbox_ready: Arc<Notify>,
    /// To notify when a field is out of sync, perhaps because a user is not mapped.
    pub trouble_found: Arc<Notify>,
}

impl Worker {
    /// Works until `stop` is cancelled.
    pub async fn run(self, stop: CancellationToken) {
        let (store, env) = (&self.visitor.store, &self.visitor.env);
        while !stop.is_cancelled() {
            if !self.health.is_zammad_up() {
                self.rest(&stop, Duration::from_secs(1)).await;
                continue;
            }
            match store.lease_ticket(env.now(), LEASE_MS).await {
                // A visit that is cut off by the stop is repeated by the next process.
                Ok(Some(lease)) => tokio::select! {
                    () = self.work(&lease) => {}
                    // Not the ticket's fault, so it does not count as one that ended the process.
                    () = stop.cancelled() => drop(store.retry_ticket(&lease, env.now(), "connector-stopped").await),
                },
                Ok(None) => self.rest(&stop, Duration::from_secs(1)).await,
                Err(_) => self.rest(&stop, Duration::from_secs(2)).await,
            }
        }
    }

    /// Visits the next ticket that is due; false if there is none.
    ///
    /// # Errors
    /// The store.
    pub(crate) async fn step(&self) -> Result<bool, StoreError> {
        let lease = self.visitor.store.lease_ticket(self.visitor.env.now(), LEASE_MS).await?;
        if let Some(lease) = &lease {
            self.work(lease).await;
        }
        Ok(lease.is_some())
    }

    /// Waits for work; the timer finds tickets whose retry has become due.
    async fn rest(&self, stop: &CancellationToken, longest: Duration) {
        tokio::select! {
            () = self.inbox_ready.notified() => {}
            () = tokio::time::sleep(longest) => {}
            () = stop.cancelled() => {}
        }
    }

    /// Visits a leased ticket and records the result.
    pub(super) async fn work(&self, lease: &TicketLease) {
        let ticket_id = lease.ticket_id;
        let recorded = match self.visitor.visit(ticket_id).await {
            Ok(completion) => {
                let messages = !completion.messages.is_empty();
                let rechecks = !completion.effects.rechecks.is_empty();
                let troubles = !completion.effects.troubles.is_empty();
                let recorded = self.visitor.store.complete(lease, completion, self.visitor.env.now()).await;
                if recorded.is_ok() {
                    for (notify, ready) in
                        [(messages, &self.outbox_ready), (rechecks, &self.inbox_ready), (troubles, &self.trouble_found)]
                    {
                        if notify {
                            ready.notify_one();
                        }
                    }
                }
                recorded
            }
            Err(error) => self.failed(lease, &error).await,
        };
        match recorded {
            Ok(()) => {}
            // Another worker has the ticket now and does the same work.
            Err(StoreError::Fenced { .. }) => tracing::info!(ticket_id, "ticket lease expired during processing"),
            Err(error) => {
                // Operator: check free space and permissions of DATA_DIR; the ticket is processed again.
                tracing::error!(ticket_id, error = %error, "result of ticket processing not recorded");
            }
        }
    }

    async fn failed(&self, lease: &TicketLease, error: &VisitError) -> Result<(), StoreError> {
        let (store, env) = (&self.visitor.store, &self.visitor.env);
        let (ticket_id, attempt, now) = (lease.ticket_id, lease.attempts, env.now());
        let later = |after: Option<Duration>| now.plus(millis(backoff::delay(attempt + 1, after, env.jitter())));
        match error {
            VisitError::Zammad(error) => {
                let (code, verdict) = (error.code(), error.verdict());
                // Operator: docs/codes.md explains the code; most causes resolve by themselves.
                tracing::warn!(ticket_id, attempt, code, error = %error, "ticket processing failed");
                match verdict {
                    Verdict::Retry { after } => store.retry_ticket(lease, later(after), code).await,
                    Verdict::Wait(obstacle) if obstacle.is_of_the_server() => {
                        let delay = backoff::delay(attempt + 1, None, env.jitter()).min(SERVER_RETRY);
                        store.retry_ticket(lease, now.plus(millis(delay)), code).await
                    }
                    // Somebody has to give the bot its rights back, or to mend what makes Zammad fail on this ticket; until then no
                    // ticket may be abandoned. `connector troubles` and `/readyz` list it.
                    Verdict::Wait(_) | Verdict::RetryFewTimes => store.retry_ticket(lease, later(None), code).await,
                    Verdict::GiveUp(_) => store.abandon_ticket(lease, now, code).await,
                }
            }
            VisitError::Leak => {
                self.health.leak_stopped();
                store.abandon_ticket(lease, now, "content-stopped-at-the-boundary").await
            }
            VisitError::Boundary(error) => {
                // Operator: report this as a bug; nothing left the network.
                tracing::error!(ticket_id, error = %error, "message rejected by the privacy boundary");
                store.abandon_ticket(lease, now, "boundary").await
            }
            VisitError::Store(error) => {
                // Operator: check free space and permissions of DATA_DIR; the ticket is processed again.
                tracing::error!(ticket_id, error = %error, "store failed during ticket processing");
                store.retry_ticket(lease, later(None), "store").await
            }
            VisitError::NoEntropy => store.retry_ticket(lease, later(None), "no-entropy").await,
        }
    }
}

#[cfg(test)]
#[path = "worker_tests.rs"]
pub(super) mod tests;
