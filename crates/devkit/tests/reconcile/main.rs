//! The sweep against an imitated Zammad: whatever no webhook told is rung for in the end.
#![expect(clippy::unwrap_used, reason = "tests")]

mod paging;
mod repair;
mod support;
