//! Test helpers: a platform in memory and a small Jira.

pub(crate) mod jira;
pub(crate) mod memory;
mod workflow;

pub(crate) use memory::*;
pub(crate) use workflow::status;
