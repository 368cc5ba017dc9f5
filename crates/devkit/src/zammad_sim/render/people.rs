//! JSON of users, groups, organizations and roles.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::parts::{maybe_time, object, stamp};
use crate::zammad_sim::{
    call::Mode,
    model::{
        entities::{Group, Id, Organization, Role, User},
        numbers::role,
        state::State,
        version::Version,
    },
};

const USER_TEXTS: [&str; 11] =
    ["address", "city", "country", "department", "fax", "mobile", "note", "phone", "street", "web", "zip"];

/// A user. Customers are shown less of themselves.
pub(in crate::zammad_sim) fn user(state: &State, user: &User, mode: Mode, to_customer: bool) -> Map<String, Value> {
    let mut row = user_core(state, user, mode == Mode::Expand);
    if to_customer {
        for name in USER_TEXTS {
            row.remove(name);
        }
    }
    let groups: BTreeMap<String, &Vec<String>> =
        user.group_ids.iter().map(|(id, access)| (id.to_string(), access)).collect();
    row.insert("group_ids".into(), json!(groups));
    row.insert("authorization_ids".into(), json!([]));
    row.insert("preferences".into(), Value::Object(user.preferences.clone()));
    row.insert("last_login".into(), maybe_time(user.last_login));
    row.insert("login_failed".into(), user.login_failed.into());
    if mode == Mode::Expand {
        let name = |id: &Id| state.groups.get(id).map(|group| group.name.clone()).unwrap_or_default();
        let groups: BTreeMap<String, &Vec<String>> =
            user.group_ids.iter().map(|(id, access)| (name(id), access)).collect();
        row.insert("groups".into(), json!(groups));
        row.insert("authorizations".into(), json!([]));
    }
    row
}

/// The columns of a user in webhooks and in the API.
fn user_core(state: &State, user: &User, names: bool) -> Map<String, Value> {
    let mut row = object(json!({
        "id": user.id,
        "login": user.login,
        "firstname": user.firstname,
        "lastname": user.lastname,
        "email": user.email,
        "active": user.active,
        "organization_id": user.organization_id,
        "organization_ids": [],
        "role_ids": user.role_ids,
        "image": null,
        "image_source": null,
        "out_of_office": false,
        "out_of_office_end_at": null,
        "out_of_office_replacement_id": null,
        "out_of_office_start_at": null,
        "overview_sorting_ids": [],
        "source": null,
        "two_factor_preference_ids": [],
        "verified": false,
        "vip": user.vip,
    }));
    for name in USER_TEXTS {
        let default = if matches!(name, "address" | "department") { Value::Null } else { "".into() };
        row.insert(name.to_owned(), user.texts.get(name).map_or(default, |text| text.as_str().into()));
    }
    if names {
        let roles: Vec<&str> =
            user.role_ids.iter().filter_map(|id| state.roles.get(id)).map(|role| role.name.as_str()).collect();
        row.insert("roles".into(), json!(roles));
        row.insert("organizations".into(), json!([]));
        row.insert("overview_sortings".into(), json!([]));
        row.insert("two_factor_preferences".into(), json!([]));
        if let Some(organization) = user.organization_id.and_then(|id| state.organizations.get(&id)) {
            row.insert("organization".into(), organization.name.as_str().into());
        }
    }
    stamp(&mut row, user.stamps, names.then_some(state));
    row
}

/// A user inside a webhook; `{}` if there is none.
pub(in crate::zammad_sim) fn user_in_webhook(state: &State, id: Id) -> Value {
    state.users.get(&id).map_or_else(|| json!({}), |user| Value::Object(user_core(state, user, true)))
}

fn members(state: &State, group: Id) -> Vec<&User> {
    state.users.values().filter(|user| user.group_ids.contains_key(&group)).collect()
}

/// A group.
pub(in crate::zammad_sim) fn group(state: &State, group: &Group, mode: Mode) -> Map<String, Value> {
    let members = members(state, group.id);
    let mut row = object(json!({
        "id": group.id,
        "name": group.name,
        "note": group.note,
        "active": group.active,
        "signature_id": group.signature_id,
        "email_address_id": null,
        "assignment_timeout": group.assignment_timeout,
        "follow_up_possible": "yes",
        "follow_up_assignment": true,
        "reopen_time_in_days": null,
        "shared_drafts": true,
        "user_ids": members.iter().map(|user| user.id).collect::<Vec<_>>(),
    }));
    if state.version != Version::V6_1 {
        row.insert("name_last".into(), group.name.rsplit("::").next().unwrap_or_default().into());
        row.insert("parent_id".into(), Value::Null);
    }
    let expanded = mode == Mode::Expand;
    if expanded {
        row.insert("users".into(), members.iter().map(|user| user.login.as_str()).collect());
        if group.signature_id.is_some() {
            row.insert("signature".into(), "default".into());
        }
    }
    stamp(&mut row, group.stamps, expanded.then_some(state));
    row
}

