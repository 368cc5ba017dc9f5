//! The sidecar's knowledge of a ticket and of the issues linked to it, and the texts it makes of them. The ground floor:
//! `visit`, `inbound`, `exchange` and `reconcile` build on it, and it uses none of them.
//!
//! - `helpdesk`: the calls that the sidecar makes to Zammad, as a trait
//! - `read`: reads a ticket; caches users, states and the privacy search
//! - `snapshot`, `comments`: a ticket and its articles as wire messages for Jira
//! - `admission`: which articles may be sent
//! - `article_state`: the stored state of an article that was sent
//! - `history`: the articles of the time before a link, as one document
//! - `brake`: how many issues a rule has made, and whether it is paused
//! - `bodies`: reads articles with as much of their bodies as is needed
//! - `kind`: the kind of an article and what becomes of it
//! - `looked_at`: the tickets without a link that were looked at
//! - `mail_id`: the mails that a mail answers
//! - `note`: internal notes for Zammad, as HTML
//! - `number`: the number of a ticket, for people
//! - `facts`, `issue`, `role`, `person`: what is stored with a link
//! - `typed`: a ticket as people type it
//! - `rights`: whether the bot may write in a group
//! - `message`: a message as a row of the outbox, checked by the privacy boundary

pub(crate) mod admission;
pub(crate) mod article_state;
pub(crate) mod bodies;
pub mod brake;
pub(crate) mod comments;
pub(crate) mod facts;
pub mod helpdesk;
mod history;
mod issue;
pub(crate) mod kind;
mod looked_at;
pub(crate) mod mail_id;
mod message;
pub(crate) mod note;
mod number;
mod person;
mod read;
pub(crate) mod rights;
mod role;
pub(crate) mod snapshot;
pub(crate) mod typed;

pub use helpdesk::Helpdesk;
pub(crate) use issue::{KnownIssue, readable_again};
pub use looked_at::LookedAt;
pub(crate) use message::{
    described, issue_question, link_request, link_request_of, newest_article, outbox_row, restore,
};
pub(crate) use number::number_of;
pub(crate) use person::unmapped_person;
pub use read::TicketReader;
pub(crate) use read::{TicketView, full_name, is_without_user, merge_input};
pub(crate) use role::role_of;
