//! Commands from Jira: `admit` claims each once → `apply` carries it out (a comment becomes an internal note, a changed
//! issue is stored and its ticket read again) → `file` writes a requested file → `catch_up` applies commands that no event
//! reported. `waiting` remembers the tickets whose commands cannot be applied now; `handler` holds
//! what all of them need, `application` one command while it is carried out.

mod admit;
mod application;
mod apply;
mod catch_up;
pub(crate) mod connection_end;
mod control;
mod file;
mod fingerprint;
mod handler;
mod link;
mod notes;
mod waiting;

pub use handler::CommandHandler;
pub use waiting::WaitingTickets;
