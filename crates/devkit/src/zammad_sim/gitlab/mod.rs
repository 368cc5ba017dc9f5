//! The built-in GitLab integration: Zammad asks a GraphQL endpoint about the issues that tickets are linked to.
//!
//! A route only checks who asks and what; asking takes time, so it is done outside of the database's lock, by `ask`.

mod api;
mod ask;
mod link;

pub(super) use self::{
    api::{query, ticket_update, verify},
    ask::ask,
};
use super::entities::Id;

/// Endpoint and credentials.
#[derive(Clone, Debug, Default)]
pub(super) struct Config {
    endpoint: String,
    api_token: String,
}

/// What the endpoint is to be asked.
#[derive(Clone, Debug)]
pub(super) enum Question {
    /// Who we are: proves that the configuration works.
    Verify(Config),
    /// The issues behind these links, in this order.
    Issues {
        /// Where.
        config: Config,
        /// Addresses of issues.
        links: Vec<String>,
        /// The ticket that they are stored with; a link that GitLab words otherwise is stored again.
        ticket: Option<(Id, Id)>,
    },
}
