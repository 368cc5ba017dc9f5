//! Asks Jira once an hour which linked issues changed. An issue whose last change no event told of, and which the connector did not
//! make itself, is asked for with its comments and files. The search index lags behind, so Forge searches overlapping periods
//! (docs/capacity.md).

use std::sync::Arc;
use std::time::Duration;

use redaction::Privacy;
use schema::time::{parse_rfc3339, rfc3339};
use schema::{IssuesChanged, MessageBody, UnixMs};
use serde::{Deserialize, Serialize};
use store::{LinkState, Store};
use tokio::sync::Notify;

use super::periodic::{Periodic, holds_lease, keep_progress, progress};
use super::question::{self, Answer};
use super::{ReconcileError, all_issues};
use crate::env::{Env, millis};
use crate::health::Health;
use crate::ticket::facts;

/// Watermark (the progress, as JSON), lease and name in logs.
const NAME: &str = "changed-issues";
/// How often an answer is looked for.
const LOOK: Duration = Duration::from_secs(2);

/// The task; run it with [`super::run`].
pub struct ChangedIssues {
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
    /// From one question to the next, in hours in which this helpdesk usually works with Jira; in others four times as long.
    pub every: Duration,
}

/// How much longer the pause is when nobody works.
const SELDOM: u32 = 4;

/// The stored progress.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Progress {
    /// Up to where the answers reach; RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<String>,
    /// The question that has no answer yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    asked: Option<String>,
    /// When the next question is due.
    next: UnixMs,
}

impl Periodic for ChangedIssues {
    const NAME: &'static str = NAME;

    async fn step(&mut self) -> Result<Duration, ReconcileError> {
        self.ask_next().await
    }

    fn env(&self) -> &Env {
        &self.env
    }

    fn health(&self) -> &Health {
        &self.health
    }
}

impl ChangedIssues {
    /// Asks, or uses the answer; returns the pause until the next step.
    ///
    /// # Errors
    /// [`ReconcileError`]; the next step continues.
    pub async fn ask_next(&self) -> Result<Duration, ReconcileError> {
        let now = self.env.now();
        if !holds_lease(&self.store, NAME, &self.instance, &self.env).await? {
            return Ok(Duration::from_secs(60));
        }
        let store = self.store.as_ref();
        let mut progress: Progress = progress(store, NAME).await?.unwrap_or_default();
        if let Some(id) = progress.asked.take() {
            match question::answer::<schema::ChangedIssues>(self.store.as_ref(), &id).await? {
                Answer::Waiting => return Ok(LOOK),
                Answer::Missing => progress.next = self.next(now),
                Answer::Given(answer) => self.compare(answer, &mut progress, now).await?,
            }
            keep_progress(store, NAME, &progress).await?;
        }
        // Further away than the longest pause: the clock was set back.
        let wait = progress.next.since(now);
        if wait > 0 && wait <= millis(self.every * SELDOM).max(3_600_000) {
            return Ok(Duration::from_millis(u64::try_from(wait).unwrap_or(0).min(60_000)));
        }
        let since = progress.until.clone().unwrap_or_else(|| rfc3339(now.plus(-millis(self.every))));
        let body = MessageBody::IssuesChanged(IssuesChanged { since });
        let message = question::message(body, None, self.privacy, &self.env)?;
        progress.asked = Some(message.id.clone());
        // A crash between the two steps asks again, which changes nothing.
        self.store.append(vec![message]).await?;
        keep_progress(store, NAME, &progress).await?;
        self.outbox_ready.notify_one();
        Ok(LOOK)
    }

    fn next(&self, now: UnixMs) -> UnixMs {
        now.plus(millis(if self.health.is_usual_hour() { self.every } else { self.every * SELDOM }))
    }

    /// Asks for the issues of the answer whose last change is not known.
    async fn compare(
        &self,
        answer: schema::ChangedIssues,
        progress: &mut Progress,
        now: UnixMs,
    ) -> Result<(), ReconcileError> {
        if let Some(wait) = answer.wait_ms {
            progress.next = now.plus(i64::from(wait));
            return Ok(());
        }
        let mut questions = Vec::new();
        for issue in &answer.issues {
            let Some(updated_at) = parse_rfc3339(&issue.updated_at) else { continue };
            let links = self.store.links_of_issue(&issue.issue_id).await?;
            for link in links.iter().filter(|link| link.state == LinkState::Active) {
                let facts = self.store.link_facts(link.ticket_id, &link.issue_id).await?;
                if !facts::is_known(&facts, updated_at) {
                    questions.push(question::issue_of(self.store.as_ref(), link, self.privacy, &self.env).await?);
                }
            }
        }
        if !questions.is_empty() {
            tracing::info!(count = questions.len(), "linked issues changed without an event; asking for them");
            self.store.append(questions).await?;
            self.outbox_ready.notify_one();
        }
        if answer.more {
            all_issues::request(self.store.as_ref(), now).await?;
        }
        progress.until = Some(answer.until);
        progress.next = self.next(now);
        Ok(())
    }
}

#[cfg(test)]
#[path = "changed_issues_tests.rs"]
mod tests;
