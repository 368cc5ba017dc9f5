//! `object_manager_attributes`: adding, changing, migrating.

use crate::zammad_sim::values::integer;
use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::checks;
use crate::zammad_sim::{
    call::{Call, Reply, ok},
    error::ApiError,
    model::{
        actor::Actor,
        attribute::{Attribute, Column},
        entities::{Id, Stamps},
    },
    values::{as_text, is_true},
};

const RIGHT: [&str; 1] = ["admin.object"];

fn found(call: &Call<'_>, id: Option<&&str>) -> Result<Attribute, ApiError> {
    let id = id.copied().unwrap_or_default();
    let row = id.parse().ok().and_then(|id: Id| call.state.attributes.rows.get(&id));
    row.cloned().ok_or_else(|| ApiError::not_found("ObjectManager::Attribute", id))
}

/// An answer to a write, and to the reading of one.
fn one(row: &Attribute, status: u16) -> Reply {
    let mut shown = row.columns();
    shown.insert("object_lookup_id".to_owned(), 1.into());
    ok(status, Value::Object(shown))
}

pub(in crate::zammad_sim) fn list(call: &mut Call<'_>, _: &[&str]) -> Reply {
    call.require(&RIGHT)?;
    let state = &*call.state;
    let mut rows: Vec<&Attribute> = state.attributes.rows.values().collect();
    rows.sort_by(|left, right| (left.position, &left.name).cmp(&(right.position, &right.name)));
    let rows = rows.into_iter().map(|row| {
        let mut shown = row.columns();
        let references = row.references(state);
        shown.insert("object".to_owned(), row.object.as_str().into());
        shown.insert("deletable".to_owned(), (row.editable && references.is_none()).into());
        if let Some(references) = references {
            let text = format!("This attribute is referenced by {references} and thus cannot be deleted!");
            shown.insert("not_deletable_reason".to_owned(), text.into());
        }
        Value::Object(shown)
    });
    ok(200, rows.collect::<Vec<_>>())
}

pub(in crate::zammad_sim) fn show(call: &mut Call<'_>, path: &[&str]) -> Reply {
    call.require(&RIGHT)?;
    one(&found(call, path.get(1))?, 200)
}

pub(in crate::zammad_sim) fn create(call: &mut Call<'_>, _: &[&str]) -> Reply {
    let actor = call.require(&RIGHT)?;
    let nil = "undefined method `downcase' for nil:NilClass\n\n      name:             data[:name].downcase,\n                                   ^^^^^^^^^";
    let name = call.text("name").ok_or_else(|| ApiError::crash(nil))?.to_lowercase();
    let object = call.text("object").unwrap_or_default();
    if !["Ticket", "User", "Organization", "Group"].contains(&object.as_str()) {
        let text = format!(
            "uninitialized constant {object}\n\n      Object.const_get(camel_cased_word)\n            ^^^^^^^^^^"
        );
        return Err(ApiError::invalid(text));
    }
    if call.state.attributes.named(&object, &name).is_some() {
        return Err(ApiError::invalid("This object already exists."));
    }
    let data_type = call.text("data_type").unwrap_or_default();
    checks::data_type(&data_type)?;
    checks::name(&name)?;
    let data_option = checks::data_option(&data_type, call.param("data_option"))?;
    let id = call.state.next_id("attribute");
    let mut row = Attribute {
        id,
        object,
        name,
        display: String::new(),
        data_type,
        data_option,
        data_option_new: json!({}),
        screens: json!({}),
        position: 1550,
        active: true,
        editable: true,
        to_create: true,
        to_migrate: true,
        to_delete: false,
        to_config: false,
        stamps: Stamps::new(actor.user, call.now),
    };
    fill(call, &mut row);
    let answer = one(&row, 201);
    call.state.attributes.rows.insert(id, row);
    answer
}

/// Display and position are stored at once; options wait for a migration, even if only the display changed.
pub(in crate::zammad_sim) fn update(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let actor = call.require(&RIGHT)?;
    // The number in the address is ignored if the body names the attribute.
    let named = call.text("object").zip(call.text("name"));
    let named = named.and_then(|(object, name)| call.state.attributes.named(&object, &name.to_lowercase()).cloned());
    let mut row = match named {
        Some(row) => row,
        None => found(call, path.get(1))?,
    };
    if !row.editable {
        return Err(ApiError::invalid(format!("{} is not editable", row.name)));
    }
    if call.text("data_type").is_some_and(|kind| kind != row.data_type) {
        let text = "Can't be changed data_type of attribute. Drop the attribute and recreate it with new data_type.";
        return Err(ApiError::invalid(text));
    }
    let looks = (row.display.clone(), row.position, row.active);
    fill(call, &mut row);
    if call.params.contains_key("data_option") {
        let option = checks::data_option(&row.data_type, call.param("data_option"))?;
        let changed = looks != (row.display.clone(), row.position, row.active);
        set_option(&mut row, option, changed);
    }
    row.stamps.touch(actor.user, call.now);
    let answer = one(&row, 200);
    call.state.attributes.rows.insert(row.id, row);
    answer
}

