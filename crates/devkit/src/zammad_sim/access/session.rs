//! Cookie sessions as the web client has them: signing in and out, and the token that every writing request must show.

use crate::zammad_sim::{
    call::{Call, Mode, Reply, ok},
    error::ApiError,
    model::{entities::Id, session::Cookie, state::State},
    render,
};
use std::sync::LazyLock;

use serde_json::{Value, json};

impl Call<'_> {
    /// The user who is signed in.
    pub fn signed_in(&self) -> Option<Id> {
        let Cookie::Known(id) = &self.cookie else { return None };
        let user = self.state.sessions.get(id)?.user?;
        self.state.users.get(&user).filter(|user| user.active).map(|user| user.id)
    }

    /// Refuses a writing request that does not show the session's token.
    pub fn check_csrf(&mut self) -> Result<(), ApiError> {
        if matches!(self.inbound.method.as_str(), "GET" | "HEAD") {
            return Ok(());
        }
        let session = if let Cookie::Known(id) = &self.cookie { self.state.sessions.get(id) } else { None };
        let shown = self.inbound.header("x-csrf-token").or_else(|| self.params.get("authenticity_token")?.as_str());
        if session.is_some_and(|session| shown == Some(&session.csrf)) {
            return Ok(());
        }
        self.starts_session = true;
        Err(ApiError::unauthorized("CSRF token verification failed!"))
    }
}

pub(in crate::zammad_sim) fn signin(call: &mut Call<'_>, _: &[&str]) -> Reply {
    call.check_csrf()?;
    if call.text("fingerprint").is_none_or(|text| text.is_empty()) {
        return Err(ApiError::invalid("Need fingerprint param!"));
    }
    let (login, password) = (call.text("username").unwrap_or_default(), call.text("password").unwrap_or_default());
    let user = call.password_fits(&login, &password).ok_or_else(|| {
        ApiError::unauthorized(
            "Login failed. Have you double-checked your credentials and completed the email verification step?",
        )
    })?;
    let now = call.now;
    if let Some(row) = call.state.users.get_mut(&user) {
        row.last_login = Some(now);
    }
    if let Cookie::Known(id) = &call.cookie
        && let Some(session) = call.state.sessions.get_mut(id)
    {
        session.user = Some(user);
    }
    ok(201, client_start(call.state, user))
}

pub(in crate::zammad_sim) fn signshow(call: &mut Call<'_>, _: &[&str]) -> Reply {
    let body = match call.signed_in() {
        Some(user) => client_start(call.state, user),
        None => json!({"error": "no valid session", "config": config(call.state), "models": models(),
                       "collections": collections(call.state)}),
    };
    ok(200, body)
}

pub(in crate::zammad_sim) fn signout(call: &mut Call<'_>, _: &[&str]) -> Reply {
    call.check_csrf()?;
    if let Cookie::Known(id) = &call.cookie {
        call.state.sessions.remove(id);
    }
    ok(200, json!({}))
}

/// The data that the web client needs to start.
fn client_start(state: &State, user: Id) -> Value {
    let row = state.users.get(&user);
    let shown = row.map(|row| render::user(state, row, Mode::Plain, render::is_customer(state, user)));
    json!({"session": shown, "config": config(state), "models": models(), "collections": collections(state),
           "assets": {"User": render::user_assets(state, [user], user)}, "after_auth": {}})
}

fn config(state: &State) -> Value {
    let names = ["fqdn", "http_type", "gitlab_integration", "tag_new"];
    names.iter().map(|name| ((*name).to_owned(), state.setting(name).clone())).collect()
}

/// The fields of the form to sign up with.
fn models() -> Value {
    static FORM: LazyLock<Value> =
        LazyLock::new(|| serde_json::from_str(include_str!("../data/user_form.json")).unwrap_or_default());
    json!({"User": *FORM})
}

/// The languages to choose from.
fn collections(state: &State) -> Value {
    static LOCALES: LazyLock<Vec<[String; 4]>> =
        LazyLock::new(|| serde_json::from_str(include_str!("../data/locales.json")).unwrap_or_default());
    let at = render::time(state.started());
    let row = |(index, [locale, alias, dir, name]): (usize, &[String; 4])| {
        json!({"id": index + 1, "locale": locale, "alias": alias, "name": name, "dir": dir, "active": true,
               "created_at": at, "updated_at": at})
    };
    json!({"Locale": LOCALES.iter().enumerate().map(row).collect::<Vec<_>>(), "PublicLink": []})
}
