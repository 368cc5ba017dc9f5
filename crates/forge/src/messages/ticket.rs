//! `ticket.changed`: stores the snapshot for the issue panel, for at most 24 h.

use schema::TicketSnapshot;
use serde_json::Value;

use super::comment::links_of;
use super::context::{Answer, MessageContext};
use crate::json::json;
use crate::platform::{Platform, SetOptions};
use crate::records;

/// Returns the key of a ticket's snapshot.
pub(super) fn snapshot_key(ticket_id: u64) -> String {
    format!("cache:ticket:{ticket_id}")
}

pub(super) async fn apply(context: &MessageContext<'_, impl Platform>, snapshot: &TicketSnapshot) -> Answer {
    links_of(context).await?;
    let cached = json!({ "at": context.platform.now(), "snapshot": snapshot });
    let options = SetOptions { ttl_seconds: Some(86_400), fail_if_exists: false };
    records::set(context.platform, &snapshot_key(context.ticket_id()), cached, options).await?;
    Ok(Value::Null)
}
