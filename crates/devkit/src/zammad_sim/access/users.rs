//! Users: oneself, searching, reading, making and changing.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::zammad_sim::{
    call::{Call, Mode, Reply, ok, page},
    error::ApiError,
    model::{
        actor::Actor,
        entities::{Id, Stamps, Ticket, User},
        numbers::{SYSTEM, role},
        state::State,
        version::Version,
    },
    render,
    stock::agent_preferences,
    values::{as_id, as_text},
};

fn rendered(call: &Call<'_>, actor: &Actor, user: &User) -> Value {
    let customer = render::is_customer(call.state, actor.user);
    match call.mode() {
        Mode::Full => {
            let people = [user.id, user.stamps.created_by_id, user.stamps.updated_by_id];
            json!({"id": user.id, "assets": {"User": render::user_assets(call.state, people, actor.user)}})
        }
        mode => Value::Object(render::user(call.state, user, mode, customer)),
    }
}

pub(in crate::zammad_sim) fn me(call: &mut Call<'_>, _: &[&str]) -> Reply {
    let actor = call.authenticate()?;
    let user = call.state.users.get(&actor.user).ok_or_else(|| ApiError::not_found("User", "me"))?;
    ok(200, rendered(call, &actor, user))
}

impl State {
    fn user_by_text(&self, id: &str) -> Result<&User, ApiError> {
        let found = id.parse().ok().and_then(|id: Id| self.users.get(&id));
        found.ok_or_else(|| ApiError::not_found("User", id))
    }
}

pub(in crate::zammad_sim) fn show(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let actor = call.authenticate()?;
    let user = call.state.user_by_text(path.get(1).copied().unwrap_or_default())?;
    let may = user.id == actor.user || actor.agent(call.state) || actor.may(call.state, "admin.user");
    if may { ok(200, rendered(call, &actor, user)) } else { Err(ApiError::no_access()) }
}

pub(in crate::zammad_sim) fn list(call: &mut Call<'_>, _: &[&str]) -> Reply {
    let actor = call.authenticate()?;
    let state = &*call.state;
    let all = actor.agent(state) || actor.may(state, "admin.user");
    let rows: Vec<&User> = state.users.values().filter(|user| all || user.id == actor.user).collect();
    let rows = page(call, rows, 500);
    let rows: Vec<Value> = rows.into_iter().map(|user| rendered(call, &actor, user)).collect();
    ok(200, rows)
}

pub(in crate::zammad_sim) fn search(call: &mut Call<'_>, _: &[&str]) -> Reply {
    let actor = call.require(&["ticket.agent", "admin.user"])?;
    if call.state.version == Version::V6_1 && call.param("query").is_none() {
        return Err(ApiError::crash("undefined method 'strip' for nil"));
    }
    let query = call.text("query").unwrap_or_default().trim().replace('*', "").to_lowercase();
    let permissions: Vec<String> = match call.param("permissions") {
        Some(Value::Array(names)) => names.iter().map(as_text).collect(),
        Some(name) => vec![as_text(name)],
        None => Vec::new(),
    };
    let state = &*call.state;
    let fits = |user: &&User| {
        let texts = [&user.login, &user.email, &user.firstname, &user.lastname, &user.full_name()];
        let by_text = query.is_empty() || texts.iter().any(|text| text.to_lowercase().contains(&query));
        let by_right = permissions.is_empty() || permissions.iter().any(|name| state.user_may(user.id, name));
        user.id != 1 && by_text && by_right
    };
    let mut found: Vec<&User> = state.users.values().filter(fits).collect();
    found.sort_by_key(|user| std::cmp::Reverse((user.stamps.updated_at, user.id)));
    let total = found.len();
    let found = page(call, found, 50);
    if call.switch("label") {
        let label = |user: &User| {
            let name = user.full_name();
            if user.email.is_empty() { name } else { format!("{name} <{}>", user.email) }
        };
        let rows = found.iter().map(|user| json!({"id": user.id, "label": label(user), "value": label(user)}));
        return ok(200, rows.collect::<Vec<_>>());
    }
    if call.mode() == Mode::Full {
        let ids: Vec<Id> = found.iter().map(|user| user.id).collect();
        let assets = render::user_assets(state, ids.iter().copied(), actor.user);
        return ok(200, json!({"record_ids": ids, "assets": {"User": assets}, "total_count": total}));
    }
    let rows: Vec<Value> = found.into_iter().map(|user| rendered(call, &actor, user)).collect();
    ok(200, rows)
}

/// The requested e-mail address, which no other user may have.
fn email(call: &Call<'_>, own: Id) -> Result<String, ApiError> {
    let email = call.text("email").unwrap_or_default().to_lowercase();
    if !email.is_empty() && !email.contains('@') {
        return Err(ApiError::invalid(format!("Invalid email '{email}'")));
    }
    if !email.is_empty() && call.state.users.values().any(|user| user.id != own && user.email == email) {
        return Err(ApiError::invalid(format!("Email address '{email}' is already used for another user.")));
    }
    Ok(email)
}

