//! Working off doorbells: the ticket is read as it is now, and what Jira has not heard yet goes to the outbox, in one
//! transaction with the doorbell's end. A doorbell that comes late, twice or out of order changes nothing.

use std::sync::Arc;
use std::time::Duration;

use redaction::{BoundaryError, Privacy, cross};
use schema::{Message, MessageBody};
use sha2::{Digest, Sha256};
use store::{Completion, Link, LinkState, NewMessage, Origin, Provenance, Side, Store, StoreError, TicketLease};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use zammad::{ClientError, Verdict, backoff};

use super::Sources;
use super::source::Source;
use super::translate::{self, Names};
use crate::clock::{NoEntropy, World};
use crate::config::Config;
use crate::health::Health;

/// Two calls of 30 s each, with room.
const LEASE_MS: i64 = 90_000;
/// Tries of a ticket that Zammad answers with 500.
const FEW: u32 = 6;

/// One of several workers; each has one ticket at a time.
pub struct Worker {
    /// Settings.
    pub config: Arc<Config>,
    /// Persistence.
    pub store: Arc<dyn Store>,
    /// Reading from Zammad.
    pub sources: Arc<Sources>,
    /// Clock and randomness.
    pub world: World,
    /// Told of failures.
    pub health: Arc<Health>,
    /// Rung when a doorbell was stored.
    pub wake: Arc<Notify>,
    /// Rung when the outbox has something new.
    pub outbox: Arc<Notify>,
}

enum Failure {
    Store(StoreError),
    Zammad(ClientError),
    Boundary(BoundaryError),
    Leak,
    NoEntropy,
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        Self::Zammad(error)
    }
}

impl From<BoundaryError> for Failure {
    fn from(error: BoundaryError) -> Self {
        Self::Boundary(error)
    }
}

impl From<NoEntropy> for Failure {
    fn from(_: NoEntropy) -> Self {
        Self::NoEntropy
    }
}

