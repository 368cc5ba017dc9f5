//! A webhook's own payload: JSON with placeholders like `#{ticket.title}`, filled in when it is sent.

use std::sync::LazyLock;

use regex::{Captures, Regex};
use serde_json::{Map, Value, json};

use super::payload;
use crate::{
    clock::calendar,
    zammad_sim::{
        call::Mode,
        model::{
            entities::{Article, Id, Ticket},
            state::State,
        },
        render,
        values::as_text,
    },
};

/// With or without the quotes around it. `None` never happens: the pattern is a constant.
static PLACEHOLDER: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r##""#\{([a-z_.?!]+)\}"|#\{([a-z_.?!]+)\}"##).ok());

/// Values that are rows of their own: one of their columns has to be named.
const ROWS: [&str; 10] =
    ["owner", "customer", "created_by", "updated_by", "organization", "priority", "group", "state", "type", "sender"];

/// The body to send; `None` if the result is not JSON, which Zammad cannot send.
pub(in crate::zammad_sim) fn filled(
    state: &State,
    ticket: &Ticket,
    article: Option<&Article>,
    template: &str,
) -> Option<Vec<u8>> {
    let objects = objects(state, ticket, article);
    let fill = |found: &Captures<'_>| {
        let (quoted, name) = match (found.get(1), found.get(2)) {
            (Some(name), _) => (true, name.as_str()),
            (None, name) => (false, name.map_or("", |name| name.as_str())),
        };
        match (value(&objects, name), quoted) {
            (Value::String(text), true) => format!("\"{}\"", escaped(&text)),
            (value, true) => value.to_string(),
            (value, false) => escaped(&as_text(&value)),
        }
    };
    let text = PLACEHOLDER.as_ref()?.replace_all(template, fill);
    let body: Value = serde_json::from_str(&text).ok()?;
    let mut out = Vec::new();
    payload::write(&body, &mut out);
    Some(out)
}

/// The objects that placeholders may name.
fn objects(state: &State, ticket: &Ticket, article: Option<&Article>) -> Value {
    let (mut shown, mut words) = payload::objects(state, ticket, article);
    let row = state.states.get(&ticket.state_id).map(|row| render::ticket_state(state, row, Mode::Plain));
    shown["state"] = row.map_or(Value::Null, Value::Object);
    if let Some(article) = article {
        let kind = |id: Id, name: &str| json!({"id": id, "name": name});
        words["type"] = kind(article.type_id, render::article_type(article.type_id));
        words["sender"] = kind(article.sender_id, render::sender_name(article.sender_id));
    }
    for row in [&mut shown, &mut words] {
        for name in ["owner", "customer", "created_by", "updated_by"] {
            let text = |key: &str| row[name][key].as_str().unwrap_or_default().to_owned();
            let full = format!("{} {}", text("firstname"), text("lastname")).trim().to_owned();
            if row[name].is_object() {
                row[name]["fullname"] = full.into();
            }
        }
    }
    let link = format!("{}/#ticket/zoom/{}", state.public_url(), ticket.id);
    let author = state.users.get(&ticket.stamps.updated_by_id).map(crate::zammad_sim::model::entities::User::full_name);
    let notification = json!({"subject": ticket.title, "link": link, "changes": "",
                              "message": format!("Updated by {}", author.unwrap_or_default()),
                              "body": article.map_or("", |article| article.body.as_str())});
    let config: Map<String, Value> =
        ["fqdn", "http_type"].map(|name| (name.to_owned(), state.setting(name).clone())).into_iter().collect();
    json!({"ticket": shown, "article": words, "notification": notification, "config": config})
}

/// The value of a placeholder; for an unknown one, Zammad's own text about that.
fn value(objects: &Value, name: &str) -> Value {
    let mut parts = name.split('.');
    let object = parts.next().unwrap_or_default();
    if object.is_empty() {
        return "#{no object provided}".into();
    }
    let Some(mut found) = objects.get(object) else { return format!("#{{{object} / no such object}}").into() };
    let (mut shown, mut last) = (object.to_owned(), object);
    for part in parts {
        shown = format!("{shown}.{part}");
        match found.get(part) {
            None => return format!("#{{{shown} / no such method}}").into(),
            Some(Value::Null) => return "".into(),
            Some(value) => (found, last) = (value, part),
        }
    }
    if last == object {
        return format!("#{{{object} / missing method}}").into();
    }
    if found.is_object() && ROWS.contains(&last) {
        return format!("#{{{shown} / no such method}}").into();
    }
    if last.ends_with("_at") || last.ends_with("_time") {
        return time(found);
    }
    found.clone()
}

/// A time as Ruby writes it out.
fn time(value: &Value) -> Value {
    let Some(at) = crate::zammad_sim::moment::parse(value).map(calendar) else { return value.clone() };
    let (date, clock) = (at.date(), at.time());
    let date = format!("{:04}-{:02}-{:02}", date.year(), u8::from(date.month()), date.day());
    format!("{date} {:02}:{:02}:{:02} UTC", clock.hour(), clock.minute(), clock.second()).into()
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{c}' => out.push_str("\\f"),
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_value_is_reported_in_its_place() {
        let objects = json!({"ticket": {"title": "t", "note": null, "group": {"name": "Users"},
                                        "created_at": "2026-01-02T03:04:05.678Z", "id": 7}});
        for (name, expected) in [
            ("ticket.title", "t"),
            ("ticket.note", ""),
            ("ticket.group.name", "Users"),
            ("ticket.group", "#{ticket.group / no such method}"),
            ("ticket.nonsense", "#{ticket.nonsense / no such method}"),
            ("ticket", "#{ticket / missing method}"),
            ("nonsense.title", "#{nonsense / no such object}"),
            ("ticket.created_at", "2026-01-02 03:04:05 UTC"),
        ] {
            assert_eq!(value(&objects, name), expected, "{name}");
        }
        assert_eq!(value(&objects, "ticket.id"), 7);
    }
}
