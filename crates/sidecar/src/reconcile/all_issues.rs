//! Reads the issue of every link once a week, 100 in one request. An issue with a change that is not known is asked for with its
//! comments and files, and so is one that has changed since it was asked for four weeks ago: an event may have been lost just before
//! another one of the same issue. One that Jira does not return is asked for alone, which tells why. Forge marks the issues that
//! have no mark for the search (docs/capacity.md).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use redaction::Privacy;
use schema::time::parse_rfc3339;
use schema::{IssuesFound, IssuesRead, KnownLink, MAX_ISSUES_READ, MessageBody, Settings, UnixMs};
use serde::{Deserialize, Serialize};
use store::{Link, LinkState, Store};
use tokio::sync::Notify;

use super::ReconcileError;
use super::periodic::{Periodic, holds_lease, keep_progress, progress};
use super::question::{self, Answer};
use crate::env::{Env, millis};
use crate::health::Health;
use crate::ticket::{KnownIssue, facts};

/// Watermark (the current round, as JSON), lease and name in logs.
const NAME: &str = "all-issues";
/// Watermark: when a round was requested besides the regular ones, in milliseconds since 1970.
const REQUESTED: &str = "all-issues-requested";
/// With this many waiting rows the round pauses: it is less urgent than reported changes.
const BUSY: u64 = 1_000;
/// How often an answer is looked for, and the shortest pause between two requests.
const LOOK: Duration = Duration::from_secs(2);
/// The comments and files of an issue that keeps changing are asked for after this many rounds, also if every change is known.
const ROUNDS_UNTIL_ASKED: u32 = 4;
/// The longest pause between two requests, in milliseconds.
const LONGEST_GAP_MS: i64 = 3_600_000;

/// The task; run it with [`super::run`].
pub struct AllIssues {
    /// Persistence.
    pub store: Arc<dyn Store>,
    /// Clock and randomness.
    pub env: Env,
    /// Receives failures, and knows what is left of Jira's rate limit.
    pub health: Arc<Health>,
    /// To notify when the outbox has new messages.
    pub outbox_ready: Arc<Notify>,
    /// Privacy mode.
    pub privacy: Privacy,
    /// Name of this instance, the holder of the lease.
    pub instance: String,
    /// From the start of one round to the start of the next.
    pub round: Duration,
}

/// The stored state of a round.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Round {
    started: UnixMs,
    /// The last link that was read: ticket, issue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after: Option<(u64, String)>,
    /// The question that has no answer yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    asked: Option<String>,
    /// When the next question is due.
    next: UnixMs,
    /// Whether all links were read.
    over: bool,
    /// Whether it goes as fast as Jira's rate limit allows: the first one, and one that other settings or a request began.
    fast: bool,
    /// Whether the fields of every issue are wanted, since other settings need other fields.
    all_fields: bool,
    /// Fingerprint of the settings that decide which fields are read from Jira.
    settings: String,
}

/// A fingerprint of the settings that decide what is read from Jira.
fn fingerprint(settings: &Settings) -> String {
    let custom: Vec<&String> = settings.fields.custom.iter().map(|field| &field.jira).collect();
    let files = settings.attachments.direction.to_zammad();
    schema::fingerprint(&(custom, &settings.fields.tags.prefix, &settings.scope, settings.comments.to_zammad, files))
}

/// Requests a round that begins at once.
///
/// # Errors
/// The store.
pub(super) async fn request(store: &dyn Store, now: UnixMs) -> Result<(), ReconcileError> {
    Ok(keep_progress(store, REQUESTED, &now).await?)
}

impl Periodic for AllIssues {
    const NAME: &'static str = NAME;

    async fn step(&mut self) -> Result<Duration, ReconcileError> {
        self.read_next().await
    }

    fn env(&self) -> &Env {
        &self.env
    }

    fn health(&self) -> &Health {
        &self.health
    }
}

impl AllIssues {
    /// Asks for the next issues, or uses the answer; returns the pause until the next step.
    ///
    /// # Errors
    /// [`ReconcileError`]; the next step continues after the last stored link.
    pub async fn read_next(&self) -> Result<Duration, ReconcileError> {
        let now = self.env.now();
        if !holds_lease(&self.store, NAME, &self.instance, &self.env).await? {
            return Ok(Duration::from_secs(60));
        }
        let mut round = self.round_at(now).await?;
        if let Some(id) = round.asked.take() {
            match question::answer::<IssuesFound>(self.store.as_ref(), &id).await? {
                Answer::Waiting => return Ok(LOOK),
                Answer::Missing => round.next = now.plus(LONGEST_GAP_MS),
                Answer::Given(answer) => self.compare(answer, &mut round, now).await?,
            }
            self.keep(&round).await?;
        }
        // Further away than any pause: the clock was set back.
        let wait = round.next.since(now);
        if wait > 0 && wait <= LONGEST_GAP_MS {
            return Ok(Duration::from_millis(u64::try_from(wait).unwrap_or(0).min(60_000)));
        }
        if round.over {
            return Ok(Duration::from_secs(60).min(self.round));
        }
        let counts = self.store.counts().await?;
        if counts.inbox + counts.outbox >= BUSY {
            return Ok(Duration::from_secs(60));
        }
        if let Some(wait) = self.health.jira_background_wait(now) {
            return Ok(wait.min(Duration::from_secs(60)));
        }
        self.ask(&mut round).await?;
        Ok(LOOK)
    }

