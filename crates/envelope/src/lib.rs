//! The signed envelope around every exchange between sidecar and Forge (docs/protocol.md §1): seal bytes, open them again.
//!
//! No clock, no randomness, no I/O: `now`, the nonce and the nonce claim are arguments. What arrives is a [`Sealed`];
//! only [`KeyRing::open`] makes a [`Verified`] of it, so code that wants a checked body cannot be handed an unchecked one.
//!
//! The signed text is `install_id|timestamp|nonce|hex(SHA-256(body))`, always exactly [`CANONICAL_LEN`] bytes: no field
//! can contain `|` and every length is fixed, so no two messages share a text.
#![no_std]

extern crate alloc;

mod canonical;
mod fields;
mod headers;
mod keys;
mod reply;
mod request;
mod secret;

pub use canonical::CANONICAL_LEN;
pub use fields::{InstallId, KeyId, Nonce, NotWellFormed, Signature, Timestamp};
pub use headers::{HEADER_INSTALL_ID, HEADER_KEY_ID, HEADER_NONCE, HEADER_SIGNATURE, HEADER_TIMESTAMP};
pub use keys::KeyRing;
pub use reply::{ReplyContext, ReplyHeaders, VerifiedReply};
pub use request::{ClaimError, NonceClaim, Sealed, SealedHeaders, Verified, seal};
pub use secret::{Secret, SecretError};

/// Oldest accepted timestamp, in seconds before the verifier's clock.
pub const MAX_AGE_SECONDS: i64 = 300;
/// Newest accepted timestamp, in seconds after the verifier's clock.
pub const MAX_AHEAD_SECONDS: i64 = 60;
/// The published life of a nonce, counted from its acceptance: a message accepted at t is stamped at most t + 60, so it
/// leaves the window at the latest at t + 360 (docs/protocol.md §1).
pub const NONCE_TTL_SECONDS: u32 = 360;
/// How long a nonce is really claimed for. Both ends of the window are inclusive and clocks are read in whole seconds, so
/// exactly 360 s would leave the second t + 360 open to a replay (test E3 found it); the rest is slack for a store whose
/// clock is not the verifier's.
pub const NONCE_CLAIM_SECONDS: u32 = NONCE_TTL_SECONDS + 60;

/// Why an envelope was refused. For the audit log and a counter; to the caller all are the same 401.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A header is missing, repeated or not of its exact form, or the body is not UTF-8.
    #[error("malformed")]
    Malformed,
    /// The envelope is for another installation.
    #[error("wrong-install")]
    WrongInstall,
    /// Stamped more than [`MAX_AGE_SECONDS`] ago.
    #[error("stale")]
    Stale,
    /// Stamped more than [`MAX_AHEAD_SECONDS`] ahead.
    #[error("future")]
    Future,
    /// No live key made this signature.
    #[error("bad-signature")]
    BadSignature,
    /// The nonce was claimed before.
    #[error("replayed")]
    Replayed,
    /// The nonce store gave no answer; refused because nothing may pass unclaimed. The one refusal worth a retry.
    #[error("nonce-store-unavailable")]
    NonceStoreUnavailable,
}
