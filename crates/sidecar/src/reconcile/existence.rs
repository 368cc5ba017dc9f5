//! Asks Zammad every few minutes which of the linked tickets still exist. A deletion, by an admin, by retention or for data
//! protection, causes no webhook and no change that the sweep could find. One question names up to 200 tickets; a ticket that
//! is missing in the answer is visited, and the visit decides what that means: it was deleted, or the bot may not see it now. So
//! is a ticket that lacks an article that was sent.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use redaction::Privacy;
use schema::{Side, UnixMs, codes};
use store::{Effects, Link, LinkState, NewMessage, ObjectKind, Origin, Recheck, RecheckCause, Store, Subject};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::periodic::{Periodic, holds_lease};
use super::{ReconcileError, question};
use crate::env::Env;
use crate::health::Health;
use crate::ticket::article_state::ArticleState;
use crate::ticket::{Helpdesk, facts};

/// Lease and name in logs.
const NAME: &str = "existence";
/// Tickets in one question.
const PER_QUESTION: usize = 200;
/// Fields out of sync that are looked through for unreadable issues.
const MOST_TROUBLES: usize = 10_000;
/// Unreadable issues that are asked for in one round.
const ISSUES_PER_ROUND: usize = 20;
/// Shortest time from one question to the next: 100,000 links in 250 s.
const SHORTEST: Duration = Duration::from_millis(500);

/// The task; run it with [`super::run`].
pub struct Existence {
    store: Arc<dyn Store>,
    helpdesk: Arc<dyn Helpdesk>,
    env: Env,
    health: Arc<Health>,
    inbox_ready: Arc<Notify>,
    outbox_ready: Arc<Notify>,
    privacy: Privacy,
    instance: String,
    /// Time for one round over all links.
    round: Duration,
    /// The last link of the running round: ticket and issue.
    after: Option<(u64, String)>,
    /// The last ticket of those that are missing that was asked for.
    missing_after: u64,
    /// The last ticket of those whose links have ended that was asked for.
    unlinked_after: u64,
    /// Time from one question of the running round to the next.
    interval: Duration,
}

impl Periodic for Existence {
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

impl Existence {
    /// Creates the task; its first step starts a round. `inbox_ready` is notified when visits were requested, `outbox_ready` when
    /// issues were asked for; `instance` is the name of this process as holder of the lease, `round` the time for one round over
    /// all links.
    #[expect(clippy::too_many_arguments, reason = "each is a dependency of its own, named at the only call")]
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        helpdesk: Arc<dyn Helpdesk>,
        env: Env,
        health: Arc<Health>,
        [inbox_ready, outbox_ready]: [Arc<Notify>; 2],
        privacy: Privacy,
        instance: String,
        round: Duration,
    ) -> Self {
        Self {
            store,
            helpdesk,
            env,
            health,
            inbox_ready,
            outbox_ready,
            privacy,
            instance,
            round,
            after: None,
            missing_after: 0,
            unlinked_after: 0,
            interval: round,
        }
    }

    /// Asks for the next tickets; returns the pause until the next question.
    ///
    /// # Errors
    /// [`ReconcileError`]; the same question is asked again.
    pub async fn ask_next(&mut self) -> Result<Duration, ReconcileError> {
        if !holds_lease(&self.store, NAME, &self.instance, &self.env).await? {
            return Ok(Duration::from_secs(60));
        }
        if self.after.is_none() {
            self.interval = interval(self.round, self.store.link_count().await?);
            self.ask_for_missing().await?;
            self.ask_for_unlinked().await?;
            self.ask_for_unreadable_issues().await?;
        }
        let links = self.store.links_after(self.after.clone(), PER_QUESTION).await?;
        let asked: BTreeSet<u64> = links.iter().map(|link| link.ticket_id).collect();
        let begun = Instant::now();
        let found = self.existing(&asked).await?;
        let pause = pause_after(begun.elapsed(), self.interval);
        let mut missing: BTreeSet<u64> = asked.iter().copied().filter(|id| !found.contains_key(id)).collect();
        if !missing.is_empty() {
            // One that the bot may not see is tried again anyway.
            for waiting in self.store.waiting_tickets(usize::MAX).await? {
                missing.remove(&waiting.ticket_id);
            }
        }
        let active = links.iter().filter(|link| link.state == LinkState::Active);
        let changed = self.without_sent_articles(active, &found).await?;
        self.request(missing.into_iter().chain(changed), self.env.now()).await?;
        let is_last = links.len() < PER_QUESTION;
        self.after = links.last().filter(|_| !is_last).map(|last| (last.ticket_id, last.issue_id.clone()));
        Ok(pause)
    }

    /// Tickets that were missing before, also those whose links have ended, may be there again.
    async fn ask_for_missing(&mut self) -> Result<(), ReconcileError> {
        let listed = self.store.missing_tickets(self.missing_after, PER_QUESTION).await?;
        // Some hundred in each round, in turn.
        self.missing_after = listed.last().copied().filter(|_| listed.len() == PER_QUESTION).unwrap_or(0);
        let found = self.existing(&listed.into_iter().collect()).await?;
        self.request(found.into_keys(), self.env.now()).await
    }

