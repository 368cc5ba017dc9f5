//! The stored settings, record `cfg`: read for every exchange and event, written by admins and by `identity.upsert`.

use schema::{Settings, Validate};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::json::json;
use crate::platform::{Platform, PlatformError, SetOptions};
use crate::records;

const KEY: &str = "cfg";
/// Record with the etag of the settings, so that an exchange need not read all of them.
const ETAG: &str = "cfg-etag";
/// Maximum bytes of settings: a stored value has at most 240 KiB with the rest of the record (docs/platforms/forge.md §5.1).
const MAX_BYTES: usize = 235_000;

/// The current settings.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Config {
    /// Number of writes so far; 0 if the settings are the defaults.
    version: u64,
    #[serde(rename = "value")]
    pub(crate) settings: Settings,
}

impl Config {
    /// Number of writes so far.
    pub(crate) const fn version(&self) -> u64 {
        self.version
    }

    /// The etag of the settings on the wire.
    pub(crate) fn etag(&self) -> String {
        self.version.to_string()
    }
}

/// Why settings are refused.
pub(crate) struct InvalidSettings {
    /// Wire name of the field.
    pub(crate) field: String,
    /// The violated rule.
    pub(crate) rule: &'static str,
}

/// Reads the settings.
pub(crate) async fn load(platform: &impl Platform) -> Result<Config, PlatformError> {
    Ok(records::get(platform, KEY).await?.unwrap_or_default())
}

/// Reads the etag of the settings; `None` if it is not recorded. It is deleted before the settings change and written afterwards,
/// so it is never that of other settings.
pub(crate) async fn etag(platform: &impl Platform) -> Result<Option<String>, PlatformError> {
    records::get(platform, ETAG).await
}

/// Records the etag of settings that an older version stored without it.
pub(crate) async fn record_etag(platform: &impl Platform, known: &Config) -> Result<(), PlatformError> {
    let first = SetOptions { fail_if_exists: true, ..SetOptions::default() };
    match records::set(platform, ETAG, json!(known.etag()), first).await {
        Err(error) if error.is_conflict() => return Ok(()),
        other => other?,
    }
    // A change of the settings in between may have deleted the record before and not written it yet.
    if load(platform).await?.version == known.version { Ok(()) } else { platform.kv_delete(ETAG).await }
}

/// Writes settings as the version after `before`. Storage has no compare-and-set, so a concurrent write in the milliseconds
/// since `before` was read is lost.
pub(crate) async fn store(
    platform: &impl Platform,
    before: &Config,
    settings: Settings,
) -> Result<Config, PlatformError> {
    let config = Config { version: before.version + 1, settings };
    platform.kv_delete(ETAG).await?;
    records::set(platform, KEY, json!(config), SetOptions::default()).await?;
    records::set(platform, ETAG, json!(config.etag()), SetOptions::default()).await?;
    Ok(config)
}

/// Reads settings that an admin sent; refuses unknown parts and values outside of their limits.
pub(crate) fn read(value: &Value) -> Result<Settings, InvalidSettings> {
    let invalid = |field: &str, rule| InvalidSettings { field: field.to_owned(), rule };
    let settings = schema::read::<Settings>(value.clone()).map_err(|_| invalid("settings", "malformed"))?;
    let known = json!(settings);
    if let Some(field) = unknown_part(value, &known, String::new()) {
        return Err(InvalidSettings { field, rule: "unknown" });
    }
    settings.validate().map_err(|violation| invalid(violation.field, violation.rule))?;
    if known.to_string().len() > MAX_BYTES {
        return Err(invalid("settings", "too-long"));
    }
    Ok(settings)
}

/// Returns the path of the first part of `sent` that is missing in `known`, the same settings after they were read.
fn unknown_part(sent: &Value, known: &Value, path: String) -> Option<String> {
    match (sent, known) {
        (Value::Object(sent), Value::Object(known)) => sent.iter().find_map(|(name, value)| {
            let path = if path.is_empty() { name.clone() } else { [&path, ".", name].concat() };
            match known.get(name) {
                Some(known) => unknown_part(value, known, path),
                None if value.is_null() => None,
                None => Some(path),
            }
        }),
        (Value::Array(sent), Value::Array(known)) => {
            sent.iter().zip(known).find_map(|(sent, known)| unknown_part(sent, known, path.clone()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refusal(value: Value) -> (String, &'static str) {
        read(&value).map_or_else(|invalid| (invalid.field, invalid.rule), |_| (String::new(), "accepted"))
    }

    #[test]
    fn names_the_first_unknown_or_invalid_part() {
        assert_eq!(refusal(json!({})), (String::new(), "accepted"));
        assert_eq!(refusal(json!({ "comments": { "toJira": "none", "onlyTagged": null } })).1, "accepted");
        let all = json!(Settings::default());
        assert_eq!(refusal(all).1, "accepted");
        assert_eq!(refusal(json!({ "color": 1 })), ("color".into(), "unknown"));
        assert_eq!(
            refusal(json!({ "fields": { "title": { "way": "both" } } })),
            ("fields.title.way".into(), "unknown")
        );
        let pair = json!({ "zammad": { "typeId": 1 }, "jira": { "category": "new", "name": "x" } });
        assert_eq!(
            refusal(json!({ "fields": { "state": { "pairs": [pair] } } })),
            ("fields.state.pairs.jira.name".into(), "unknown")
        );
        assert_eq!(refusal(json!({ "fields": 1 })), ("settings".into(), "malformed"));
        assert_eq!(refusal(json!(null)), ("settings".into(), "malformed"));
        assert_eq!(refusal(json!({ "attachments": { "maxBytes": 1 << 30 } })).0, "attachments.maxBytes");
    }
}
