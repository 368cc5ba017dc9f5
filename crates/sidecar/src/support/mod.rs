//! Test helpers: an in-memory Zammad, an in-memory Forge, a clock, a store in a temporary folder, and Zammad's errors.

mod forge;
mod helpdesk;
mod setup;
pub(crate) mod verdicts;

pub(crate) use forge::{MemoryForge, Scripted, empty_reply};
pub(crate) use helpdesk::{MemoryHelpdesk, article, ticket};
pub(crate) use setup::{INSTALL, NOW, Setup, link};
