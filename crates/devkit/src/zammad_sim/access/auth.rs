//! Who calls: credentials, impersonation and permissions.

use crate::zammad_sim::{
    call::Call,
    error::ApiError,
    model::{actor::Actor, entities::Id},
};
use base64::Engine as _;

impl Call<'_> {
    /// Returns the caller; fails without valid credentials.
    pub fn authenticate(&mut self) -> Result<Actor, ApiError> {
        if let Some(settled) = &self.actor {
            return Ok(settled.clone());
        }
        let mut actor = match self.signed_in() {
            // A session takes precedence over other credentials.
            Some(user) => {
                self.by_session = true;
                Actor { user, token: None }
            }
            None => {
                let (user, token) = self.credentials()?;
                Actor { user, token }
            }
        };
        let inbound = self.inbound;
        let from = inbound.header("from").or_else(|| inbound.header("x-on-behalf-of"));
        if let Some(from) = from.filter(|from| !from.trim().is_empty()) {
            actor = self.impersonate(&actor, from.trim())?;
        }
        if self.by_session {
            self.check_csrf()?;
        }
        let maintained = self.state.setting("maintenance_mode") == true;
        if maintained && !self.state.user_may(actor.user, "admin.maintenance") {
            return Err(ApiError::forbidden("Maintenance mode enabled!"));
        }
        self.actor = Some(actor.clone());
        Ok(actor)
    }

    /// Returns the caller; fails without one of the permissions.
    pub fn require(&mut self, permissions: &[&str]) -> Result<Actor, ApiError> {
        let actor = self.authenticate()?;
        actor.require(self.state, permissions)?;
        Ok(actor)
    }

    fn credentials(&mut self) -> Result<(Id, Option<Vec<String>>), ApiError> {
        let missing = || ApiError::forbidden("Authentication required");
        let header = self.inbound.header("authorization").ok_or_else(missing)?;
        let (scheme, value) = header.split_once(' ').unwrap_or((header, ""));
        match scheme {
            "Basic" => self.basic(value.trim()).map(|user| (user, None)),
            "Token" => {
                let value = value.trim();
                let secret = value.strip_prefix("token=").unwrap_or(value).trim_matches('"').to_owned();
                if secret.is_empty() { Err(missing()) } else { self.token(&secret) }
            }
            "Bearer" => self.bearer(value.trim()).map(|user| (user, None)),
            _ => Err(missing()),
        }
    }

    fn basic(&mut self, value: &str) -> Result<Id, ApiError> {
        let refused = || ApiError::unauthorized("Invalid BasicAuth credentials");
        let decoded = base64::engine::general_purpose::STANDARD.decode(value).map_err(|_| refused())?;
        let decoded = String::from_utf8(decoded).map_err(|_| refused())?;
        let (login, password) = decoded.split_once(':').ok_or_else(refused)?;
        if self.state.setting("api_password_access") == false {
            return Err(ApiError::forbidden("API password access disabled!"));
        }
        let id = self.password_fits(login, password).ok_or_else(refused)?;
        self.seen(id);
        Ok(id)
    }

    /// The user with this login, if the password is right; a wrong one is counted.
    pub fn password_fits(&mut self, login: &str, password: &str) -> Option<Id> {
        let id = self.state.user_by_login(login)?.id;
        let user = self.state.users.get_mut(&id)?;
        if !user.active || user.password.as_deref() != Some(password) {
            user.login_failed += 1;
            return None;
        }
        user.login_failed = 0;
        Some(id)
    }

    /// The user of an OAuth token. Zammad ignores that it was revoked, but not that it expired.
    fn bearer(&mut self, secret: &str) -> Result<Id, ApiError> {
        if self.state.setting("api_token_access") == false {
            return Err(ApiError::forbidden("API token access disabled!"));
        }
        let token = self.state.oauth.token(secret);
        let token = token.ok_or_else(|| ApiError::unauthorized("The provided token is invalid."))?;
        if token.expired(self.now) {
            return Err(ApiError::unauthorized("OAuth2 token is expired!"));
        }
        let user = token.user.ok_or_else(|| ApiError::without_id("User"))?;
        self.seen(user);
        Ok(user)
    }

    fn token(&mut self, secret: &str) -> Result<(Id, Option<Vec<String>>), ApiError> {
        let unknown = || ApiError::unauthorized("Can't find User for Token");
        if self.state.setting("api_token_access") == false {
            return Err(ApiError::forbidden("API token access disabled!"));
        }
        let now = self.now;
        let id = *self.state.token_owners.get(secret).ok_or_else(unknown)?;
        let token = self.state.tokens.get_mut(&id).ok_or_else(unknown)?;
        token.last_used_at = Some(now);
        if token.expires_at.is_some_and(|end| end < now) {
            return Err(ApiError::unauthorized("Not authorized (token expired)!"));
        }
        let (user, permissions) = (token.user_id, token.permissions.clone());
        if !self.state.users.get(&user).is_some_and(|user| user.active) {
            return Err(unknown());
        }
        self.seen(user);
        Ok((user, Some(permissions)))
    }

    fn impersonate(&self, actor: &Actor, from: &str) -> Result<Actor, ApiError> {
        if !self.state.user_may(actor.user, "admin.user") {
            let text = "Current user has no permission to use 'From'/'X-On-Behalf-Of'!";
            return Err(ApiError::forbidden(text));
        }
        let by_id = from.parse().ok().filter(|id| self.state.users.contains_key(id));
        let user = by_id.or_else(|| self.state.user_by_login(from).map(|user| user.id));
        // Under impersonation the token's limits no longer apply.
        user.map(|user| Actor { user, token: None })
            .ok_or_else(|| ApiError::forbidden(format!("No such user '{from}'")))
    }

    fn seen(&mut self, user: Id) {
        let now = self.now;
        if let Some(user) = self.state.users.get_mut(&user) {
            user.last_login.get_or_insert(now);
        }
    }
}
