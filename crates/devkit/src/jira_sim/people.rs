//! Accounts and what they may do.

use serde_json::{Map, Value, json};

use super::{
    call::{Call, Reply, ok},
    entities::User,
    error::Refusal,
    render,
};

pub(super) fn myself(call: &mut Call<'_>, _: &[&str]) -> Reply {
    ok(200, render::account(call.state, &call.account))
}

pub(super) fn one(call: &mut Call<'_>, _: &[&str]) -> Reply {
    let id = call.inbound.query_value("accountId").unwrap_or_default();
    let user = call.state.users.get(&id);
    let refused = || Refusal::message(404, "Specified user does not exist or you do not have required permissions");
    ok(200, render::user(call.state, user.ok_or_else(refused)?))
}

pub(super) fn search(call: &mut Call<'_>, _: &[&str]) -> Reply {
    let (query, account) = (call.inbound.query_value("query"), call.inbound.query_value("accountId"));
    if query.is_none() && account.is_none() {
        return Err(Refusal::message(400, "Either the query or accountId parameter must be provided."));
    }
    let query = query.unwrap_or_default().to_lowercase();
    let fits = |user: &&User| {
        let names = [Some(user.display_name.as_str()), user.email.as_deref()];
        account.as_ref().is_none_or(|id| *id == user.account_id)
            && names.into_iter().flatten().any(|name| name.to_lowercase().contains(&query))
    };
    let (start, most) = (call.number("startAt", 0), call.number("maxResults", 50));
    let found = call.state.users.values().filter(fits).skip(start).take(most);
    ok(200, found.map(|user| render::user(call.state, user)).collect::<Vec<_>>())
}

/// Permissions that are known here: key, name, whether of a project, whether only administrators hold it.
const PERMISSIONS: [(&str, &str, bool, bool); 12] = [
    ("ADMINISTER", "Administer Jira", false, true),
    ("SYSTEM_ADMIN", "System Administer", false, true),
    ("ADMINISTER_PROJECTS", "Administer Projects", true, true),
    ("BROWSE_PROJECTS", "Browse Projects", true, false),
    ("CREATE_ISSUES", "Create Issues", true, false),
    ("EDIT_ISSUES", "Edit Issues", true, false),
    ("TRANSITION_ISSUES", "Transition Issues", true, false),
    ("ASSIGN_ISSUES", "Assign Issues", true, false),
    ("ADD_COMMENTS", "Add Comments", true, false),
    ("EDIT_ALL_COMMENTS", "Edit All Comments", true, false),
    ("CREATE_ATTACHMENTS", "Create Attachments", true, false),
    ("LINK_ISSUES", "Link Issues", true, false),
];

pub(super) fn permissions(call: &mut Call<'_>, _: &[&str]) -> Reply {
    let Some(wanted) = call.inbound.query_value("permissions").filter(|list| !list.is_empty()) else {
        return Err(Refusal::message(400, "The 'permissions' query parameter is required."));
    };
    for name in ["issueKey", "issueId"] {
        if call.inbound.query_value(name).is_some_and(|issue| call.state.issue(&issue).is_none()) {
            return Err(Refusal::no_issue());
        }
    }
    let admin = call.state.users.get(&call.account).is_some_and(|user| user.admin);
    let mut rows = Map::new();
    for key in wanted.split(',').map(str::trim) {
        let known = PERMISSIONS.iter().enumerate().find(|(_, (known, ..))| *known == key);
        let text = format!("Unrecognized permission '{key}'");
        let (index, (key, name, project, only_admins)) = known.ok_or_else(|| Refusal::message(400, text))?;
        let kind = if *project { "PROJECT" } else { "GLOBAL" };
        let row = json!({"id": index.to_string(), "key": key, "name": name, "type": kind, "description": "",
                         "havePermission": admin || !only_admins});
        rows.insert((*key).to_owned(), row);
    }
    ok(200, json!({"permissions": Value::Object(rows)}))
}
