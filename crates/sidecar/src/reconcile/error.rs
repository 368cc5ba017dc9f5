//! Why a step of reconciliation failed.

use redaction::BoundaryError;
use store::StoreError;
use zammad::ClientError;

use crate::env::NoEntropy;

/// Why a step failed. Everything stored before stays; the next step continues from there.
#[derive(Debug, thiserror::Error)]
pub enum ReconcileError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Zammad.
    #[error(transparent)]
    Zammad(#[from] ClientError),
    /// A message was rejected by the privacy boundary.
    #[error(transparent)]
    Boundary(#[from] BoundaryError),
    /// No random bytes for a message's id.
    #[error(transparent)]
    NoEntropy(#[from] NoEntropy),
}

impl ReconcileError {
    /// A code for logs.
    pub(super) const fn code(&self) -> &'static str {
        match self {
            Self::Store(_) => "store",
            Self::Zammad(error) => error.code(),
            Self::Boundary(_) => "boundary",
            Self::NoEntropy(_) => "no-entropy",
        }
    }
}
