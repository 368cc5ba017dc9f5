//! Claiming commands: each is applied once, however often it comes, and one ticket's commands keep their order.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::stream::{self, StreamExt as _};
use schema::Command;
use store::{AckRow, Claim, Effects, Store, StoreError};
use zammad::{Client, Verdict};

use redaction::Privacy;
use url::Url;

use super::apply::{Applied, Applying, Failure};
use crate::env::Env;
use crate::settings::SettingsCache;
use crate::health::Health;

/// Longer than the calls of one command can take.
const CLAIM_MS: i64 = 120_000;
/// Tickets worked on side by side.
const TOGETHER: usize = 4;

/// Takes commands in.
#[derive(Clone)]
pub struct Inbound {
    /// Persistence.
    pub store: Arc<dyn Store>,
    /// Writing to Zammad.
    pub zammad: Client,
    /// Clock.
    pub env: Env,
    /// Told of failures.
    pub health: Arc<Health>,
    /// Settings of the admin.
    pub settings_cache: Arc<SettingsCache>,
    /// In privacy mode no words are kept.
    pub privacy: Privacy,
    /// Zammad as people reach it.
    pub zammad_public_url: Url,
}

impl Inbound {
    /// Applies the commands of one reply and says whether any rang for a ticket. What cannot be applied now is left
    /// unacknowledged and comes again.
    pub async fn admit(&self, commands: Vec<Result<Command, (String, &'static str)>>) -> bool {
        if commands.is_empty() {
            return false;
        }
        let mut lines: BTreeMap<Option<u64>, Vec<Command>> = BTreeMap::new();
        for command in commands {
            match command {
                Ok(command) => lines.entry(command.ticket_id).or_default().push(command),
                Err((id, code)) => {
                    tracing::warn!(command_id = id.as_str(), code, "a command that this version cannot read");
                    let status = if code == "unsupported" { "skipped" } else { "failed" };
                    self.acknowledge(&id, status, Some(code), Effects::default()).await;
                }
            }
        }
        let lines = stream::iter(lines.into_values().map(|line| self.apply_line(line)));
        lines.buffer_unordered(TOGETHER).collect::<Vec<()>>().await;
        true
    }

    async fn apply_line(&self, line: Vec<Command>) {
        for command in line {
            // What stands behind a command that must wait waits too.
            if !self.apply_one(&command).await {
                break;
            }
        }
    }

    /// `false` if the command must come again.
    pub(super) async fn apply_one(&self, command: &Command) -> bool {
        let id = command.id.to_string();
        let interrupted = match self.store.claim_command(&id, self.env.now(), CLAIM_MS).await {
            Ok(Claim::Fresh) => false,
            Ok(Claim::Interrupted) => true,
            // Its acknowledgement is on its way again.
            Ok(Claim::Applied) => return true,
            Ok(Claim::Busy) => return false,
            Err(_) => {
                self.health.store(false);
                return false;
            }
        };
        let applied = match self.settings_cache.now(self.store.as_ref()).await {
            Ok((_, settings)) => Applying { inbound: self, settings: &settings, command, interrupted }.apply().await,
            Err(error) => Err(Failure::Store(error)),
        };
        match applied {
            Ok(Applied { skipped: None, effects }) => self.acknowledge(&id, "done", None, effects).await,
            Ok(Applied { skipped: Some(code), effects }) => self.acknowledge(&id, "skipped", Some(code), effects).await,
            Err(failure) => self.fail(&id, command, &failure).await,
        }
    }

    async fn fail(&self, id: &str, command: &Command, failure: &Failure) -> bool {
        let (code, again) = match failure {
            Failure::Zammad(error) => {
                self.health.zammad(error.verdict() != Verdict::GiveUp(zammad::Reason::Unauthorized));
                let unauthorized = Verdict::GiveUp(zammad::Reason::Unauthorized);
                // A 500 may be for ever (docs/platforms/zammad.md §1), but Forge keeps the command either way; asking again
                // costs little, and giving up would lose what somebody wrote.
                (error.code(), !matches!(error.verdict(), Verdict::GiveUp(_)) || error.verdict() == unauthorized)
            }
            Failure::Never(code) => (*code, false),
            Failure::Store(error) => {
                self.health.store(false);
                tracing::error!(command_id = id, error = %error, "store failed");
                ("store", true)
            }
        };
        tracing::warn!(command_id = id, kind = command.body.kind(), code, pending = again, "command not applied");
        if again {
            let _ = self.store.release_command(id).await;
            return false;
        }
        self.acknowledge(id, "failed", Some(code), Effects::default()).await
    }

    async fn acknowledge(&self, id: &str, status: &str, code: Option<&str>, effects: Effects) -> bool {
        let ack = AckRow { command_id: id.to_owned(), status: status.to_owned(), code: code.map(str::to_owned) };
        match self.store.applied(ack, effects, self.env.now()).await {
            Ok(()) => true,
            Err(error) => {
                let fenced = matches!(error, StoreError::Fenced { .. });
                self.health.store(fenced);
                tracing::error!(command_id = id, error = %error, "a command's end is not recorded; its mark will be found");
                false
            }
        }
    }
}
