//! Test helpers: an in-memory Zammad, an in-memory Forge, a clock, and a store in a temporary folder.

mod forge;
mod helpdesk;
mod setup;

pub(crate) use forge::{MemoryForge, Scripted, empty_reply};
pub(crate) use helpdesk::{MemoryHelpdesk, article, ticket};
pub(crate) use setup::{INSTALL, NOW, Setup, link};
