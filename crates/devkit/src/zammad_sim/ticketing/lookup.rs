//! Finding the rows that a ticket's parameters name: by number (`state_id`) or by name (`state`).

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::zammad_sim::{
    call::Call,
    error::ApiError,
    model::{
        actor::Actor,
        entities::{Id, Stamps, User},
        numbers::{SYSTEM, role},
    },
    values::{as_id, as_text},
};

fn no_lookup(name: &str, value: &Value) -> ApiError {
    ApiError::invalid(format!("No lookup value found for '{name}': {value}"))
}

/// The requested group; the caller decides about a missing one.
pub(in crate::zammad_sim) fn group(call: &Call<'_>, new: bool) -> Result<Option<Id>, ApiError> {
    if let Some(name) = call.param("group") {
        let wanted = as_text(name);
        let found = call.state.groups.values().find(|group| group.name == wanted);
        return found.map(|group| Some(group.id)).ok_or_else(|| no_lookup("group", name));
    }
    match call.params.get("group_id") {
        None => Ok(None),
        Some(Value::Null) if new => Ok(None),
        Some(Value::Null) => Err(ApiError::invalid("Group can't be blank")),
        Some(value) => match as_id(value).filter(|id| call.state.groups.contains_key(id)) {
            Some(id) => Ok(Some(id)),
            None if new => Err(ApiError::crash("undefined method 'name' for nil")),
            None => Err(ApiError::invalid_hidden(format!("Invalid value '{}' for field 'group_id'!", as_text(value)))),
        },
    }
}

/// The requested state.
pub(in crate::zammad_sim) fn state(call: &Call<'_>) -> Result<Option<Id>, ApiError> {
    let rows = call.state.states.values().map(|state| (state.id, state.name.as_str()));
    by_name_or_id(call, "state", "state_id", rows)
}

/// The requested priority.
pub(in crate::zammad_sim) fn priority(call: &Call<'_>) -> Result<Option<Id>, ApiError> {
    let rows = call.state.priorities.values().map(|priority| (priority.id, priority.name.as_str()));
    by_name_or_id(call, "priority", "priority_id", rows)
}

fn by_name_or_id<'a>(
    call: &Call<'_>,
    name: &str,
    name_id: &str,
    rows: impl Iterator<Item = (Id, &'a str)>,
) -> Result<Option<Id>, ApiError> {
    let rows: BTreeMap<Id, &str> = rows.collect();
    if let Some(value) = call.param(name) {
        let wanted = as_text(value);
        let found = rows.iter().find(|(_, known)| **known == wanted);
        return found.map(|(id, _)| Some(*id)).ok_or_else(|| no_lookup(name, value));
    }
    match call.params.get(name_id) {
        None => Ok(None),
        Some(Value::Null) => Err(ApiError::invalid_hidden(format!("Missing required value for field '{name_id}'!"))),
        Some(value) => known_id(name_id, value, |id| rows.contains_key(&id)).map(Some),
    }
}

/// The requested owner: nobody, or an agent.
pub(in crate::zammad_sim) fn owner(call: &Call<'_>) -> Result<Option<Id>, ApiError> {
    let found = if let Some(value) = call.param("owner") {
        let user = call.state.user_by_login(&as_text(value));
        user.map(|user| user.id).ok_or_else(|| no_lookup("owner", value))?
    } else if let Some(value) = call.params.get("owner_id") {
        if value.is_null() || value == "" {
            SYSTEM
        } else {
            known_id("owner_id", value, |id| call.state.users.contains_key(&id))?
        }
    } else {
        return Ok(None);
    };
    if found != SYSTEM && !call.state.user_may(found, "ticket.agent") {
        return Err(ApiError::invalid_hidden(format!("Invalid value '{found}' for field 'owner_id'!")));
    }
    Ok(Some(found))
}

/// The requested customer, who is created if the request describes a new one.
pub(in crate::zammad_sim) fn customer(call: &mut Call<'_>, actor: &Actor) -> Result<Option<Id>, ApiError> {
    match call.param("customer").cloned() {
        Some(Value::Object(person)) => return person_of(call, actor, &person).map(Some),
        Some(value) => {
            let user = call.state.user_by_login(&as_text(&value));
            return user.map(|user| Some(user.id)).ok_or_else(|| no_lookup("customer", &value));
        }
        None => {}
    }
    let Some(value) = call.param("customer_id").cloned() else { return Ok(None) };
    if let Some(mail) = value.as_str().and_then(|text| text.strip_prefix("guess:")) {
        let mail = mail.trim().to_lowercase();
        if let Some(user) = call.state.user_by_login(&mail) {
            return Ok(Some(user.id));
        }
        if !mail.contains('@') {
            return Err(ApiError::invalid_bare(format!("Invalid email '{mail}' of customer")));
        }
        return Ok(Some(make(call, actor, &mail, "", "")));
    }
    known_id("customer_id", &value, |id| call.state.users.contains_key(&id)).map(Some)
}

fn person_of(call: &mut Call<'_>, actor: &Actor, person: &Map<String, Value>) -> Result<Id, ApiError> {
    let text = |name: &str| person.get(name).map(as_text).unwrap_or_default();
    let mail = text("email").to_lowercase();
    if let Some(user) = call.state.user_by_login(&mail) {
        return Ok(user.id);
    }
    if !mail.contains('@') {
        return Err(ApiError::invalid_bare(format!("Invalid email '{mail}' of customer")));
    }
    Ok(make(call, actor, &mail, &text("firstname"), &text("lastname")))
}

fn make(call: &mut Call<'_>, actor: &Actor, mail: &str, firstname: &str, lastname: &str) -> Id {
    let id = call.state.next_id("user");
    let user = User {
        id,
        login: mail.to_owned(),
        password: None,
        firstname: firstname.to_owned(),
        lastname: lastname.to_owned(),
        email: mail.to_owned(),
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
    call.state.users.insert(id, user);
    id
}

/// The error for a parameter with an unknown number.
pub(in crate::zammad_sim) fn bad_value(name: &str, value: &Value) -> ApiError {
    ApiError::invalid(format!("Invalid value for param '{name}': {value}"))
}

/// Returns a parameter's number if it is a known one.
pub(in crate::zammad_sim) fn known_id(name: &str, value: &Value, known: impl Fn(Id) -> bool) -> Result<Id, ApiError> {
    as_id(value).filter(|id| known(*id)).ok_or_else(|| bad_value(name, value))
}
