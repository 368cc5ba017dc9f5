//! The daily comparison: for every link a visit is requested, whether or not anything seems to have changed. It finds changes of
//! tickets that Zammad does not report: tags, edited articles. Jira is not asked; `changed_issues` and `all_issues` do that.

use std::sync::Arc;
use std::time::Duration;

use redaction::Privacy;
use schema::{DriftReport, MessageBody, Settings, UnixMs};
use serde::{Deserialize, Serialize};
use store::{Effects, Link, Recheck, RecheckCause, Store};
use tokio::sync::Notify;

use super::periodic::{Periodic, holds_lease, progress};
use super::{ReconcileError, question};
use crate::env::{Env, millis};
use crate::health::Health;

/// Watermark (the current round, as JSON), lease and name in logs.
const NAME: &str = "drift";
/// With this many waiting rows the comparison pauses: it is less urgent than reported changes.
const BUSY: u64 = 1_000;

/// The pace of the comparison.
#[derive(Clone, Copy, Debug)]
pub struct DriftPace {
    /// Between two steps. Each step compares one link, or several if a round would take too long otherwise.
    pub gap: Duration,
    /// From the start of one round to the start of the next.
    pub round: Duration,
    /// From the last link of a round to its report; by then the tickets have been visited.
    pub settle: Duration,
}

impl Default for DriftPace {
    fn default() -> Self {
        let (gap, settle) = (Duration::from_secs(1), Duration::from_secs(600));
        Self { gap, round: Duration::from_secs(86_400), settle }
    }
}

/// The task; run it with [`super::run`].
pub struct Drift {
    /// Persistence.
    pub store: Arc<dyn Store>,
    /// Clock and randomness.
    pub env: Env,
    /// Receives failures.
    pub health: Arc<Health>,
    /// To notify when a visit was requested.
    pub inbox_ready: Arc<Notify>,
    /// To notify when the outbox has new messages.
    pub outbox_ready: Arc<Notify>,
    /// Notified when there are new settings.
    pub settings_changed: Arc<Notify>,
    /// Privacy mode.
    pub privacy: Privacy,
    /// Name of this instance, the holder of the lease.
    pub instance: String,
    /// The pace.
    pub pace: DriftPace,
}

/// The stored state of a round.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Round {
    started: UnixMs,
    checked: u64,
    /// The last compared link: ticket, issue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after: Option<(u64, String)>,
    /// When the last link was compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    walked: Option<UnixMs>,
    /// Whether the report was sent.
    #[serde(default)]
    reported: bool,
    /// Fingerprint of the settings at its start, as far as they decide what both sides should become. Other settings start a new
    /// round.
    #[serde(default)]
    settings: String,
}

/// A fingerprint of the settings that decide what both sides should become. Rules and notes only concern what happens next.
fn fingerprint(json: &str) -> String {
    let settings: Settings = serde_json::from_str(json).unwrap_or_default();
    let others = Settings::default();
    schema::fingerprint(&Settings {
        rules: others.rules,
        rule_limits: others.rule_limits,
        done_notes: others.done_notes,
        follow_ups: others.follow_ups,
        ..settings
    })
}

impl Periodic for Drift {
    const NAME: &'static str = NAME;

    async fn step(&mut self) -> Result<Duration, ReconcileError> {
        self.compare_next().await
    }

    /// New settings: every link is compared under them.
    async fn woken(&self) {
        self.settings_changed.notified().await;
    }

    fn env(&self) -> &Env {
        &self.env
    }

    fn health(&self) -> &Health {
        &self.health
    }
}

