//! Webhooks: is it Zammad's (by signature), and which ticket is it about (two numbers, nothing else is read).
//!
//! Unverified and verified are different types: an [`Event`] can only be had from a [`Verified`].

mod event;

use hmac::{Hmac, KeyInit, Mac};
use redaction::Sensitive;
use sha1::Sha1;

pub use event::Event;

/// Why a webhook is refused. The caller answers all alike; this is for counters and the audit log.
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
    /// No body: Zammad does not sign blank ones.
    #[error("empty body")]
    Empty,
    /// No token to check with: anybody could sign.
    #[error("no signature token")]
    NoToken,
    /// Signed with another token, or changed on the way.
    #[error("wrong signature")]
    WrongSignature,
    /// Signed, but not a webhook about a ticket that we could read.
    #[error("not an event: {0}")]
    NotAnEvent(&'static str),
}

/// The body of a webhook that Zammad has signed.
#[derive(Clone, Copy)]
pub struct Verified<'a> {
    body: &'a [u8],
}

/// Checks a webhook against the signature token shared with Zammad. `header_values` are all values of
/// `X-Hub-Signature`, `body` is exactly what was received.
///
/// # Errors
/// [`WebhookError`]; the form is checked before any cryptography. Says nothing about age: Zammad signs no time, so the
/// same delivery may come again.
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
    // Compares bytes in constant time; the expected tag is never written out.
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
    /// Which ticket and article it is about.
    ///
    /// # Errors
    /// [`WebhookError::NotAnEvent`] if the body is no such JSON; see [`Event`] for what is read.
    pub fn parse(self) -> Result<Event, WebhookError> {
        event::parse(self.body).map_err(WebhookError::NotAnEvent)
    }
}

impl std::fmt::Debug for Verified<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Verified({} bytes)", self.body.len())
    }
}