/// The columns of a group that customers see.
pub(in crate::zammad_sim) fn group_for_customer(group: &Group) -> Map<String, Value> {
    object(json!({
        "id": group.id, "name": group.name, "name_last": group.name.rsplit("::").next(), "active": group.active,
        "parent_id": null, "follow_up_possible": "yes", "reopen_time_in_days": null,
    }))
}

/// All permissions that stock roles hold; a permission's number is its place.
const PERMISSIONS: [&str; 16] = [
    "admin",
    "user_preferences",
    "report",
    "knowledge_base.editor",
    "ticket.agent",
    "chat.agent",
    "cti.agent",
    "knowledge_base.reader",
    "ticket.customer",
    "user_preferences.appearance",
    "user_preferences.language",
    "user_preferences.avatar",
    "user_preferences.password",
    "user_preferences.two_factor_authentication",
    "user_preferences.linked_accounts",
    "user_preferences.access_token",
];

/// The permission with this number.
pub(in crate::zammad_sim) fn permission(id: Id) -> Option<&'static str> {
    PERMISSIONS.get(usize::try_from(id).ok()?.checked_sub(1)?).copied()
}

/// A role.
pub(in crate::zammad_sim) fn role(state: &State, role: &Role, mode: Mode) -> Map<String, Value> {
    let number = |name: &String| PERMISSIONS.iter().position(|known| known == name).map_or(99, |at| at + 1);
    let mut row = object(json!({
        "id": role.id,
        "name": role.name,
        "note": role.note,
        "active": role.active,
        "default_at_signup": role.default_at_signup,
        "preferences": {},
        "group_ids": {},
        "knowledge_base_permission_ids": [],
        "permission_ids": role.permissions.iter().map(number).collect::<Vec<_>>(),
    }));
    let expanded = mode == Mode::Expand;
    if expanded {
        row.insert("groups".into(), json!({}));
        row.insert("knowledge_base_permissions".into(), json!([]));
        row.insert("permissions".into(), json!(role.permissions));
    }
    stamp(&mut row, role.stamps, expanded.then_some(state));
    row
}

/// An organization.
pub(in crate::zammad_sim) fn organization(
    state: &State,
    organization: &Organization,
    mode: Mode,
) -> Map<String, Value> {
    let members: Vec<&User> =
        state.users.values().filter(|user| user.organization_id == Some(organization.id)).collect();
    let mut row = object(json!({
        "id": organization.id,
        "name": organization.name,
        "note": organization.note,
        "active": organization.active,
        "domain": organization.domain,
        "domain_assignment": organization.domain_assignment,
        "shared": organization.shared,
        "vip": false,
        "member_ids": members.iter().map(|user| user.id).collect::<Vec<_>>(),
        "secondary_member_ids": [],
    }));
    let expanded = mode == Mode::Expand;
    if expanded {
        row.insert("members".into(), members.iter().map(|user| user.login.as_str()).collect());
    }
    stamp(&mut row, organization.stamps, expanded.then_some(state));
    row
}

/// The people that `full=true` sends along. Customers see little of others.
pub(in crate::zammad_sim) fn user_assets(state: &State, ids: impl IntoIterator<Item = Id>, viewer: Id) -> Value {
    let customer = is_customer(state, viewer);
    let mut assets = Map::new();
    for id in ids {
        let Some(row) = state.users.get(&id) else { continue };
        let mut shown = user(state, row, Mode::Plain, customer);
        if customer && id != viewer {
            let open = ["active", "firstname", "id", "image", "image_source", "lastname"];
            shown.retain(|name, _| open.contains(&name.as_str()));
        }
        assets.insert(id.to_string(), Value::Object(shown));
    }
    Value::Object(assets)
}

/// Whether a user is only a customer.
pub(in crate::zammad_sim) fn is_customer(state: &State, user: Id) -> bool {
    state.users.get(&user).is_some_and(|user| user.role_ids.contains(&role::CUSTOMER))
        && !state.user_may(user, "ticket.agent")
}
