//! Sessions of browsers, as the database keeps them.

use super::entities::Id;

/// One browser.
#[derive(Clone, Debug)]
pub(in crate::zammad_sim) struct Session {
    /// Who is signed in.
    pub user: Option<Id>,
    /// What a writing request must show.
    pub csrf: String,
}

/// What a request's cookie says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::zammad_sim) enum Cookie {
    /// There is none of ours.
    Absent,
    /// Of a session that ended, or never was.
    Unknown,
    /// Of this session.
    Known(String),
}
