//! The signed envelope around every exchange between sidecar and Forge (docs/protocol.md §1): one side signs the bytes of
//! a message, the other verifies them.
//!
//! No clock, no randomness, no I/O: `now`, the nonce and the nonce store are arguments. Received bytes are a [`Sealed`];
//! only [`KeyRing::open`] turns them into a [`Verified`], so code that takes a `Verified` cannot get an unverified body.
//!
//! The signed text is `install_id|timestamp|nonce|hex(SHA-256(body))`, always exactly [`CANONICAL_LEN`] bytes: no field
//! can contain `|` and every length is fixed, so two different messages never have the same text.
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
/// The documented lifetime of a nonce in seconds, counted from its acceptance: a message accepted at t has a timestamp of
/// at most t + 60, so it is too old after t + 360 (docs/protocol.md §1).
pub const NONCE_TTL_SECONDS: u32 = 360;
/// Seconds for which a nonce is claimed. Both ends of the time window are inclusive and clocks are read in whole seconds,
/// so 360 s would allow a replay in the second t + 360 (test E3). The rest is a margin for a store whose clock differs from
/// the verifier's.
pub const NONCE_CLAIM_SECONDS: u32 = NONCE_TTL_SECONDS + 60;

/// Why an envelope was refused. For logs and counters only: the response is the same 401 for each of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A header is missing, repeated or not of its exact form, or the body is not UTF-8.
    #[error("malformed")]
    Malformed,
    /// The envelope is for another installation.
    #[error("wrong-install")]
    WrongInstall,
    /// The timestamp is more than [`MAX_AGE_SECONDS`] before the verifier's clock.
    #[error("stale")]
    Stale,
    /// The timestamp is more than [`MAX_AHEAD_SECONDS`] after the verifier's clock.
    #[error("future")]
    Future,
    /// No live key made this signature.
    #[error("bad-signature")]
    BadSignature,
    /// The nonce was claimed before.
    #[error("replayed")]
    Replayed,
    /// The nonce store did not answer, so the nonce could not be claimed. The only refusal that a retry may resolve.
    #[error("nonce-store-unavailable")]
    NonceStoreUnavailable,
}
