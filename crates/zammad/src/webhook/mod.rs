//! Verifies the signature of Zammad's webhooks and reads the ids of ticket and article, nothing else.
//!
//! Only a [`Verified`] returns an [`Event`], so a webhook that is not verified cannot be used.

mod event;

use hmac::{Hmac, KeyInit, Mac};
use redaction::Sensitive;
use sha1::Sha1;

pub use event::Event;

/// Why a webhook is refused. For logs and counters; the response does not contain it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WebhookError {
    /// No `X-Hub-Signature`.
    #[error("no signature")]
    Unsigned,
    /// More than one `X-Hub-Signature`.
    #[error("more than one signature")]
    Repeated,
    /// Not `sha1=` and 40 lower-case hex digits.
    #[error("malformed signature")]
    Malformed,
    /// No body: Zammad does not sign an empty one.
    #[error("empty body")]
    Empty,
    /// The configured token is empty, so anyone could make the signature.
    #[error("no signature token")]
    NoToken,
    /// Signed with another token, or changed on the way.
    #[error("wrong signature")]
    WrongSignature,
    /// Signed, but not a readable webhook about a ticket.
    #[error("not an event: {0}")]
    NotAnEvent(&'static str),
}

/// The body of a webhook that Zammad has signed.
#[derive(Clone, Copy)]
pub struct Verified<'a> {
    body: &'a [u8],
}

/// Verifies the HMAC-SHA-1 of a webhook with the signature token shared with Zammad (docs/platforms/zammad.md §6).
/// `header_values` are all values of `X-Hub-Signature`, `body` is the received bytes. The age of a webhook is not checked:
/// Zammad signs no time, so the same webhook may be received again.
///
/// # Errors
/// [`WebhookError`]; the form is checked before any cryptography.
pub fn verify<'a>(
    token: &Sensitive<String>,
    header_values: &[&[u8]],
    body: &'a [u8],
) -> Result<Verified<'a>, WebhookError> {
    let tag = match header_values {
        [] => return Err(WebhookError::Unsigned),
        [value] => decode(value).ok_or(WebhookError::Malformed)?,
        _ => return Err(WebhookError::Repeated),
    };
    if body.is_empty() {
        return Err(WebhookError::Empty);
    }
    if token.expose().is_empty() {
        return Err(WebhookError::NoToken);
    }
    let mut mac = Hmac::<Sha1>::new_from_slice(token.expose().as_bytes()).map_err(|_| WebhookError::NoToken)?;
    mac.update(body);
    // Compares the bytes in constant time; comparing hex texts could leak through timing.
    mac.verify_slice(&tag).map_err(|_| WebhookError::WrongSignature)?;
    Ok(Verified { body })
}

fn decode(value: &[u8]) -> Option<[u8; 20]> {
    let digits = value.strip_prefix(b"sha1=")?;
    if !digits.iter().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f')) {
        return None;
    }
    let mut tag = [0; 20];
    hex::decode_to_slice(digits, &mut tag).ok()?;
    Some(tag)
}

impl Verified<'_> {
    /// Reads the ids of ticket and article.
    ///
    /// # Errors
    /// [`WebhookError::NotAnEvent`] if the body is not the JSON of a webhook about a ticket.
    pub fn parse(self) -> Result<Event, WebhookError> {
        event::parse(self.body).map_err(WebhookError::NotAnEvent)
    }
}

impl std::fmt::Debug for Verified<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Verified({} bytes)", self.body.len())
    }
}
