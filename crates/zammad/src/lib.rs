//! A typed client for the part of Zammad's REST API that the connector uses, and the verification of its webhooks
//! (docs/platforms/zammad.md; recordings in `conformance/`). It contains no rules about synchronisation.

mod client;
mod condition;
mod error;
mod texts;
mod tls;
mod types;
pub mod webhook;

pub use client::{Client, ClientConfig, http_client_builder};
pub use condition::{Condition, Text};
pub use error::{ClientError, Obstacle, Reason, Said, Verdict};
pub use tls::TlsFault;
pub use types::{
    Article, Attachment, AttributeName, EditScreen, Group, Kept, Me, NewArticle, NewFile, Priority, State, Ticket,
    TicketChange, User,
};
