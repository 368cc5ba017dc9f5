//! Test helpers: a platform in memory and a small Jira.

pub(crate) mod jira;
pub(crate) mod memory;

pub(crate) use memory::*;
