//! Registered clients, which an administrator makes.

use serde_json::{Map, Value, json};
use url::Url;

use crate::zammad_sim::{
    call::{Call, Mode, Reply, ok, page},
    error::ApiError,
    model::{
        entities::Id,
        oauth::{Application, OUT_OF_BAND},
    },
    render,
};

const RIGHT: [&str; 1] = ["admin.api"];

/// The fields in lists and responses: neither key nor secret.
fn brief(row: &Application) -> Value {
    json!({"id": row.id, "name": row.name, "created_at": render::time(row.created_at)})
}

fn found(call: &Call<'_>, id: Option<&&str>) -> Result<Application, ApiError> {
    let id = id.copied().unwrap_or_default();
    let row = id.parse().ok().and_then(|id: Id| call.state.oauth.applications.get(&id));
    row.cloned().ok_or_else(|| ApiError::not_found("Doorkeeper::Application", id))
}

pub(in crate::zammad_sim) fn list(call: &mut Call<'_>, _: &[&str]) -> Reply {
    call.require(&RIGHT)?;
    let oauth = &call.state.oauth;
    let rows = page(call, oauth.applications.values().collect(), 500);
    if call.mode() != Mode::Full {
        return ok(200, rows.into_iter().map(brief).collect::<Vec<_>>());
    }
    // The one place that shows key and secret, which 6.x does in clear.
    let whole = |row: &&Application| {
        let clients = oauth.tokens.iter().filter(|token| token.application == row.id && !token.revoked).count();
        let shown = json!({"id": row.id, "name": row.name, "uid": row.uid, "secret": row.secret,
                           "redirect_uri": row.redirect_uri, "scopes": "", "confidential": true, "clients": clients,
                           "created_at": render::time(row.created_at), "updated_at": render::time(row.updated_at)});
        (row.id.to_string(), shown)
    };
    let assets: Map<String, Value> = rows.iter().map(whole).collect();
    let ids: Vec<Id> = rows.iter().map(|row| row.id).collect();
    ok(200, json!({"record_ids": ids, "assets": {"Application": assets}}))
}

pub(in crate::zammad_sim) fn show(call: &mut Call<'_>, path: &[&str]) -> Reply {
    call.require(&RIGHT)?;
    ok(200, brief(&found(call, path.get(1))?))
}

pub(in crate::zammad_sim) fn create(call: &mut Call<'_>, _: &[&str]) -> Reply {
    call.require(&RIGHT)?;
    let (name, redirect_uri) = checked(call, None)?;
    let (uid, secret) = (call.state.entropy.text(43), call.state.entropy.text(43));
    let id = call.state.next_id("application");
    let row = Application { id, name, uid, secret, redirect_uri, created_at: call.now, updated_at: call.now };
    let answer = brief(&row);
    call.state.oauth.applications.insert(id, row);
    ok(200, answer)
}

pub(in crate::zammad_sim) fn update(call: &mut Call<'_>, path: &[&str]) -> Reply {
    call.require(&RIGHT)?;
    let mut row = found(call, path.get(1))?;
    (row.name, row.redirect_uri) = checked(call, Some(&row))?;
    row.updated_at = call.now;
    let answer = brief(&row);
    call.state.oauth.applications.insert(row.id, row);
    ok(200, answer)
}

/// With a client go all its codes and tokens.
pub(in crate::zammad_sim) fn delete(call: &mut Call<'_>, path: &[&str]) -> Reply {
    call.require(&RIGHT)?;
    let id = found(call, path.get(1))?.id;
    let oauth = &mut call.state.oauth;
    oauth.applications.remove(&id);
    oauth.grants.retain(|_, grant| grant.application != id);
    oauth.tokens.retain(|token| token.application != id);
    ok(200, json!({}))
}

/// Name and addresses, as the request or the row before has them.
fn checked(call: &Call<'_>, before: Option<&Application>) -> Result<(String, String), ApiError> {
    let field = |name: &str, before: Option<&String>| {
        if call.params.contains_key(name) { call.text(name) } else { before.cloned() }.unwrap_or_default()
    };
    let name = field("name", before.map(|row| &row.name));
    let uri = field("redirect_uri", before.map(|row| &row.redirect_uri));
    let mut faults = Vec::new();
    if name.is_empty() {
        faults.push("Name can't be blank".to_owned());
    }
    faults.extend(uri_fault(&uri).map(|fault| format!("Redirect URI {fault}")));
    // Of several errors the first one is reported.
    faults.into_iter().next().map_or(Ok((name, uri)), |fault| Err(ApiError::invalid(fault)))
}

fn uri_fault(uris: &str) -> Option<&'static str> {
    if uris.trim().is_empty() {
        return Some("can't be blank");
    }
    uris.split_whitespace().filter(|uri| *uri != OUT_OF_BAND).find_map(|uri| match Url::parse(uri) {
        Err(url::ParseError::RelativeUrlWithoutBase) => Some("must be an absolute URI."),
        Err(_) => Some("must be a valid URI."),
        Ok(parsed) if parsed.fragment().is_some() => Some("cannot contain a fragment."),
        Ok(parsed) if parsed.scheme() != "https" => Some("must be an HTTPS/SSL URI."),
        Ok(_) => None,
    })
}
