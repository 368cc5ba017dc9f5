//! Logs for the operator.

pub mod logs;
