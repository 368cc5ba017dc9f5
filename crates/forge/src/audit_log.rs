//! The audit log for the admin page: a filtered list and an export, newest entries first.

use schema::UnixMs;
use schema::time::rfc3339;
use serde::Deserialize;
use serde_json::Value;

use crate::audit::AUDIT;
use crate::json::json;
use crate::platform::{Page, Platform, PlatformError};
use crate::{csv, records, refusals};

/// Entries of a list at least, if there are as many, and a hundred more at most.
const ENTRIES: usize = 50;
/// Pages of 100 entries that one list looks through.
const MAX_PAGES: usize = 10;
/// Entries in one listing of an export: few, since an entry may be large.
const EXPORT_PAGE: u32 = 20;
/// Listings of one page of an export.
const MAX_EXPORT_PAGES: usize = 60;
/// Bytes after which a page of an export ends; an answer of a resolver has at most 5 MB (docs/platforms/forge.md §3).
const EXPORT_BYTES: usize = 1_500_000;

/// Which entries are wanted; a part that is missing does not restrict.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Filter {
    action: Option<String>,
    account_id: Option<String>,
    from: Option<UnixMs>,
    to: Option<UnixMs>,
}

impl Filter {
    fn has(&self, entry: &Value) -> bool {
        let at = time_of(entry);
        self.action.as_ref().is_none_or(|action| entry["action"] == **action)
            && self.account_id.as_ref().is_none_or(|account| entry["accountId"] == **account)
            && self.from.is_none_or(|from| at.since(from) >= 0)
            && self.to.is_none_or(|to| at.since(to) <= 0)
    }

    /// Whether every entry behind this one is too old.
    fn ends_at(&self, entry: &Value) -> bool {
        self.from.is_some_and(|from| time_of(entry).since(from) < 0)
    }
}

/// Returns `{"entries":[{at, action, accountId?, detail}], "cursor"?}`. An answer may have fewer entries than there are, or none,
/// as long as it has a cursor. The first one has `refusals` besides: how often something was refused, by its reason.
pub(crate) async fn list(platform: &impl Platform, payload: &Value) -> Result<Value, PlatformError> {
    let filter = match payload.get("filter") {
        None | Some(Value::Null) => Filter::default(),
        Some(filter) => match schema::read(filter.clone()) {
            Ok(filter) => filter,
            Err(_) => return Ok(json!({ "error": "malformed" })),
        },
    };
    let mut cursor = payload["cursor"].as_str().map(str::to_owned);
    let mut answer = json!({});
    if cursor.is_none() {
        answer["refusals"] = refusals::all(platform).await?.into();
    }
    let mut entries = Vec::new();
    for _ in 0..MAX_PAGES {
        let mut page = platform.kv_query(AUDIT, 100, cursor).await?;
        cursor = page.cursor.take();
        let found = owned(platform, page);
        if found.last().is_some_and(|oldest| filter.ends_at(oldest)) {
            cursor = None;
        }
        entries.extend(found.into_iter().filter(|entry| filter.has(entry)));
        if cursor.is_none() || entries.len() >= ENTRIES {
            break;
        }
    }
    answer["entries"] = entries.into();
    Ok(with_cursor(answer, cursor))
}

/// Returns one page of the whole log, `{"text", "cursor"?}`: as CSV, or as JSON with one entry per line. The texts of all pages,
/// one after the other, are the file. What was refused follows the entries.
pub(crate) async fn export(platform: &impl Platform, payload: &Value) -> Result<Value, PlatformError> {
    let is_csv = match payload["format"].as_str() {
        Some("csv") => true,
        Some("json") => false,
        _ => return Ok(json!({ "error": "malformed" })),
    };
    let mut cursor = payload["cursor"].as_str().map(str::to_owned);
    let mut text = String::new();
    if is_csv && cursor.is_none() {
        csv::row(&mut text, &["at", "action", "accountId", "detail"]);
    }
    for _ in 0..MAX_EXPORT_PAGES {
        let mut page = platform.kv_query(AUDIT, EXPORT_PAGE, cursor).await?;
        cursor = page.cursor.take();
        let mut entries = owned(platform, page);
        if cursor.is_none() {
            let refused = refusals::all(platform).await?.into_iter();
            entries.extend(
                refused.map(|refused| json!({ "at": refused["lastAt"], "action": "refused", "detail": refused })),
            );
        }
        for entry in entries {
            if is_csv {
                let cell = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
                let detail = if entry["detail"].is_null() { String::new() } else { entry["detail"].to_string() };
                csv::row(&mut text, &[&rfc3339(time_of(&entry)), &cell("action"), &cell("accountId"), &detail]);
            } else {
                text.push_str(&entry.to_string());
                text.push('\n');
            }
        }
        if cursor.is_none() || text.len() >= EXPORT_BYTES {
            break;
        }
    }
    Ok(with_cursor(json!({ "text": text }), cursor))
}

/// Returns the entries of a listing. One that cannot be read is left out, and logged.
fn owned(platform: &impl Platform, page: Page) -> Vec<Value> {
    page.items.into_iter().filter_map(|(key, stored)| records::unwrap_owned(platform, &key, stored).ok()).collect()
}

fn time_of(entry: &Value) -> UnixMs {
    UnixMs(entry["at"].as_i64().unwrap_or_default())
}

fn with_cursor(mut answer: Value, cursor: Option<String>) -> Value {
    if let Some(cursor) = cursor {
        answer["cursor"] = cursor.into();
    }
    answer
}
