//! Helpers of these tests.

pub(crate) mod engine;
pub(crate) mod kit;
pub(crate) mod site;
