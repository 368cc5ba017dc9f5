//! `hello`: who is calling, kept for the admin page.

use schema::{DriftReport, Hello, Received, Request, SidecarInfo};

use serde_json::Value;

use crate::json::json;

use super::Answer;
use crate::platform::{Platform, SetOptions};
use crate::{MIN_SIDECAR, audit, records};

/// `drift.report`: how many links agree, kept for the admin page.
pub(super) async fn compared(platform: &impl Platform, report: &DriftReport) -> Answer {
    let kept = json!({ "at": platform.now(), "report": report });
    records::set(platform, "drift", kept, SetOptions::default()).await?;
    Ok(Value::Null)
}

pub(super) async fn apply(platform: &impl Platform, request: &Request<Received>, hello: &Hello) -> Answer {
    let SidecarInfo { version, instance, started_at } = &request.sidecar;
    let sidecar = json!({
        "version": version, "instance": instance, "startedAt": started_at, "greetedAt": platform.now(), "hello": hello,
    });
    records::set(platform, "sidecar", sidecar, SetOptions::default()).await?;
    // A start of the sidecar is rare and regular: a good moment to keep the audit bounded.
    audit::prune(platform).await?;
    Ok(json!({ "minSidecar": MIN_SIDECAR, "privacyMode": hello.privacy_mode }))
}
