//! A request from the sidecar: sealed there, opened by Forge.

use alloc::string::String;

use crate::canonical::{Canonical, canonical, mac};
use crate::fields::{InstallId, KeyId, Nonce, Signature, Timestamp};
use crate::headers::{
    HEADER_INSTALL_ID, HEADER_KEY_ID, HEADER_NONCE, HEADER_SIGNATURE, HEADER_TIMESTAMP, exactly_once,
};
use crate::{Refusal, Secret};

/// The headers of a freshly sealed request.
#[derive(Clone, Debug)]
pub struct SealedHeaders {
    install: InstallId,
    timestamp: Timestamp,
    nonce: Nonce,
    key_id: KeyId,
    signature: Signature,
}

impl SealedHeaders {
    /// Name and value of each, for the HTTP client.
    #[must_use]
    pub fn to_pairs(&self) -> [(&'static str, String); 5] {
        [
            (HEADER_INSTALL_ID, self.install.as_str().into()),
            (HEADER_TIMESTAMP, self.timestamp.as_str().into()),
            (HEADER_NONCE, self.nonce.as_str().into()),
            (HEADER_KEY_ID, self.key_id.as_str().into()),
            (HEADER_SIGNATURE, self.signature.to_wire()),
        ]
    }

    /// The nonce, which the reply's signature must cover.
    #[must_use]
    pub const fn nonce(&self) -> &Nonce {
        &self.nonce
    }
}

/// Signs `body` (the exact bytes that will be sent, valid UTF-8) with `secret`, stamped `timestamp`. The nonce must be
/// fresh for every attempt: a retry is a new envelope.
#[must_use]
pub fn seal(secret: &Secret, install: InstallId, timestamp: Timestamp, nonce: Nonce, body: &str) -> SealedHeaders {
    let signature = mac(secret.bytes(), &canonical(&install, &timestamp, &nonce, body.as_bytes()));
    SealedHeaders { install, timestamp, nonce, key_id: secret.key_id(), signature }
}

/// A request as it arrived: well-formed, nothing more. Made by [`Sealed::parse`], turned into a [`Verified`] by
/// [`crate::KeyRing::open`] only.
#[derive(Clone, Debug)]
pub struct Sealed<'a> {
    pub(crate) install: InstallId,
    pub(crate) timestamp: Timestamp,
    pub(crate) nonce: Nonce,
    pub(crate) signature: Signature,
    pub(crate) body: &'a str,
}

impl<'a> Sealed<'a> {
    /// Checks the form: every header once and in its exact form, the body UTF-8. Header names match in any case.
    /// `X-Connector-Key-Id` is a hint for diagnostics and not looked at here, so it can decide nothing.
    ///
    /// # Errors
    /// [`Refusal::Malformed`].
    pub fn parse<'h>(headers: impl IntoIterator<Item = (&'h str, &'h [u8])>, body: &'a [u8]) -> Result<Self, Refusal> {
        let names = [HEADER_INSTALL_ID, HEADER_TIMESTAMP, HEADER_NONCE, HEADER_SIGNATURE];
        let [install, timestamp, nonce, signature] = exactly_once(names, headers)?;
        let malformed = |_| Refusal::Malformed;
        Ok(Self {
            install: InstallId::parse(install).map_err(malformed)?,
            timestamp: Timestamp::parse(timestamp).map_err(malformed)?,
            nonce: Nonce::parse(nonce).map_err(malformed)?,
            signature: Signature::parse(signature).map_err(malformed)?,
            body: core::str::from_utf8(body).map_err(|_| Refusal::Malformed)?,
        })
    }

    pub(crate) fn canonical(&self) -> Canonical {
        canonical(&self.install, &self.timestamp, &self.nonce, self.body.as_bytes())
    }
}

/// A request whose every check has passed. The private fields are the point: nothing else can make one.
#[derive(Debug)]
pub struct Verified<'a> {
    body: &'a str,
    nonce: Nonce,
    install: InstallId,
    secret: &'a Secret,
}

impl<'a> Verified<'a> {
    pub(crate) const fn new(sealed: &Sealed<'a>, secret: &'a Secret) -> Self {
        Self { body: sealed.body, nonce: sealed.nonce, install: sealed.install, secret }
    }

    /// The body that was signed.
    #[must_use]
    pub const fn body(&self) -> &'a str {
        self.body
    }

    /// The nonce, which the reply's signature will cover.
    #[must_use]
    pub const fn nonce(&self) -> &Nonce {
        &self.nonce
    }

    /// The installation it is for.
    #[must_use]
    pub const fn install(&self) -> &InstallId {
        &self.install
    }

    /// The key that signed it; the reply is signed with the key derived from the same secret.
    #[must_use]
    pub const fn secret(&self) -> &'a Secret {
        self.secret
    }
}

/// A nonce claim that did not succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimError {
    /// Somebody claimed it before.
    Seen,
    /// The store gave no answer, or is full. A full store refuses; it never evicts a live nonce.
    Unavailable,
}

/// The memory of used nonces: one atomic write that succeeds for exactly one of any number of concurrent callers.
pub trait NonceClaim {
    /// Claims `nonce` for `ttl_seconds`.
    ///
    /// # Errors
    /// [`ClaimError`]; both refuse the request.
    fn claim(&self, nonce: &Nonce, ttl_seconds: u32) -> impl Future<Output = Result<(), ClaimError>>;
}
