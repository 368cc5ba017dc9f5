//! Every link in turn: its ticket is read again and its issue is asked for, whether or not anything seems to have changed.
//! Finds what neither side tells: tags, edits of articles, events that were lost.

use std::sync::Arc;
use std::time::Duration;

use redaction::Privacy;
use schema::{DriftReport, MessageBody, UnixMs};
use serde::{Deserialize, Serialize};
use store::{Effects, Link, LinkState, Recheck, Store};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::{Failure, failed, is_ours, query, rest};
use crate::env::Env;
use crate::health::Health;

/// Watermark: the round that goes on, as JSON.
const NAME: &str = "drift";
/// Keys of doorbells that a round causes: its own, and that of the answer to its question (`outbound::outcome`).
const KEYS: [&str; 2] = ["drift:", "look:"];
/// With so much waiting already, a round waits too: comparing is never more urgent than what somebody did.
const CROWDED: u64 = 1_000;

/// How fast.
#[derive(Clone, Copy, Debug)]
pub struct DriftPace {
    /// Between two links. More links than fit into a round at this pace go several at a time.
    pub gap: Duration,
    /// From the start of one round to the start of the next.
    pub round: Duration,
    /// From the last link of a round to its report: what was asked has been answered by then.
    pub settle: Duration,
}

impl Default for DriftPace {
    fn default() -> Self {
        let (gap, settle) = (Duration::from_secs(1), Duration::from_secs(600));
        Self { gap, round: Duration::from_secs(86_400), settle }
    }
}

/// The task.
pub struct Drift {
    /// Persistence.
    pub store: Arc<dyn Store>,
    /// Clock and randomness.
    pub env: Env,
    /// Told of failures.
    pub health: Arc<Health>,
    /// Rung when a notification was stored.
    pub wake: Arc<Notify>,
    /// Rung when the outbox has something new.
    pub outbox: Arc<Notify>,
    /// Rung when a round has to begin anew.
    pub again: Arc<Notify>,
    /// What may cross.
    pub privacy: Privacy,
    /// Whose lease it is.
    pub instance: String,
    /// How fast.
    pub pace: DriftPace,
}

/// A round as it is remembered.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Round {
    started: UnixMs,
    checked: u64,
    /// The last link that was looked at: ticket, issue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after: Option<(u64, String)>,
    /// When the last link was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    walked: Option<UnixMs>,
    /// Whether its report is written.
    #[serde(default)]
    reported: bool,
    /// The etag of the settings under which it began: under others every link is looked at anew.
    #[serde(default)]
    settings: String,
}

impl Drift {
    /// Walks until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let mut failures = 0;
        loop {
            let step = tokio::select! {
                step = self.step() => step,
                () = stop.cancelled() => return,
            };
            let wait = match step {
                Ok(wait) => {
                    failures = 0;
                    wait
                }
                Err(failure) => {
                    failures += 1;
                    failed(NAME, &failure, failures, &self.health, &self.env)
                }
            };
            tokio::select! {
                went_on = rest(wait, &stop) => if !went_on {
                    return;
                },
                // New settings: every link is looked at under them now.
                () = self.again.notified() => {}
            }
        }
    }

    /// One step of the walk; returns how long to rest after it.
    ///
    /// # Errors
    /// [`Failure`]; the next step goes on from the last link that was stored.
    pub async fn step(&self) -> Result<Duration, Failure> {
        let now = self.env.now();
        if !is_ours(&self.store, NAME, &self.instance, &self.env).await? {
            return Ok(Duration::from_secs(60));
        }
        let counts = self.store.counts().await?;
        if counts.inbox + counts.outbox >= CROWDED {
            return Ok(Duration::from_secs(60));
        }
        let known = self.store.watermark(NAME).await?;
        let mut round: Round = known.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default();
        // A clock that was set back must not make the next round wait for years.
        let age = now.since(round.started);
        let settings = self.store.settings().await?.map(|(etag, _)| etag).unwrap_or_default();
        let is_over = round.reported && (age < 0 || age >= millis(self.pace.round));
        if is_over || round.started == UnixMs::default() || round.settings != settings {
            round = Round { started: now, settings, ..Round::default() };
        }
        if let Some(walked) = round.walked {
            return self.end(round, walked, now).await;
        }
        let links = self.store.links_after(round.after.clone(), self.stride().await?).await?;
        match links.last() {
            None => round.walked = Some(now),
            Some(last) => round.after = Some((last.ticket_id, last.issue_id.clone())),
        }
        round.checked += links.len() as u64;
        self.look(&links, &round, now).await?;
        Ok(self.pace.gap)
    }

    /// Links of one step: one, or as many as it takes to come round in time.
    async fn stride(&self) -> Result<usize, Failure> {
        let steps = (self.pace.round.as_millis() / self.pace.gap.as_millis().max(1)).max(1);
        let links = u128::from(self.store.link_count().await?);
        Ok(usize::try_from(links.div_ceil(steps)).unwrap_or(usize::MAX).max(1))
    }

    async fn look(&self, links: &[Link], round: &Round, now: UnixMs) -> Result<(), Failure> {
        let ring = |link: &Link| Recheck {
            ticket_id: link.ticket_id,
            key: format!("drift:{}:{}", link.ticket_id, round.started.0),
            not_before: None,
            at: now,
        };
        // A paused link sends nothing; its ticket is read all the same, and may be in scope again.
        let active = links.iter().filter(|link| link.state == LinkState::Active);
        let mut questions = Vec::new();
        for link in active {
            questions.push(query::issue_of(self.store.as_ref(), link, self.privacy, &self.env).await?);
        }
        // A crash between the two asks once more, which changes nothing.
        if !questions.is_empty() {
            self.store.append(questions).await?;
            self.outbox.notify_one();
        }
        let effects =
            Effects { rechecks: links.iter().map(ring).collect(), watermarks: vec![mark(round)], ..Effects::default() };
        self.store.record(effects).await?;
        self.wake.notify_one();
        Ok(())
    }

    /// The report, once what was asked has been answered; then the rest of the time until the next round.
    async fn end(&self, mut round: Round, walked: UnixMs, now: UnixMs) -> Result<Duration, Failure> {
        let waited = now.since(walked);
        if !round.reported && (0..millis(self.pace.settle)).contains(&waited) {
            return Ok(remaining(self.pace.settle, waited));
        }
        if !round.reported {
            if round.checked > 0 {
                let found = self.store.found(&KEYS, round.started).await?;
                let report = DriftReport { checked: round.checked, differed: found.differed, repaired: found.repaired };
                tracing::info!(
                    count = report.checked,
                    failures = report.differed - report.repaired,
                    "all links compared"
                );
                let message = query::message(MessageBody::DriftReport(report), None, self.privacy, &self.env)?;
                self.store.append(vec![message]).await?;
                self.outbox.notify_one();
            }
            round.reported = true;
            self.store.record(Effects { watermarks: vec![mark(&round)], ..Effects::default() }).await?;
        }
        Ok(remaining(self.pace.round, now.since(round.started)))
    }
}

fn mark(round: &Round) -> (String, String) {
    (NAME.to_owned(), serde_json::to_string(round).unwrap_or_default())
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// What is left of `whole` after `passed` ms, at most a minute: the clock may be set, and somebody may wait for the lease.
fn remaining(whole: Duration, passed: i64) -> Duration {
    let left = u64::try_from(millis(whole).saturating_sub(passed)).unwrap_or(0);
    Duration::from_millis(left.clamp(1, 60_000))
}
