//! The addresses under `/oauth/`.

use super::{authorize, token};
use crate::{
    http::{Answer, Inbound},
    zammad_sim::model::state::State,
};

/// Answers everything under `/oauth/`.
pub(in crate::zammad_sim) fn answer(state: &mut State, inbound: &Inbound, path: &[&str]) -> Option<Answer> {
    Some(match (inbound.method.as_str(), path) {
        ("GET" | "POST" | "DELETE", ["authorize"]) => authorize::authorize(state, inbound),
        ("GET", ["authorize", "native"]) => authorize::native(inbound),
        ("POST", ["token"]) => token::issue(state, inbound),
        ("GET", ["token", "info"]) => token::info(state, inbound),
        ("POST", ["revoke"]) => token::revoke(state, inbound),
        ("POST", ["introspect"]) => token::introspect(state, inbound),
        _ => return None,
    })
}
