//! Claims commands: each is applied once, however often it is delivered, and the commands of one ticket keep their order.

use std::collections::BTreeMap;

use futures_util::stream::{self, StreamExt as _};
use schema::{AckStatus, Command};
use store::{AckRow, Claim, Effects, StoreError};
use zammad::{Reason, Verdict};

use super::apply::{Application, Applied, ApplyError};
use super::handler::CommandHandler;

/// Lifetime of a claim, longer than the calls of one command can take.
const CLAIM_MS: i64 = 120_000;
/// Tickets whose commands are applied at the same time.
const CONCURRENT_TICKETS: usize = 4;

impl CommandHandler {
    /// Applies commands; entries that could not be parsed have their id and a code. Returns whether there were any. A
    /// command that cannot be applied now is not acknowledged, so Forge delivers it again.
    pub async fn admit(&self, commands: Vec<Result<Command, (String, &'static str)>>) -> bool {
        if commands.is_empty() {
            return false;
        }
        let mut by_ticket: BTreeMap<Option<u64>, Vec<Command>> = BTreeMap::new();
        for command in commands {
            match command {
                Ok(command) => by_ticket.entry(command.ticket_id).or_default().push(command),
                Err((id, code)) => {
                    // Operator: upgrade the sidecar to the version of the Forge app.
                    tracing::warn!(command_id = id.as_str(), code, "command rejected: this version cannot read it");
                    let status = if code == "unsupported" { AckStatus::Skipped } else { AckStatus::Failed };
                    self.acknowledge(&id, status, Some(code), Effects::default()).await;
                }
            }
        }
        let tickets = stream::iter(by_ticket.into_values().map(|commands| self.apply_in_order(commands)));
        tickets.buffer_unordered(CONCURRENT_TICKETS).collect::<Vec<()>>().await;
        true
    }

    async fn apply_in_order(&self, commands: Vec<Command>) {
        for command in commands {
            // Commands behind one that has to wait wait too.
            if !self.apply_once(&command).await {
                break;
            }
        }
    }

    /// Applies a command unless it was applied before. Returns false if it has to be delivered again.
    pub(super) async fn apply_once(&self, command: &Command) -> bool {
        let id = command.id.to_string();
        let interrupted = match self.store.claim_command(&id, self.env.now(), CLAIM_MS).await {
            Ok(Claim::Fresh) => false,
            Ok(Claim::Interrupted) => true,
            Ok(Claim::Applied) => return true,
            Ok(Claim::Busy) | Err(_) => return false,
        };
        let applied = match self.settings.current(self.store.as_ref()).await {
            Ok(current) => {
                let settings = &current.settings;
                Application { handler: self, settings, command, interrupted }.apply().await
            }
            Err(error) => Err(ApplyError::Store(error)),
        };
        match applied {
            Ok(Applied { skipped: None, effects }) => self.acknowledge(&id, AckStatus::Done, None, effects).await,
            Ok(Applied { skipped: code, effects }) => self.acknowledge(&id, AckStatus::Skipped, code, effects).await,
            Err(error) => self.failed(&id, command, &error).await,
        }
    }

    async fn failed(&self, id: &str, command: &Command, error: &ApplyError) -> bool {
        let (code, retry) = match error {
            ApplyError::Zammad(error) => {
                let verdict = error.verdict();
                let unauthorized = verdict == Verdict::GiveUp(Reason::Unauthorized);
                self.health.zammad(!unauthorized);
                // A 500 may be permanent (docs/platforms/zammad.md §1), but Forge keeps the command anyway: retrying is cheap,
                // and giving up would lose what somebody wrote.
                (error.code(), !matches!(verdict, Verdict::GiveUp(_)) || unauthorized)
            }
            ApplyError::Rejected(code) => (*code, false),
            ApplyError::Store(error) => {
                // Operator: check free space and permissions of DATA_DIR; the command is delivered again.
                tracing::error!(command_id = id, error = %error, "store failed during a command");
                ("store", true)
            }
        };
        // Operator: the code names the cause (docs/operators.md); a command that is not pending is listed in Jira.
        tracing::warn!(command_id = id, kind = command.body.kind(), code, pending = retry, "command not applied");
        if retry {
            let _ = self.store.release_command(id).await;
            return false;
        }
        self.acknowledge(id, AckStatus::Failed, Some(code), Effects::default()).await
    }

    async fn acknowledge(&self, id: &str, status: AckStatus, code: Option<&str>, effects: Effects) -> bool {
        let ack = AckRow { command_id: id.to_owned(), status, code: code.map(str::to_owned) };
        match self.store.finish_command(ack, effects, self.env.now()).await {
            Ok(()) => true,
            Err(StoreError::Fenced { .. }) => false,
            Err(error) => {
                // Operator: check free space and permissions of DATA_DIR; the mark in Zammad prevents a second write.
                tracing::error!(command_id = id, error = %error, "end of a command not recorded");
                false
            }
        }
    }
}

#[cfg(test)]
#[path = "admit_tests.rs"]
mod tests;
