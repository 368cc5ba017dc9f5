//! Whether the store works, as seen by its last operation.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sqlx::Error;

use super::failure::during;
use crate::StoreError;

/// Shared by the writer and the readers.
#[derive(Clone, Debug, Default)]
pub(super) struct Status(Arc<AtomicBool>);

impl Status {
    /// Records the result of an operation and returns it. A fenced operation is not a failure of the store.
    pub(super) fn note<T>(&self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        self.0.store(matches!(&result, Err(error) if !matches!(error, StoreError::Fenced { .. })), Ordering::Relaxed);
        result
    }

    /// Converts and records the error of a read. Successful reads are not recorded: only a write proves that the disk works.
    pub(super) fn failed_read(&self, operation: &'static str) -> impl Fn(Error) -> StoreError + '_ {
        let convert = during(operation);
        move |error| {
            self.0.store(true, Ordering::Relaxed);
            convert(error)
        }
    }

    /// Whether the last recorded operation failed.
    pub(super) fn is_failing(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
