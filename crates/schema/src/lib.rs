//! What the two halves say to each other inside the envelope (docs/protocol.md §2–3): types, limits, validators. Pure.
//!
//! [`Request`] goes from the sidecar to Forge and carries [`Message`]s and acknowledgements; [`Reply`] comes back with
//! one [`MessageResult`] a message and with [`Command`]s. JSON names are camelCase; unknown fields are ignored, unknown
//! kinds are answered, not fatal: one bad message never blocks its neighbours.
//!
//! Golden JSON of every kind is in `tests/golden`; a change there is a change of the wire, and is reviewed as one.

mod command;
mod id;
mod issue;
mod limits;
mod message;
mod parts;
mod read;
mod reply;
mod request;
pub mod settings;
pub mod time;
pub mod zammad_ids;

pub use command::{
    AttachmentAnnounced, Command, CommandBody, CommentContent, CommentRemoved, ConfigChanged, Erase, IssueGone,
    IssueMoved, Nothing, TicketWanted,
};
pub use id::{Id, NotAnId};
pub use issue::{FieldOutcome, FieldRefusal, IssueSnapshot, print};
pub use limits::{Invalid, MAX_ACKS, MAX_BODY_BYTES, MAX_INLINE_BYTES, MAX_MESSAGES, Validate};
pub use message::{
    ArticleContent, ArticleRemoved, AttachmentContent, AttachmentFetch, DriftReport, FieldApply, Hello, IdentityUpsert,
    IssueCreate, IssueGet, IssueSearch, LinkEnded, LinkRequest, Message, MessageBody, ProjectMeta, StatusWanted,
    TicketGone, TicketMerged, TicketSnapshot, UserSearch,
};
pub use parts::{AttachmentNotice, Author, Bucket, CommentRef, NamedId, Part, Person, TicketState};
pub use read::{Unreadable, read};
pub use reply::{
    ArticleAnswer, AttachmentAnswer, AttachmentBytes, CatchUp, Config, FileRef, ForgeInfo, IssueFound, LinkAnswer,
    LiveKeys, MessageResult, Reply, ResultStatus, UsersFound,
};
pub use request::{Ack, AckStatus, Poll, Received, Request, RequestError, SidecarInfo};
pub use settings::Settings;
pub use time::UnixMs;

/// The wire version. Adding an optional field keeps it; removing or changing one does not (docs/protocol.md §5).
pub const WIRE_VERSION: u8 = 1;