    /// Returns the running round, or a new one if it is time for it.
    async fn round_at(&self, now: UnixMs) -> Result<Round, ReconcileError> {
        let stored: Option<Round> = progress(self.store.as_ref(), NAME).await?;
        let settings = self.store.settings().await?;
        let settings = settings.and_then(|settings| serde_json::from_str(&settings.json).ok()).unwrap_or_default();
        let settings = fingerprint(&settings);
        let requested: Option<UnixMs> = progress(self.store.as_ref(), REQUESTED).await?;
        let Some(round) = stored else {
            return Ok(Round { started: now, fast: true, settings, ..Round::default() });
        };
        let other_fields = round.settings != settings;
        // A negative age means that the clock was set back: the next round must not wait until that time comes again.
        let age = now.since(round.started);
        let is_due = round.over && !(0..millis(self.round)).contains(&age);
        let is_requested = requested.is_some_and(|at| at.since(round.started) > 0 && now.since(at) >= 0);
        if other_fields || is_due || is_requested {
            let all_fields = other_fields || (round.all_fields && !round.over);
            let fast = other_fields || is_requested;
            return Ok(Round { started: now, fast, all_fields, settings, ..Round::default() });
        }
        Ok(round)
    }

    async fn batch(&self, round: &Round) -> Result<Vec<Link>, ReconcileError> {
        Ok(self.store.links_after(round.after.clone(), MAX_ISSUES_READ).await?)
    }

    /// Asks for the next issues.
    async fn ask(&self, round: &mut Round) -> Result<(), ReconcileError> {
        let links = self.batch(round).await?;
        let Some(last) = links.last() else {
            round.over = true;
            return self.keep(round).await;
        };
        let mut known = Vec::new();
        // A paused link sends nothing.
        for link in links.iter().filter(|link| link.state == LinkState::Active) {
            let facts = self.store.link_facts(link.ticket_id, &link.issue_id).await?;
            let updated_at = KnownIssue::of(&facts).map(|issue| issue.snapshot.updated_at);
            known.push(KnownLink { ticket_id: link.ticket_id, issue_id: link.issue_id.clone(), updated_at });
        }
        if known.is_empty() {
            round.after = Some((last.ticket_id, last.issue_id.clone()));
            return self.keep(round).await;
        }
        let body = MessageBody::IssuesRead(IssuesRead { links: known, all_fields: round.all_fields });
        let message = question::message(body, None, self.privacy, &self.env)?;
        round.asked = Some(message.id.clone());
        // A crash between the two steps asks again, which changes nothing.
        self.store.append(vec![message]).await?;
        self.keep(round).await?;
        self.outbox_ready.notify_one();
        Ok(())
    }

    /// Asks for the comments and files of issues that changed since they were last asked for, and for missing issues. The snapshots
    /// are stored already (`exchange::issues_read`).
    async fn compare(&self, answer: IssuesFound, round: &mut Round, now: UnixMs) -> Result<(), ReconcileError> {
        if let Some(wait) = answer.wait_ms {
            round.next = now.plus(i64::from(wait));
            return Ok(());
        }
        let read: BTreeMap<&str, Option<UnixMs>> =
            answer.issues.iter().map(|issue| (issue.issue_id.as_str(), parse_rfc3339(&issue.updated_at))).collect();
        let mut questions = Vec::new();
        for (place, link) in self.batch(round).await?.into_iter().enumerate() {
            let is_missing = answer.missing.contains(&link.issue_id);
            let updated_at = read.get(link.issue_id.as_str());
            let is_answered = is_missing || updated_at.is_some() || link.state != LinkState::Active;
            // A link for which the answer had no room is asked for again. The first link always fits.
            if !is_answered && place > 0 {
                break;
            }
            round.after = Some((link.ticket_id, link.issue_id.clone()));
            if link.state != LinkState::Active {
                continue;
            }
            let facts = self.store.link_facts(link.ticket_id, &link.issue_id).await?;
            let is_wanted = |updated_at: UnixMs| {
                let caught_up = facts::caught_up_to(&facts).and_then(|at| parse_rfc3339(&at));
                let oldest = now.plus(-millis(self.round * ROUNDS_UNTIL_ASKED));
                !facts::is_known(&facts, updated_at) || (Some(updated_at) > caught_up && caught_up < Some(oldest))
            };
            if is_missing || updated_at.copied().flatten().is_some_and(is_wanted) {
                questions.push(question::issue_of(self.store.as_ref(), &link, self.privacy, &self.env).await?);
            }
        }
        if !questions.is_empty() {
            self.store.append(questions).await?;
            self.outbox_ready.notify_one();
        }
        round.next = now.plus(if round.fast { millis(LOOK) } else { self.gap_ms().await? });
        Ok(())
    }

    /// The pause between two requests that spreads a round over its time, in milliseconds.
    async fn gap_ms(&self) -> Result<i64, ReconcileError> {
        let links = usize::try_from(self.store.link_count().await?).unwrap_or(usize::MAX);
        let requests = i64::try_from(links.div_ceil(MAX_ISSUES_READ).max(1)).unwrap_or(i64::MAX);
        Ok((millis(self.round) / requests).min(LONGEST_GAP_MS))
    }

    async fn keep(&self, round: &Round) -> Result<(), ReconcileError> {
        Ok(keep_progress(self.store.as_ref(), NAME, round).await?)
    }
}

#[cfg(test)]
#[path = "all_issues_tests.rs"]
mod tests;
