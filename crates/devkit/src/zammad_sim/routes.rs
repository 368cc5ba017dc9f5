//! Every address of the API, in one place, and what happens around each call.

use hyper::Method;
use serde_json::{Value, json};

use super::{
    articles, attachments,
    auth::Actor,
    call::{BodyFault, Call, Reply, params},
    error::ApiError,
    events::Events,
    groups, http_logs, links, merge, meta, organizations, roles, search, settings,
    state::State,
    tags, ticket_write, tickets, tokens, triggers, users, webhooks,
};
use crate::http::{Answer, Inbound};

const ALLOW_HEADERS: &str = "Content-Type, Depth, User-Agent, X-File-Size, X-Requested-With, If-Modified-Since, \
                             X-File-Name, Cache-Control, Accept-Language";

type Route = fn(&mut Call<'_>, &[&str]) -> Reply;

/// The route of a request, below `/api/v1`. Ids are checked by the routes: Zammad looks up any text.
fn route(method: &Method, path: &[&str]) -> Option<Route> {
    Some(match (method.as_str(), path) {
        ("GET", ["available"]) => meta::available,
        ("GET", ["version"]) => meta::version,
        ("GET", ["ticket_states", ..]) => meta::ticket_states,
        ("GET", ["ticket_priorities", ..]) => meta::ticket_priorities,
        ("GET", ["users", "me"]) => users::me,
        ("GET" | "POST", ["users", "search"]) => users::search,
        ("GET", ["users"]) => users::list,
        ("POST", ["users"]) => users::create,
        ("GET", ["users", _]) => users::show,
        ("PUT", ["users", _]) => users::update,
        ("GET", ["groups"]) => groups::list,
        ("POST", ["groups"]) => groups::create,
        ("GET", ["groups", _]) => groups::show,
        ("GET", ["roles"]) => roles::list,
        ("GET", ["roles", _]) => roles::show,
        ("GET", ["organizations"]) => organizations::list,
        ("GET" | "POST", ["organizations", "search"]) => organizations::search,
        ("GET", ["organizations", _]) => organizations::show,
        ("GET", ["user_access_token"]) => tokens::list,
        ("POST", ["user_access_token"]) => tokens::create,
        ("DELETE", ["user_access_token", _]) => tokens::delete,
        ("GET", ["tickets"]) => tickets::list,
        ("POST", ["tickets"]) => ticket_write::create,
        ("GET" | "POST", ["tickets", "search"]) => search::tickets,
        ("GET", ["tickets", _]) => tickets::show,
        ("PUT", ["tickets", _]) => ticket_write::update,
        ("DELETE", ["tickets", _]) => tickets::delete,
        ("PUT", ["ticket_merge", _, _]) => merge::merge,
        ("GET", ["ticket_articles", "by_ticket", _]) => articles::by_ticket,
        ("POST", ["ticket_articles"]) => articles::create,
        ("GET", ["ticket_articles", _]) => articles::show,
        ("PUT", ["ticket_articles", _]) => articles::update,
        ("DELETE", ["ticket_articles", _]) => articles::delete,
        ("GET", ["ticket_attachment", _, _, _]) => attachments::download,
        ("GET", ["tags"]) => tags::list,
        ("POST", ["tags", "add"]) => tags::add,
        ("DELETE", ["tags", "remove"]) => tags::remove,
        ("GET", ["tag_search"]) => tags::search,
        ("GET", ["links"]) => links::list,
        ("POST", ["links", "add"]) => links::add,
        ("DELETE", ["links", "remove"]) => links::remove,
        ("GET", ["webhooks"]) => webhooks::list,
        ("POST", ["webhooks"]) => webhooks::create,
        ("GET" | "POST", ["webhooks", "search"]) => webhooks::search,
        ("GET", ["webhooks", "preview"]) => webhooks::preview,
        ("GET", ["webhooks", "pre_defined"]) => webhooks::pre_defined,
        ("GET", ["webhooks", _]) => webhooks::show,
        ("PUT", ["webhooks", _]) => webhooks::update,
        ("DELETE", ["webhooks", _]) => webhooks::delete,
        ("GET", ["triggers"]) => triggers::list,
        ("POST", ["triggers"]) => triggers::create,
        ("GET", ["triggers", _]) => triggers::show,
        ("PUT", ["triggers", _]) => triggers::update,
        ("DELETE", ["triggers", _]) => triggers::delete,
        ("GET", ["settings"]) => settings::list,
        ("PUT", ["settings", _]) => settings::update,
        ("GET", ["http_logs", "webhook"]) => http_logs::webhook,
        ("GET", ["object_manager_attributes" | "core_workflows" | "applications"]) => meta::admin_only,
        _ => return None,
    })
}

/// Answers a request to the API, as `acting` where that is settled, and hands back what it changed and who did it.
pub(super) fn answer(state: &mut State, inbound: &Inbound, acting: Option<Actor>) -> (Answer, Events, Option<Actor>) {
    let quiet = |answer| (answer, Events::default(), None);
    let segments = inbound.segments();
    let path: Vec<&str> = segments.iter().skip(2).map(String::as_str).collect();
    let html = !matches!(inbound.header("accept"), Some("application/json" | "*/*"));
    let method = if inbound.method == Method::HEAD { Method::GET } else { inbound.method.clone() };
    if method == Method::OPTIONS {
        return quiet(cors(Answer::new(200, "text/plain; charset=utf-8", "")));
    }
    if method == Method::PATCH {
        return quiet(outside(404, "Not Found"));
    }
    let params = match params(inbound) {
        Ok(params) => params,
        Err(BodyFault::NotUtf8) => return quiet(outside(400, "Bad Request")),
        Err(BodyFault::NotJson) => {
            let id = state.entropy.text(8);
            return quiet(ApiError::crash("unexpected token").answer(html, false, &id));
        }
    };
    let Some(route) = route(&method, &path).filter(|_| segments.first().is_some_and(|first| first == "api")) else {
        let id = state.entropy.text(8);
        return quiet(with_session(state, ApiError::no_route().answer(html, false, &id)));
    };
    let mut call = Call::new(inbound, params, state);
    call.actor = acting;
    match route(&mut call, &path) {
        Ok(answer) => {
            let (actor, events) = (call.actor.take(), std::mem::take(&mut call.events));
            let answer = if actor.is_none() { with_session(state, answer) } else { cors(answer) };
            (answer, events, actor)
        }
        Err(error) => {
            let admin = call.actor.as_ref().is_some_and(|actor| actor.administrator(call.state));
            let id = call.state.entropy.text(8);
            let answer = error.answer(html, admin, &id);
            quiet(if error.bare { cors(answer) } else { answer })
        }
    }
}

fn cors(answer: Answer) -> Answer {
    answer.with("access-control-allow-origin", "*").with("access-control-allow-headers", ALLOW_HEADERS)
}

/// Answers made before any controller: the routing or the web server itself.
fn outside(status: u16, error: &str) -> Answer {
    let body = json!({"status": status, "error": error}).to_string();
    Answer::new(status, "application/json; charset=UTF-8", body)
}

/// Where nobody is logged in, the answer starts a session.
fn with_session(state: &mut State, answer: Answer) -> Answer {
    let (session, csrf) = (state.entropy.text(32), state.entropy.text(86));
    answer
        .with("set-cookie", format!("_zammad_session_a138cfd0f37={session}; path=/; HttpOnly"))
        .with("csrf-token", csrf)
}

/// A list of rows with `page` and `per_page`, as generic models have it.
pub(super) fn page<T>(call: &Call<'_>, rows: Vec<T>, default: usize) -> Vec<T> {
    let number = |name: &str| call.text(name).and_then(|text| text.parse::<usize>().ok());
    let per_page = number("per_page").or_else(|| number("limit")).unwrap_or(default).min(1000);
    let skip = number("page").unwrap_or(1).saturating_sub(1) * per_page;
    rows.into_iter().skip(skip).take(per_page).collect()
}

/// A JSON answer.
pub(super) fn ok(status: u16, body: impl Into<Value>) -> Reply {
    Ok(Answer::json(status, &body.into()))
}
