//! What no event told. Webhooks are given up after 108 s, events are lost, and some changes have neither: nothing here
//! trusts that somebody rang.
//!
//! - `sweep`: tickets that changed in Zammad since the last look, once a minute
//! - `drift`: every link in turn, once a day, both sides
//! - `backfill`: every link in turn, when an operator says so
//! - `people`: who may be whom, for an admin to confirm
//!
//! The first three only ring, or ask Forge for the issue: what is then found and written is the visit's work, the same as after
//! any webhook.

mod backfill;
mod drift;
mod people;
mod query;
mod sweep;

use std::sync::Arc;
use std::time::Duration;

use redaction::BoundaryError;
use store::{Store, StoreError};
use tokio_util::sync::CancellationToken;
use zammad::{ClientError, Reason, Verdict, backoff};

pub use backfill::{Backfill, Item, Outcome, Progress};
pub use drift::{Drift, DriftPace};
pub use people::{People, Person};
pub use sweep::{Quiet, Sweep, SweepPace, Swept};

use crate::env::{NoEntropy, Env};
use crate::health::Health;

/// Why a run ended early. What was stored before stays, and the next run goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Zammad.
    #[error(transparent)]
    Zammad(#[from] ClientError),
    /// A message has no way across the boundary.
    #[error(transparent)]
    Boundary(#[from] BoundaryError),
    /// No random bytes for a message's id.
    #[error(transparent)]
    NoEntropy(#[from] NoEntropy),
}

impl Failure {
    const fn code(&self) -> &'static str {
        match self {
            Self::Store(_) => "store",
            Self::Zammad(error) => error.code(),
            Self::Boundary(_) => "boundary",
            Self::NoEntropy(_) => "no-entropy",
        }
    }
}

/// Tells what a run of `what` failed with, and returns how long to leave it alone.
fn failed(what: &'static str, failure: &Failure, failures: u32, health: &Health, env: &Env) -> Duration {
    let code = failure.code();
    tracing::warn!(what, code, failures, error = %failure, "reconciliation interrupted; it goes on from where it was");
    let after = match failure {
        Failure::Store(StoreError::Unavailable { .. }) => {
            health.store(false);
            None
        }
        Failure::Zammad(error) => {
            let verdict = error.verdict();
            health.zammad(verdict != Verdict::GiveUp(Reason::Unauthorized));
            if let Verdict::Retry { after } = verdict { after } else { None }
        }
        _ => None,
    };
    backoff::delay(failures, after, env.jitter())
}

/// Several instances share one database: who holds the lease of this name does the work.
async fn is_ours(store: &Arc<dyn Store>, name: &str, instance: &str, env: &Env) -> Result<bool, StoreError> {
    /// Two rests and a half. Short, because a container that was made anew has another name; if two should work at once,
    /// they ring for the same, which is nothing the second time.
    const LEASE_MS: i64 = 150_000;
    Ok(store.acquire_lease(name, instance, env.now(), LEASE_MS).await?.is_some())
}

/// Waits; false if the process stops.
async fn rest(wait: Duration, stop: &CancellationToken) -> bool {
    tokio::select! {
        () = tokio::time::sleep(wait) => true,
        () = stop.cancelled() => false,
    }
}
