//! Fingerprints of the texts of an issue that the connector wrote for a ticket, record `wrote:<issue>`: the summary, and the
//! description of an issue that was created for the ticket. An erasure compares them with the issue, so that it never deletes
//! a text that a person wrote.

use schema::fingerprint;
use serde_json::Value;

use crate::json::json;
use crate::platform::{Platform, PlatformError, SetOptions};
use crate::records;

fn key(issue_id: &str) -> String {
    format!("wrote:{issue_id}")
}

/// Returns the record `{ticket, summary?, description?}` of an issue; null if there is none. A part that is missing is not known;
/// an empty one was not written.
pub(crate) async fn of_issue(platform: &impl Platform, issue_id: &str) -> Result<Value, PlatformError> {
    Ok(records::get::<Value>(platform, &key(issue_id)).await?.unwrap_or_default())
}

/// Records a summary that is written to an issue for a ticket. Jira removes blanks around a summary.
pub(crate) async fn record_summary(
    platform: &impl Platform,
    issue_id: &str,
    ticket_id: u64,
    summary: &str,
) -> Result<(), PlatformError> {
    let mut record = of_issue(platform, issue_id).await?;
    if record["ticket"] != ticket_id {
        record = json!({ "ticket": ticket_id });
    }
    record["summary"] = fingerprint(&json!(summary.trim())).into();
    store(platform, issue_id, record).await
}

/// Records the texts of an issue that was created for a ticket, as Jira returned them.
pub(crate) async fn record_created(
    platform: &impl Platform,
    issue_id: &str,
    ticket_id: u64,
    summary: &str,
    description: Option<&Value>,
) -> Result<(), PlatformError> {
    let description = description.map_or_else(String::new, fingerprint);
    let record = json!({ "ticket": ticket_id, "summary": fingerprint(&json!(summary)), "description": description });
    store(platform, issue_id, record).await
}

async fn store(platform: &impl Platform, issue_id: &str, record: Value) -> Result<(), PlatformError> {
    records::set(platform, &key(issue_id), record, SetOptions::default()).await
}

/// Deletes the record of an issue.
pub(crate) async fn forget(platform: &impl Platform, issue_id: &str) -> Result<(), PlatformError> {
    platform.kv_delete(&key(issue_id)).await
}
