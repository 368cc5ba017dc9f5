//! API tokens, which everybody with the right to makes for himself.

use serde_json::{Value, json};

use crate::zammad_sim::{
    call::{Call, Reply, ok},
    error::ApiError,
    model::{
        entities::{Id, Token},
        version::Version,
    },
    moment, render,
    values::as_text,
};

const RIGHT: [&str; 1] = ["user_preferences.access_token"];

pub(in crate::zammad_sim) fn list(call: &mut Call<'_>, _: &[&str]) -> Reply {
    let actor = call.require(&RIGHT)?;
    let time = |at: Option<i64>| at.map(render::time);
    let own = call.state.tokens.values().rev().filter(|token| token.user_id == actor.user);
    let rows: Vec<Value> = own
        .map(|token| {
            json!({"id": token.id, "user_id": token.user_id, "name": token.name, "action": "api",
                   "preferences": {"permission": token.permissions}, "expires_at": time(token.expires_at),
                   "last_used_at": time(token.last_used_at), "created_at": render::time(token.created_at),
                   "updated_at": render::time(token.last_used_at.unwrap_or(token.created_at))})
        })
        .collect();
    ok(200, json!({"tokens": rows, "permissions": []}))
}

pub(in crate::zammad_sim) fn create(call: &mut Call<'_>, _: &[&str]) -> Reply {
    let actor = call.require(&RIGHT)?;
    let name = call.text("name").filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| ApiError::invalid("The required parameter 'name' is missing."))?;
    let permissions: Vec<String> =
        call.param("permission").and_then(Value::as_array).into_iter().flatten().map(as_text).collect();
    if permissions.is_empty() && call.state.version != Version::V6_1 {
        return Err(ApiError::invalid_hidden("The required parameter 'permission' is missing."));
    }
    let expires_at = call.param("expires_at").and_then(moment::parse);
    let id = call.state.next_id("token");
    let secret = call.state.entropy.text(64);
    let token = Token {
        id,
        user_id: actor.user,
        name,
        secret: secret.clone(),
        permissions,
        expires_at,
        last_used_at: None,
        created_at: call.now,
    };
    call.state.tokens.insert(id, token);
    call.state.token_owners.insert(secret.clone(), id);
    ok(200, json!({"token": secret}))
}

pub(in crate::zammad_sim) fn delete(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let actor = call.require(&RIGHT)?;
    let id: Option<Id> = path.get(1).and_then(|id| id.parse().ok());
    let own = id.filter(|id| call.state.tokens.get(id).is_some_and(|token| token.user_id == actor.user));
    let id = own.ok_or_else(|| ApiError::invalid("The API token could not be found."))?;
    if let Some(token) = call.state.tokens.remove(&id) {
        call.state.token_owners.remove(&token.secret);
    }
    let now = call.now;
    if let Some(owner) = call.state.users.get_mut(&actor.user) {
        owner.stamps.touch(actor.user, now);
    }
    ok(200, json!({}))
}
