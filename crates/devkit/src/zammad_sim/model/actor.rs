//! The user that a request acts as, and the permissions of that user.

use super::{
    entities::Id,
    numbers::role,
    state::{State, covers},
};
use crate::zammad_sim::error::ApiError;

/// The user that makes a request.
#[derive(Clone, Debug)]
pub(in crate::zammad_sim) struct Actor {
    /// The acting user.
    pub user: Id,
    /// A token's permissions, which limit the user's.
    pub token: Option<Vec<String>>,
}

impl Actor {
    /// Whether user and token both allow it.
    pub fn may(&self, state: &State, permission: &str) -> bool {
        let by_token = |held: &Vec<String>| held.iter().any(|held| covers(held, permission));
        state.user_may(self.user, permission) && self.token.as_ref().is_none_or(by_token)
    }

    /// Whether any permission below this one is held.
    pub fn may_any_below(&self, state: &State, parent: &str) -> bool {
        let below = |held: &String| covers(parent, held) || covers(held, parent);
        let roles = state.users.get(&self.user).into_iter().flat_map(|user| &user.role_ids);
        let by_user = roles.filter_map(|id| state.roles.get(id)).flat_map(|role| &role.permissions).any(below);
        by_user && self.token.as_ref().is_none_or(|held| held.iter().any(below))
    }

    /// Refused unless one of the permissions is held.
    pub fn require(&self, state: &State, permissions: &[&str]) -> Result<(), ApiError> {
        if permissions.iter().any(|permission| self.may(state, permission)) { Ok(()) } else { Err(self.lacking()) }
    }

    /// The error for a missing permission.
    pub fn lacking(&self) -> ApiError {
        let who = if self.token.is_some() { "Token" } else { "User" };
        ApiError::forbidden(format!("{who} authorization failed."))
    }

    /// Whether this is an agent, as far as the token allows.
    pub fn agent(&self, state: &State) -> bool {
        self.may(state, "ticket.agent")
    }

    /// Whether the account is an administrator's; administrators see the texts of errors.
    pub fn administrator(&self, state: &State) -> bool {
        state.users.get(&self.user).is_some_and(|user| user.role_ids.contains(&role::ADMIN))
    }
}
