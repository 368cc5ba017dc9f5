//! `hello`: who is calling, kept for the admin page.

use schema::{Hello, Received, Request, UnixMs};
use serde::Serialize;
use serde_json::{Value, json};

use super::Effect;
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

pub(super) async fn apply(platform: &impl Platform, request: &Request<Received>, hello: &Hello) -> Effect {
    let sidecar = Sidecar {
        version: &request.sidecar.version,
        instance: &request.sidecar.instance,
        started_at: &request.sidecar.started_at,
        greeted_at: platform.now(),
        hello,
    };
    if let Err(error) = records::set(platform, "sidecar", &sidecar, SetOptions::default()).await {
        return error.into();
    }
    // A start of the sidecar is rare and regular: a good moment to keep the audit bounded.
    match audit::prune(platform).await {
        Ok(()) => Effect::Applied(json!({ "minSidecar": MIN_SIDECAR, "privacyMode": Value::Bool(hello.privacy_mode) })),
        Err(error) => error.into(),
    }
}
