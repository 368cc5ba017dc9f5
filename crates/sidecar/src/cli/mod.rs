//! Verbs of the command line, one file each.

pub mod healthcheck;
pub mod link;
