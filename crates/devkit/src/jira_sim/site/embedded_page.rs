//! A page of an app that the page of an issue shows.

/// A page of an app that is shown with each issue. Its address gets the key, the visitor's account and their
/// language as `issue`, `account` and `locale`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmbeddedPage {
    /// The heading.
    pub title: String,
    /// The address without a query.
    pub url: String,
    /// Whether it is shown beside the issue from the start, or below its text once somebody opens it.
    pub beside: bool,
}
