//! Zammad → Jira. A doorbell's way: `worker` leases the ticket → `visit` looks at it (reading by `source`, wording by
//! `translate`) → the boundary → outbox → `exchange` sends → `outcome` settles.

mod exchange;
mod issue;
mod message;
mod outcome;
mod request;
mod source;
pub(crate) mod translate;
mod worker;

pub use exchange::{Exchanger, Parts};
pub(crate) use issue::KnownIssue;
pub(crate) use message::{crossed, link_request, newest};
pub use source::Sources;
pub(crate) use source::{Source, full_name, reading};
pub(crate) use translate::ticket_url;
pub use worker::Worker;
