//! The export of what the app stores about a person or a ticket, or of everything, in pages.

use serde_json::Value;

use super::scan::{Found, Scan};
use super::subject::Subject;
use crate::json::json;
use crate::platform::{Platform, PlatformError};

/// Bytes after which a page ends. A listing has 2 MB at most, so an answer stays below the platform's 5 MB.
const PAGE_BYTES: usize = 2_000_000;
/// Listings of one page, so that it ends within the time of a resolver also if little is found.
const MAX_STEPS: usize = 60;

/// Returns `{"records":[{kind, key, value}], "cursor"?}` for `{accountId | ticketId | everything, cursor?}`. A page may be empty,
/// and the export is complete with the page that has no cursor. Secrets are not exported.
pub(crate) async fn export(platform: &impl Platform, payload: &Value) -> Result<Value, PlatformError> {
    let Some(subject) = Subject::read(payload) else { return Ok(json!({ "error": "malformed" })) };
    let Some(mut scan) = Scan::at(payload["cursor"].as_str(), subject.is_person()) else {
        return Ok(json!({ "error": "malformed" }));
    };
    let (mut records, mut bytes) = (Vec::new(), 0);
    for _ in 0..MAX_STEPS {
        let Some(Found { kind, records: found }) = scan.next(platform).await? else { break };
        for (key, value) in found {
            if subject.has(&key, &value) {
                let value = if kind.name.starts_with("settings") { of_settings(value, &subject) } else { value };
                let record = json!({ "kind": kind.name, "key": key, "value": value });
                bytes += record.to_string().len();
                records.push(record);
            }
        }
        if bytes >= PAGE_BYTES {
            break;
        }
    }
    let mut answer = json!({ "records": records });
    if let Some(cursor) = scan.cursor() {
        answer["cursor"] = cursor.into();
    }
    Ok(answer)
}

/// The part of settings that is about a person: the others in the map of people are none of theirs.
fn of_settings(settings: Value, subject: &Subject) -> Value {
    let Subject::Person(account) = subject else { return settings };
    let people = settings["value"]["people"].as_array().into_iter().flatten();
    let pairs: Vec<&Value> = people.filter(|pair| pair["accountId"] == **account).collect();
    let mut part = json!({ "people": pairs });
    if settings["accountId"] == **account {
        // The person saved them.
        part["at"] = settings["at"].clone();
    }
    part
}