fn set_option(row: &mut Attribute, option: Value, looks_changed: bool) {
    if !looks_changed && option == row.data_option {
        return;
    }
    // A longer column has to be made in the database, too.
    let lengths = (row.data_option.get("maxlength").map(as_text), option.get("maxlength").map(as_text));
    row.to_migrate |= matches!(lengths, (Some(before), Some(after)) if before != after);
    row.to_config = true;
    row.data_option_new = option;
}

fn fill(call: &Call<'_>, row: &mut Attribute) {
    if let Some(display) = call.text("display") {
        row.display = display;
    }
    if let Some(screens) = call.param("screens") {
        row.screens = screens.clone();
    }
    if let Some(position) = call.param("position").and_then(integer) {
        row.position = position;
    }
    if let Some(active) = call.param("active") {
        row.active = is_true(active);
    }
}

pub(in crate::zammad_sim) fn delete(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let actor = call.require(&RIGHT)?;
    let mut row = found(call, path.get(1))?;
    if !row.editable {
        return Err(ApiError::invalid(format!("{} is not deletable", row.name)));
    }
    if let Some(references) = row.references(call.state) {
        let text = format!("{}.{} is referenced by {references} and thus cannot be deleted!", row.object, row.name);
        return Err(ApiError::invalid(text));
    }
    if row.to_create {
        call.state.attributes.rows.remove(&row.id);
    } else {
        row.to_delete = true;
        row.stamps.touch(actor.user, call.now);
        call.state.attributes.rows.insert(row.id, row);
    }
    ok(200, json!({}))
}

/// Drops all that waits for a migration.
pub(in crate::zammad_sim) fn discard(call: &mut Call<'_>, _: &[&str]) -> Reply {
    call.require(&RIGHT)?;
    let rows = &mut call.state.attributes.rows;
    rows.retain(|_, row| !row.to_create);
    for row in rows.values_mut() {
        (row.to_delete, row.to_migrate, row.to_config) = (false, false, false);
        row.data_option_new = json!({});
    }
    ok(200, json!({}))
}

/// Does all that waits. New columns are there once the server was restarted.
pub(in crate::zammad_sim) fn migrate(call: &mut Call<'_>, _: &[&str]) -> Reply {
    let actor = call.require(&RIGHT)?;
    let (mut columns, mut gone) = (BTreeMap::new(), Vec::new());
    let waiting = |row: &&mut Attribute| row.to_create || row.to_delete || row.to_migrate || row.to_config;
    for row in call.state.attributes.rows.values_mut().filter(waiting) {
        if row.to_delete {
            gone.push(row.id);
            columns.insert(row.name.clone(), None::<Column>);
            continue;
        }
        let restarts = row.to_migrate;
        apply(row, &actor, call.now);
        if restarts && row.object == "Ticket" {
            columns.insert(row.name.clone(), Some(row.column()));
        }
    }
    for id in gone {
        call.state.attributes.rows.remove(&id);
    }
    if !columns.is_empty() {
        call.state.migrated(columns);
    }
    ok(200, json!({}))
}

fn apply(row: &mut Attribute, actor: &Actor, now: i64) {
    if row.to_config {
        let before = std::mem::replace(&mut row.data_option, std::mem::replace(&mut row.data_option_new, json!({})));
        // Removed options stay known.
        let known = before.get("historical_options").or_else(|| before.get("options")).cloned();
        if let (Some(known), Some(map)) = (known, row.data_option.as_object_mut()) {
            map.insert("historical_options".to_owned(), known);
        }
    }
    let choice = matches!(row.data_type.as_str(), "select" | "multiselect" | "tree_select" | "multi_tree_select");
    let options = row.data_option.get("options").cloned();
    if choice
        && let (Some(Value::Object(options)), Some(map)) = (options, row.data_option.as_object_mut())
        && let Some(known) = map.entry("historical_options").or_insert_with(|| json!({})).as_object_mut()
    {
        known.extend(options.into_iter().map(|(key, text)| (key, as_text(&text).into())));
    }
    if !choice && let Some(map) = row.data_option.as_object_mut() {
        map.remove("historical_options");
    }
    (row.to_create, row.to_migrate, row.to_config) = (false, false, false);
    row.stamps.touch(actor.user, now);
}
