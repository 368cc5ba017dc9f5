//! The sweep against a simulated Zammad: changes without a webhook are queued in the end.
#![expect(clippy::unwrap_used, reason = "tests")]

mod paging;
mod repair;
mod support;
