//! Every address of the REST API, and the handling of each call.

use hyper::Method;

use super::{
    archive, attachments, bulk,
    call::{self, Call, Reply, Who},
    comments,
    error::Refusal,
    issues, lists, meta, people, permissions, projects, properties, remote_links, search, tasks, transitions, versions,
};
use crate::{
    http::{Answer, Inbound},
    jira_sim::{
        change::Change,
        limits::{Charged, TooMany},
        site::State,
    },
};

type Route = fn(&mut Call<'_>, &[&str]) -> Reply;

/// The route of a request, below `/rest/api/3`.
fn route(method: &Method, path: &[&str]) -> Option<Route> {
    Some(match (method.as_str(), path) {
        ("GET", ["myself"]) => people::myself,
        ("GET", ["user"]) => people::one,
        ("GET", ["user", "search"]) => people::search,
        ("GET", ["user", "assignable", "search"]) => people::assignable,
        ("GET", ["mypermissions"]) => permissions::mine,
        ("GET", ["serverInfo"]) => lists::server_info,
        ("GET", ["field"]) => lists::fields,
        ("GET", ["status"]) => lists::statuses,
        ("GET", ["status", _]) => lists::status,
        ("GET", ["priority"]) => lists::priorities,
        ("GET", ["priority", "search"]) => lists::search_priorities,
        ("GET", ["priority", _]) => lists::priority,
        ("GET", ["resolution"]) => lists::resolutions,
        ("GET", ["issuetype"]) => lists::issue_types,
        ("GET", ["project"]) => projects::list,
        ("GET", ["project", "search"]) => projects::search,
        ("GET", ["project", _]) => projects::show,
        ("GET", ["project", _, "statuses"]) => projects::statuses,
        ("GET", ["project", _, "securitylevel"]) => projects::security_levels,
        ("GET", ["project", _, "version"]) => versions::page,
        ("GET", ["project", _, "versions"]) => versions::all,
        ("POST", ["version"]) => versions::create,
        ("GET", ["version", _]) => versions::show,
        ("PUT", ["version", _]) => versions::edit,
        ("GET", ["issue", "createmeta", _, "issuetypes"]) => meta::issue_types,
        ("GET", ["issue", "createmeta", _, "issuetypes", _]) => meta::create,
        ("PUT", ["issue", "archive"]) => archive::archive,
        ("PUT", ["issue", "unarchive"]) => archive::unarchive,
        ("GET" | "POST", ["search", "jql"]) => search::jql,
        ("GET" | "POST", ["search"]) => search::removed,
        ("GET", ["task", _]) => tasks::show,
        ("POST", ["issue", "bulkfetch"]) => bulk::fetch,
        ("POST", ["issue", "properties"]) => bulk::set_properties,
        ("POST", ["issue", "properties", "multi"]) => bulk::set_properties_by_issue,
        ("POST", ["issue"]) => issues::create,
        ("GET", ["issue", _]) => issues::show,
        ("PUT", ["issue", _]) => issues::edit,
        ("DELETE", ["issue", _]) => issues::delete,
        ("PUT", ["issue", _, "assignee"]) => issues::assign,
        ("GET", ["issue", _, "editmeta"]) => meta::edit,
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
        ("DELETE", ["comment", _, "properties", _]) => properties::of_comment_delete,
        ("GET", ["issue", _, "properties"]) => properties::list,
        ("GET", ["issue", _, "properties", _]) => properties::get,
        ("PUT", ["issue", _, "properties", _]) => properties::put,
        ("DELETE", ["issue", _, "properties", _]) => properties::delete,
        ("GET", ["issue", _, "remotelink"]) => remote_links::list,
        ("POST", ["issue", _, "remotelink"]) => remote_links::upsert,
        ("DELETE", ["issue", _, "remotelink"]) => remote_links::delete,
        ("GET", ["issue", _, "remotelink", _]) => remote_links::show,
        ("PUT", ["issue", _, "remotelink", _]) => remote_links::edit,
        ("DELETE", ["issue", _, "remotelink", _]) => remote_links::delete_one,
        ("POST", ["issue", _, "attachments"]) => attachments::upload,
        ("GET", ["attachment", "content", _]) => attachments::content,
        ("GET", ["attachment", _]) => attachments::show,
        ("DELETE", ["attachment", _]) => attachments::delete,
        _ => return None,
    })
}

/// Parts of addresses that are not parameters.
const FIXED_PARTS: [&str; 34] = [
    "archive",
    "assignable",
    "assignee",
    "attachment",
    "attachments",
    "bulkfetch",
    "comment",
    "content",
    "createmeta",
    "editmeta",
    "field",
    "issue",
    "issuetype",
    "issuetypes",
    "jql",
    "list",
    "mypermissions",
    "myself",
    "priority",
    "project",
    "properties",
    "remotelink",
    "resolution",
    "search",
    "securitylevel",
    "serverInfo",
    "status",
    "statuses",
    "task",
    "transitions",
    "unarchive",
    "user",
    "version",
    "versions",
];

/// Whether a request would change something.
pub(in crate::jira_sim) fn writes(inbound: &Inbound) -> bool {
    let read = ["/comment/list", "/issue/bulkfetch"].iter().any(|end| inbound.path.ends_with(end));
    let reads = read || inbound.path.contains("/search");
    !reads && !matches!(inbound.method, Method::GET | Method::HEAD)
}

/// The response to a request, the changes it made, and the account that made it.
pub(in crate::jira_sim) struct Answered {
    pub answer: Answer,
    pub changes: Vec<Change>,
    pub account: String,
}

/// Handles a request to the API, as the account `acting` if that is given.
pub(in crate::jira_sim) fn answer(state: &mut State, inbound: &Inbound, acting: Option<String>) -> Answered {
    let refused = |refusal: Refusal| Answered { answer: refusal.answer(), changes: Vec::new(), account: String::new() };
    let segments = inbound.segments();
    let path: Vec<&str> = segments.iter().skip(3).map(String::as_str).collect();
    let below =
        matches!(segments.as_slice(), [rest, api, version, ..] if rest == "rest" && api == "api" && version == "3");
    let method = if inbound.method == Method::HEAD { Method::GET } else { inbound.method.clone() };
    let Some(route) = route(&method, &path).filter(|_| below) else {
        return refused(Refusal::no_route(&inbound.path));
    };
    let who = match acting {
        Some(account) => Ok(Who { account, through_app: false }),
        None => call::who(inbound, state),
    };
    let who = match who {
        // Nothing here can be changed by a visitor, whatever the permissions say.
        Ok(who) if who.account.is_empty() && writes(inbound) => return refused(Refusal::unauthenticated()),
        Ok(who) => who,
        Err(refusal) => return refused(refusal),
    };
    let charged = charged(state, &method, &path, inbound, &who);
    let now = state.now;
    // A change without a request, by a call of a test, is dated now.
    state.settle_index();
    if let Err(too_many) = state.limiter.admit(now, &charged) {
        return limited(state, &charged, too_many, who.account);
    }
    let mut call = Call { inbound, state, account: who.account, now, changes: Vec::new(), points: 1 };
    let (reply, points) = (route(&mut call, &path), call.points);
    let Call { changes, account, .. } = call;
    state.settle_index();
    // A write costs one point in all, whatever it reads on the way and shows in the end.
    let points = if writes(inbound) { 1 } else { points };
    state.limiter.charge(&charged, points);
    let (mut answer, changes) = match reply {
        Ok(answer) => (answer, changes),
        Err(refusal) => (refusal.answer(), Vec::new()),
    };
    answer.headers.extend(state.limiter.headers(now, &charged));
    Answered { answer, changes, account }
}

fn charged(state: &State, method: &Method, path: &[&str], inbound: &Inbound, who: &Who) -> Charged {
    let template = path.iter().map(|part| if FIXED_PARTS.contains(part) { part } else { "{}" });
    let issue = match path {
        ["issue", key, ..] if writes(inbound) => state.issue(key).map(|issue| issue.id),
        _ => None,
    };
    let endpoint = (method.to_string(), template.collect::<Vec<_>>().join("/"));
    Charged { endpoint, issue, through_app: who.through_app }
}

fn limited(state: &State, charged: &Charged, too_many: TooMany, account: String) -> Answered {
    let mut answer = Refusal::message(429, "Rate limit exceeded.").answer();
    answer.headers.extend(state.limiter.headers(state.now, charged));
    answer.headers.extend(too_many.headers(state.now));
    Answered { answer, changes: Vec::new(), account }
}
