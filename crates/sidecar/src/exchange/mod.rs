//! The signed conversation with Forge: messages and acknowledgements out, results and commands back, in one POST.
//!
//! `request` builds a request of messages that pass the privacy boundary again → `forge_client` posts it → `exchanger`
//! verifies the reply (`batch_size`: fewer messages after a failure) → `outcome` decides what each result means for its message, `settings_update` keeps newer settings,
//! and `inbound` applies the commands.

mod batch_size;
mod exchanger;
pub mod forge_client;
mod outcome;
mod request;
mod settings_update;
mod version;

pub use exchanger::{Exchanger, Parts};
pub use forge_client::{ForgeClient, WebTrigger};
