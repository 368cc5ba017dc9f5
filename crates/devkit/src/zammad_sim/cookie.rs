//! The session cookie: which session a request belongs to, and how a response starts one.

use super::model::{
    session::{Cookie, Session},
    state::State,
};
use crate::http::{Answer, Inbound};

/// Zammad adds digits of a hash of its installation folder. These digits belong to no published image.
const COOKIE: &str = "_zammad_session_3f1c5b0e9d7";

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

/// Starts a session, and sets its cookie in the response.
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
