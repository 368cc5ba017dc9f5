//! Earlier settings: one record `cfgold:<version>` each, with who saved them and when. The newest [`KEPT`] are kept.

use std::collections::BTreeMap;

use schema::UnixMs;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::config::Config;
use crate::json::json;
use crate::platform::{Platform, PlatformError, SetOptions};
use crate::records;

/// Number of versions that are kept.
const KEPT: u64 = 20;
const PREFIX: &str = "cfgold:";

/// One version of the settings.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Version {
    etag: String,
    at: UnixMs,
    /// Who saved it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    account_id: Option<String>,
    value: Value,
    /// The parts that differ from the version before: path, value before, value after.
    changed: Vec<Value>,
}

fn key(version: u64) -> String {
    format!("{PREFIX}{version:012}")
}

/// Keeps the settings that have just been saved.
pub(crate) async fn add(platform: &impl Platform, before: &Config, after: &Config) -> Result<(), PlatformError> {
    let value = json!(after.settings);
    let changed = differences(&json!(before.settings), &value);
    let account_id = platform.account_id().map(str::to_owned);
    let version = Version { etag: after.etag(), at: platform.now(), account_id, value, changed };
    records::set(platform, &key(after.version()), json!(version), SetOptions::default()).await?;
    match after.version().checked_sub(KEPT) {
        Some(old) => platform.kv_delete(&key(old)).await,
        None => Ok(()),
    }
}

/// Returns `{versions:[{etag, at, accountId?, changed:[{path, before, after}]}]}`, newest first.
pub(crate) async fn list(platform: &impl Platform) -> Result<Value, PlatformError> {
    let page = platform.kv_query(PREFIX, 100, None).await?;
    let mut versions = Vec::new();
    for (key, stored) in page.items.into_iter().rev() {
        let mut version = records::unwrap_owned(platform, &key, stored)?;
        if let Some(version) = version.as_object_mut() {
            version.remove("value");
        }
        versions.push(version);
    }
    Ok(json!({ "versions": versions }))
}

/// Returns `{etag, value}` of the version `{etag}`, or `{"error":"not-found"}` if it is not kept any more.
pub(crate) async fn one(platform: &impl Platform, payload: &Value) -> Result<Value, PlatformError> {
    let Some(version) = payload["etag"].as_str().and_then(|etag| etag.parse().ok()) else {
        return Ok(json!({ "error": "not-found" }));
    };
    let found: Option<Version> = records::get(platform, &key(version)).await?;
    Ok(found
        .map_or_else(|| json!({ "error": "not-found" }), |found| json!({ "etag": found.etag, "value": found.value })))
}

/// The parts of two settings that differ. Lists are compared as a whole: their entries have no identity.
fn differences(before: &Value, after: &Value) -> Vec<Value> {
    let (mut old, mut new) = (BTreeMap::new(), BTreeMap::new());
    flatten(before, String::new(), &mut old);
    flatten(after, String::new(), &mut new);
    let mut paths: Vec<&String> = old.keys().chain(new.keys()).collect();
    paths.sort_unstable();
    paths.dedup();
    let differs = paths.into_iter().filter(|path| old.get(*path) != new.get(*path));
    differs.map(|path| json!({ "path": path, "before": old.get(path), "after": new.get(path) })).collect()
}

fn flatten<'v>(value: &'v Value, path: String, into: &mut BTreeMap<String, &'v Value>) {
    match value.as_object() {
        Some(object) if !object.is_empty() => object.iter().for_each(|(name, value)| {
            let path = if path.is_empty() { name.clone() } else { [&path, ".", name].concat() };
            flatten(value, path, into);
        }),
        _ => drop(into.insert(path, value)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_what_differs_and_nothing_else() {
        let before = json!({ "a": { "b": 1, "c": [1, 2] }, "d": {}, "same": { "x": "y" } });
        let after = json!({ "a": { "b": 2, "c": [2, 1] }, "d": { "e": true }, "same": { "x": "y" } });
        let found = differences(&before, &after);
        let paths: Vec<&Value> = found.iter().map(|one| &one["path"]).collect();
        assert_eq!(paths, ["a.b", "a.c", "d", "d.e"]);
        assert_eq!(found[0], json!({ "path": "a.b", "before": 1, "after": 2 }));
        assert_eq!(differences(&before, &before), Vec::<Value>::new());
    }
}
