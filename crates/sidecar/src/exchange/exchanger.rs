//! The exchange with Forge: batch, sign, post, verify, settle, and hand over the commands that came back. One at a time,
//! by whoever holds the lease.

use std::sync::Arc;
use std::time::Duration;

use envelope::{Nonce, Refusal, Reply as Seal, SealedHeaders, Secret, Timestamp, seal};
use schema::{Command, MessageResult, Reply, Settings, SidecarInfo, UnixMs, Validate as _};
use store::{Batch, BatchLimits, Effects, Fence, Settlement, Store, StoreError};
use time::OffsetDateTime;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use zammad::backoff;

use super::Sources;
use super::outcome::{self, Outcome};
use super::request::{Draft, Drafter};
use crate::env::{Env, rfc3339};
use crate::config::Config;
use crate::settings::SettingsCache;
use crate::egress::{Answer, ForgeClient, NoAnswer};
use crate::health::{Exchange, Health};
use crate::inbound::Inbound;

const LEASE: &str = "exchange";
/// A standby takes over this long after the holder fell silent.
const LEASE_MS: i64 = 15_000;
const RENEW: Duration = Duration::from_secs(5);
/// Longer than a post can take.
const CLAIM_MS: i64 = 90_000;
const ACKS: usize = schema::MAX_ACKS;
const LIMITS: BatchLimits = BatchLimits { messages: schema::MAX_MESSAGES, bytes: 3_000_000, per_ticket: 10 };

type ReadReply = Reply<Result<Command, (String, &'static str)>>;

/// What an [`Exchanger`] is made of.
pub struct Parts {
    /// Settings.
    pub config: Arc<Config>,
    /// Persistence.
    pub store: Arc<dyn Store>,
    /// The way out.
    pub forge: ForgeClient,
    /// For files, and for the search in privacy mode.
    pub sources: Arc<Sources>,
    /// Takes the commands of a reply.
    pub inbound: Inbound,
    /// Clock and randomness.
    pub env: Env,
    /// Told how exchanges end.
    pub health: Arc<Health>,
    /// Rung when the outbox has something new.
    pub wake: Arc<Notify>,
    /// To be rung when an answer asks for another look at a ticket.
    pub doorbells: Arc<Notify>,
    /// Rung when there are new settings.
    pub resettled: Arc<Notify>,
    /// Name of this instance: holder of the lease.
    pub instance: String,
}

/// Drives exchanges.
pub struct Exchanger {
    parts: Parts,
    drafter: Drafter,
    settings_cache: Arc<SettingsCache>,
    fence: Option<Fence>,
    failures: u32,
    /// Send one message at a time: Forge refused a whole request, and this finds the message it meant.
    alone: bool,
    sign_with_next: bool,
    next_poll: UnixMs,
}

impl std::ops::Deref for Exchanger {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.parts
    }
}

/// Why an exchange did not come to its end.
enum Failure {
    NoAnswer(NoAnswer),
    Status { status: u16, after: Option<Duration> },
    Reply(Refusal),
    Unreadable,
    NoEntropy,
    LostLease,
}

