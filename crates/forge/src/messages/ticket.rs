//! `ticket.changed`: the snapshot that panels show, kept for at most 24 h (policy §3: caches self-expire).

use schema::{TicketSnapshot, UnixMs};
use serde::Serialize;
use serde_json::Value;

use super::comment::links_of;
use super::{Answer, At};
use crate::platform::{Platform, SetOptions};
use crate::records;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Cached<'a> {
    at: UnixMs,
    snapshot: &'a TicketSnapshot,
}

pub(super) async fn apply(at: &At<'_, impl Platform>, snapshot: &TicketSnapshot) -> Answer {
    links_of(at).await?;
    let cached = Cached { at: at.platform.now(), snapshot };
    let options = SetOptions { ttl_seconds: Some(86_400), fail_if_exists: false };
    records::set(at.platform, &format!("cache:ticket:{}", at.ticket_id()), &cached, options).await?;
    Ok(Value::Null)
}
