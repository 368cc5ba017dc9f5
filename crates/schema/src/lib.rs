//! What the two halves say to each other inside the envelope (protocol.md §2–3): types, limits, validators. Pure.
//!
//! [`Request`] goes from the sidecar to Forge and carries [`Message`]s and acknowledgements; [`Reply`] comes back with
//! one [`MessageResult`] a message and with [`Command`]s. JSON names are camelCase; unknown fields are ignored, unknown
//! kinds are answered, not fatal: one bad message never blocks its neighbours.
//!
//! Golden JSON of every kind is in `tests/golden`; a change there is a change of the wire, and is reviewed as one.

mod command;
mod id;
mod limits;
mod message;
mod parts;
mod reply;
mod request;
mod time;

pub use command::{
    Command, CommandBody, CommentContent, CommentRemoved, ConfigChanged, Erase, IssueGone, IssueMoved, IssueSnapshot,
    Nothing, TicketWanted,
};
pub use id::{Id, NotAnId};
pub use limits::{Invalid, MAX_ACKS, MAX_BODY_BYTES, MAX_MESSAGES, Validate};
pub use message::{
    ArticleContent, AttachmentContent, AttachmentFetch, DriftReport, FieldApply, Hello, IdentityUpsert, IssueCreate,
    IssueGet, IssueSearch, LinkEnded, LinkRequest, Message, MessageBody, ProjectMeta, TicketGone, TicketMerged,
    TicketSnapshot, UserSearch,
};
pub use parts::{AttachmentNotice, Author, Bucket, NamedId, Part, Person, Sender, TicketState};
pub use reply::{Config, ForgeInfo, LinkAnswer, LiveKeys, MessageResult, Reply, ResultStatus};
pub use request::{Ack, AckStatus, Poll, Received, Request, RequestError, SidecarInfo};
pub use time::UnixMs;

/// The wire version. Adding an optional field keeps it; removing or changing one does not (protocol.md §5).
pub const WIRE_VERSION: u8 = 1;
