//! Logs for the operator.

pub mod logs;
pub(crate) mod once_a_minute;
