//! Drives the exchanges with Forge: batch, post, settle, apply the commands of the reply. One exchange at a time, by the instance
//! that holds the exchange lease.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use envelope::Secret;
use schema::time::rfc3339;
use schema::{Message, MessageBody, MessageKind, MessageResult, ResultStatus, SidecarInfo, UnixMs, codes};
use store::{Batch, BatchLimits, Effects, Fence, OutboxRow, Settlement, StoreError};
use tokio_util::sync::CancellationToken;

use super::batch_size::BatchSize;
use super::error::ExchangeError;
use super::outcome::{self, Outcome};
use super::parts::Parts;
use super::polling::{self, Polling};
use super::request::{Draft, RequestBuilder};
use super::signed::{self, LEASE, LEASE_MS, ParsedReply};
use super::{settings_update, version};
use crate::env::millis;
use crate::health::Exchange;
use crate::inbound::connection_end;
use crate::telemetry::once_a_minute::OnceAMinute;
use crate::ticket::facts::is_resent;
use crate::ticket::number_of;

/// Longer than a post can take.
const CLAIM_MS: i64 = 90_000;
/// Longest time between two polls, in milliseconds.
const LONGEST_POLL_MS: i64 = 60_000;
/// The queue is looked at this often even if it has not changed, in milliseconds.
const LOOK_MS: i64 = 300_000;
/// Acknowledgements wait this long for what the ticket's visit has to say, so that both are one request.
const ACKS_WAIT: Duration = Duration::from_millis(400);
/// Pause before a description that could not be written to Zammad is tried again, in milliseconds.
const DESCRIBE_MS: i64 = 30_000;
/// Dead letters that are looked through after a link was restored.
const MOST_RESENT: usize = 10_000;
/// Pause after a failure of the store, and between two attempts to acquire the lease.
const PAUSE: Duration = Duration::from_secs(2);
/// A larger message is sent alone. While a request is made its messages are in memory as text, as values and as the request.
const LIMITS: BatchLimits = BatchLimits { messages: schema::MAX_MESSAGES, bytes: 1_000_000, per_ticket: 10 };

/// Drives exchanges.
pub struct Exchanger {
    parts: Parts,
    builder: RequestBuilder,
    fence: Option<Fence>,
    failures: u32,
    batch_size: BatchSize,
    sign_with_next: bool,
    next_poll: UnixMs,
    polling: Polling,
    /// Forge's mark of the empty queue, and when the queue was last looked at.
    empty: Option<(String, UnixMs)>,
}

/// The ticket that has a link because Forge accepted this message.
fn newly_linked(row: &OutboxRow) -> Option<u64> {
    match MessageKind::read(&row.kind)? {
        MessageKind::LinkRestore | MessageKind::LinkRequested | MessageKind::IssueCreate => Some(row.ticket_id),
        MessageKind::TicketMerged => match serde_json::from_str(&row.body) {
            Ok(Message { body: MessageBody::TicketMerged(merged), .. }) => Some(merged.into_ticket_id),
            _ => None,
        },
        _ => None,
    }
}

/// A message with the ticket that it is about: a question that must not wait behind the messages of its ticket is sent among those
/// without a ticket.
fn with_ticket(row: &OutboxRow) -> Cow<'_, OutboxRow> {
    let message = || serde_json::from_str::<Message>(&row.body).ok();
    let ticket_id = if row.ticket_id == 0 { message().and_then(|message| message.ticket_id) } else { None };
    ticket_id.map_or(Cow::Borrowed(row), |ticket_id| Cow::Owned(OutboxRow { ticket_id, ..row.clone() }))
}

/// The code of a message that waits for a permission in Jira.
fn refused_by_jira(settlement: &Settlement) -> Option<&str> {
    match settlement {
        Settlement::Retry { code, .. } if is_resent(code) => Some(code),
        _ => None,
    }
}

/// The pause after a failure of the store.
fn store_failed(error: &StoreError) -> Duration {
    static LINE: OnceAMinute = OnceAMinute::new();
    if LINE.is_due(tokio::time::Instant::now()) {
        // Operator: check free space and permissions of DATA_DIR, and the disk. Nothing is exchanged with Forge until it works.
        tracing::error!(error = %error, "the store failed; nothing is exchanged");
    }
    PAUSE
}

