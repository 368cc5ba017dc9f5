//! The tasks that compare links by themselves, and the command-line verbs that list the results.
#![expect(clippy::unwrap_used, reason = "tests")]

mod backfill;
mod drift;
mod lists;
mod support;
