//! The wire format between the sidecar and Forge, inside the envelope (docs/protocol.md §2–3): types, limits and
//! validators, without I/O.
//!
//! A [`Request`] goes from the sidecar to Forge with [`Message`]s and acknowledgements. The [`Reply`] has one
//! [`MessageResult`] per message, and [`Command`]s for the sidecar. JSON names are camelCase. A reader ignores unknown fields
//! and answers a message or command of an unknown kind with a code, so that one invalid message never blocks the others.
//!
//! `tests/golden` has the JSON of every kind; a change there is a change of the wire format.

pub mod codes;
mod command;
mod id;
mod issue;
mod jira_field;
mod limits;
mod macros;
mod message;
mod parts;
mod projects;
mod read;
mod reply;
mod request;
pub mod settings;
mod side;
pub mod time;
pub mod zammad_ids;

pub use command::{
    AttachmentAnnounced, Command, CommandBody, CommandKind, CommentContent, CommentRemoved, ConfigChanged,
    DescriptionChanged, Erase, IssueGone, IssueMoved, Nothing, ServiceVisibility, TicketWanted,
};
pub use id::{Id, NotAnId};
pub use issue::{FieldOutcome, FieldRefusal, FixVersion, IssueSnapshot, fingerprint};
pub use jira_field::JiraField;
pub use limits::{
    Invalid, MAX_ACKS, MAX_BODY_BYTES, MAX_INLINE_BYTES, MAX_ISSUES_READ, MAX_MESSAGES, MAX_SKIPPED_TICKETS, Validate,
    WIRE_VERSION,
};
pub use message::{
    ArticleContent, ArticleRemoved, AttachmentContent, AttachmentFetch, DriftReport, Erasure, FieldApply, Hello,
    HelpdeskNames, IdentityUpsert, IssueCreate, IssueGet, IssueSearch, IssuesChanged, IssuesRead, KnownLink, LinkEnded,
    LinkRequest, LinkRestore, MAX_NAMES, Message, MessageBody, MessageKind, ObjectName, OutOfSync, ProjectMeta,
    SidecarStatus, StateName, TargetStatus, TicketGone, TicketMerged, TicketSnapshot, UserSearch,
};
pub use parts::{
    AttachmentNotice, Author, Bucket, CommentRef, FileRef, IssueRef, NamedId, NamedText, Part, Person, TicketState,
};
pub use projects::{FieldFound, IssueTypeFound, IssueTypesFound, OptionFound, ProjectFound, ProjectsFound};
pub use read::{Unreadable, read};
pub use reply::{
    ArticleAnswer, AttachmentAnswer, AttachmentBytes, CatchUp, ChangedIssue, ChangedIssues, Config, ForgeInfo,
    HelloAnswer, IssueFound, IssueState, IssuesFound, LinkAnswer, LiveKeys, MessageResult, QueueState, Quota,
    RefFailure, Reply, ResultStatus, TicketEnded, UsersFound,
};
pub use request::{Ack, AckStatus, Poll, Received, Request, RequestError, SidecarInfo};
pub use settings::Settings;
pub use side::Side;
pub use time::UnixMs;
