//! The request of an admin to erase the data of people in the helpdesk (GDPR).

use schema::{Command, CommandBody, Erase, Id, Validate};
use serde_json::Value;

use crate::json::json;
use crate::platform::{Platform, PlatformError};
use crate::{audit, commands};

/// Queues one command `erase` for the accounts `{accountIds}`, at most 200. Returns `{commandId}`, or
/// `{"error":"invalid",field,rule}`. The audit log has the command and the number of accounts, not their ids.
pub(crate) async fn request(platform: &impl Platform, payload: &Value) -> Result<Value, PlatformError> {
    let invalid = |rule: &str| Ok(json!({ "error": "invalid", "field": "accountIds", "rule": rule }));
    let Ok(account_ids) = schema::read::<Vec<String>>(payload["accountIds"].clone()) else {
        return invalid("malformed");
    };
    if account_ids.is_empty() {
        return invalid("empty");
    }
    let erase = Erase { account_ids };
    if let Err(violation) = erase.validate() {
        return invalid(violation.rule);
    }
    let number = erase.account_ids.len();
    let id = queue(platform, erase).await?;
    audit::record(platform, "erasure-requested", json!({ "commandId": id, "accounts": number })).await?;
    Ok(json!({ "commandId": id }))
}

/// Queues the command by which the sidecar erases people in the helpdesk, and returns its id.
pub(crate) async fn queue(platform: &impl Platform, erase: Erase) -> Result<Id, PlatformError> {
    let parts: Vec<&str> = ["erase"].into_iter().chain(erase.account_ids.iter().map(String::as_str)).collect();
    let id = commands::id_of(platform.now(), 0, &parts);
    let body = CommandBody::Erase(erase);
    commands::queue(platform, Command { id, ticket_id: None, issue_id: None, issue_key: None, body }).await?;
    Ok(id)
}
