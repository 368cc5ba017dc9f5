//! The built-in GitLab integration: Zammad asks a GraphQL endpoint about the issues that tickets are linked to.
//!
//! A route only checks who asks and what; asking takes time, so it is done outside of the database's lock, by `ask`.

mod api;
mod ask;
mod link;

pub(super) use self::{
    api::{query, ticket_update, verify},
    ask::{ChangedLinks, ask},
};
