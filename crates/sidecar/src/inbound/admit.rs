//! Claims commands: each is applied once, however often it is delivered, and the commands of one ticket keep their order.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};
use schema::{AckStatus, Command, CommandBody};
use store::{AckRow, Claim, Effects, Recheck, RecheckCause, StoreError, Subject, Trouble};
use zammad::{ClientError, Reason, Verdict};

use super::application::{Application, Applied, ApplyError};
use super::handler::CommandHandler;
use super::waiting::Sequence;
use crate::env::millis;
use crate::ticket::facts::{self, LinkKey};
use crate::ticket::number_of;

/// Lifetime of a claim, longer than the calls of one command can take.
pub(super) const CLAIM_MS: i64 = 120_000;
/// Longest pause between two attempts of a waiting command.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// Waiting tickets named in `/readyz`.
const MOST_LISTED: usize = 20;
/// Tickets whose commands are applied at the same time.
const CONCURRENT_TICKETS: usize = 4;

/// Stands for the link in the list of troubles where there is none.
const NO_LINK: LinkKey<'static> = LinkKey { ticket_id: 0, issue_id: "0" };

/// The link that a command is about.
fn link_of(command: &Command) -> LinkKey<'_> {
    LinkKey {
        ticket_id: command.ticket_id.unwrap_or(NO_LINK.ticket_id),
        issue_id: command.issue_id.as_deref().unwrap_or(NO_LINK.issue_id),
    }
}

impl CommandHandler {
    /// Applies commands; entries that could not be parsed have their id and a code. Returns whether any of them ended, so
    /// that there is something to acknowledge. A command that cannot be applied now is not acknowledged, so Forge delivers it
    /// again; the later commands of its ticket wait behind it.
    pub async fn admit(&self, commands: Vec<Result<Command, (String, &'static str)>>) -> bool {
        let mut ended = 0;
        let mut sequences: BTreeMap<Sequence, Vec<Command>> = BTreeMap::new();
        for command in commands {
            match command {
                Ok(command) => match self.control(&command).await {
                    Some(done) => ended += usize::from(done),
                    None => sequences.entry(Sequence::of(&command)).or_default().push(command),
                },
                Err((id, code)) => {
                    // Operator: upgrade the sidecar to the version of the Forge app.
                    tracing::warn!(command_id = id.as_str(), code, "command rejected: this version cannot read it");
                    let status = if code == "unsupported" { AckStatus::Skipped } else { AckStatus::Failed };
                    let listed = (status == AckStatus::Failed).then(|| self.listed(NO_LINK, &id, Some(code), None));
                    let effects = Effects { troubles: listed.into_iter().collect(), ..Effects::default() };
                    ended += usize::from(self.acknowledge(&id, status, Some(code), effects).await);
                }
            }
        }
        let tickets =
            stream::iter(sequences.into_iter().map(|(sequence, commands)| self.apply_in_order(sequence, commands)));
        let applied: Vec<usize> = tickets.buffer_unordered(CONCURRENT_TICKETS).collect().await;
        let mut waiting = Vec::new();
        for (sequence, code) in self.waiting.list().into_iter().take(MOST_LISTED) {
            let name = match sequence {
                Sequence::Ticket(ticket) => {
                    let number = number_of(self.store.as_ref(), ticket).await;
                    number.unwrap_or_else(|_| format!("ticket id {ticket}"))
                }
                Sequence::Issue(Some(issue)) => format!("issue id {issue}"),
                Sequence::Issue(None) => "requests without an issue".to_owned(),
            };
            waiting.push(format!("{name}: {code}"));
        }
        self.health.warn_of("commands-waiting", waiting);
        ended += applied.into_iter().sum::<usize>();
        ended > 0
    }

    /// Applies the commands of one sequence until one has to wait. Returns how many ended.
    async fn apply_in_order(&self, sequence: Sequence, commands: Vec<Command>) -> usize {
        if !self.health.is_zammad_up() || self.waiting.must_wait(&sequence, self.env.now()) {
            return 0;
        }
        for (ended, command) in commands.iter().enumerate() {
            if !self.apply_once(command).await {
                return ended;
            }
            self.waiting.applied(&sequence);
        }
        commands.len()
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
            Ok(Applied { skipped: code, mut effects }) => {
                if interrupted {
                    // It may be listed as one that waits.
                    effects.troubles.push(self.listed(link_of(command), &id, None, None));
                }
                let status = if code.is_none() { AckStatus::Done } else { AckStatus::Skipped };
                // The id begins with Jira's time of the change. Without the fact the change is only looked for once more. A refresh
                // tells of no change.
                let tells_of_change = !matches!(command.body, CommandBody::Refresh(_));
                if tells_of_change && command.ticket_id.is_some() && command.issue_id.is_some() {
                    let known = facts::heard(self.store.as_ref(), link_of(command), command.id.time()).await;
                    effects.facts.extend(known.ok().flatten());
                }
                self.acknowledge(&id, status, code, effects).await
            }
            Err(error) => self.failed(&id, command, &error).await,
        }
    }

