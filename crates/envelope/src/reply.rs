//! Forge's reply: signed with a key derived from the request's, bound to the request by its nonce.

use alloc::string::String;

use crate::canonical::{canonical, is_mac, mac};
use crate::fields::{InstallId, Nonce, Signature, Timestamp};
use crate::headers::{HEADER_SIGNATURE, HEADER_TIMESTAMP, exactly_once};
use crate::{Refusal, Secret};

/// The headers of a signed reply.
#[derive(Clone, Debug)]
pub struct ReplyHeaders {
    timestamp: Timestamp,
    signature: Signature,
}

impl ReplyHeaders {
    /// Name and value of each, for the HTTP answer.
    #[must_use]
    pub fn to_pairs(&self) -> [(&'static str, String); 2] {
        [(HEADER_TIMESTAMP, self.timestamp.as_str().into()), (HEADER_SIGNATURE, self.signature.to_wire())]
    }
}

/// The context that binds a reply to its request: the installation, the request's nonce, the secret that signed the request.
#[derive(Clone, Copy, Debug)]
pub struct ReplyContext<'a> {
    /// The installation asked.
    pub install: &'a InstallId,
    /// The request's nonce.
    pub nonce: &'a Nonce,
    /// The secret that signed the request.
    pub secret: &'a Secret,
}

/// A reply with a valid signature; only [`ReplyContext::open`] makes one.
#[derive(Debug)]
pub struct VerifiedReply<'a> {
    body: &'a str,
    timestamp: Timestamp,
}

impl<'a> VerifiedReply<'a> {
    /// The body that was signed.
    #[must_use]
    pub const fn body(&self) -> &'a str {
        self.body
    }

    /// Forge's clock in Unix seconds: a trustworthy source for the skew of the sidecar's clock.
    #[must_use]
    pub fn seconds(&self) -> i64 {
        self.timestamp.seconds()
    }
}

impl ReplyContext<'_> {
    /// Signs a reply body.
    #[must_use]
    pub fn seal(&self, timestamp: Timestamp, body: &str) -> ReplyHeaders {
        let text = canonical(self.install, &timestamp, self.nonce, body.as_bytes());
        ReplyHeaders { timestamp, signature: mac(self.secret.response_key().as_slice(), &text) }
    }

    /// Checks a reply. No time window: the request's nonce, never used twice, already proves that it answers this very
    /// request; a window would only turn a slow clock into silence instead of a visible skew.
    ///
    /// # Errors
    /// [`Refusal::Malformed`] for headers that are missing, repeated or out of form or a body that is not UTF-8,
    /// [`Refusal::BadSignature`] otherwise. The exchange has then failed and its messages are sent again.
    pub fn open<'h, 'b>(
        &self,
        headers: impl IntoIterator<Item = (&'h str, &'h [u8])>,
        body: &'b [u8],
    ) -> Result<VerifiedReply<'b>, Refusal> {
        let [timestamp, signature] = exactly_once([HEADER_TIMESTAMP, HEADER_SIGNATURE], headers)?;
        let timestamp = Timestamp::parse(timestamp).map_err(|_| Refusal::Malformed)?;
        let signature = Signature::parse(signature).map_err(|_| Refusal::Malformed)?;
        let body = core::str::from_utf8(body).map_err(|_| Refusal::Malformed)?;
        let text = canonical(self.install, &timestamp, self.nonce, body.as_bytes());
        if bool::from(is_mac(self.secret.response_key().as_slice(), &text, &signature)) {
            Ok(VerifiedReply { body, timestamp })
        } else {
            Err(Refusal::BadSignature)
        }
    }
}
