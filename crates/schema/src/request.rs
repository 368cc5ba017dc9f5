//! The request body: what one exchange brings to Forge.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::limits::{Invalid, KEY, MAX_ACKS, MAX_BODY_BYTES, MAX_MESSAGES, NAME, TEXT, Validate, optional, within};
use crate::parts::wire;
use crate::read::read;
use crate::{Id, Message, MessageBody, WIRE_VERSION};

/// A request body. `M` is [`Message`] where it is sent and [`Received`] where it is read, since a reader must be able to
/// answer for each message on its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Request<M = Message> {
    /// [`WIRE_VERSION`].
    pub v: u8,
    /// Must equal the envelope's.
    pub install_id: String,
    /// Who is calling.
    pub sidecar: SidecarInfo,
    /// At most [`MAX_MESSAGES`].
    pub messages: Vec<M>,
    /// At most [`MAX_ACKS`].
    #[serde(default)]
    pub acks: Vec<Ack>,
    /// How many commands the sidecar will take.
    #[serde(default)]
    pub poll: Poll,
    /// The etag of the configuration that the sidecar has; the reply brings the value only if it is another. Without it the
    /// value comes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_etag: Option<String>,
}

wire! {
    /// The calling sidecar.
    pub struct SidecarInfo {
        /// Its version.
        pub version: String,
        /// Which of several instances.
        pub instance: String,
        /// RFC 3339.
        pub started_at: String,
    }
}

wire! {
    /// How many commands to bring.
    pub struct Poll {
        /// 0 to 50.
        pub max: u32,
    }
}

impl Default for Poll {
    fn default() -> Self {
        Self { max: 50 }
    }
}

wire! {
    /// What became of a command.
    pub struct Ack {
        /// The command.
        pub command_id: Id,
        /// How it ended.
        pub status: AckStatus,
        /// Why, for machines.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub code: Option<String>,
        /// Why, in words without content.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub detail: Option<String>,
    }
}

wire! {
    /// How a command ended.
    pub enum AckStatus {
        /// Applied, now or before. Forge forgets the command.
        Done,
        /// Could not be applied. Forge keeps it for the admin.
        Failed,
        /// Nothing to do. Forge forgets the command.
        Skipped,
    }
}

/// A message as read: either understood, or refused with the code to answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Received {
    /// Understood and within its limits.
    Good(Box<Message>),
    /// Refused. `id` is what stands there, so that the sender can match the answer, cut to 64 characters.
    Bad {
        /// As received.
        id: String,
        /// `unsupported` (unknown kind), `malformed`, or `invalid`.
        code: &'static str,
        /// Which field, for `invalid`.
        field: Option<&'static str>,
    },
}

/// A whole request that is refused; nothing of it is applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// Not JSON of the expected shape. 400.
    #[error("malformed")]
    Malformed,
    /// Another wire version. 400.
    #[error("unsupported-version")]
    UnsupportedVersion,
    /// `installId` is missing or not the envelope's. 400, audited.
    #[error("install-mismatch")]
    InstallMismatch,
    /// Over a limit. 413.
    #[error("too-large")]
    TooLarge,
}

impl Request<Received> {
    /// Reads a verified body for the installation it was verified for.
    ///
    /// # Errors
    /// [`RequestError`]: the request as a whole cannot be used. A single bad message is no error but a [`Received::Bad`].
    pub fn read(body: &str, install_id: &str) -> Result<Self, RequestError> {
        if body.len() > MAX_BODY_BYTES {
            return Err(RequestError::TooLarge);
        }
        let value: Value = serde_json::from_str(body).map_err(|_| RequestError::Malformed)?;
        // Before anything else of it is looked at: whose is it?
        if value.get("installId").and_then(Value::as_str) != Some(install_id) {
            return Err(RequestError::InstallMismatch);
        }
        if value.get("v").and_then(Value::as_u64) != Some(u64::from(WIRE_VERSION)) {
            return Err(RequestError::UnsupportedVersion);
        }
        let raw: Request<Value> = read(value).map_err(|_| RequestError::Malformed)?;
        if raw.messages.len() > MAX_MESSAGES || raw.acks.len() > MAX_ACKS || raw.poll.max > 50 {
            return Err(RequestError::TooLarge);
        }
        let known = optional("configEtag", raw.config_etag.as_ref(), KEY);
        raw.sidecar.validate().and(known).map_err(|_| RequestError::Malformed)?;
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
            None => return Self::Bad { id, code: "malformed", field: None },
            Some(kind) if !MessageBody::KINDS.contains(&kind) => {
                return Self::Bad { id, code: "unsupported", field: None };
            }
            Some(_) => {}
        }
        let Ok(message) = read::<Message>(value) else {
            return Self::Bad { id, code: "malformed", field: None };
        };
        match message.validate() {
            Ok(()) => Self::Good(Box::new(message)),
            Err(Invalid { field, .. }) => Self::Bad { id, code: "invalid", field: Some(field) },
        }
    }
}

impl Validate for SidecarInfo {
    fn validate(&self) -> Result<(), Invalid> {
        within("sidecar.version", &self.version, NAME)?;
        within("sidecar.instance", &self.instance, NAME)?;
        within("sidecar.startedAt", &self.started_at, NAME)
    }
}

impl Validate for Ack {
    fn validate(&self) -> Result<(), Invalid> {
        optional("code", self.code.as_ref(), NAME)?;
        optional("detail", self.detail.as_ref(), TEXT)
    }
}