    async fn failed(&self, id: &str, command: &Command, error: &ApplyError) -> bool {
        let code = match error {
            ApplyError::Zammad(error) => {
                let code = error.code();
                if error.verdict() != Verdict::GiveUp(Reason::Refused) {
                    self.look_at_ticket(command, error).await;
                    return self.wait(id, command, code).await;
                }
                code
            }
            ApplyError::Store(error) => {
                // Operator: check free space and permissions of DATA_DIR; the command is delivered again.
                tracing::error!(command_id = id, error = %error, "store failed during a command");
                return self.wait(id, command, "store").await;
            }
            ApplyError::Waits(code) => return self.wait(id, command, code).await,
            ApplyError::Rejected(code) => code,
        };
        // Operator: docs/codes.md explains the code; `connector troubles` lists the command for `connector retry`.
        tracing::warn!(
            command_id = id,
            kind = command.body.kind(),
            code,
            "command not applied: it will never be accepted"
        );
        let kind = command.body.kind().to_owned();
        let troubles = vec![self.listed(link_of(command), id, Some(code), Some(kind))];
        let rechecks = self.shown_in_panel(command).into_iter().collect();
        self.acknowledge(id, AckStatus::Failed, Some(code), Effects { troubles, rechecks, ..Effects::default() }).await
    }

    /// The entry of a failed or waiting command in the list of troubles, for `connector retry`; without a code the entry ends.
    fn listed(&self, of: LinkKey<'_>, id: &str, code: Option<&str>, detail: Option<String>) -> Trouble {
        of.trouble(Subject::Command(id.to_owned()), code, detail, self.env.now())
    }

    /// The visit that tells the panel what became of a command.
    fn shown_in_panel(&self, command: &Command) -> Option<Recheck> {
        let cause = RecheckCause::Command(command.id.to_string());
        Some(Recheck { ticket_id: command.ticket_id?, cause, not_before: None, at: self.env.now() })
    }

    /// Leaves the command to a later attempt. Only what Zammad refuses in its own words about this content has failed for
    /// good: a missing right, an unknown answer, maintenance and every server error pass.
    async fn wait(&self, id: &str, command: &Command, code: &'static str) -> bool {
        let delay = |attempts| millis(backoff::delay(attempts, None, self.env.jitter()).min(LONGEST_WAIT));
        if self.waiting.failed(Sequence::of(command), self.env.now(), code, delay) {
            let detail = format!("{}, waits", command.body.kind());
            let troubles = vec![self.listed(link_of(command), id, Some(code), Some(detail))];
            let rechecks = self.shown_in_panel(command).into_iter().collect();
            let _ = self.store.record(Effects { troubles, rechecks, ..Effects::default() }).await;
        }
        // Operator: docs/codes.md explains the code; nothing is lost, later commands of the ticket wait too.
        tracing::warn!(command_id = id, kind = command.body.kind(), code, "command not applied yet; it is tried again");
        let _ = self.store.release_command(id).await;
        false
    }

    /// A write to a ticket that does not exist: the ticket's next visit finds out and ends the link, and the command with it.
    async fn look_at_ticket(&self, command: &Command, error: &ClientError) {
        let Some(ticket_id) = command.ticket_id.filter(|_| error.verdict() == Verdict::GiveUp(Reason::Gone)) else {
            return;
        };
        let (cause, at) = (RecheckCause::Command(command.id.to_string()), self.env.now());
        let rechecks = vec![Recheck { ticket_id, cause, not_before: None, at }];
        let _ = self.store.record(Effects { rechecks, ..Effects::default() }).await;
    }

    pub(super) async fn acknowledge(&self, id: &str, status: AckStatus, code: Option<&str>, effects: Effects) -> bool {
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
