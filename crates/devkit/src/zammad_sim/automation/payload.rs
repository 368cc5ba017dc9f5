//! A webhook's body, built when it is sent, from the state of that moment.

use serde_json::{Map, Value, json};

use crate::zammad_sim::{
    call::Mode,
    model::{
        entities::{Article, Id, Ticket},
        state::State,
    },
    render,
};

/// The default payload. Expanded rows whose names became objects.
pub(in crate::zammad_sim) fn default(state: &State, ticket: &Ticket, article: Option<&Article>) -> Vec<u8> {
    let ticket = in_webhook(state, ticket);
    let article = article.map_or_else(Map::new, |article| article_in_webhook(state, article));
    let mut body = b"{\"ticket\":".to_vec();
    write(&Value::Object(ticket), &mut body);
    body.extend_from_slice(b",\"article\":");
    write(&Value::Object(article), &mut body);
    body.push(b'}');
    body
}

/// The two objects, for 6.1's query string and for custom payloads.
pub(in crate::zammad_sim) fn objects(state: &State, ticket: &Ticket, article: Option<&Article>) -> (Value, Value) {
    let article = article.map_or_else(Map::new, |article| article_in_webhook(state, article));
    (Value::Object(in_webhook(state, ticket)), Value::Object(article))
}

fn in_webhook(state: &State, ticket: &Ticket) -> Map<String, Value> {
    let mut row = render::ticket_expanded(state, ticket);
    for (name, id) in [
        ("owner", ticket.owner_id),
        ("customer", ticket.customer_id),
        ("created_by", ticket.stamps.created_by_id),
        ("updated_by", ticket.stamps.updated_by_id),
    ] {
        row.insert(name.to_owned(), render::user_in_webhook(state, id));
    }
    let group = state.groups.get(&ticket.group_id).map(|group| render::group(state, group, Mode::Expand));
    row.insert("group".to_owned(), group.map_or_else(|| json!({}), Value::Object));
    let priority = state.priorities.get(&ticket.priority_id).map(|row| render::priority(state, row, Mode::Expand));
    row.insert("priority".to_owned(), priority.map_or_else(|| json!({}), Value::Object));
    let organization = ticket.organization_id.and_then(|id: Id| state.organizations.get(&id));
    let organization = organization.map(|row| render::organization(state, row, Mode::Expand));
    row.insert("organization".to_owned(), organization.map_or_else(|| json!({}), Value::Object));
    row
}

fn article_in_webhook(state: &State, article: &Article) -> Map<String, Value> {
    let mut row = render::article(state, article);
    for (name, id) in [("created_by", article.stamps.created_by_id), ("updated_by", article.stamps.updated_by_id)] {
        row.insert(name.to_owned(), render::user_in_webhook(state, id));
    }
    let base = format!("{}/api/v1/ticket_attachment/{}/{}", state.public_url(), article.ticket_id, article.id);
    if let Some(Value::Array(files)) = row.get_mut("attachments") {
        for file in files.iter_mut().filter_map(Value::as_object_mut) {
            let url = format!("{base}/{}", file.get("id").unwrap_or(&Value::Null));
            file.insert("url".to_owned(), url.into());
        }
    }
    row.insert("accounted_time".to_owned(), json!(0.0));
    row
}

/// JSON as Ruby on Rails writes it: keys sorted, `<`, `>`, `&` and the two line separators escaped, all else as it is.
pub(in crate::zammad_sim) fn write(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_unstable_by_key(|(key, _)| *key);
            out.push(b'{');
            for (index, (key, value)) in entries.into_iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_text(key, out);
                out.push(b':');
                write(value, out);
            }
            out.push(b'}');
        }
        Value::Array(items) => {
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write(item, out);
            }
            out.push(b']');
        }
        Value::String(text) => write_text(text, out),
        plain => out.extend_from_slice(plain.to_string().as_bytes()),
    }
}

fn write_text(text: &str, out: &mut Vec<u8>) {
    for letter in Value::from(text).to_string().chars() {
        match letter {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                out.extend_from_slice(format!("\\u{:04x}", u32::from(letter)).as_bytes());
            }
            letter => out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}

/// A value as Ruby's `inspect` shows it; 6.1 puts tickets so into the query of a followed redirect.
pub(in crate::zammad_sim) fn inspect(value: &Value) -> String {
    match value {
        Value::Null => "nil".to_owned(),
        Value::Object(map) => {
            let entries: Vec<String> = map.iter().map(|(key, value)| format!("{key:?}=>{}", inspect(value))).collect();
            format!("{{{}}}", entries.join(", "))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(inspect).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_escaped_and_letters_are_not() {
        let mut out = Vec::new();
        write(&json!({"b": "<ü&😀>", "a": [1, null]}), &mut out);
        assert_eq!(String::from_utf8(out).unwrap(), r#"{"a":[1,null],"b":"\u003cü\u0026😀\u003e"}"#);
    }

    #[test]
    fn ruby_shows_its_hashes_with_arrows() {
        assert_eq!(inspect(&json!({"a": {"b": null}, "c": ["x"]})), r#"{"a"=>{"b"=>nil}, "c"=>["x"]}"#);
    }
}
