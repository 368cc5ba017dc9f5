//! Zammad as OAuth 2 provider, which is Doorkeeper underneath: applications, consent, tokens.
//!
//! PKCE is ignored, scopes are not enforced, and a revoked access token goes on working: all of it as recorded.

mod applications;
mod authorize;
mod token;

use std::collections::BTreeMap;

pub(super) use self::{
    applications::{create, delete, list, show, update},
    authorize::authorize,
};
use super::{entities::Id, state::State};
use crate::{
    clock::Millis,
    http::{Answer, Inbound},
};

/// Out of band: the code is shown to the person instead of being sent to a client.
const OUT_OF_BAND: &str = "urn:ietf:wg:oauth:2.0:oob";
/// The only scope there is.
const SCOPE: &str = "full";
const CODE_LIFETIME: Millis = 10 * 60 * 1000;
const TOKEN_LIFETIME: Millis = 2 * 60 * 60 * 1000;

/// A registered client.
#[derive(Clone, Debug)]
struct Application {
    id: Id,
    name: String,
    uid: String,
    secret: String,
    /// One a line.
    redirect_uri: String,
    created_at: Millis,
    updated_at: Millis,
}

/// A code that can be exchanged once.
#[derive(Clone, Debug)]
struct Grant {
    application: Id,
    user: Id,
    redirect_uri: String,
    made: Millis,
    used: bool,
}

/// An access token with its refresh token.
#[derive(Clone, Debug)]
pub(super) struct AccessToken {
    application: Id,
    /// Nobody, where a client asked for itself.
    pub user: Option<Id>,
    secret: String,
    refresh: Option<String>,
    made: Millis,
    revoked: bool,
}

impl AccessToken {
    /// Whether its time is over.
    pub const fn expired(&self, now: Millis) -> bool {
        now >= self.made + TOKEN_LIFETIME
    }
}

/// The provider's tables.
#[derive(Clone, Debug, Default)]
pub(super) struct Oauth {
    applications: BTreeMap<Id, Application>,
    grants: BTreeMap<String, Grant>,
    tokens: Vec<AccessToken>,
}

impl Oauth {
    /// The token with this secret.
    pub fn token(&self, secret: &str) -> Option<&AccessToken> {
        self.tokens.iter().find(|token| token.secret == secret)
    }

    fn client(&self, uid: &str) -> Option<&Application> {
        self.applications.values().find(|row| row.uid == uid)
    }

    /// Whether somebody gave this client consent before; one token that was not revoked is proof enough.
    fn consented(&self, application: Id, user: Id) -> bool {
        self.tokens.iter().any(|token| token.application == application && token.user == Some(user) && !token.revoked)
    }
}

/// Answers everything under `/oauth/`.
pub(super) fn answer(state: &mut State, inbound: &Inbound, path: &[&str]) -> Option<Answer> {
    Some(match (inbound.method.as_str(), path) {
        ("GET" | "POST" | "DELETE", ["authorize"]) => authorize(state, inbound),
        ("GET", ["authorize", "native"]) => authorize::native(inbound),
        ("POST", ["token"]) => token::issue(state, inbound),
        ("GET", ["token", "info"]) => token::info(state, inbound),
        ("POST", ["revoke"]) => token::revoke(state, inbound),
        ("POST", ["introspect"]) => token::introspect(state, inbound),
        _ => return None,
    })
}
