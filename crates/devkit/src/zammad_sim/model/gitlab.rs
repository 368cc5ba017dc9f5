//! The configuration of the GitLab integration, and the questions for its endpoint.

use super::entities::Id;

/// Endpoint and credentials.
#[derive(Clone, Debug, Default)]
pub(in crate::zammad_sim) struct Config {
    pub endpoint: String,
    pub api_token: String,
    /// Whether addresses of work items are links to issues.
    pub takes_work_items: bool,
}

/// A query for the endpoint.
#[derive(Clone, Debug)]
pub(in crate::zammad_sim) enum Question {
    /// Who we are: proves that the configuration works.
    Verify(Config),
    /// The issues behind these links, in this order.
    Issues {
        /// Where.
        config: Config,
        /// Addresses of issues.
        links: Vec<String>,
        /// The ticket that stores them, and the user; a link that GitLab spells otherwise is stored again.
        ticket: Option<(Id, Id)>,
    },
}
