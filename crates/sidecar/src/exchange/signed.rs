//! One signed request and its verified reply.

use std::time::Duration;

use envelope::{Nonce, ReplyContext, SealedHeaders, Secret, Timestamp, seal};
use schema::{Command, Reply};
use store::Fence;
use time::OffsetDateTime;

use super::error::ExchangeError;
use super::forge_client::Answer;
use super::parts::Parts;
use crate::health::Exchange;

pub(super) const LEASE: &str = "exchange";
/// A standby takes over this long after the holder stopped renewing.
pub(super) const LEASE_MS: i64 = 15_000;
const RENEW: Duration = Duration::from_secs(5);

/// A reply; commands that could not be parsed have their id and a code.
pub(super) type ParsedReply = Reply<Result<Command, (String, &'static str)>>;

/// Signs, posts and verifies. The lease is renewed during the post, and checked right before it, so that an instance that was
/// suspended beyond its lease sends nothing.
///
/// # Errors
/// [`ExchangeError`].
pub(super) async fn exchange(
    parts: &Parts,
    fence: Option<Fence>,
    secret: &Secret,
    body: &str,
) -> Result<ParsedReply, ExchangeError> {
    let Parts { store, config, env, forge, instance, .. } = parts;
    let mut random = [0; 16];
    env.entropy.fill(&mut random).map_err(|_| ExchangeError::NoEntropy)?;
    let timestamp = Timestamp::from_seconds(env.now().seconds()).map_err(|_| ExchangeError::Unreadable)?;
    let sealed = seal(secret, config.install_id, timestamp, Nonce::from_random(random), body);
    let holds = match fence {
        Some(fence) => store.holds_lease(LEASE, fence, env.now()).await.unwrap_or(false),
        None => false,
    };
    if !holds {
        return Err(ExchangeError::LostLease);
    }
    let headers = sealed.to_pairs();
    let mut post = std::pin::pin!(forge.post(&headers, body.to_owned()));
    let answer = loop {
        tokio::select! {
            answer = post.as_mut() => break answer.map_err(ExchangeError::NoAnswer)?,
            () = tokio::time::sleep(RENEW) => {
                let _ = store.acquire_lease(LEASE, instance, env.now(), LEASE_MS).await;
            }
        }
    };
    verify(parts, &answer, secret, &sealed)
}

fn verify(
    Parts { config, env, health, .. }: &Parts,
    answer: &Answer,
    secret: &Secret,
    sealed: &SealedHeaders,
) -> Result<ParsedReply, ExchangeError> {
    let seal = ReplyContext { install: &config.install_id, nonce: sealed.nonce(), secret };
    let headers = || answer.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice()));
    if matches!(answer.status, 400 | 413) && seal.open(headers(), &answer.body).is_ok() {
        return Err(ExchangeError::Refused { status: answer.status });
    }
    if answer.status != 200 {
        let value = answer.headers.iter().find(|(name, _)| name == "retry-after");
        let text = value.and_then(|(_, value)| std::str::from_utf8(value).ok());
        let now = OffsetDateTime::from_unix_timestamp(env.now().seconds()).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let after = text.and_then(|text| backoff::retry_after(text, now));
        return Err(ExchangeError::Status { status: answer.status, after });
    }
    let verified = seal.open(headers(), &answer.body).map_err(ExchangeError::Reply)?;
    health.exchange(Exchange::Good, env.now(), Some(verified.seconds()));
    Reply::read(verified.body(), config.install_id.as_str()).map_err(|_| ExchangeError::Unreadable)
}
