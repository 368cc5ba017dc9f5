//! Zammad as OAuth 2 provider, implemented by Doorkeeper: applications, consent, tokens.
//!
//! PKCE is ignored, scopes are not enforced, and a revoked access token stays valid, all as recorded.

mod applications;
mod authorize;
mod routes;
mod token;

pub(super) use self::{
    applications::{create, delete, list, show, update},
    routes::answer,
};
