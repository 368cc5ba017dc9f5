//! Accounts.

use serde_json::Value;

use super::{
    call::{Call, Reply, ok},
    error::Refusal,
};
use crate::jira_sim::{render, site::User};

pub(super) fn myself(call: &mut Call<'_>, _: &[&str]) -> Reply {
    call.logged_in()?;
    call.read(0, 1);
    ok(200, render::account(call.state, &call.account))
}

pub(super) fn one(call: &mut Call<'_>, _: &[&str]) -> Reply {
    call.logged_in()?;
    let id = call.inbound.query_value("accountId").unwrap_or_default();
    call.read(0, 1);
    let user = call.state.users.get(&id);
    let refused = || Refusal::message(404, "Specified user does not exist or you do not have required permissions");
    ok(200, render::user(call.state, user.ok_or_else(refused)?))
}

/// Names or addresses that contain the query, or the account of this id.
fn matching(call: &Call<'_>, fits: impl Fn(&User) -> bool) -> Result<Vec<Value>, Refusal> {
    let (query, account) = (call.inbound.query_value("query"), call.inbound.query_value("accountId"));
    if query.is_some() == account.is_some() {
        return Err(Refusal::message(400, "Either the query or the accountId parameter must be provided."));
    }
    let query = query.unwrap_or_default().to_lowercase();
    let named = |user: &&User| {
        let names = [Some(user.display_name.as_str()), user.email.as_deref()];
        account.as_ref().is_none_or(|id| *id == user.account_id)
            && names.into_iter().flatten().any(|name| name.to_lowercase().contains(&query))
    };
    let (start, most) = (call.number("startAt", 0), call.number("maxResults", 50));
    let found = call.state.users.values().filter(named).filter(|user| fits(user)).skip(start).take(most);
    Ok(found.map(|user| render::user(call.state, user)).collect())
}

pub(super) fn search(call: &mut Call<'_>, _: &[&str]) -> Reply {
    call.logged_in()?;
    let found = matching(call, |_| true)?;
    call.read(0, found.len());
    ok(200, found)
}

pub(super) fn assignable(call: &mut Call<'_>, _: &[&str]) -> Reply {
    call.logged_in()?;
    let about = |name: &str| call.inbound.query_value(name);
    let issue = about("issueKey").or_else(|| about("issueId"));
    let project = match (issue, about("project")) {
        (Some(issue), _) => call.state.issue(&issue).map(|issue| issue.project.clone()),
        (None, Some(project)) => Some(project),
        (None, None) => {
            return Err(Refusal::message(400, "One of 'issueKey', 'issueId' and 'project' is required."));
        }
    };
    let project = project.and_then(|name| {
        call.state.projects.values().find(|row| row.key == name || row.id.to_string() == name).cloned()
    });
    let project = project.ok_or_else(|| Refusal::message(404, "The project, issue, or transition is not found."))?;
    let state = &*call.state;
    let found = matching(call, |user| state.may(&user.account_id, "ASSIGNABLE_USER", &project, None))?;
    call.read(0, found.len());
    ok(200, found)
}
