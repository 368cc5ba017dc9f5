//! The webhook and trigger that an administrator would make for the connector (contract 6.3), over HTTP.

use std::time::Duration;

use serde_json::{Value, json};

use super::SampleError;
use crate::{outgoing, zammad_sim::Id};

/// The created webhook and trigger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hook {
    /// Number of the webhook.
    pub webhook_id: Id,
    /// Number of the trigger.
    pub trigger_id: Id,
}

/// Makes a signed webhook to `endpoint` and a trigger for every change that is not the bot's. Works on any Zammad: one before
/// 7 ignores the method and posts.
///
/// # Errors
/// If a request fails or is refused.
pub async fn provision_hook(
    zammad_url: &str,
    admin_token: &str,
    bot: Id,
    endpoint: &str,
    signature_token: &str,
) -> Result<Hook, SampleError> {
    let webhook = json!({"name": "Jira bridge", "endpoint": endpoint, "http_method": "post",
                         "signature_token": signature_token,
                         "ssl_verify": true, "customized_payload": false, "note": "made by devkit", "active": true});
    let webhook_id = post(zammad_url, admin_token, "webhooks", &webhook).await?;
    let condition = json!({"operator": "AND", "conditions": [{"name": "ticket.updated_by_id", "operator": "is not",
                           "pre_condition": "specific", "value": [bot.to_string()]}]});
    let trigger = json!({"name": "Jira bridge: changes", "activator": "action", "execution_condition_mode": "always",
                         "active": true, "condition": condition,
                         "perform": {"notification.webhook": {"webhook_id": webhook_id.to_string()}}});
    let trigger_id = post(zammad_url, admin_token, "triggers", &trigger).await?;
    Ok(Hook { webhook_id, trigger_id })
}

async fn post(zammad_url: &str, token: &str, path: &str, body: &Value) -> Result<Id, SampleError> {
    let client = outgoing::client(Duration::from_secs(10))?;
    let request = client
        .post(format!("{zammad_url}/api/v1/{path}"))
        .header("Accept", "application/json")
        .header("Authorization", format!("Token token={token}"))
        .json(body);
    let answer = request.send().await?;
    let status = answer.status();
    let text = answer.text().await?;
    let id = serde_json::from_str::<Value>(&text).ok().and_then(|row| row.get("id").and_then(Value::as_u64));
    let refused = || SampleError::Refused { step: path.to_owned(), answer: format!("{status}: {text}") };
    id.filter(|_| status.is_success()).ok_or_else(refused)
}
