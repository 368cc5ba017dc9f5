//! Forge's reply: signed with a key derived from the secret of the request, and bound to the request by its nonce.

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
    /// Returns name and value of each header, for the HTTP response.
    #[must_use]
    pub fn to_pairs(&self) -> [(&'static str, String); 2] {
        [(HEADER_TIMESTAMP, self.timestamp.as_str().into()), (HEADER_SIGNATURE, self.signature.to_wire())]
    }
}

/// The context that binds a reply to its request: the installation, the request's nonce, the secret that signed the request.
#[derive(Clone, Copy, Debug)]
pub struct ReplyContext<'a> {
    /// The installation that received the request.
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
    /// Returns the body that was signed.
    #[must_use]
    pub const fn body(&self) -> &'a str {
        self.body
    }

    /// Returns the signed time of Forge's clock in Unix seconds. The skew of the sidecar's clock is measured against it.
    #[must_use]
    pub fn seconds(&self) -> i64 {
        self.timestamp.seconds()
    }
}

impl ReplyContext<'_> {
    /// Signs a reply body and returns the headers to send with it.
    #[must_use]
    pub fn seal(&self, timestamp: Timestamp, body: &str) -> ReplyHeaders {
        let text = canonical(self.install, &timestamp, self.nonce, body.as_bytes());
        ReplyHeaders { timestamp, signature: mac(self.secret.response_key().as_slice(), &text) }
    }

    /// Verifies a reply. There is no time window: the nonce of the request is used only once, so it already proves that the
    /// reply belongs to this request. With a window, a wrong clock would stop all exchanges instead of showing as skew.
    ///
    /// # Errors
    /// [`Refusal::Malformed`] for a header that is missing, repeated or not of its exact form, or a body that is not UTF-8;
    /// [`Refusal::BadSignature`] otherwise. The exchange has then failed and its messages are sent again.
    pub fn open<'h, 'b>(
        &self,
        headers: impl IntoIterator<Item = (&'h str, &'h [u8])>,
        body: &'b [u8],
    ) -> Result<VerifiedReply<'b>, Refusal> {
        let ([timestamp, signature], is_well_formed) = exactly_once([HEADER_TIMESTAMP, HEADER_SIGNATURE], headers);
        if !is_well_formed {
            return Err(Refusal::Malformed);
        }
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
