//! The tables of the OAuth provider.

use std::collections::BTreeMap;

use super::entities::Id;
use crate::clock::Millis;

/// Out of band: the code is shown to the person instead of being sent to a client.
pub(in crate::zammad_sim) const OUT_OF_BAND: &str = "urn:ietf:wg:oauth:2.0:oob";
/// The only scope there is.
pub(in crate::zammad_sim) const SCOPE: &str = "full";
pub(in crate::zammad_sim) const CODE_LIFETIME: Millis = 10 * 60 * 1000;
pub(in crate::zammad_sim) const TOKEN_LIFETIME: Millis = 2 * 60 * 60 * 1000;

/// A registered client.
#[derive(Clone, Debug)]
pub(in crate::zammad_sim) struct Application {
    pub id: Id,
    pub name: String,
    pub uid: String,
    pub secret: String,
    /// One a line.
    pub redirect_uri: String,
    pub created_at: Millis,
    pub updated_at: Millis,
}

/// A code that can be exchanged once.
#[derive(Clone, Debug)]
pub(in crate::zammad_sim) struct Grant {
    pub application: Id,
    pub user: Id,
    pub redirect_uri: String,
    pub made: Millis,
    pub used: bool,
}

/// An access token with its refresh token.
#[derive(Clone, Debug)]
pub(in crate::zammad_sim) struct AccessToken {
    pub application: Id,
    /// `None` if a client requested it for itself.
    pub user: Option<Id>,
    pub secret: String,
    pub refresh: Option<String>,
    pub made: Millis,
    pub revoked: bool,
}

impl AccessToken {
    /// Whether it is expired.
    pub const fn expired(&self, now: Millis) -> bool {
        now >= self.made + TOKEN_LIFETIME
    }
}

/// The provider's tables.
#[derive(Clone, Debug, Default)]
pub(in crate::zammad_sim) struct Oauth {
    pub applications: BTreeMap<Id, Application>,
    pub grants: BTreeMap<String, Grant>,
    pub tokens: Vec<AccessToken>,
}

impl Oauth {
    /// The token with this secret.
    pub fn token(&self, secret: &str) -> Option<&AccessToken> {
        self.tokens.iter().find(|token| token.secret == secret)
    }

    pub fn client(&self, uid: &str) -> Option<&Application> {
        self.applications.values().find(|row| row.uid == uid)
    }

    /// Whether a user gave this client consent before: one token that was not revoked proves it.
    pub fn consented(&self, application: Id, user: Id) -> bool {
        self.tokens.iter().any(|token| token.application == application && token.user == Some(user) && !token.revoked)
    }
}
