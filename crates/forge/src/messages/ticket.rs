//! `ticket.changed`: the snapshot that panels show, kept for at most 24 h (policy §3: caches self-expire).

use schema::{Message, TicketSnapshot, UnixMs};
use serde::Serialize;
use serde_json::Value;

use super::Effect;
use crate::platform::{Platform, SetOptions};
use crate::{links, records};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Cached<'a> {
    at: UnixMs,
    snapshot: &'a TicketSnapshot,
}

pub(super) async fn apply(platform: &impl Platform, message: &Message, snapshot: &TicketSnapshot) -> Effect {
    let ticket_id = message.ticket_id.unwrap_or_default();
    let cached = Cached { at: platform.now(), snapshot };
    let options = SetOptions { ttl_seconds: Some(86_400), fail_if_exists: false };
    match links::of_ticket(platform, ticket_id).await {
        Ok(links) if links.is_empty() => Effect::Rejected("not-linked"),
        Ok(_) => match records::set(platform, &format!("cache:ticket:{ticket_id}"), &cached, options).await {
            Ok(()) => Effect::Applied(Value::Null),
            Err(error) => error.into(),
        },
        Err(error) => error.into(),
    }
}
