//! The greeting at start, and the deletion of old records.

use std::sync::Arc;
use std::time::Duration;

use redaction::Privacy;
use schema::{Hello, Message, MessageBody};
use store::{Store, StoreError};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::env::Env;
use crate::health::Health;
use crate::ticket::{Helpdesk, outbox_row};

const DAY_MS: i64 = 86_400_000;
/// Notifications, settled messages and applied commands are kept this long. Zammad's last attempt comes after 108 s, and
/// Forge keeps applied ids for 24 h.
const RECORDS_MS: i64 = 2 * DAY_MS;
/// The history of writes is kept this long.
const HISTORY_MS: i64 = 90 * DAY_MS;
const CHECK_INTERVAL: Duration = Duration::from_secs(6 * 3_600);
const PRUNE_INTERVAL: Duration = Duration::from_secs(3_600);

/// Sends `hello` once, with Zammad's version if Zammad tells it.
pub(super) async fn hello(
    config: Arc<Config>,
    store: Arc<dyn Store>,
    helpdesk: Arc<dyn Helpdesk>,
    env: Env,
    outbox_ready: Arc<Notify>,
    stop: CancellationToken,
) {
    let version = tokio::select! {
        version = helpdesk.version() => version.ok().filter(|version| version.starts_with(|first: char| first.is_ascii_digit())),
        () = stop.cancelled() => return,
    };
    if let Ok(id) = env.new_id() {
        let hello = Hello {
            capabilities: ["articles", "comments", "fields", "files", "links"].map(String::from).into(),
            privacy_mode: config.privacy == Privacy::On,
            zammad_version: version,
            zammad_url: Some(config.zammad_public_url.as_str().trim_end_matches('/').to_owned()),
        };
        let message = Message { id, ticket_id: None, body: MessageBody::Hello(hello) };
        if let Ok(row) = outbox_row(&message, None, config.privacy, env.now())
            && store.append(vec![row]).await.is_ok()
        {
            outbox_ready.notify_one();
        }
    }
    stop.cancelled().await;
}

/// Looks for damage in the database at start and every few hours.
pub(super) async fn check_store(store: Arc<dyn Store>, health: Arc<Health>, stop: CancellationToken) {
    loop {
        match store.damage().await {
            Ok(found) => {
                if let Some(finding) = &found {
                    // Operator: stop the sidecar and restore DATA_DIR from a backup; check the disk.
                    tracing::error!(error = finding.as_str(), "the database is damaged");
                }
                health.store_damaged(found.is_some());
            }
            // Operator: check free space and permissions of DATA_DIR; the next look is in some hours.
            Err(error) => tracing::warn!(error = %error, "the database could not be checked for damage"),
        }
        tokio::select! {
            () = tokio::time::sleep(CHECK_INTERVAL) => {}
            () = stop.cancelled() => return,
        }
    }
}

/// Deletes old records once an hour.
pub(super) async fn prune(store: Arc<dyn Store>, env: Env, stop: CancellationToken) {
    loop {
        match prune_once(store.as_ref(), &env).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "old records deleted"),
            // Operator: check free space and permissions of DATA_DIR; the next attempt is in an hour.
            Err(error) => tracing::warn!(error = %error, "old records not deleted"),
        }
        tokio::select! {
            () = tokio::time::sleep(PRUNE_INTERVAL) => {}
            () = stop.cancelled() => return,
        }
    }
}

async fn prune_once(store: &dyn Store, env: &Env) -> Result<u64, StoreError> {
    let before = env.now().plus(-RECORDS_MS);
    let notifications = store.prune_notifications(before).await?;
    let messages = store.prune_settled(before).await?;
    let commands = store.prune_commands(before).await?;
    let changes = store.prune_changes(env.now().plus(-HISTORY_MS)).await?;
    Ok(notifications + messages + commands + changes)
}
