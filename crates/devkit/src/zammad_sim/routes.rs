//! Every address of the API, and the handling of each call.

use super::{
    access::{groups, organizations, roles, session, tokens, users},
    attributes,
    automation::{core_workflows, http_logs, triggers, webhooks},
    call::{BodyFault, Call, Reply, params},
    cookie,
    error::{ApiError, wants_page},
    gitlab, meta,
    model::{actor::Actor, events::Events, session::Cookie, state::State},
    oauth, settings,
    ticketing::{articles, attachments, links, merge, search, states, tags, ticket_write, tickets},
};
use crate::http::{Answer, Inbound};
use crate::zammad_sim::model::gitlab::Question;
use bytes::Bytes;
use hyper::Method;
use serde_json::json;

const ALLOW_HEADERS: &str = "Content-Type, Depth, User-Agent, X-File-Size, X-Requested-With, If-Modified-Since, \
                             X-File-Name, Cache-Control, Accept-Language";

type Route = fn(&mut Call<'_>, &[&str]) -> Reply;

/// The route of a request, below `/api/v1`. Ids are checked by the routes: Zammad looks up any text.
fn route(method: &Method, path: &[&str]) -> Option<Route> {
    Some(match (method.as_str(), path) {
        ("GET", ["available"]) => meta::available,
        ("GET", ["version"]) => meta::version,
        ("GET", ["ticket_states", "search"]) => states::search_states,
        ("GET", ["ticket_states", ..]) => meta::ticket_states,
        ("POST", ["ticket_states"]) => states::create_state,
        ("PUT", ["ticket_states", _]) => states::update_state,
        ("DELETE", ["ticket_states", _]) => states::delete_state,
        ("GET", ["ticket_priorities", "search"]) => states::search_priorities,
        ("GET", ["ticket_priorities", ..]) => meta::ticket_priorities,
        ("POST", ["ticket_priorities"]) => states::create_priority,
        ("PUT", ["ticket_priorities", _]) => states::update_priority,
        ("DELETE", ["ticket_priorities", _]) => states::delete_priority,
        ("GET", ["users", "me"]) => users::me,
        ("GET" | "POST", ["users", "search"]) => users::search,
        ("GET", ["users"]) => users::list,
        ("POST", ["users"]) => users::create,
        ("GET", ["users", _]) => users::show,
        ("PUT", ["users", _]) => users::update,
        ("DELETE", ["users", _]) => users::delete,
        ("GET", ["groups"]) => groups::list,
        ("POST", ["groups"]) => groups::create,
        ("GET" | "POST", ["groups", "search"]) => groups::search,
        ("GET", ["groups", _]) => groups::show,
        ("PUT", ["groups", _]) => groups::update,
        ("DELETE", ["groups", _]) => groups::delete,
        ("GET", ["roles"]) => roles::list,
        ("POST", ["roles"]) => roles::create,
        ("GET" | "POST", ["roles", "search"]) => roles::search,
        ("GET", ["roles", _]) => roles::show,
        ("PUT", ["roles", _]) => roles::update,
        ("DELETE", ["roles", _]) => roles::delete,
        ("GET", ["organizations"]) => organizations::list,
        ("GET" | "POST", ["organizations", "search"]) => organizations::search,
        ("POST", ["organizations"]) => organizations::create,
        ("GET", ["organizations", _]) => organizations::show,
        ("PUT", ["organizations", _]) => organizations::update,
        ("DELETE", ["organizations", _]) => organizations::delete,
        ("GET", ["user_access_token"]) => tokens::list,
        ("POST", ["user_access_token"]) => tokens::create,
        ("DELETE", ["user_access_token", _]) => tokens::delete,
        ("GET", ["tickets"]) => tickets::list,
        ("POST", ["tickets"]) => ticket_write::create,
        ("GET" | "POST", ["tickets", "search"]) => search::tickets,
        ("GET", ["tickets", _]) => tickets::show,
        ("PUT", ["tickets", _]) => ticket_write::update,
        ("DELETE", ["tickets", _]) => tickets::delete,
        ("GET", ["ticket_history", _]) => tickets::history,
        ("PUT", ["ticket_merge", _, _]) => merge::merge,
        ("GET", ["ticket_articles", "by_ticket", _]) => articles::by_ticket,
        ("GET", ["ticket_articles"]) => articles::list,
        ("POST", ["ticket_articles"]) => articles::create,
        ("GET", ["ticket_article_plain", _]) => articles::plain,
        ("GET", ["ticket_articles", _]) => articles::show,
        ("PUT", ["ticket_articles", _]) => articles::update,
        ("DELETE", ["ticket_articles", _]) => articles::delete,
        ("GET", ["ticket_attachment", _, _, _]) => attachments::download,
        ("GET", ["tags"]) => tags::list,
        ("POST", ["tags", "add"]) => tags::add,
        ("DELETE", ["tags", "remove"]) => tags::remove,
        ("GET", ["tag_search"]) => tags::search,
        ("GET", ["tag_list"]) => tags::all,
        ("POST", ["tag_list"]) => tags::make,
        ("PUT", ["tag_list", _]) => tags::rename,
        ("DELETE", ["tag_list", _]) => tags::discard,
        ("GET", ["links"]) => links::list,
        ("POST", ["links", "add"]) => links::add,
        ("DELETE", ["links", "remove"]) => links::remove,
        ("GET", ["webhooks"]) => webhooks::list,
        ("POST", ["webhooks"]) => webhooks::create,
        ("GET" | "POST", ["webhooks", "search"]) => webhooks::search,
        ("GET", ["webhooks", "preview"]) => webhooks::preview,
        ("GET", ["webhooks", "pre_defined"]) => webhooks::pre_defined,
        ("GET", ["webhooks", "payload", "replacements"]) => webhooks::replacements,
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
        ("GET", ["settings", _]) => settings::show,
        ("GET", ["object_manager_attributes"]) => attributes::list,
        ("POST", ["object_manager_attributes"]) => attributes::create,
        ("GET", ["object_manager_attributes", _]) => attributes::show,
        ("PUT", ["object_manager_attributes", _]) => attributes::update,
        ("DELETE", ["object_manager_attributes", _]) => attributes::delete,
        ("POST", ["object_manager_attributes_execute_migrations"]) => attributes::migrate,
        ("POST", ["object_manager_attributes_discard_changes"]) => attributes::discard,
        ("GET", ["core_workflows"]) => core_workflows::list,
        ("POST", ["core_workflows"]) => core_workflows::create,
        ("POST", ["core_workflows", "perform"]) => core_workflows::perform,
        ("GET", ["core_workflows", _]) => core_workflows::show,
        ("PUT", ["core_workflows", _]) => core_workflows::update,
        ("DELETE", ["core_workflows", _]) => core_workflows::delete,
        ("GET", ["applications"]) => oauth::list,
        ("POST", ["applications"]) => oauth::create,
        ("GET", ["applications", _]) => oauth::show,
        ("PUT", ["applications", _]) => oauth::update,
        ("DELETE", ["applications", _]) => oauth::delete,
        ("POST", ["integration", "gitlab"]) => gitlab::query,
        ("POST", ["integration", "gitlab", "verify"]) => gitlab::verify,
        ("POST", ["integration", "gitlab_ticket_update"]) => gitlab::ticket_update,
        ("GET", ["signshow"]) => session::signshow,
        ("POST", ["signin"]) => session::signin,
        ("DELETE", ["signout"]) => session::signout,
        _ => return None,
    })
}

/// The outcome of a request.
pub(super) struct Done {
    pub answer: Answer,
    /// The changes that the request made.
    pub events: Events,
    /// The user who made the request.
    pub actor: Option<Actor>,
    /// A query for another server, whose response replaces the body.
    pub question: Option<Question>,
}

/// Handles a request to the API, as the user `acting` if that is given; `read_only`: the database rejects writes.
pub(super) fn answer(state: &mut State, inbound: &Inbound, acting: Option<Actor>, read_only: bool) -> Done {
    let quiet = |answer| Done { answer, events: Events::default(), actor: None, question: None };
    let segments = inbound.segments();
    let path: Vec<&str> = segments.iter().skip(2).map(String::as_str).collect();
    let html = wants_page(inbound);
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
    let oauth: Vec<&str> = segments.iter().skip(1).map(String::as_str).collect();
    if segments.first().is_some_and(|first| first == "oauth")
        && let Some(answer) = oauth::answer(state, inbound, &oauth)
    {
        return quiet(answer);
    }
    let Some(route) = route(&method, &path).filter(|_| segments.first().is_some_and(|first| first == "api")) else {
        let id = state.entropy.text(8);
        let cookie = cookie::of(state, inbound);
        return quiet(cookie::with_token(state, &cookie, ApiError::no_route().answer(html, false, &id)));
    };
    let mut call = Call::new(inbound, params, state);
    call.actor = acting;
    let reply = if read_only && writes(&method, &path) { refuse_write(&mut call) } else { route(&mut call, &path) };
    match reply {
        Ok(answer) => {
            let (actor, events) = (call.actor.take(), std::mem::take(&mut call.events));
            let own = call.by_session || actor.is_none();
            let (cookie, question) = (call.cookie, call.question.take());
            let answer = if own { cookie::with_token(state, &cookie, answer) } else { cors(answer) };
            Done { answer: unless_known(inbound, answer), events, actor, question }
        }
        Err(error) => {
            let admin = call.actor.as_ref().is_some_and(|actor| actor.administrator(call.state));
            let id = call.state.entropy.text(8);
            let answer = error.answer(html, admin, &id);
            let starts = call.starts_session && !matches!(call.cookie, Cookie::Known(_));
            let by_session = call.by_session;
            let answer = if starts { cookie::start(state, answer).0 } else { answer };
            quiet(if error.bare && !by_session { cors(answer) } else { answer })
        }
    }
}

/// Adds an entity tag to a read; a client that sends it again gets 304 without a body.
fn unless_known(inbound: &Inbound, answer: Answer) -> Answer {
    use md5::Digest as _;
    if inbound.method != Method::GET || answer.status != 200 {
        return answer;
    }
    let tag = format!("W/\"{}\"", hex::encode(md5::Md5::digest(&answer.body)));
    let known = inbound.header("if-none-match").is_some_and(|known| known.split(',').any(|known| known.trim() == tag));
    let answer = answer.with("etag", tag);
    if known { Answer { status: 304, body: Bytes::new(), ..answer } } else { answer }
}

/// Whether a request would write: all but reading and searching.
fn writes(method: &Method, path: &[&str]) -> bool {
    *method != Method::GET
        && !matches!(path, [_, "search"] | ["core_workflows", "perform"] | ["integration", "gitlab", ..])
}

/// The error of a write to a read-only database.
fn refuse_write(call: &mut Call<'_>) -> Reply {
    call.authenticate()?;
    Err(ApiError::crash("PG::ReadOnlySqlTransaction: ERROR:  cannot execute UPDATE in a read-only transaction"))
}

fn cors(answer: Answer) -> Answer {
    answer.with("access-control-allow-origin", "*").with("access-control-allow-headers", ALLOW_HEADERS)
}

/// Answers made before any controller: the routing or the web server itself.
fn outside(status: u16, error: &str) -> Answer {
    let body = json!({"status": status, "error": error}).to_string();
    Answer::new(status, "application/json; charset=UTF-8", body)
}