    /// A ticket whose links a person ended may be deleted too, and what was made of it in Jira has to be erased. It is noted as
    /// missing, so that its visit looks a second time.
    async fn ask_for_unlinked(&mut self) -> Result<(), ReconcileError> {
        let listed = self.store.unlinked_tickets(self.unlinked_after, PER_QUESTION).await?;
        self.unlinked_after = listed.last().copied().filter(|_| listed.len() == PER_QUESTION).unwrap_or(0);
        let found = self.existing(&listed.iter().copied().collect()).await?;
        let now = self.env.now();
        let mut facts = Vec::new();
        for ticket_id in listed.into_iter().filter(|id| !found.contains_key(id)) {
            let links = self.store.links_of_ticket(ticket_id).await?;
            for link in &links {
                if facts::missing(&self.store.link_facts(ticket_id, &link.issue_id).await?).is_none() {
                    facts.push(facts::missing_fact(link, now, false));
                }
            }
        }
        if facts.is_empty() {
            return Ok(());
        }
        let tickets: BTreeSet<u64> = facts.iter().map(|fact| fact.ticket_id).collect();
        self.store.record(Effects { facts, ..Effects::default() }).await?;
        self.request(tickets.into_iter(), now).await
    }

    /// The tickets that lack an article that was sent to Jira, alone or in the text from before the link. The visit looks twice
    /// before it believes that.
    async fn without_sent_articles(
        &self,
        links: impl Iterator<Item = &Link>,
        found: &BTreeMap<u64, BTreeSet<u64>>,
    ) -> Result<BTreeSet<u64>, ReconcileError> {
        let mut tickets = BTreeSet::new();
        for link in links {
            let Some(articles) = found.get(&link.ticket_id).filter(|_| !tickets.contains(&link.ticket_id)) else {
                continue;
            };
            let sent = self.store.recorded(link.ticket_id, Side::Zammad, ObjectKind::Article).await?.into_iter();
            let sent = sent.filter(|article| {
                let is_sent = matches!(ArticleState::from(article), ArticleState::Sent(_));
                is_sent && article.origin == Origin::Theirs
            });
            let facts = self.store.link_facts(link.ticket_id, &link.issue_id).await?;
            let earlier = facts::earlier_articles(&facts).unwrap_or_default();
            let mut expected = earlier.contained.iter().copied().filter(|id| !earlier.missing.contains_key(id));
            let lacks = |id: u64| !articles.contains(&id);
            if sent.filter_map(|article| article.id.parse().ok()).any(lacks) || expected.any(lacks) {
                tickets.insert(link.ticket_id);
            }
        }
        Ok(tickets)
    }

    /// Asks for issues that the app could not read: no event says that it may read one again.
    async fn ask_for_unreadable_issues(&self) -> Result<(), ReconcileError> {
        let unreadable = self.store.troubles(MOST_TROUBLES).await?.into_iter();
        let unreadable = unreadable.filter(|row| row.subject == Subject::Issue && row.code == codes::ISSUE_NO_ACCESS);
        let mut questions = Vec::new();
        for row in unreadable.take(ISSUES_PER_ROUND) {
            let links = self.store.links_of_ticket(row.ticket_id).await?;
            let Some(link) = links.iter().find(|link| link.issue_id == row.issue_id && link.state == LinkState::Active)
            else {
                continue;
            };
            let question = question::issue_of(self.store.as_ref(), link, self.privacy, &self.env).await?;
            // Not behind the ticket's messages, which wait for the answer.
            questions.push(NewMessage { ticket_id: 0, ..question });
        }
        if !questions.is_empty() {
            self.store.append(questions).await?;
            self.outbox_ready.notify_one();
        }
        Ok(())
    }

    async fn existing(&self, asked: &BTreeSet<u64>) -> Result<BTreeMap<u64, BTreeSet<u64>>, ReconcileError> {
        if asked.is_empty() {
            return Ok(BTreeMap::new());
        }
        let ids: Vec<u64> = asked.iter().copied().collect();
        let found = self.helpdesk.existing_tickets(&ids).await?;
        // An answer about other tickets is not the answer to this question: something between cut the condition off.
        if found.keys().all(|id| asked.contains(id)) { Ok(found) } else { Err(UNREADABLE.into()) }
    }

    /// Requests a visit of each ticket; one a round, whose cause is its time.
    async fn request(&self, tickets: impl Iterator<Item = u64>, now: UnixMs) -> Result<(), ReconcileError> {
        let recheck = |ticket_id| Recheck { ticket_id, cause: RecheckCause::Missing(now), not_before: None, at: now };
        let rechecks: Vec<Recheck> = tickets.map(recheck).collect();
        if !rechecks.is_empty() {
            self.store.record(Effects { rechecks, ..Effects::default() }).await?;
            self.inbox_ready.notify_one();
        }
        Ok(())
    }
}

/// The time from one question to the next, so that those of a round over so many links are spread over it.
fn interval(round: Duration, links: u64) -> Duration {
    let questions = links.div_ceil(PER_QUESTION as u64).max(1);
    (round / u32::try_from(questions).unwrap_or(u32::MAX)).max(SHORTEST)
}

/// The pause after an answer: at most half the time of one of Zammad's web processes is taken, so where an answer takes longer
/// than half an interval, the round does too.
fn pause_after(answer: Duration, interval: Duration) -> Duration {
    interval.saturating_sub(answer).max(answer)
}

const UNREADABLE: zammad::ClientError =
    zammad::ClientError::Unreadable { operation: "existing-tickets", is_json: true };

#[cfg(test)]
#[path = "existence_tests.rs"]
mod tests;
