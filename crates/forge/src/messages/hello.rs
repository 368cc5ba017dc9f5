//! The sidecar's reports about itself and its helpdesk, kept for the admin page: `hello`, `sidecar.status`, `helpdesk.names`.

use schema::{Hello, HelloAnswer, HelpdeskNames, Received, Request, SidecarStatus};
use serde_json::Value;

use super::context::{Answer, MessageContext};
use crate::json::json;
use crate::platform::Platform;
use crate::version::MIN_SIDECAR;
use crate::{audit, links, sidecar_info};

pub(super) async fn apply(
    context: &MessageContext<'_, impl Platform>,
    request: &Request<Received>,
    hello: &Hello,
) -> Answer {
    let platform = context.platform;
    sidecar_info::store(platform, &request.sidecar, hello).await?;
    // The sidecar starts rarely but regularly, which is often enough to keep the audit log bounded.
    audit::prune(platform, context.config.settings.audit.entries).await?;
    let links = links::count(platform).await?;
    Ok(json!(HelloAnswer { min_sidecar: MIN_SIDECAR.into(), privacy_mode: hello.privacy_mode, links }))
}

pub(super) async fn status(platform: &impl Platform, status: &SidecarStatus) -> Answer {
    sidecar_info::store_status(platform, status).await?;
    Ok(Value::Null)
}

pub(super) async fn names(platform: &impl Platform, names: &HelpdeskNames) -> Answer {
    sidecar_info::store_names(platform, names).await?;
    Ok(Value::Null)
}
