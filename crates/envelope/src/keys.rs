//! The live keys of an installation, and the verification of requests.

use subtle::{Choice, ConditionallySelectable};

use crate::canonical::{canonical_of_body, is_mac};
use crate::fields::Signature;
use crate::request::{ClaimError, NonceClaim, Sealed, Verified};
use crate::{InstallId, MAX_AGE_SECONDS, MAX_AHEAD_SECONDS, NONCE_CLAIM_SECONDS, Refusal, Secret};

/// The live keys of one installation: `current`, and during a rotation `next`. Never more than two.
#[derive(Clone, Debug)]
pub struct KeyRing {
    current: Secret,
    next: Option<Secret>,
}

impl KeyRing {
    /// Creates a ring of one or two keys.
    #[must_use]
    pub const fn new(current: Secret, next: Option<Secret>) -> Self {
        Self { current, next }
    }

    /// Returns the key that always exists.
    #[must_use]
    pub const fn current(&self) -> &Secret {
        &self.current
    }

    /// Returns the key that will replace `current`, during a rotation.
    #[must_use]
    pub const fn next(&self) -> Option<&Secret> {
        self.next.as_ref()
    }

    /// Returns the live keys, `current` first.
    pub fn live(&self) -> impl Iterator<Item = &Secret> {
        core::iter::once(&self.current).chain(&self.next)
    }

    /// Verifies a request. `install` is the installation that received it, `now` the verifier's clock in Unix seconds.
    ///
    /// The order is fixed and the first failure is returned: form (already checked by [`Sealed::parse`]), installation,
    /// time window, signature (against all live keys, in constant time), nonce. The signature is computed before the first of
    /// them, so that the time of an answer does not show which check failed; see [`KeyRing::spend_as_for`] for a request of
    /// another form. The nonce is claimed only after all other checks have passed.
    ///
    /// # Errors
    /// [`Refusal`], for logs and counters only: the response is 401 for each of them.
    pub async fn open<'a>(
        &'a self,
        sealed: &Sealed<'a>,
        install: &InstallId,
        now: i64,
        nonces: &impl NonceClaim,
    ) -> Result<Verified<'a>, Refusal> {
        let signer = self.signer_of(sealed);
        if sealed.install != *install {
            return Err(Refusal::WrongInstall);
        }
        let ahead = sealed.timestamp.seconds().saturating_sub(now);
        if ahead < -MAX_AGE_SECONDS {
            return Err(Refusal::Stale);
        }
        if ahead > MAX_AHEAD_SECONDS {
            return Err(Refusal::Future);
        }
        let secret = signer.ok_or(Refusal::BadSignature)?;
        match nonces.claim(&sealed.nonce, NONCE_CLAIM_SECONDS).await {
            Ok(()) => Ok(Verified::new(sealed, secret)),
            Err(ClaimError::Seen) => Err(Refusal::Replayed),
            Err(ClaimError::Unavailable) => Err(Refusal::NonceStoreUnavailable),
        }
    }

    /// Does the work of [`KeyRing::open`] for a request that [`Sealed::parse`] refused, and drops the result: its refusal then
    /// takes as long as any other.
    pub fn spend_as_for(&self, body: &[u8]) {
        let text = canonical_of_body(body);
        for key in self.live() {
            core::hint::black_box(is_mac(key.bytes(), &text, &Signature([0; 32])));
        }
    }

    /// Returns the key that signed the request. The tags of all live keys are computed and compared before the result is
    /// used, so timing does not reveal which key matches, if any.
    fn signer_of(&self, sealed: &Sealed<'_>) -> Option<&Secret> {
        let text = sealed.canonical();
        let by_current = is_mac(self.current.bytes(), &text, &sealed.signature);
        let by_next = self.next.as_ref().map_or(Choice::from(0), |next| is_mac(next.bytes(), &text, &sealed.signature));
        let mut signer = 0u8;
        signer.conditional_assign(&2, by_next);
        signer.conditional_assign(&1, by_current);
        match signer {
            1 => Some(&self.current),
            2 => self.next.as_ref(),
            _ => None,
        }
    }
}