pub(in crate::zammad_sim) fn create(call: &mut Call<'_>, _: &[&str]) -> Reply {
    let actor = call.require(&["ticket.agent", "admin.user"])?;
    let email = email(call, 0)?;
    let id = call.state.next_id("user");
    let login = call.text("login").filter(|login| !login.is_empty());
    let login = login.unwrap_or_else(|| if email.is_empty() { format!("auto-{id}") } else { email.clone() });
    let mut user = User {
        id,
        login: login.to_lowercase(),
        password: None,
        firstname: String::new(),
        lastname: String::new(),
        email,
        active: true,
        vip: false,
        organization_id: None,
        role_ids: vec![role::CUSTOMER],
        group_ids: BTreeMap::new(),
        texts: BTreeMap::new(),
        preferences: Map::new(),
        last_login: None,
        login_failed: 0,
        stamps: Stamps::new(actor.user, call.now),
    };
    fill(call, &actor, &mut user);
    if call
        .state
        .roles
        .values()
        .any(|row| user.role_ids.contains(&row.id) && row.permissions.iter().any(|name| name == "ticket.agent"))
    {
        user.preferences = agent_preferences();
    }
    let (now, by) = (call.now, actor.user);
    for role in &user.role_ids {
        if let Some(role) = call.state.roles.get_mut(role) {
            role.stamps.touch(by, now);
        }
    }
    for group in user.group_ids.keys() {
        if let Some(group) = call.state.groups.get_mut(group) {
            group.stamps.touch(by, now);
        }
    }
    call.state.users.insert(id, user);
    let user = call.state.user_by_text(&id.to_string())?;
    ok(201, rendered(call, &actor, user))
}

pub(in crate::zammad_sim) fn update(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let actor = call.authenticate()?;
    let mut user = call.state.user_by_text(path.get(1).copied().unwrap_or_default())?.clone();
    let by_agent = actor.agent(call.state) && render::is_customer(call.state, user.id);
    if !by_agent && !actor.may(call.state, "admin.user") {
        return Err(ApiError::no_access());
    }
    if call.params.contains_key("email") {
        user.email = email(call, user.id)?;
    }
    if let Some(login) = call.text("login").filter(|login| !login.is_empty()) {
        user.login = login.to_lowercase();
    }
    fill(call, &actor, &mut user);
    user.stamps.touch(actor.user, call.now);
    let shown = rendered(call, &actor, &user);
    call.state.users.insert(user.id, user);
    ok(200, shown)
}

pub(in crate::zammad_sim) fn delete(call: &mut Call<'_>, path: &[&str]) -> Reply {
    call.require(&["admin.user"])?;
    let id = call.state.user_by_text(path.get(1).copied().unwrap_or_default())?.id;
    let state = &mut *call.state;
    let named = |stamps: &Stamps| [stamps.created_by_id, stamps.updated_by_id].contains(&id);
    let in_ticket = |row: &Ticket| [row.customer_id, row.owner_id].contains(&id) || named(&row.stamps);
    if id == SYSTEM || state.tickets.values().any(in_ticket) || state.articles.values().any(|row| named(&row.stamps)) {
        return Err(ApiError::referenced());
    }
    state.users.remove(&id);
    let tokens: Vec<Id> = state.tokens.values().filter(|token| token.user_id == id).map(|token| token.id).collect();
    for token in tokens.iter().filter_map(|id| state.tokens.remove(id)) {
        state.token_owners.remove(&token.secret);
    }
    ok(200, json!({}))
}

/// Sets the columns that the request may set; a role that the caller may not grant is silently ignored.
fn fill(call: &Call<'_>, actor: &Actor, user: &mut User) {
    for (name, place) in [("firstname", &mut user.firstname), ("lastname", &mut user.lastname)] {
        if let Some(text) = call.text(name) {
            *place = text;
        }
    }
    for name in ["phone", "mobile", "note", "web", "city", "country", "street", "zip", "fax", "department", "address"] {
        if let Some(text) = call.text(name) {
            user.texts.insert(name.to_owned(), text);
        }
    }
    if let Some(active) = call.param("active") {
        user.active = crate::zammad_sim::values::is_true(active);
    }
    if let Some(vip) = call.param("vip") {
        user.vip = crate::zammad_sim::values::is_true(vip);
    }
    if let Some(name) = call.text("organization") {
        let found = call.state.organizations.values().find(|row| row.name == name);
        user.organization_id = found.map(|row| row.id).or(user.organization_id);
    } else if let Some(id) = call.params.get("organization_id") {
        user.organization_id = as_id(id).filter(|id| call.state.organizations.contains_key(id));
    }
    if !actor.may(call.state, "admin.user") {
        return;
    }
    if let Some(password) = call.text("password") {
        user.password = Some(password);
    }
    let by_name = |name: &Value| call.state.roles.values().find(|row| name.as_str() == Some(&row.name));
    if let Some(Value::Array(names)) = call.param("roles") {
        user.role_ids = names.iter().filter_map(by_name).map(|row| row.id).collect();
    } else if let Some(Value::Array(ids)) = call.param("role_ids") {
        user.role_ids = ids.iter().filter_map(as_id).filter(|id| call.state.roles.contains_key(id)).collect();
    }
    if let Some(Value::Object(groups)) = call.param("group_ids") {
        user.group_ids = groups.iter().filter_map(|(id, access)| Some((id.parse().ok()?, levels(access)))).collect();
    } else if let Some(Value::Object(groups)) = call.param("groups") {
        let id_of = |name: &String| call.state.groups.values().find(|group| group.name == *name).map(|group| group.id);
        user.group_ids = groups.iter().filter_map(|(name, access)| Some((id_of(name)?, levels(access)))).collect();
    }
}

fn levels(access: &Value) -> Vec<String> {
    match access {
        Value::Array(list) => list.iter().map(as_text).collect(),
        one => vec![as_text(one)],
    }
}
