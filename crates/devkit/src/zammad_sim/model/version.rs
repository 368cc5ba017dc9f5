//! Which Zammad is imitated.

/// The two recorded servers. They differ only where the connector depends on it; see docs/platforms/zammad.md §15.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Version {
    /// 6.1 of July 2023.
    #[value(name = "6.1")]
    V6_1,
    /// 6.5 stable.
    #[default]
    #[value(name = "6.5")]
    V6_5,
}

impl Version {
    /// The version in the response to `GET /api/v1/version`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::V6_1 => "6.1.x",
            Self::V6_5 => "6.5.x",
        }
    }

    /// Content type of webhooks.
    #[must_use]
    pub const fn webhook_content_type(self) -> &'static str {
        match self {
            Self::V6_1 => "application/json",
            Self::V6_5 => "application/json; charset=utf-8",
        }
    }

    /// Whether a webhook's redirect is followed, with GET and the ticket in the query.
    #[must_use]
    pub const fn follows_redirects(self) -> bool {
        matches!(self, Self::V6_1)
    }

    /// Where a too long endpoint is cut.
    #[must_use]
    pub const fn endpoint_length(self) -> usize {
        match self {
            Self::V6_1 => 300,
            Self::V6_5 => 2000,
        }
    }
}
