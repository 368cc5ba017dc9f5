//! Helpers of these tests.

#[path = "../../contract/mod.rs"]
pub mod contract;
pub mod http;
pub mod receiver;
