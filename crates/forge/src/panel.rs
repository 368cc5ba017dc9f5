//! The resolver of the issue panel. Every call checks as the calling user that they may edit the issue
//! (docs/platforms/forge.md §6.3).

use schema::{Author, Command, CommandBody, Nothing, TicketWanted};
use serde_json::Value;

use crate::input::is_number;
use crate::jira::{self, JiraError};
use crate::join::join;
use crate::json::json;
use crate::links;
use crate::platform::{Platform, PlatformError};
use crate::{audit, commands, flag, licence, points, queue_mark, refusals};

/// Maximum bytes of a ticket number, or of the ticket's address.
const MAX_NUMBER_BYTES: usize = 255;

/// Handles one resolver call `{"functionKey", "payload"}`; a refusal is `{"error": code}`.
///
/// - `links.request` `{issueId, ticketNumber}`: queues a command to link the ticket
/// - `links.remove` `{issueId, ticketId}`: ends a link
/// - `panel.opened` `{issueId}`: somebody looks at a linked issue, so the sidecar asks for changes at short intervals for a while
pub async fn panel(platform: &impl Platform, call: &Value) -> Value {
    let mut answer = answer(platform, call).await;
    refusals::count_answer(platform, "panel", &answer).await;
    licence::mark(platform, &mut answer);
    points::store(platform).await;
    answer
}

async fn answer(platform: &impl Platform, call: &Value) -> Value {
    let payload = &call["payload"];
    let issue_id = payload["issueId"].as_str().unwrap_or_default();
    if !is_number(issue_id) {
        return json!({ "error": "not-an-issue" });
    }
    if call["functionKey"] == "panel.opened" {
        // It changes nothing and tells nothing, so Jira is not asked for a permission.
        return opened(platform, issue_id).await.map_or_else(|_| json!({ "error": "unavailable" }), |()| json!({}));
    }
    if !jira::user_may(platform, "EDIT_ISSUES", issue_id).await {
        platform.warn("panel-refused", Value::Null);
        return json!({ "error": "forbidden" });
    }
    if licence::refuses_call(platform, call) {
        return json!({ "error": licence::INACTIVE });
    }
    let result = match call["functionKey"].as_str().unwrap_or_default() {
        "links.request" => request(platform, issue_id, payload).await,
        "links.remove" => remove(platform, issue_id, payload).await,
        _ => return json!({ "error": "unknown-function" }),
    };
    result.unwrap_or_else(|_| json!({ "error": "unavailable" }))
}

async fn request(platform: &impl Platform, issue_id: &str, payload: &Value) -> Result<Value, PlatformError> {
    let number = payload["ticketNumber"].as_str().unwrap_or_default().trim();
    if number.is_empty() || number.len() > MAX_NUMBER_BYTES {
        return Ok(json!({ "error": "not-a-ticket" }));
    }
    let requested_by = Author { account_id: platform.account_id().unwrap_or("unknown").to_owned(), name: None };
    let wanted = TicketWanted { ticket_number: number.to_owned(), requested_by };
    queue(platform, issue_id, None, &["link", issue_id, number], CommandBody::LinkRequested(wanted)).await?;
    Ok(json!({}))
}

async fn remove(platform: &impl Platform, issue_id: &str, payload: &Value) -> Result<Value, PlatformError> {
    let linked = links::of_issue(platform, issue_id).await?;
    let Some(link) = linked.iter().find(|link| payload["ticketId"] == link.ticket_id) else {
        return Ok(json!({ "error": "not-linked" }));
    };
    let global_id = links::global_id(platform, link.ticket_id);
    if let Err(JiraError::Unavailable { .. }) = jira::delete_remote_link(platform, issue_id, &global_id).await {
        return Err(PlatformError::new("JIRA_UNAVAILABLE"));
    }
    let event = ["unlink", issue_id, link.ticket_number.as_str()];
    queue(platform, issue_id, Some(link.ticket_id), &event, CommandBody::LinkRemoved(Nothing {})).await?;
    links::remove(platform, link.ticket_id, issue_id).await?;
    flag::clear_if_unlinked(platform, issue_id).await;
    audit::record(platform, "link-removed", json!({ "ticketId": link.ticket_id, "issueId": issue_id })).await?;
    Ok(json!({}))
}

/// Marks the queue as looked at, once a minute at most.
async fn opened(platform: &impl Platform, issue_id: &str) -> Result<(), PlatformError> {
    let (mark, links) = join(queue_mark::read(platform), links::of_issue(platform, issue_id)).await;
    if !links?.is_empty() && mark?.is_settled(platform.now()) {
        queue_mark::record(platform).await?;
    }
    Ok(())
}

async fn queue(
    platform: &impl Platform,
    issue_id: &str,
    ticket_id: Option<u64>,
    event: &[&str],
    body: CommandBody,
) -> Result<(), PlatformError> {
    let id = commands::id_of(platform.now(), 0, event);
    let issue_id = Some(issue_id.to_owned());
    commands::queue(platform, Command { id, ticket_id, issue_id, issue_key: None, body }).await
}
