//! Errors of the store, and what the caller should do about each.

/// A failed store operation. Texts name the operation and the backend's code, never a stored value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Disk full, read-only, I/O error, or lock timeout: nothing was stored; the same call may work later.
    #[error("store unavailable during {operation}: {code}")]
    Unavailable {
        /// The operation.
        operation: &'static str,
        /// The backend's own short code, e.g. `SQLITE_FULL`.
        code: String,
    },
    /// The lease or claim of this call is no longer the caller's: another holder does the work now.
    #[error("fenced: another holder has taken over {what}")]
    Fenced {
        /// Which lease.
        what: &'static str,
    },
    /// A stored row cannot be read: newer schema, or damage. Retrying is useless.
    #[error("store damaged or newer than this program: {0}")]
    Corrupt(String),
    /// The database file cannot be used at all (permissions, wrong file type, newer migrations). Found at start.
    #[error("cannot open the store: {0}")]
    Open(String),
}
