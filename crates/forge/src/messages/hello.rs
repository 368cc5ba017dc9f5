//! `hello`: who is calling, kept for the admin page.

use schema::{Hello, Received, Request, UnixMs};
use serde::Serialize;
use serde_json::json;

use super::Answer;
use crate::platform::{Platform, SetOptions};
use crate::{MIN_SIDECAR, audit, records};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Sidecar<'a> {
    version: &'a str,
    instance: &'a str,
    started_at: &'a str,
    greeted_at: UnixMs,
    hello: &'a Hello,
}

pub(super) async fn apply(platform: &impl Platform, request: &Request<Received>, hello: &Hello) -> Answer {
    let sidecar = Sidecar {
        version: &request.sidecar.version,
        instance: &request.sidecar.instance,
        started_at: &request.sidecar.started_at,
        greeted_at: platform.now(),
        hello,
    };
    records::set(platform, "sidecar", &sidecar, SetOptions::default()).await?;
    // A start of the sidecar is rare and regular: a good moment to keep the audit bounded.
    audit::prune(platform).await?;
    Ok(json!({ "minSidecar": MIN_SIDECAR, "privacyMode": hello.privacy_mode }))
}
