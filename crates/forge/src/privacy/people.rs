//! Finds, replaces and removes people in stored JSON: the fields `accountId` and `accountIds`, and mentions in documents.

use serde_json::Value;

/// Replaces an erased account id.
pub(crate) const ERASED: &str = "erased";

/// Calls `found` with every account id in a value.
pub(super) fn each_account(value: &Value, found: &mut impl FnMut(&str)) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| each_account(item, found)),
        Value::Object(fields) => {
            let is_mention = fields.get("type").is_some_and(|kind| kind == "mention");
            let mentioned = fields.get("attrs").filter(|_| is_mention).and_then(|attrs| attrs["id"].as_str());
            let named = fields.get("accountId").and_then(Value::as_str);
            let listed =
                fields.get("accountIds").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
            mentioned.into_iter().chain(named).chain(listed).for_each(&mut *found);
            fields.values().for_each(|field| each_account(field, found));
        }
        // A command that is nested too deeply for the platform is stored as JSON text.
        Value::String(text) if text.starts_with("{\"") => {
            if let Ok(inner) = serde_json::from_str::<Value>(text)
                && inner.get("kind").is_some()
            {
                each_account(&inner, found);
            }
        }
        _ => {}
    }
}

/// Whether a value has this account.
pub(super) fn has_account(value: &Value, account: &str) -> bool {
    let mut has = false;
    each_account(value, &mut |found| has |= found == account);
    has
}

/// Replaces the name of an account beside its id: by `name`, or, without one, the id too by [`ERASED`].
pub(super) fn replace(value: &mut Value, account: &str, name: Option<&str>) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, account, name)),
        Value::Object(fields) => {
            if fields.get("accountId").is_some_and(|id| id == account) {
                match name {
                    Some(name) if fields.contains_key("name") => drop(fields.insert("name".into(), name.into())),
                    Some(_) => {}
                    None => {
                        fields.remove("name");
                        fields.insert("accountId".into(), ERASED.into());
                    }
                }
            }
            let is_mention = fields.get("type").is_some_and(|kind| kind == "mention");
            if is_mention && let Some(attrs) = fields.get_mut("attrs").filter(|attrs| attrs["id"] == account) {
                attrs["text"] = ["@", name.unwrap_or(ERASED)].concat().into();
                if name.is_none() {
                    attrs["id"] = ERASED.into();
                }
            }
            fields.values_mut().for_each(|field| replace(field, account, name));
        }
        Value::String(text) if text.starts_with("{\"") => {
            if let Ok(mut inner) = serde_json::from_str::<Value>(text)
                && inner.get("kind").is_some()
                && has_account(&inner, account)
            {
                replace(&mut inner, account, name);
                *text = inner.to_string();
            }
        }
        _ => {}
    }
}

/// Removes the pairs of an agent and this account from every list of settings.
pub(super) fn remove_pairs(value: &mut Value, account: &str) {
    match value {
        Value::Array(items) => {
            items.retain(|item| item.get("zammad").is_none() || item["accountId"] != account);
            items.iter_mut().for_each(|item| remove_pairs(item, account));
        }
        Value::Object(fields) => fields.values_mut().for_each(|field| remove_pairs(field, account)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn accounts(value: &Value) -> Vec<String> {
        let mut found = Vec::new();
        each_account(value, &mut |account| found.push(account.to_owned()));
        found.sort();
        found
    }

    #[test]
    fn finds_authors_lists_and_mentions_also_in_json_text() {
        let mention = json!({ "type": "mention", "attrs": { "id": "c", "text": "@Cy" } });
        let command = json!({ "kind": "comment.added", "data": { "author": { "accountId": "a", "name": "Ann" }, "document": { "content": [mention] } } });
        let all = json!([{ "accountIds": ["b"] }, command.to_string(), command, "{\"accountId\":\"no command\"}"]);
        assert_eq!(accounts(&all), ["a", "a", "b", "c", "c"]);
    }

    #[test]
    fn erases_and_renames_one_person_and_nobody_else() {
        let author = |id: &str, name: &str| json!({ "kind": "x", "author": { "accountId": id, "name": name } });
        let mention = |id: &str, text: &str| json!({ "type": "mention", "attrs": { "id": id, "text": text } });
        let before = json!([
            author("a", "Ann"),
            author("b", "Bo"),
            author("a", "Ann").to_string(),
            mention("a", "@Ann"),
            mention("b", "@Bo")
        ]);
        let mut erased = before.clone();
        replace(&mut erased, "a", None);
        let gone = json!({ "kind": "x", "author": { "accountId": "erased" } });
        assert_eq!(
            erased,
            json!([gone, author("b", "Bo"), gone.to_string(), mention("erased", "@erased"), mention("b", "@Bo")])
        );
        let mut renamed = before;
        replace(&mut renamed, "a", Some("Anna"));
        assert_eq!(
            renamed,
            json!([
                author("a", "Anna"),
                author("b", "Bo"),
                author("a", "Anna").to_string(),
                mention("a", "@Anna"),
                mention("b", "@Bo")
            ])
        );
    }
}
