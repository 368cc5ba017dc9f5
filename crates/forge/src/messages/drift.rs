//! `drift.report`: the numbers of the last drift check, kept for the admin page.

use schema::DriftReport;
use serde_json::Value;

use super::context::Answer;
use crate::json::json;
use crate::platform::{Platform, SetOptions};
use crate::records;

pub(super) async fn apply(platform: &impl Platform, report: &DriftReport) -> Answer {
    let kept = json!({ "at": platform.now(), "report": report });
    records::set(platform, "drift", kept, SetOptions::default()).await?;
    Ok(Value::Null)
}
