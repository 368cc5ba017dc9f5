//! The body of a request: messages and acknowledgements for Forge (docs/protocol.md §2).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::Id;
use crate::limits::{
    Invalid, KEY, MAX_ACKS, MAX_BODY_BYTES, MAX_MESSAGES, MAX_SKIPPED_TICKETS, NAME, TEXT, Validate, WIRE_VERSION,
    max_chars, optional_max_chars,
};
use crate::macros::wire;
use crate::message::{Message, MessageBody};
use crate::read::read;

/// The body of a request. `M` is [`Message`] for the sender and [`Received`] for the receiver, which returns a result for
/// each message separately.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Request<M = Message> {
    /// The wire version, 1 ([`WIRE_VERSION`]).
    pub v: u8,
    /// Must equal the installation of the envelope.
    pub install_id: String,
    /// The calling sidecar.
    pub sidecar: SidecarInfo,
    /// At most 50 messages ([`MAX_MESSAGES`]).
    pub messages: Vec<M>,
    /// At most 100 acknowledgements ([`MAX_ACKS`]).
    #[serde(default)]
    pub acks: Vec<Ack>,
    /// How many commands the sidecar accepts.
    #[serde(default)]
    pub poll: Poll,
    /// Etag of the settings that the sidecar has. The reply contains the settings only if they have another etag, or if this
    /// is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_etag: Option<String>,
}

wire! {
    /// The calling sidecar.
    pub struct SidecarInfo {
        /// Its version.
        pub version: String,
        /// Name of the instance.
        pub instance: String,
        /// Start time, RFC 3339.
        pub started_at: String,
    }
}

wire! {
    /// How many commands to deliver.
    pub struct Poll {
        /// Maximum number, 0 to 50.
        pub max: u32,
        /// Tickets whose commands cannot be applied now, at most 1,000 ([`MAX_SKIPPED_TICKETS`]): theirs are left out, so that they
        /// do not take the place of others.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub skip_tickets: Vec<u64>,
        /// The `emptyMark` of an earlier reply: the queue is not read if it has not changed since. Left out from time to time, so
        /// that the queue is read anyway.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub empty_mark: Option<String>,
    }
}

impl Default for Poll {
    fn default() -> Self {
        Self { max: 50, skip_tickets: Vec::new(), empty_mark: None }
    }
}

wire! {
    /// The acknowledgement of a command.
    pub struct Ack {
        /// Id of the command.
        pub command_id: Id,
        /// Result of the command.
        pub status: AckStatus,
        /// Machine-readable reason.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub code: Option<String>,
        /// Reason as text, without customer content.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub detail: Option<String>,
    }
}

wire! {
    /// The result of a command.
    pub enum AckStatus {
        /// Applied, now or before. Forge deletes the command.
        Done,
        /// Could not be applied. Forge keeps it for the admin.
        Failed,
        /// Nothing to do. Forge deletes the command.
        Skipped,
        /// The operator has a failed command delivered again, under the same id.
        Retry,
        /// The operator gives a failed command up. Forge deletes it.
        Dropped,
    }
}

/// A received message: valid, or rejected with a code.
#[derive(Clone, Debug, PartialEq)]
pub enum Received {
    /// Of a known kind, readable and within its limits.
    Valid(Box<Message>),
    /// Rejected.
    Rejected {
        /// The id as received, cut to 64 characters, so that the sender can match the result.
        id: String,
        /// `unsupported` (unknown kind), `malformed`, or `invalid`.
        code: &'static str,
        /// The field, for `invalid`.
        field: Option<&'static str>,
    },
}

/// Why a whole request is refused; nothing of it is applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// Not JSON of the expected shape. 400.
    #[error("malformed")]
    Malformed,
    /// Another wire version. 400.
    #[error("unsupported-version")]
    UnsupportedVersion,
    /// `installId` is missing or differs from the envelope. 400, audited.
    #[error("install-mismatch")]
    InstallMismatch,
    /// Exceeds a limit. 413.
    #[error("too-large")]
    TooLarge,
}

impl Request<Received> {
    /// Reads a verified body; `install_id` is the installation of the envelope.
    ///
    /// # Errors
    /// [`RequestError`] if the request as a whole cannot be used. A single message that cannot be read is a [`Received::Rejected`].
    pub fn read(body: &str, install_id: &str) -> Result<Self, RequestError> {
        if body.len() > MAX_BODY_BYTES {
            return Err(RequestError::TooLarge);
        }
        let value: Value = serde_json::from_str(body).map_err(|_| RequestError::Malformed)?;
        // The owner is checked before anything else of the body is used.
        if value.get("installId").and_then(Value::as_str) != Some(install_id) {
            return Err(RequestError::InstallMismatch);
        }
        if value.get("v").and_then(Value::as_u64) != Some(u64::from(WIRE_VERSION)) {
            return Err(RequestError::UnsupportedVersion);
        }
        let raw: Request<Value> = read(value).map_err(|_| RequestError::Malformed)?;
        let poll = &raw.poll;
        let too_many = raw.messages.len() > MAX_MESSAGES || raw.acks.len() > MAX_ACKS;
        if too_many || poll.max > 50 || poll.skip_tickets.len() > MAX_SKIPPED_TICKETS {
            return Err(RequestError::TooLarge);
        }
        let known = optional_max_chars("configEtag", raw.config_etag.as_ref(), KEY);
        let mark = optional_max_chars("poll.emptyMark", raw.poll.empty_mark.as_ref(), KEY);
        raw.sidecar.validate().and(known).and(mark).map_err(|_| RequestError::Malformed)?;
        Ok(Self {
            v: raw.v,
            install_id: raw.install_id,
            sidecar: raw.sidecar,
            messages: raw.messages.into_iter().map(Received::read).collect(),
            acks: raw.acks,
            poll: raw.poll,
            config_etag: raw.config_etag,
        })
    }
}

impl Received {
    fn read(value: Value) -> Self {
        let id = value.get("id").and_then(Value::as_str).unwrap_or_default().chars().take(64).collect();
        let kind = value.get("kind").and_then(Value::as_str);
        match kind {
            None => return Self::Rejected { id, code: "malformed", field: None },
            Some(kind) if !MessageBody::KINDS.contains(&kind) => {
                return Self::Rejected { id, code: "unsupported", field: None };
            }
            Some(_) => {}
        }
        let Ok(message) = read::<Message>(value) else {
            return Self::Rejected { id, code: "malformed", field: None };
        };
        match message.validate() {
            Ok(()) => Self::Valid(Box::new(message)),
            Err(Invalid { field, .. }) => Self::Rejected { id, code: "invalid", field: Some(field) },
        }
    }
}

impl Validate for SidecarInfo {
    fn validate(&self) -> Result<(), Invalid> {
        max_chars("sidecar.version", &self.version, NAME)?;
        max_chars("sidecar.instance", &self.instance, NAME)?;
        max_chars("sidecar.startedAt", &self.started_at, NAME)
    }
}

impl Validate for Ack {
    fn validate(&self) -> Result<(), Invalid> {
        optional_max_chars("code", self.code.as_ref(), NAME)?;
        optional_max_chars("detail", self.detail.as_ref(), TEXT)
    }
}
