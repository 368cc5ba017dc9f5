//! `ticket.changed`: the snapshot that panels show, kept for at most 24 h (policy §3: caches self-expire).

use schema::TicketSnapshot;
use serde_json::Value;

use crate::json::json;

use super::comment::links_of;
use super::{Answer, At};
use crate::platform::{Platform, SetOptions};
use crate::records;

pub(super) async fn apply(at: &At<'_, impl Platform>, snapshot: &TicketSnapshot) -> Answer {
    links_of(at).await?;
    let cached = json!({ "at": at.platform.now(), "snapshot": snapshot });
    let options = SetOptions { ttl_seconds: Some(86_400), fail_if_exists: false };
    records::set(at.platform, &format!("cache:ticket:{}", at.ticket_id()), cached, options).await?;
    Ok(Value::Null)
}
