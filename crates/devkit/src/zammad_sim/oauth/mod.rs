//! Zammad as OAuth 2 provider, which is Doorkeeper underneath: applications, consent, tokens.
//!
//! PKCE is ignored, scopes are not enforced, and a revoked access token goes on working: all of it as recorded.

mod applications;
mod authorize;
mod routes;
mod token;

pub(super) use self::{
    applications::{create, delete, list, show, update},
    routes::answer,
};
