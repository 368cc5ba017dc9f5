//! A request from the sidecar: signed there, verified by Forge.

use alloc::string::String;

use crate::canonical::{Canonical, canonical, mac};
use crate::fields::{InstallId, KeyId, Nonce, Signature, Timestamp};
use crate::headers::{
    HEADER_INSTALL_ID, HEADER_KEY_ID, HEADER_NONCE, HEADER_SIGNATURE, HEADER_TIMESTAMP, exactly_once,
};
use crate::{Refusal, Secret};

/// The headers of a signed request.
#[derive(Clone, Debug)]
pub struct SealedHeaders {
    install: InstallId,
    timestamp: Timestamp,
    nonce: Nonce,
    key_id: KeyId,
    signature: Signature,
}

impl SealedHeaders {
    /// Returns name and value of each header, for the HTTP client.
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

    /// Returns the nonce, which the reply's signature must cover.
    #[must_use]
    pub const fn nonce(&self) -> &Nonce {
        &self.nonce
    }
}

/// Signs `body`, which must be sent unchanged, with `secret` and returns the headers to send with it. `timestamp` is the
/// time of sending. Every attempt, a retry included, needs a new nonce.
#[must_use]
pub fn seal(secret: &Secret, install: InstallId, timestamp: Timestamp, nonce: Nonce, body: &str) -> SealedHeaders {
    let signature = mac(secret.bytes(), &canonical(&install, &timestamp, &nonce, body.as_bytes()));
    SealedHeaders { install, timestamp, nonce, key_id: secret.key_id(), signature }
}

/// A received request that is well-formed but not verified. Made by [`Sealed::parse`], turned into a [`Verified`] only by
/// [`crate::KeyRing::open`].
#[derive(Clone, Debug)]
pub struct Sealed<'a> {
    pub(crate) install: InstallId,
    pub(crate) timestamp: Timestamp,
    pub(crate) nonce: Nonce,
    pub(crate) signature: Signature,
    pub(crate) body: &'a str,
}

impl<'a> Sealed<'a> {
    /// Checks the form: every header once and in its exact form, the body UTF-8. Header names are case-insensitive.
    /// `X-Connector-Key-Id` is for diagnostics only and is not read.
    ///
    /// # Errors
    /// [`Refusal::Malformed`] for any other form.
    pub fn parse<'h>(headers: impl IntoIterator<Item = (&'h str, &'h [u8])>, body: &'a [u8]) -> Result<Self, Refusal> {
        let names = [HEADER_INSTALL_ID, HEADER_TIMESTAMP, HEADER_NONCE, HEADER_SIGNATURE];
        // All of it is read before any of it can fail, so that the time of a refusal does not show what was wrong.
        let ([install, timestamp, nonce, signature], is_well_formed) = exactly_once(names, headers);
        let body = core::str::from_utf8(body);
        let (install, timestamp) = (InstallId::parse(install), Timestamp::parse(timestamp));
        let (nonce, signature) = (Nonce::parse(nonce), Signature::parse(signature));
        match (install, timestamp, nonce, signature, body) {
            (Ok(install), Ok(timestamp), Ok(nonce), Ok(signature), Ok(body)) if is_well_formed => {
                Ok(Self { install, timestamp, nonce, signature, body })
            }
            _ => Err(Refusal::Malformed),
        }
    }

    pub(crate) fn canonical(&self) -> Canonical {
        canonical(&self.install, &self.timestamp, &self.nonce, self.body.as_bytes())
    }
}

/// A verified request. The fields are private, so that only [`crate::KeyRing::open`] can make one.
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

    /// Returns the body that was signed.
    #[must_use]
    pub const fn body(&self) -> &'a str {
        self.body
    }

    /// Returns the nonce, which the reply's signature will cover.
    #[must_use]
    pub const fn nonce(&self) -> &Nonce {
        &self.nonce
    }

    /// Returns the installation that the request is for.
    #[must_use]
    pub const fn install(&self) -> &InstallId {
        &self.install
    }

    /// Returns the secret that signed the request; the reply is signed with a key derived from it.
    #[must_use]
    pub const fn secret(&self) -> &'a Secret {
        self.secret
    }
}

/// A nonce claim that did not succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimError {
    /// The nonce was claimed before.
    Seen,
    /// The store did not answer, or is full. A full store refuses new claims; it does not evict nonces before they expire.
    Unavailable,
}

/// The store of used nonces. A claim is one atomic write: of any number of concurrent callers exactly one succeeds.
pub trait NonceClaim {
    /// Claims `nonce` for `ttl_seconds`.
    ///
    /// # Errors
    /// [`ClaimError`]; in both cases the request is refused.
    fn claim(&self, nonce: &Nonce, ttl_seconds: u32) -> impl Future<Output = Result<(), ClaimError>>;
}
