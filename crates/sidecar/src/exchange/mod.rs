//! The signed conversation with Forge: messages and acknowledgements out, results and commands back, in one POST.
//!
//! `exchanger` drives it with its `parts`: `request` builds a request of messages that pass the privacy boundary again → `signed`
//! signs it, posts it by `forge_client` and verifies the reply (`error`: why it failed; `batch_size`: fewer messages then) →
//! `outcome` decides what each result means for its message, `polling` when to ask again, `settings_update` keeps newer settings, and `inbound` applies the
//! commands.

mod batch_size;
mod error;
mod exchanger;
pub mod forge_client;
mod issues_read;
mod outcome;
mod parts;
mod polling;
mod request;
mod settings_update;
mod signed;
mod version;

pub use exchanger::Exchanger;
pub use forge_client::{ForgeClient, WebTrigger};
pub use parts::Parts;