impl Exchanger {
    /// Creates an exchanger from its dependencies.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let sidecar = SidecarInfo {
            version: env!("CARGO_PKG_VERSION").into(),
            instance: parts.instance.clone(),
            started_at: rfc3339(parts.env.now()),
        };
        let polling = Polling::new(Duration::from_secs(parts.config.poll_max_seconds.into()));
        let builder = RequestBuilder::new(
            Arc::clone(&parts.config),
            Arc::clone(&parts.reader),
            Arc::clone(&parts.health),
            parts.env.clone(),
            sidecar,
        );
        Self {
            parts,
            builder,
            fence: None,
            failures: 0,
            batch_size: BatchSize::default(),
            sign_with_next: false,
            next_poll: UnixMs(0),
            polling,
            empty: None,
        }
    }

    /// Runs exchanges until `stop` is cancelled, then releases the lease.
    pub async fn run(mut self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let wait = tokio::select! {
                wait = self.step() => wait.unwrap_or_else(|error| store_failed(&error)),
                () = stop.cancelled() => break,
            };
            tokio::select! {
                () = self.parts.outbox_ready.notified(), if self.failures == 0 => {}
                () = tokio::time::sleep(wait) => {}
                () = stop.cancelled() => {}
            }
        }
        if let Some(fence) = self.fence {
            let _ = self.parts.store.release_lease(LEASE, fence).await;
        }
    }

    /// Runs one exchange if this instance holds the lease and one is due. Returns the pause until the next step.
    ///
    /// # Errors
    /// The store.
    pub async fn step(&mut self) -> Result<Duration, StoreError> {
        if self.acquire_lease().await? { self.cycle().await } else { Ok(PAUSE) }
    }

    /// Acquires or renews the lease. A new holder releases everything that an earlier holder had claimed.
    pub(super) async fn acquire_lease(&mut self) -> Result<bool, StoreError> {
        let now = self.parts.env.now();
        let held = self.parts.store.acquire_lease(LEASE, &self.parts.instance, now, LEASE_MS).await?;
        if held.is_some() && held != self.fence {
            self.parts.store.release_claims(now).await?;
            tracing::info!(instance = self.parts.instance.as_str(), "acquired the exchange lease");
        }
        self.fence = held;
        Ok(held.is_some())
    }

    /// Runs one exchange if there is something to send or a poll is due. Returns how long to wait for the next.
    pub(super) async fn cycle(&mut self) -> Result<Duration, StoreError> {
        let (store, now) = (Arc::clone(&self.parts.store), self.parts.env.now());
        if connection_end::is_ended(store.as_ref(), &self.parts.config.secrets).await?
            && store.pending_acks(1).await?.is_empty()
        {
            self.parts.health.exchange(Exchange::Ended, now, None);
            return Ok(Duration::from_secs(60));
        }
        let limits = BatchLimits { messages: self.batch_size.most(), ..LIMITS };
        let batch = store.claim(now, CLAIM_MS, limits).await?;
        let acks = store.pending_acks(schema::MAX_ACKS).await?;
        // Further away than any poll: the clock was set back.
        self.next_poll = self.next_poll.min(now.plus(LONGEST_POLL_MS));
        if batch.rows.is_empty() && acks.is_empty() && now < self.next_poll {
            return Ok(self.until_due(now).await);
        }
        let etag = store.settings().await?.map(|settings| settings.etag);
        let waiting = self.parts.commands.waiting.postponed(now);
        self.empty.take_if(|(_, looked_at)| !(0..LOOK_MS).contains(&now.since(*looked_at)));
        let mark = self.empty.as_ref().map(|(mark, _)| mark.clone());
        let draft = self.builder.build(&batch, &acks, etag, waiting, mark).await;
        if !draft.held.is_empty() {
            self.settle(&batch, draft.held.clone(), Effects::default()).await;
        }
        if draft.body.is_empty() {
            return Ok(Duration::from_secs(10));
        }
        match signed::exchange(&self.parts, self.fence, self.signing_secret(), &draft.body).await {
            Ok(reply) => {
                self.settle_results(&batch, &draft.sent, &reply.results).await?;
                let delivered: Vec<String> = acks.into_iter().map(|ack| ack.command_id).collect();
                if !delivered.is_empty() {
                    store.acks_delivered(&delivered).await?;
                }
                self.plan_poll(&batch, &draft.sent, &reply, now).await?;
                Ok(self.succeeded(&batch, reply).await)
            }
            Err(error) => Ok(self.failed(&batch, &draft, &error).await),
        }
    }

    /// The time until a message becomes due or a poll is, whichever comes first.
    async fn until_due(&self, now: UnixMs) -> Duration {
        let due = self.parts.store.next_due().await.ok().flatten().unwrap_or(self.next_poll).min(self.next_poll);
        Duration::from_millis(u64::try_from(due.since(now)).unwrap_or(0).clamp(50, 5_000))
    }

    async fn succeeded(&mut self, batch: &Batch, reply: ParsedReply) -> Duration {
        self.failures = 0;
        if let Some(quota) = &reply.quota {
            self.parts.health.jira_quota(quota, self.parts.env.now());
        }
        let is_full = batch.rows.len() >= self.batch_size.most();
        self.batch_size.succeeded(batch.rows.len());
        self.parts.health.warn_of("forge-certificate", Vec::new());
        let old = version::too_old(env!("CARGO_PKG_VERSION"), &reply.forge.min_sidecar);
        self.parts.health.warn_of("sidecar-too-old", old.into_iter().collect());
        let next = self.parts.config.secrets.next().map(Secret::key_id);
        self.sign_with_next = next.is_some_and(|id| reply.keys.live.iter().any(|live| live == id.as_str()));
        if settings_update::keep(self.parts.store.as_ref(), reply.config).await {
            self.parts.settings_changed.notify_one();
        }
        let ended = self.parts.commands.admit(reply.commands).await;
        if ended {
            self.parts.inbox_ready.notify_one();
        }
        // Commands that only wait give nothing to send.
        match (is_full, ended) {
            (true, _) => Duration::ZERO,
            (false, true) => ACKS_WAIT,
            (false, false) => self.until_due(self.parts.env.now()).await,
        }
    }

    /// Decides when to ask for commands again, and keeps the mark of the empty queue. `began`: when the exchange began.
    async fn plan_poll(
        &mut self,
        batch: &Batch,
        sent: &[String],
        reply: &ParsedReply,
        began: UnixMs,
    ) -> Result<(), StoreError> {
        let (store, now) = (Arc::clone(&self.parts.store), self.parts.env.now());
        let Some(queue) = &reply.queue else {
            // An older version of the app decides itself.
            self.next_poll = now.plus(i64::from(reply.next_poll_ms).clamp(500, LONGEST_POLL_MS));
            return Ok(());
        };
        let is_change =
            |row: &&OutboxRow| sent.contains(&row.id) && MessageKind::read(&row.kind).is_some_and(polling::is_change);
        if !reply.commands.is_empty() || batch.rows.iter().any(|row| is_change(&row)) {
            self.polling.changed(store.as_ref(), now).await?;
        } else if let Some(ago) = queue.changed_ms_ago.and_then(|ago| i64::try_from(ago).ok()) {
            self.polling.changed(store.as_ref(), now.plus(-ago)).await?;
        }
        let looked_at = match self.empty.take() {
            Some((mark, looked_at)) if queue.empty_mark.as_ref() == Some(&mark) => looked_at,
            _ => now,
        };
        self.empty = queue.empty_mark.clone().map(|mark| (mark, looked_at));
        self.parts.health.usual_hour(self.polling.is_usual_hour(store.as_ref(), now).await?);
        // Not before half of the time has passed, if the exchange itself took long.
        let interval = self.polling.pause_ms(store.as_ref(), now).await?;
        self.next_poll = began.plus(interval).max(now.plus(interval / 2));
        Ok(())
    }

    /// After the end of the connection Forge refuses everything. If it did so before its answer to the last acknowledgements
    /// arrived, they have been received all the same.
    async fn end_if_refused(&self) {
        let Parts { store, config, .. } = &self.parts;
        if connection_end::is_ended(store.as_ref(), &config.secrets).await.unwrap_or(false)
            && let Ok(acks) = store.pending_acks(schema::MAX_ACKS).await
        {
            let ids: Vec<String> = acks.into_iter().map(|ack| ack.command_id).collect();
            let _ = store.acks_delivered(&ids).await;
        }
    }

    async fn failed(&mut self, batch: &Batch, draft: &Draft, error: &ExchangeError) -> Duration {
        self.failures = self.failures.saturating_add(1);
        let now = self.parts.env.now();
        let (code, exchange, after) = error.class();
        if let ExchangeError::Reply(refusal) = error {
            // Operator: check that FORGE_WEBTRIGGER_URL is as `connection.create` returned it and that no proxy changes replies.
            tracing::warn!(reason = %refusal, "reply rejected: not signed by Forge");
        }
        if exchange == Exchange::Unauthorized {
            self.end_if_refused().await;
        }
        self.parts.health.exchange(exchange, now, None);
        self.parts.health.warn_of("forge-certificate", error.tls().into_iter().collect());
        let status = error.status();
        let delay = backoff::delay(self.failures, after, self.parts.env.jitter());
        let wait_ms = millis(delay);
        // Operator: /readyz names the cause. Nothing is lost; the same messages are sent again.
        tracing::warn!(code, status, wait_ms, failures = self.failures, "exchange with Forge failed; retrying");
        if matches!(error, ExchangeError::LostLease) {
            self.fence = None;
            return Duration::from_millis(100);
        }
        let refused_whole = matches!(error, ExchangeError::Refused { .. });
        let is_alone = draft.sent.len() == 1;
        let settlement = |id: &String| {
            let attempts = batch.rows.iter().find(|row| row.id == *id).map_or(0, |row| row.attempts);
            let settlement = if refused_whole && is_alone {
                // Refused although it was alone: it would be refused for ever.
                Settlement::Dead { code: "refused-by-forge".into() }
            } else if refused_whole {
                Settlement::Retry { at: now, code: code.into() }
            } else if is_alone && error.may_mean_size() {
                // It may be the reason of the failure, so the others go before it.
                let own = backoff::delay(attempts.saturating_add(3), after, self.parts.env.jitter());
                Settlement::Retry { at: now.plus(wait_ms + millis(own)), code: code.into() }
            } else {
                Settlement::Retry { at: now.plus(wait_ms), code: code.into() }
            };
            (id.clone(), settlement)
        };
        self.settle(batch, draft.sent.iter().map(settlement).collect(), Effects::default()).await;
        if error.may_mean_size() && !draft.sent.is_empty() {
            self.batch_size.failed(draft.sent.len());
        }
        if refused_whole && !draft.sent.is_empty() {
            self.failures = 0;
            return Duration::from_millis(200);
        }
        delay
    }

    /// Settles the sent messages by their results. A file in an answer is written to Zammad first.
    async fn settle_results(
        &self,
        batch: &Batch,
        sent: &[String],
        results: &[MessageResult],
    ) -> Result<(), StoreError> {
        let Parts { store, commands, config, env, .. } = &self.parts;
        let settings = commands.settings.current(store.as_ref()).await?.settings;
        let mut settlements = Vec::new();
        let mut waiting: BTreeMap<u64, Option<String>> = BTreeMap::new();
        let mut outcome = Outcome {
            store: store.as_ref(),
            privacy: config.privacy,
            settings: &settings,
            now: env.now(),
            effects: Effects::default(),
        };
        for sent in batch.rows.iter().filter(|row| sent.contains(&row.id)) {
            let row = &*with_ticket(sent);
            let result = results.iter().find(|result| result.id == row.id);
            outcome.now = env.now();
            let settled = match MessageKind::read(&row.kind) {
                Some(MessageKind::AttachmentFetch) => {
                    let written = commands.write_file(row, result).await;
                    outcome.effects.facts.extend(written.effects.facts);
                    outcome.effects.provenance.extend(written.effects.provenance);
                    Ok(written.settlement)
                }
                Some(MessageKind::LinkRequested | MessageKind::LinkRestore) => {
                    let settled = outcome.settle(row, result).await;
                    // The note about the issue, and the comments that the next message asks for, need the link.
                    store.record(std::mem::take(&mut outcome.effects)).await?;
                    self.parts.inbox_ready.notify_one();
                    let is_done = settled.is_err() || commands.describe(row, result).await;
                    let wait = Settlement::Retry { at: env.now().plus(DESCRIBE_MS), code: "description-waits".into() };
                    if is_done { settled } else { Ok(wait) }
                }
                kind => {
                    if kind == Some(MessageKind::IssueGet) {
                        outcome.effects.facts.extend(commands.catch_up(row, result).await);
                    }
                    outcome.settle(row, result).await
                }
            };
            match settled {
                Ok(settlement) => {
                    // Other messages of the ticket in this exchange may have been accepted.
                    let waits = waiting.entry(sent.ticket_id).or_insert(None);
                    *waits = waits.take().or_else(|| refused_by_jira(&settlement).map(str::to_owned));
                    settlements.push((row.id.clone(), settlement));
                }
                // It stays claimed, is sent again when the claim expires, and Forge recognises its id.
                Err(error) => {
                    // Operator: check free space and permissions of DATA_DIR; the message is sent again by itself.
                    tracing::error!(message_id = row.id.as_str(), error = %error, "answer of Forge not processed");
                }
            }
        }
        for (ticket_id, code) in waiting {
            let listed = match code {
                Some(code) => Some(format!("{}: {code}", number_of(store.as_ref(), ticket_id).await?)),
                None => None,
            };
            self.parts.health.message_waits(ticket_id, listed);
        }
        let effects = outcome.effects;
        self.settle(batch, settlements, effects).await;
        self.resend_to_new_links(batch, results).await
    }

    /// Sends messages again that Forge refused because it did not know their link yet, once it knows it: after a new
    /// installation, and if they were faster than the merge that moved the link to their ticket.
    async fn resend_to_new_links(&self, batch: &Batch, results: &[MessageResult]) -> Result<(), StoreError> {
        let is_accepted = |row: &OutboxRow| {
            results.iter().any(|result| {
                result.id == row.id && matches!(result.status, ResultStatus::Accepted | ResultStatus::Duplicate)
            })
        };
        let accepted = batch.rows.iter().filter(|row| is_accepted(row));
        let linked: BTreeSet<u64> = accepted.filter_map(newly_linked).collect();
        if linked.is_empty() {
            return Ok(());
        }
        let store = &self.parts.store;
        for letter in store.dead_letters(MOST_RESENT).await? {
            if letter.code == codes::NOT_LINKED && linked.contains(&letter.ticket_id) {
                store.replay(&letter.id, self.parts.env.now()).await?;
            }
        }
        Ok(())
    }

    async fn settle(&self, batch: &Batch, settlements: Vec<(String, Settlement)>, mut effects: Effects) {
        if settlements.is_empty() {
            return;
        }
        let now = self.parts.env.now();
        for (id, settlement) in &settlements {
            if let Settlement::Dead { code } = settlement
                && let Some(row) = batch.rows.iter().find(|row| row.id == *id)
            {
                outcome::abandoned(row, code, now, &mut effects);
            }
        }
        let rechecks = !effects.rechecks.is_empty();
        match self.parts.store.settle(batch, settlements, effects, now).await {
            Ok(()) if rechecks => self.parts.inbox_ready.notify_one(),
            Ok(()) => {}
            // Operator: nothing to do; the other instance sends these messages.
            Err(StoreError::Fenced { .. }) => tracing::warn!("another instance has claimed these messages"),
            Err(error) => {
                // Operator: check free space and permissions of DATA_DIR; Forge recognises repeated messages by their ids.
                tracing::error!(error = %error, "results of messages not recorded; the messages are sent again");
            }
        }
    }

    fn signing_secret(&self) -> &Secret {
        match self.parts.config.secrets.next() {
            Some(next) if self.sign_with_next => next,
            _ => self.parts.config.secrets.current(),
        }
    }
}

#[cfg(test)]
#[path = "exchanger_tests.rs"]
mod tests;
