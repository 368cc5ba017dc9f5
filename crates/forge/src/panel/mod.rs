//! The resolver of the issue panel. Any user who can load the panel can call each of its functions with any payload
//! (docs/platforms/forge.md §6.3), so every call checks what the calling user may do with the issue. The issue is that of the
//! platform's context, never one that a payload names.

mod act;
mod asked;
mod queue;
mod rights;
mod sharing;
mod ticket;
mod view;

use serde_json::Value;

use crate::input::is_number;
use crate::jira::{self, JiraError};
use crate::json::json;
use crate::platform::Platform;
use crate::{licence, resolver};

/// Maximum bytes of a payload: a ticket's address and an id.
const MAX_PAYLOAD_BYTES: usize = 4_000;
/// Digits of the largest id.
const MAX_DIGITS: usize = 19;

/// Handles one resolver call `{"functionKey", "payload", "issueId"}`, of which `issueId` is from the platform's context; a refusal
/// is `{"error": code}`.
///
/// - `panel.view` `{}`: everything that the panel shows at first; the same as for an issue without tickets for a user
///   who may not browse the issue
/// - `links.sharing` `{}`: what a new link would share, and whether it can be made now
/// - `links.request` `{ticketNumber}`: queues a command to link the ticket with this number or address
/// - `links.remove` `{ticketId}`: ends a link
/// - `links.retry` `{ticketId}`: the sidecar reads the ticket again, sends its values and what waits
pub async fn panel(platform: &impl Platform, call: &Value) -> Value {
    let answer = answer(platform, call).await.unwrap_or_else(|code| json!({ "error": code }));
    resolver::finish(platform, "panel", answer).await
}

async fn answer(platform: &impl Platform, call: &Value) -> Result<Value, &'static str> {
    let (issue_id, payload) = read(call)?;
    // Nobody without an account may see a ticket, also where everybody may browse the project.
    let Some(account_id) = platform.account_id() else { return Err(refused(platform)) };
    let function = call["functionKey"].as_str().unwrap_or_default();
    match function {
        "panel.view" => return view::answer(platform, issue_id, account_id).await,
        "links.sharing" | "links.request" | "links.remove" | "links.retry" => {}
        _ => return Err("unknown-function"),
    }
    // An act must not rest on what was true some time ago.
    let may = match function {
        "links.retry" => jira::project_as_user(platform, issue_id).await.map(|_| true),
        _ => jira::user_has(platform, "EDIT_ISSUES", issue_id).await,
    };
    match may {
        Ok(true) => {}
        Err(JiraError::Unavailable { .. }) => return Err("unavailable"),
        _ => return Err(refused(platform)),
    }
    if licence::refuses_call(platform, call) {
        return Err(licence::INACTIVE);
    }
    match function {
        "links.sharing" => sharing::answer(platform).await,
        "links.request" => act::request(platform, issue_id, account_id, payload).await,
        "links.remove" => act::remove(platform, issue_id, payload).await,
        _ => act::retry(platform, issue_id, payload).await,
    }
}

/// Returns the issue and the payload of a call.
fn read(call: &Value) -> Result<(&str, &Value), &'static str> {
    let issue_id =
        call["issueId"].as_str().filter(|id| is_number(id) && id.len() <= MAX_DIGITS).ok_or("not-an-issue")?;
    let payload = &call["payload"];
    if !payload.is_object() && !payload.is_null() {
        return Err("malformed");
    }
    if payload.to_string().len() > MAX_PAYLOAD_BYTES {
        return Err("too-large");
    }
    // A page never names an issue; whoever does tries to reach another one.
    if payload.get("issueId").is_some_and(|named| named != issue_id) {
        return Err("forbidden");
    }
    Ok((issue_id, payload))
}

fn refused(platform: &impl Platform) -> &'static str {
    platform.warn("panel-refused", Value::Null);
    "forbidden"
}
