//! The admin's settings in `cfg`: read for every exchange and event, written by admins, and by the identity map.

use schema::{Settings, Validate};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::json::json;

use crate::platform::{Platform, PlatformError, SetOptions};
use crate::records;

const KEY: &str = "cfg";
/// Room inside a value of 240 KiB (docs/platforms/forge.md §5.1).
const LARGEST: usize = 235_000;

/// The settings that hold now.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Config {
    /// How often they were written; 0 for the defaults.
    version: u64,
    #[serde(rename = "value")]
    pub(crate) settings: Settings,
}

impl Config {
    /// What stands for this version on the wire.
    pub(crate) fn etag(&self) -> String {
        self.version.to_string()
    }
}

/// Why settings are not taken.
pub(crate) struct Fault {
    /// Wire name of the field.
    pub(crate) field: String,
    /// What it broke.
    pub(crate) rule: &'static str,
}

/// Reads them.
pub(crate) async fn load(platform: &impl Platform) -> Result<Config, PlatformError> {
    Ok(records::get(platform, KEY).await?.unwrap_or_default())
}

/// Writes settings as the next version after `before`. Between reading and writing lie a few milliseconds in which another
/// writer would be lost; storage has no compare-and-set for plain keys.
pub(crate) async fn store(
    platform: &impl Platform,
    before: &Config,
    settings: Settings,
) -> Result<Config, PlatformError> {
    let config = Config { version: before.version + 1, settings };
    records::set(platform, KEY, json!(config), SetOptions::default()).await?;
    Ok(config)
}

/// The settings in what an admin sent: complete shape, nothing unknown, within all limits.
pub(crate) fn read(value: &Value) -> Result<Settings, Fault> {
    let fault = |field: &str, rule| Fault { field: field.to_owned(), rule };
    let settings = schema::read::<Settings>(value.clone()).map_err(|_| fault("settings", "malformed"))?;
    let known = json!(settings);
    if let Some(field) = unknown(value, &known, String::new()) {
        return Err(Fault { field, rule: "unknown" });
    }
    settings.validate().map_err(|invalid| fault(invalid.field, invalid.rule))?;
    if known.to_string().len() > LARGEST {
        return Err(fault("settings", "too-long"));
    }
    Ok(settings)
}

/// The first thing in `sent` that was not understood, which is one that is missing when it is written out again.
fn unknown(sent: &Value, known: &Value, path: String) -> Option<String> {
    match (sent, known) {
        (Value::Object(sent), Value::Object(known)) => sent.iter().find_map(|(name, value)| {
            let path = if path.is_empty() { name.clone() } else { [&path, ".", name].concat() };
            match known.get(name) {
                Some(known) => unknown(value, known, path),
                None if value.is_null() => None,
                None => Some(path),
            }
        }),
        (Value::Array(sent), Value::Array(known)) => {
            sent.iter().zip(known).find_map(|(sent, known)| unknown(sent, known, path.clone()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fault(value: Value) -> (String, &'static str) {
        read(&value).map_or_else(|fault| (fault.field, fault.rule), |_| (String::new(), "taken"))
    }

    #[test]
    fn what_was_not_understood_is_named() {
        assert_eq!(fault(json!({})), (String::new(), "taken"));
        assert_eq!(fault(json!({ "comments": { "toJira": "none", "onlyTagged": null } })).1, "taken");
        let all = json!(Settings::default());
        assert_eq!(fault(all).1, "taken");
        assert_eq!(fault(json!({ "color": 1 })), ("color".into(), "unknown"));
        assert_eq!(fault(json!({ "fields": { "title": { "way": "both" } } })), ("fields.title.way".into(), "unknown"));
        let pair = json!({ "zammad": { "typeId": 1 }, "jira": { "category": "new", "name": "x" } });
        assert_eq!(
            fault(json!({ "fields": { "state": { "pairs": [pair] } } })),
            ("fields.state.pairs.jira.name".into(), "unknown")
        );
        assert_eq!(fault(json!({ "fields": 1 })), ("settings".into(), "malformed"));
        assert_eq!(fault(json!(null)), ("settings".into(), "malformed"));
        assert_eq!(fault(json!({ "attachments": { "maxBytes": 1 << 30 } })).0, "attachments.maxBytes");
    }
}
