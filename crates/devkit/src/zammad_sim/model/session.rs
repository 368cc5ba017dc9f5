//! Sessions of browsers, as the database keeps them.

use super::entities::Id;

/// One browser.
#[derive(Clone, Debug)]
pub(in crate::zammad_sim) struct Session {
    /// Who is signed in.
    pub user: Option<Id>,
    /// The CSRF token, which a writing request must carry.
    pub csrf: String,
}

/// The session cookie of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::zammad_sim) enum Cookie {
    /// There is none of ours.
    Absent,
    /// Of a session that ended, or never was.
    Unknown,
    /// Of this session.
    Known(String),
}
