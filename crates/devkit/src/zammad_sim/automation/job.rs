//! Webhooks that wait to be sent.

use std::time::Duration;

use uuid::Uuid;

use super::triggers::PendingWebhook;

/// Measured waits between the attempts, in seconds; after the fifth attempt the job is deleted.
pub const RETRY_GAPS: [u32; 4] = [12, 20, 32, 40];

/// How deliveries are paced.
#[derive(Clone, Copy, Debug)]
pub(in crate::zammad_sim) struct Pace {
    /// Before the first attempt.
    pub first: Duration,
    /// Scales the measured waits.
    pub retry_scale: f64,
    /// How long a receiver may take.
    pub timeout: Duration,
}

/// A queued delivery.
#[derive(Clone, Debug)]
pub(in crate::zammad_sim) struct Job {
    /// The same on every attempt.
    pub delivery: Uuid,
    /// The webhook and its subject.
    pub webhook: PendingWebhook,
    /// Attempts already made.
    pub made: usize,
}