impl Drift {
    /// Compares the next links; returns the pause until the next step.
    ///
    /// # Errors
    /// [`ReconcileError`]; the next step continues after the last stored link.
    pub async fn compare_next(&self) -> Result<Duration, ReconcileError> {
        let now = self.env.now();
        if !holds_lease(&self.store, NAME, &self.instance, &self.env).await? {
            return Ok(Duration::from_secs(60));
        }
        let counts = self.store.counts().await?;
        if counts.inbox + counts.outbox >= BUSY {
            return Ok(Duration::from_secs(60));
        }
        let mut round: Round = progress(self.store.as_ref(), NAME).await?.unwrap_or_default();
        // A negative age means that the clock was set back: the next round must not wait until that time comes again.
        let age = now.since(round.started);
        let settings = self.store.settings().await?.map(|settings| fingerprint(&settings.json)).unwrap_or_default();
        let is_over = round.reported && (age < 0 || age >= millis(self.pace.round));
        if is_over || round.started == UnixMs::default() || round.settings != settings {
            round = Round { started: now, settings, ..Round::default() };
        }
        if let Some(walked) = round.walked {
            return self.finish(round, walked, now).await;
        }
        let links = self.store.links_after(round.after.clone(), self.stride().await?).await?;
        match links.last() {
            None => round.walked = Some(now),
            Some(last) => round.after = Some((last.ticket_id, last.issue_id.clone())),
        }
        round.checked += links.len() as u64;
        self.request(&links, &round, now).await?;
        Ok(self.pace.gap)
    }

    /// Links per step: one, or as many as are needed to finish the round in time.
    async fn stride(&self) -> Result<usize, ReconcileError> {
        let steps = (self.pace.round.as_millis() / self.pace.gap.as_millis().max(1)).max(1);
        let links = u128::from(self.store.link_count().await?);
        Ok(usize::try_from(links.div_ceil(steps)).unwrap_or(usize::MAX).max(1))
    }

    /// Requests visits of the tickets of these links, paused ones too: a ticket may be in scope again.
    async fn request(&self, links: &[Link], round: &Round, now: UnixMs) -> Result<(), ReconcileError> {
        let recheck = |link: &Link| Recheck {
            ticket_id: link.ticket_id,
            cause: RecheckCause::Drift(round.started),
            not_before: None,
            at: now,
        };
        let effects = Effects {
            rechecks: links.iter().map(recheck).collect(),
            watermarks: vec![watermark(round)],
            ..Effects::default()
        };
        self.store.record(effects).await?;
        self.inbox_ready.notify_one();
        Ok(())
    }

    /// Sends the report once the tickets have been visited, then waits for the next round.
    async fn finish(&self, mut round: Round, walked: UnixMs, now: UnixMs) -> Result<Duration, ReconcileError> {
        let waited = now.since(walked);
        if !round.reported && (0..millis(self.pace.settle)).contains(&waited) {
            return Ok(remaining(self.pace.settle, waited));
        }
        if !round.reported {
            if round.checked > 0 {
                let found = self.store.drift_findings(round.started).await?;
                let report = DriftReport { checked: round.checked, differed: found.differed, repaired: found.repaired };
                tracing::info!(
                    count = report.checked,
                    failures = report.differed - report.repaired,
                    "daily comparison of all links finished"
                );
                let message = question::message(MessageBody::DriftReport(report), None, self.privacy, &self.env)?;
                self.store.append(vec![message]).await?;
                self.outbox_ready.notify_one();
            }
            round.reported = true;
            self.store.record(Effects { watermarks: vec![watermark(&round)], ..Effects::default() }).await?;
        }
        Ok(remaining(self.pace.round, now.since(round.started)))
    }
}

fn watermark(round: &Round) -> (String, String) {
    (NAME.to_owned(), serde_json::to_string(round).unwrap_or_default())
}

/// The rest of `whole` after `passed` milliseconds, at most a minute: the clock may be set, and the lease must be renewed.
fn remaining(whole: Duration, passed: i64) -> Duration {
    let left = u64::try_from(millis(whole).saturating_sub(passed)).unwrap_or(0);
    Duration::from_millis(left.clamp(1, 60_000))
}

#[cfg(test)]
#[path = "drift_tests.rs"]
mod tests;
