//! The database of the simulated server: its rows, and the rules about them that need no request. Nothing here knows
//! the API.

pub(super) mod actor;
mod administration;
pub(super) mod attribute;
pub(super) mod entities;
pub(super) mod events;
pub(super) mod gitlab;
pub(super) mod incoming;
pub(super) mod numbers;
pub(super) mod oauth;
pub(super) mod permission;
pub(super) mod restart;
pub(super) mod session;
pub(super) mod state;
pub(super) mod upload;
pub(super) mod version;
pub(super) mod workflow;
