//! Access: credentials, sessions, users, groups, organizations and roles.

pub(super) mod auth;
pub(super) mod groups;
pub(super) mod organizations;
pub(super) mod roles;
pub(super) mod session;
pub(super) mod tokens;
pub(super) mod users;
