//! Every address of the REST API, in one place.

use hyper::Method;

use super::{
    attachments,
    call::{Call, Reply, account},
    comments,
    error::Refusal,
    events::Change,
    issues, people, projects, properties, remote_links, search,
    state::State,
    transitions,
};
use crate::http::{Answer, Inbound};

type Route = fn(&mut Call<'_>, &[&str]) -> Reply;

/// The route of a request, below `/rest/api/3`.
fn route(method: &Method, path: &[&str]) -> Option<Route> {
    Some(match (method.as_str(), path) {
        ("GET", ["myself"]) => people::myself,
        ("GET", ["user"]) => people::one,
        ("GET", ["user", "search"]) => people::search,
        ("GET", ["mypermissions"]) => people::permissions,
        ("GET", ["project"]) => projects::list,
        ("GET", ["project", "search"]) => projects::search,
        ("GET", ["project", _]) => projects::show,
        ("GET", ["project", _, "statuses"]) => projects::statuses,
        ("GET", ["issue", "createmeta", _, "issuetypes"]) => projects::issue_types,
        ("GET", ["issue", "createmeta", _, "issuetypes", _]) => projects::create_fields,
        ("GET", ["priority"]) => projects::priorities,
        ("GET" | "POST", ["search", "jql"]) => search::jql,
        ("GET" | "POST", ["search"]) => search::removed,
        ("POST", ["issue"]) => issues::create,
        ("GET", ["issue", _]) => issues::show,
        ("PUT", ["issue", _]) => issues::edit,
        ("DELETE", ["issue", _]) => issues::delete,
        ("GET", ["issue", _, "transitions"]) => transitions::list,
        ("POST", ["issue", _, "transitions"]) => transitions::perform,
        ("GET", ["issue", _, "comment"]) => comments::list,
        ("POST", ["issue", _, "comment"]) => comments::create,
        ("GET", ["issue", _, "comment", _]) => comments::show,
        ("PUT", ["issue", _, "comment", _]) => comments::edit,
        ("DELETE", ["issue", _, "comment", _]) => comments::delete,
        ("POST", ["comment", "list"]) => comments::by_ids,
        ("GET", ["comment", _, "properties"]) => properties::of_comment_list,
        ("GET", ["comment", _, "properties", _]) => properties::of_comment_get,
        ("PUT", ["comment", _, "properties", _]) => properties::of_comment_put,
        ("GET", ["issue", _, "properties"]) => properties::list,
        ("GET", ["issue", _, "properties", _]) => properties::get,
        ("PUT", ["issue", _, "properties", _]) => properties::put,
        ("DELETE", ["issue", _, "properties", _]) => properties::delete,
        ("GET", ["issue", _, "remotelink"]) => remote_links::list,
        ("POST", ["issue", _, "remotelink"]) => remote_links::upsert,
        ("DELETE", ["issue", _, "remotelink"]) => remote_links::delete,
        ("POST", ["issue", _, "attachments"]) => attachments::upload,
        ("GET", ["attachment", "content", _]) => attachments::content,
        ("GET", ["attachment", _]) => attachments::show,
        ("DELETE", ["attachment", _]) => attachments::delete,
        _ => return None,
    })
}

/// What a request got, what it changed, and who did it.
pub(super) struct Answered {
    pub answer: Answer,
    pub changes: Vec<Change>,
    pub account: String,
}

/// Answers a request to the API, as `acting` where that is settled.
pub(super) fn answer(state: &mut State, inbound: &Inbound, acting: Option<String>) -> Answered {
    let refused =
        |refusal: &Refusal, account: String| Answered { answer: refusal.answer(), changes: Vec::new(), account };
    let segments = inbound.segments();
    let path: Vec<&str> = segments.iter().skip(3).map(String::as_str).collect();
    let below =
        matches!(segments.as_slice(), [rest, api, version, ..] if rest == "rest" && api == "api" && version == "3");
    let method = if inbound.method == Method::HEAD { Method::GET } else { inbound.method.clone() };
    let Some(route) = route(&method, &path).filter(|_| below) else {
        return refused(&Refusal::no_route(&inbound.path), String::new());
    };
    let account = match acting.map_or_else(|| account(inbound, state), Ok) {
        Ok(account) => account,
        Err(refusal) => return refused(&refusal, String::new()),
    };
    let now = state.now;
    let mut call = Call { inbound, state, account, now, changes: Vec::new() };
    match route(&mut call, &path) {
        Ok(answer) => Answered { answer, changes: call.changes, account: call.account },
        Err(refusal) => refused(&refusal, call.account),
    }
}
