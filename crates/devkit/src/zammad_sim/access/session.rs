//! Cookie sessions as the web client has them: signing in and out, and the token that every writing request must show.

use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::http::{Answer, Inbound};
use crate::zammad_sim::{
    call::{Call, Mode, Reply},
    entities::Id,
    error::ApiError,
    render,
    routes::ok,
    state::State,
};

/// Zammad adds digits of a hash of its own folder, so that installations differ. These are those of no image.
const COOKIE: &str = "_zammad_session_3f1c5b0e9d7";

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

/// The session that a request belongs to.
pub(in crate::zammad_sim) fn of(state: &State, inbound: &Inbound) -> Cookie {
    let cookies = inbound.header("cookie").unwrap_or_default();
    let ours = cookies.split(';').find_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='));
    match ours {
        None => Cookie::Absent,
        Some(id) if state.sessions.contains_key(id) => Cookie::Known(id.to_owned()),
        Some(_) => Cookie::Unknown,
    }
}

/// Starts a session and lets the browser know.
pub(in crate::zammad_sim) fn start(state: &mut State, answer: Answer) -> (Answer, String) {
    let (id, csrf) = (state.entropy.hex(32), state.entropy.text(86));
    state.sessions.insert(id.clone(), Session { user: None, csrf });
    (answer.with("set-cookie", format!("{COOKIE}={id}; path=/; HttpOnly")), id)
}

/// An answer that belongs to a session carries its token; where there is none yet, one is started.
pub(in crate::zammad_sim) fn with_token(state: &mut State, cookie: &Cookie, answer: Answer) -> Answer {
    let (answer, id) = match cookie {
        Cookie::Known(id) if state.sessions.contains_key(id) => (answer, id.clone()),
        _ => start(state, answer),
    };
    match state.sessions.get(&id) {
        Some(session) => answer.with("csrf-token", session.csrf.clone()),
        None => answer,
    }
}

impl Call<'_> {
    /// Who is signed in in this browser.
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

/// What the web client needs to start.
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