impl Worker {
    /// Works until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            match self.store.lease_ticket(self.world.now(), LEASE_MS).await {
                // The lease outlives this task; what was begun when the process stops is begun again by the next.
                Ok(Some(lease)) => tokio::select! {
                    () = self.work(&lease) => {}
                    () = stop.cancelled() => {}
                },
                Ok(None) => self.rest(&stop, Duration::from_secs(1)).await,
                Err(_) => {
                    self.health.store(false);
                    self.rest(&stop, Duration::from_secs(2)).await;
                }
            }
        }
    }

    /// Until something new is there; the timer finds what was put back and has become due.
    async fn rest(&self, stop: &CancellationToken, longest: Duration) {
        tokio::select! {
            () = self.wake.notified() => {}
            () = tokio::time::sleep(longest) => {}
            () = stop.cancelled() => {}
        }
    }

    async fn work(&self, lease: &TicketLease) {
        let ticket_id = lease.ticket_id;
        let done = match self.completion(lease).await {
            Ok(completion) => {
                let sends = !completion.messages.is_empty();
                let done = self.store.complete(lease, completion, self.world.now()).await;
                if done.is_ok() && sends {
                    self.outbox.notify_one();
                }
                done
            }
            Err(failure) => self.fail(lease, &failure).await,
        };
        match done {
            Ok(()) => {}
            // Somebody else has it now and will do the same work.
            Err(StoreError::Fenced { .. }) => tracing::info!(ticket_id, "lease ran out before the work was done"),
            Err(error) => {
                self.health.store(false);
                tracing::error!(ticket_id, error = %error, "work on a ticket not recorded; it will be done again");
            }
        }
    }

    async fn fail(&self, lease: &TicketLease, failure: &Failure) -> Result<(), StoreError> {
        let (ticket_id, attempt, now) = (lease.ticket_id, lease.attempts, self.world.now());
        let later = |after: Option<Duration>| {
            let delay = backoff::delay(attempt + 1, after, self.world.jitter());
            now.plus(i64::try_from(delay.as_millis()).unwrap_or(i64::MAX))
        };
        match failure {
            Failure::Zammad(error) => {
                let (code, verdict) = (error.code(), error.verdict());
                self.health.zammad(verdict != Verdict::GiveUp(zammad::Reason::Unauthorized));
                tracing::warn!(ticket_id, attempt, code, error = %error, "ticket not read");
                match verdict {
                    Verdict::Retry { after } => self.store.put_back(lease, later(after), code).await,
                    Verdict::RetryFewTimes if attempt < FEW => self.store.put_back(lease, later(None), code).await,
                    // A wrong token is mended by an operator, not by giving up every ticket that rings meanwhile.
                    Verdict::GiveUp(zammad::Reason::Unauthorized) => {
                        self.store.put_back(lease, later(Some(Duration::from_secs(30))), code).await
                    }
                    Verdict::RetryFewTimes | Verdict::GiveUp(_) => self.store.bury(lease, now, code).await,
                }
            }
            Failure::Leak => {
                self.health.leak_stopped();
                self.store.bury(lease, now, "content-stopped-at-the-boundary").await
            }
            Failure::Boundary(error) => {
                tracing::error!(ticket_id, error = %error, "a message has no way across the boundary");
                self.store.bury(lease, now, "boundary").await
            }
            Failure::Store(error) => {
                tracing::error!(ticket_id, error = %error, "store failed");
                self.store.put_back(lease, later(None), "store").await
            }
            Failure::NoEntropy => self.store.put_back(lease, later(None), "no-entropy").await,
        }
    }

    /// What Jira shall hear of this ticket.
    async fn completion(&self, lease: &TicketLease) -> Result<Completion, Failure> {
        let links = self.store.links_of_ticket(lease.ticket_id).await?;
        let links: Vec<Link> = links.into_iter().filter(|link| link.state == LinkState::Active).collect();
        let Some(first) = links.first() else { return Ok(Completion::default()) };
        let source = self.sources.read(lease.ticket_id).await?;
        self.health.zammad(true);
        if self.config.privacy == Privacy::On {
            self.sources.remember_check(&source).await?;
        }
        let mut completion = Completion::default();
        self.add_articles(&source, first, &mut completion).await?;
        self.add_snapshot(&source, &links, &mut completion).await?;
        Ok(completion)
    }

    async fn add_articles(&self, source: &Source, link: &Link, completion: &mut Completion) -> Result<(), Failure> {
        let known = self.store.known(source.ticket.id, Side::Zammad, "article").await?;
        let is_new = |article: &&zammad::Article| {
            let id = article.id.to_string();
            article.id > link.after_article
                && article.mark().is_none()
                && self.config.comment_policy.admits(article.internal)
                && !known.iter().any(|known| known.id == id)
        };
        for article in source.articles.iter().filter(is_new) {
            let mut carried_by = String::new();
            let contents = translate::article(article, &self.config.zammad_public_url, self.config.customer_names);
            for content in contents {
                let once = format!("article:{}:{}", article.id, content.part.as_ref().map_or(1, |part| part.number));
                let message = self.message(source, MessageBody::ArticleAdded(content), Some(once)).await?;
                carried_by.clone_from(&message.id);
                completion.messages.push(message);
            }
            completion.effects.provenance.push(Provenance {
                side: Side::Zammad,
                object: "article".into(),
                id: article.id.to_string(),
                origin: Origin::Theirs,
                mirror: None,
                ticket_id: source.ticket.id,
                carried_by,
                at: self.world.now(),
            });
        }
        Ok(())
    }

    async fn add_snapshot(&self, source: &Source, links: &[Link], completion: &mut Completion) -> Result<(), Failure> {
        let ticket = &source.ticket;
        let bucket = self.sources.bucket(ticket.state_id).await?;
        let names = Names {
            owner: if ticket.owner_id > 1 { self.name(ticket.owner_id).await? } else { None },
            customer: if self.config.customer_names && ticket.customer_id > 1 {
                self.name(ticket.customer_id).await?
            } else {
                None
            },
        };
        let body = MessageBody::TicketChanged(translate::snapshot(ticket, bucket, names));
        let message = self.message(source, body, None).await?;
        // Only a hash of what was told is kept: enough to see a change, useless to whoever reads the disk.
        let told = serde_json::from_str::<serde_json::Value>(&message.body)
            .map(|json| json["data"].to_string())
            .unwrap_or_default();
        let hash = format!("\"{}\"", hex::encode(Sha256::digest(told)));
        let mut changed = false;
        for link in links {
            let bases = self.store.bases(ticket.id, &link.issue_id).await?;
            if bases.get("snapshot") != Some(&hash) {
                changed = true;
                completion.effects.bases.push((ticket.id, link.issue_id.clone(), "snapshot".into(), hash.clone()));
            }
        }
        if changed {
            completion.messages.push(message);
        }
        Ok(())
    }

    async fn name(&self, user_id: u64) -> Result<Option<String>, Failure> {
        Ok(self.sources.name(user_id).await?.map(redaction::Sensitive::into_inner))
    }

    /// A message that has crossed the boundary and, in privacy mode, was searched for the ticket's content.
    async fn message(&self, source: &Source, body: MessageBody, once: Option<String>) -> Result<NewMessage, Failure> {
        let id = self.world.new_id()?;
        let draft = Message { id, ticket_id: Some(source.ticket.id), body };
        let crossed = cross(&draft, self.config.privacy)?;
        let json = serde_json::to_string(crossed.get()).map_err(|_| BoundaryError::Shape("message".into()))?;
        if self.config.privacy == Privacy::On
            && let Err(leak) = self.sources.check(source.ticket.id).await?.check(json.as_bytes())
        {
            tracing::error!(
                ticket_id = source.ticket.id,
                what = leak.what,
                form = leak.form,
                "content stopped at the boundary"
            );
            return Err(Failure::Leak);
        }
        Ok(NewMessage {
            id: id.to_string(),
            ticket_id: source.ticket.id,
            kind: crossed.get().body.kind().to_owned(),
            body: json,
            once,
            created_at: self.world.now(),
        })
    }
}
