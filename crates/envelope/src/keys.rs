//! The one or two live keys, and the order of checks.

use subtle::{Choice, ConditionallySelectable};

use crate::canonical::is_mac;
use crate::request::{ClaimError, NonceClaim, Sealed, Verified};
use crate::{InstallId, MAX_AGE_SECONDS, MAX_AHEAD_SECONDS, NONCE_CLAIM_SECONDS, Refusal, Secret};

/// The live keys of one installation: `current`, and during a rotation `next`. Never more than two.
#[derive(Clone, Debug)]
pub struct KeyRing {
    current: Secret,
    next: Option<Secret>,
}

impl KeyRing {
    /// A ring of one or two keys.
    #[must_use]
    pub const fn new(current: Secret, next: Option<Secret>) -> Self {
        Self { current, next }
    }

    /// The key that is always there.
    #[must_use]
    pub const fn current(&self) -> &Secret {
        &self.current
    }

    /// The key that will replace it, during a rotation.
    #[must_use]
    pub const fn next(&self) -> Option<&Secret> {
        self.next.as_ref()
    }

    /// The live keys, `current` first.
    pub fn live(&self) -> impl Iterator<Item = &Secret> {
        core::iter::once(&self.current).chain(&self.next)
    }

    /// Opens a request. `install` is the installation that is asked, `now` the verifier's clock in Unix seconds.
    ///
    /// The order is fixed and the first failure wins: (form, already checked by [`Sealed::parse`]) → installation →
    /// time window → signature against every live key, always all of them, in constant time → nonce. Nothing is claimed
    /// for a message that fails before.
    ///
    /// # Errors
    /// [`Refusal`], for the audit log; the caller is told 401 whatever it is.
    pub async fn open<'a>(
        &'a self,
        sealed: &Sealed<'a>,
        install: &InstallId,
        now: i64,
        nonces: &impl NonceClaim,
    ) -> Result<Verified<'a>, Refusal> {
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
        let secret = self.signer_of(sealed).ok_or(Refusal::BadSignature)?;
        match nonces.claim(&sealed.nonce, NONCE_CLAIM_SECONDS).await {
            Ok(()) => Ok(Verified::new(sealed, secret)),
            Err(ClaimError::Seen) => Err(Refusal::Replayed),
            Err(ClaimError::Unavailable) => Err(Refusal::NonceStoreUnavailable),
        }
    }

    /// Which key signed it. Both tags are computed and compared before anything is decided, so timing does not tell
    /// which key (or that none) fits.
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