impl Exchanger {
    /// Over its parts.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let sidecar = SidecarInfo {
            version: env!("CARGO_PKG_VERSION").into(),
            instance: parts.instance.clone(),
            started_at: rfc3339(parts.env.now()),
        };
        let drafter = Drafter::new(
            Arc::clone(&parts.config),
            Arc::clone(&parts.sources),
            Arc::clone(&parts.health),
            parts.env.clone(),
            sidecar,
        );
        let settings_cache = Arc::clone(&parts.inbound.settings_cache);
        Self {
            parts,
            drafter,
            settings_cache,
            fence: None,
            failures: 0,
            alone: false,
            sign_with_next: false,
            next_poll: UnixMs(0),
        }
    }

    /// Exchanges until `stop`, then gives the lease up.
    pub async fn run(mut self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let wait = match self.hold().await {
                Ok(true) => tokio::select! {
                    waited = self.cycle() => waited,
                    () = stop.cancelled() => break,
                },
                Ok(false) => Duration::from_secs(2),
                Err(_) => {
                    self.health.store(false);
                    Duration::from_secs(2)
                }
            };
            tokio::select! {
                () = self.wake.notified(), if self.failures == 0 => {}
                () = tokio::time::sleep(wait) => {}
                () = stop.cancelled() => {}
            }
        }
        if let Some(fence) = self.fence {
            let _ = self.store.release_lease(LEASE, fence).await;
        }
    }

    /// Takes or renews the lease. On taking it, whatever an earlier holder had claimed is free again.
    async fn hold(&mut self) -> Result<bool, StoreError> {
        let now = self.env.now();
        let held = self.store.acquire_lease(LEASE, &self.instance, now, LEASE_MS).await?;
        if held.is_some() && held != self.fence {
            self.store.release_claims().await?;
            tracing::info!(instance = self.instance.as_str(), "this instance talks to Forge");
        }
        self.fence = held;
        Ok(held.is_some())
    }

    /// One exchange, if there is something to say or it is time to ask. Returns how long to rest.
    async fn cycle(&mut self) -> Duration {
        let now = self.env.now();
        let limits = if self.alone { BatchLimits { messages: 1, ..LIMITS } } else { LIMITS };
        let (Ok(batch), Ok(acks)) =
            (self.store.claim(now, CLAIM_MS, limits).await, self.store.pending_acks(ACKS).await)
        else {
            self.health.store(false);
            return Duration::from_secs(2);
        };
        if batch.rows.is_empty() && acks.is_empty() && now < self.next_poll {
            return self.rest(now).await;
        }
        let (etag, settings) = match self.settings_cache.now(self.store.as_ref()).await {
            Ok(settings_cache) => settings_cache,
            Err(_) => {
                self.health.store(false);
                return Duration::from_secs(2);
            }
        };
        let draft = self.drafter.draft(&batch, &acks, etag).await;
        if !draft.held.is_empty() {
            self.settle(&batch, draft.held.clone(), Effects::default()).await;
        }
        if draft.body.is_empty() {
            return Duration::from_secs(10);
        }
        match self.exchange(&draft).await {
            Ok(reply) => {
                self.settle_results(&batch, &draft.sent, &reply.results, &settings).await;
                let heard: Vec<String> = acks.into_iter().map(|ack| ack.command_id).collect();
                if !heard.is_empty() && self.store.acks_delivered(&heard).await.is_err() {
                    self.health.store(false);
                }
                self.end_well(&batch, reply).await
            }
            Err(failure) => self.end_badly(&batch, &draft, &failure).await,
        }
    }

    /// Until a message becomes due or it is time to ask, whichever comes first.
    async fn rest(&self, now: UnixMs) -> Duration {
        let due = self.store.next_due().await.ok().flatten().unwrap_or(self.next_poll).min(self.next_poll);
        Duration::from_millis(u64::try_from(due.since(now)).unwrap_or(0).clamp(50, 5_000))
    }

    async fn end_well(&mut self, batch: &Batch, reply: ReadReply) -> Duration {
        self.failures = 0;
        // One message alone went through: the others may go together again once none is left that was refused.
        self.alone = self.alone && !batch.rows.is_empty();
        let next = self.config.secrets.next().map(Secret::key_id);
        self.sign_with_next = next.is_some_and(|id| reply.keys.live.iter().any(|live| live == id.as_str()));
        self.next_poll = self.env.now().plus(i64::from(reply.next_poll_ms.clamp(500, 60_000)));
        self.take_settings(reply.config).await;
        let commands = reply.commands.len();
        if self.inbound.admit(reply.commands).await {
            self.doorbells.notify_one();
        }
        // With something just applied or more to send there is something to say at once.
        if commands > 0 || batch.rows.len() >= LIMITS.messages || self.alone {
            Duration::ZERO
        } else {
            self.rest(self.env.now()).await
        }
    }

    async fn end_badly(&mut self, batch: &Batch, draft: &Draft, failure: &Failure) -> Duration {
        self.failures = self.failures.saturating_add(1);
        let now = self.env.now();
        let (code, exchange, after) = match failure {
            Failure::NoAnswer(NoAnswer::Connect) => ("connect", Exchange::Unreachable, None),
            Failure::NoAnswer(NoAnswer::Timeout) => ("timeout", Exchange::Unreachable, None),
            Failure::NoAnswer(_) => ("broken-off", Exchange::Unreachable, None),
            Failure::Status { status: 401, .. } => ("unauthorized", Exchange::Unauthorized, None),
            Failure::Status { status: 429, after } => ("limited", Exchange::Unreachable, *after),
            Failure::Status { status: 400 | 413, .. } => ("refused", Exchange::Unreachable, None),
            Failure::Status { after, .. } => ("status", Exchange::Unreachable, *after),
            Failure::Reply(refusal) => {
                tracing::warn!(reason = %refusal, "the reply is not signed as Forge signs");
                ("unsigned-reply", Exchange::UnsignedReply, None)
            }
            Failure::Unreadable => ("unreadable-reply", Exchange::Unreachable, None),
            Failure::NoEntropy => ("no-entropy", Exchange::Unreachable, None),
            Failure::LostLease => ("lost-lease", Exchange::Unreachable, None),
        };
        self.health.exchange(exchange, now, None);
        let status = if let Failure::Status { status, .. } = failure { *status } else { 0 };
        let delay = backoff::delay(self.failures, after, self.env.jitter());
        let wait_ms = i64::try_from(delay.as_millis()).unwrap_or(i64::MAX);
        tracing::warn!(code, status, wait_ms, failures = self.failures, "exchange failed; everything is sent again");
        if matches!(failure, Failure::LostLease) {
            self.fence = None;
            return Duration::from_millis(100);
        }
        let refused_whole = matches!(status, 400 | 413);
        let settlement = |id: &String| {
            let settlement = if refused_whole && draft.sent.len() == 1 {
                // Alone and still refused: it is this one, and it would be refused for ever.
                Settlement::Dead { code: "refused-by-forge".into() }
            } else {
                Settlement::Retry { at: now.plus(if refused_whole { 0 } else { wait_ms }), code: code.into() }
            };
            (id.clone(), settlement)
        };
        self.settle(batch, draft.sent.iter().map(settlement).collect(), Effects::default()).await;
        if refused_whole && !draft.sent.is_empty() {
            self.alone = true;
            self.failures = 0;
            return Duration::from_millis(200);
        }
        delay
    }

    /// What became of each sent message. A file that came with the answer is written to Zammad first.
    async fn settle_results(&self, batch: &Batch, sent: &[String], results: &[MessageResult], settings: &Settings) {
        let (mut settlements, mut effects) = (Vec::new(), Effects::default());
        for row in batch.rows.iter().filter(|row| sent.contains(&row.id)) {
            let result = results.iter().find(|result| result.id == row.id);
            let mut outcome = Outcome {
                store: self.store.as_ref(),
                privacy: self.config.privacy,
                settings,
                now: self.env.now(),
                effects: std::mem::take(&mut effects),
            };
            if row.kind == "issue.get" {
                outcome.effects.bases.extend(self.inbound.catch_up(row, result).await);
            }
            let settled = if row.kind == "attachment.fetch" {
                let written = self.inbound.file(row, result).await;
                outcome.effects.bases.extend(written.effects.bases);
                outcome.effects.provenance.extend(written.effects.provenance);
                Ok(written.settlement)
            } else {
                outcome.of(row, result).await
            };
            effects = outcome.effects;
            match settled {
                Ok(settlement) => settlements.push((row.id.clone(), settlement)),
                // Left claimed: it is sent again when the claim ends, and known by its id.
                Err(error) => {
                    self.health.store(false);
                    tracing::error!(error = %error, "an answer could not be worked off");
                }
            }
        }
        self.settle(batch, settlements, effects).await;
    }

    /// Keeps newer settings. What is not valid is not kept: the sidecar goes on with what it has, and says so.
    async fn take_settings(&self, config: schema::Config) {
        let Some(value) = config.value else { return };
        let settings = serde_json::from_value::<Settings>(value);
        let valid = settings.ok().filter(|settings| settings.validate().is_ok());
        let Some(json) = valid.and_then(|settings| serde_json::to_string(&settings).ok()) else {
            tracing::error!(etag = config.etag.as_str(), "settings that this version cannot use; the old ones stay");
            return;
        };
        let effects = Effects { settings: Some((config.etag.clone(), json)), ..Effects::default() };
        match self.store.record(effects).await {
            Ok(()) => {
                tracing::info!(etag = config.etag.as_str(), "new settings");
                self.resettled.notify_one();
            }
            Err(_) => self.health.store(false),
        }
    }

    async fn settle(&self, batch: &Batch, settlements: Vec<(String, Settlement)>, mut effects: Effects) {
        if settlements.is_empty() {
            return;
        }
        let now = self.env.now();
        for (id, settlement) in &settlements {
            if let Settlement::Dead { code } = settlement
                && let Some(row) = batch.rows.iter().find(|row| row.id == *id)
            {
                outcome::given_up(row, code, now, &mut effects);
            }
        }
        let rechecks = !effects.rechecks.is_empty();
        match self.store.settle(batch, settlements, effects, now).await {
            Ok(()) if rechecks => self.doorbells.notify_one(),
            Ok(()) => {}
            Err(StoreError::Fenced { .. }) => tracing::warn!("another instance has taken these messages over"),
            Err(error) => {
                self.health.store(false);
                tracing::error!(error = %error, "outcome not recorded; the messages are sent again and known by their ids");
            }
        }
    }

    /// Signs, posts and verifies. The lease is renewed meanwhile, and looked at once more right before the post: an
    /// instance that slept past it sends nothing.
    async fn exchange(&self, draft: &Draft) -> Result<ReadReply, Failure> {
        let mut random = [0; 16];
        self.env.entropy.fill(&mut random).map_err(|_| Failure::NoEntropy)?;
        let now = self.env.now();
        let secret = self.signer();
        let timestamp = Timestamp::from_seconds(now.seconds()).map_err(|_| Failure::Unreadable)?;
        let sealed = seal(secret, self.config.install_id, timestamp, Nonce::from_random(random), &draft.body);
        let holds = match self.fence {
            Some(fence) => self.store.holds_lease(LEASE, fence, self.env.now()).await.unwrap_or(false),
            None => false,
        };
        if !holds {
            return Err(Failure::LostLease);
        }
        let headers = sealed.to_pairs();
        let mut post = std::pin::pin!(self.forge.post(&headers, draft.body.clone()));
        let answer = loop {
            tokio::select! {
                answer = post.as_mut() => break answer.map_err(Failure::NoAnswer)?,
                () = tokio::time::sleep(RENEW) => {
                    let _ = self.store.acquire_lease(LEASE, &self.instance, self.env.now(), LEASE_MS).await;
                }
            }
        };
        self.read(&answer, secret, &sealed)
    }

    fn signer(&self) -> &Secret {
        match self.config.secrets.next() {
            Some(next) if self.sign_with_next => next,
            _ => self.config.secrets.current(),
        }
    }

    fn read(&self, answer: &Answer, secret: &Secret, sealed: &SealedHeaders) -> Result<ReadReply, Failure> {
        if answer.status != 200 {
            let value = answer.headers.iter().find(|(name, _)| name == "retry-after");
            let text = value.and_then(|(_, value)| std::str::from_utf8(value).ok());
            let now =
                OffsetDateTime::from_unix_timestamp(self.env.now().seconds()).unwrap_or(OffsetDateTime::UNIX_EPOCH);
            let after = text.and_then(|text| backoff::retry_after(text, now));
            return Err(Failure::Status { status: answer.status, after });
        }
        let seal = Seal { install: &self.config.install_id, nonce: sealed.nonce(), secret };
        let headers = answer.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice()));
        let verified = seal.open(headers, &answer.body).map_err(Failure::Reply)?;
        self.health.exchange(Exchange::Good, self.env.now(), Some(verified.seconds()));
        Reply::read(verified.body(), self.config.install_id.as_str()).map_err(|_| Failure::Unreadable)
    }
}
