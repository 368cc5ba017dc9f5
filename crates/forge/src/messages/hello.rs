//! `hello`: version and mode of the sidecar, kept for the admin page.

use schema::{Hello, HelloAnswer, Received, Request, SidecarInfo};

use super::context::Answer;
use crate::json::json;
use crate::platform::{Platform, SetOptions};
use crate::version::MIN_SIDECAR;
use crate::{audit, contact, links, records};

pub(super) async fn apply(platform: &impl Platform, request: &Request<Received>, hello: &Hello) -> Answer {
    let SidecarInfo { version, instance, started_at } = &request.sidecar;
    let sidecar = json!({
        "version": version, "instance": instance, "startedAt": started_at, "greetedAt": platform.now(), "hello": hello,
    });
    records::set(platform, contact::SIDECAR, sidecar, SetOptions::default()).await?;
    // The sidecar starts rarely but regularly, which is often enough to keep the audit log bounded.
    audit::prune(platform).await?;
    let links = links::count(platform).await?;
    Ok(json!(HelloAnswer { min_sidecar: MIN_SIDECAR.into(), privacy_mode: hello.privacy_mode, links }))
}
