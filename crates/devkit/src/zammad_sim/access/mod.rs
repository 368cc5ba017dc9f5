//! Who may do what: credentials, sessions, people and what they belong to.

pub(super) mod auth;
pub(super) mod groups;
pub(super) mod organizations;
pub(super) mod roles;
pub(super) mod session;
pub(super) mod tokens;
pub(super) mod users;
