//! Asks Zammad every few minutes which of the linked tickets still exist. A deletion, by an admin, by retention or for data
//! protection, causes no webhook and no change that the sweep could find. One question names up to 200 tickets; a ticket that
//! is missing in the answer is visited, and the visit decides what that means: it was deleted, or the bot may not see it now. So
//! is a ticket that lacks an article that was sent.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use redaction::Privacy;
use schema::{Side, UnixMs, codes};
use store::{Effects, LinkState, NewMessage, ObjectKind, Origin, Recheck, RecheckCause, Store, Subject};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::periodic::{Periodic, holds_lease};
use super::{ReconcileError, question};
use crate::env::Env;
use crate::health::Health;
use crate::ticket::{Helpdesk, facts, recorded};

/// Lease and name in logs.
const NAME: &str = "existence";
/// Tickets in one question.
const PER_QUESTION: usize = 200;
/// Fields out of sync that are looked through for unreadable issues.
const MOST_TROUBLES: usize = 10_000;
/// Unreadable issues that are asked for in one round.
const ISSUES_PER_ROUND: usize = 20;
/// Shortest pause between two questions: at most two a second, which is 100,000 links in 250 s.
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
    pause: Duration,
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
            pause: round,
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
            self.pause = self.pause_of_round().await?;
            self.ask_for_missing().await?;
            self.ask_for_unlinked().await?;
            self.ask_for_unreadable_issues().await?;
        }
        let links = self.store.links_after(self.after.clone(), PER_QUESTION).await?;
        let asked: BTreeSet<u64> = links.iter().map(|link| link.ticket_id).collect();
        let begun = Instant::now();
        let found = self.existing(&asked).await?;
        // Reading 200 tickets costs Zammad a second or two: at most a quarter of one of its web processes.
        let pause = self.pause.max(begun.elapsed() * 3);
        let mut missing: BTreeSet<u64> = asked.iter().copied().filter(|id| !found.contains_key(id)).collect();
        if !missing.is_empty() {
            // One that the bot may not see is tried again anyway.
            for waiting in self.store.waiting_tickets(usize::MAX).await? {
                missing.remove(&waiting.ticket_id);
            }
        }
        let mut synced = found;
        synced.retain(|id, _| links.iter().any(|link| link.ticket_id == *id && link.state == LinkState::Active));
        let changed = self.without_sent_articles(&synced).await?;
        self.request(missing.into_iter().chain(changed), self.env.now()).await?;
        let is_last = links.len() < PER_QUESTION;
        self.after = links.last().filter(|_| !is_last).map(|last| (last.ticket_id, last.issue_id.clone()));
        Ok(pause)
    }

    /// Spreads the questions of a round.
    async fn pause_of_round(&self) -> Result<Duration, ReconcileError> {
        let questions = self.store.link_count().await?.div_ceil(PER_QUESTION as u64).max(1);
        Ok((self.round / u32::try_from(questions).unwrap_or(u32::MAX)).max(SHORTEST))
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

    /// The tickets that lack an article that was sent to Jira. The visit looks twice before it believes that.
    async fn without_sent_articles(&self, found: &BTreeMap<u64, BTreeSet<u64>>) -> Result<Vec<u64>, ReconcileError> {
        let mut tickets = Vec::new();
        for (ticket, articles) in found {
            let sent = self.store.recorded(*ticket, Side::Zammad, ObjectKind::Article).await?;
            let lacks = sent.iter().filter(|article| article.origin == Origin::Theirs).any(|article| {
                let is_there = article.id.parse().is_ok_and(|id: u64| articles.contains(&id));
                !is_there && article.fingerprint.as_deref().is_some_and(recorded::is_expected)
            });
            if lacks {
                tickets.push(*ticket);
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

const UNREADABLE: zammad::ClientError =
    zammad::ClientError::Unreadable { operation: "existing-tickets", is_json: true };

#[cfg(test)]
mod tests {
    use super::*;
    use store::Provenance;

    use crate::support::{Setup, article, link, ticket};

    const ROUND: Duration = Duration::from_secs(100);

    fn task(setup: &Setup) -> Existence {
        let (store, helpdesk) = (Arc::clone(&setup.store), setup.shared_helpdesk());
        Existence::new(
            store,
            helpdesk,
            setup.env.clone(),
            Arc::clone(&setup.health),
            Default::default(),
            Privacy::Off,
            "a".into(),
            ROUND,
        )
    }

    /// The tickets that are due, each leased once.
    async fn due(setup: &Setup) -> Vec<u64> {
        let mut tickets = Vec::new();
        while let Some(lease) = setup.store.lease_ticket(setup.env.now(), 90_000).await.unwrap() {
            tickets.push(lease.ticket_id);
        }
        tickets
    }

    #[tokio::test]
    async fn missing_tickets_are_visited_and_others_are_not() {
        let setup = Setup::new().await;
        setup.link(vec![link(7), link(8), link(9)]).await;
        setup.helpdesk.add_ticket(ticket(7));
        setup.helpdesk.add_ticket(ticket(9));
        let mut task = task(&setup);
        assert_eq!(task.ask_next().await.unwrap(), ROUND);
        assert_eq!(due(&setup).await, [8]);
    }

    #[tokio::test]
    async fn a_round_covers_all_links_in_questions_of_200() {
        let setup = Setup::new().await;
        setup.link((1..=450).map(link).collect()).await;
        for id in (1..=450).filter(|id| id % 100 != 0) {
            setup.helpdesk.add_ticket(ticket(id));
        }
        let mut task = task(&setup);
        for _ in 0..3 {
            assert_eq!(task.ask_next().await.unwrap(), ROUND / 3);
        }
        assert_eq!(due(&setup).await, [100, 200, 300, 400]);
        assert_eq!(task.after, None, "the next question starts a new round");
    }

    #[tokio::test]
    async fn a_ticket_that_was_missing_is_visited_when_it_is_there_again() {
        let setup = Setup::new().await;
        setup.link(vec![link(7)]).await;
        setup.visitor().visit(7).await.map(|done| done.effects.facts).map_err(|_| ()).unwrap();
        let done = setup.visitor().visit(7).await.unwrap();
        setup.store.record(Effects { facts: done.effects.facts, ..Effects::default() }).await.unwrap();
        setup.helpdesk.add_ticket(ticket(7));
        task(&setup).ask_next().await.unwrap();
        assert_eq!(due(&setup).await, [7]);
    }

    /// Zammad sends no webhook when an article is deleted, and the sweep finds no change of the ticket.
    #[tokio::test]
    async fn a_ticket_that_lacks_a_sent_article_is_visited() {
        for (fingerprint, is_deleted, expected) in [
            ("p0123", true, vec![7]),
            ("p0123", false, vec![]),
            ("missing:1000:p0123", true, vec![]),
            ("gone:1", true, vec![]),
            ("erased", true, vec![]),
        ] {
            let setup = Setup::new().await;
            setup.link(vec![link(7)]).await;
            setup.helpdesk.add_ticket(ticket(7));
            if !is_deleted {
                setup.helpdesk.add_article(article(10, 7, "text"));
            }
            let sent = Provenance {
                side: Side::Zammad,
                object: ObjectKind::Article,
                id: "10".into(),
                origin: Origin::Theirs,
                mirror: None,
                fingerprint: Some(fingerprint.into()),
                ticket_id: 7,
                carried_by: "m".into(),
                at: setup.env.now(),
            };
            setup.store.record(Effects { provenance: vec![sent], ..Effects::default() }).await.unwrap();
            task(&setup).ask_next().await.unwrap();
            assert_eq!(due(&setup).await, expected, "{fingerprint}, deleted: {is_deleted}");
        }
    }

    /// Ended by a person, with a comment in Jira that was made of the ticket.
    #[tokio::test]
    async fn an_unlinked_ticket_that_was_deleted_is_visited_if_something_of_it_is_in_jira() {
        for (mirror, is_deleted, expected) in [
            (r#"[{"issueId":"1007","commentId":"9"}]"#, true, vec![7]),
            (r#"[{"issueId":"1007","commentId":"9"}]"#, false, vec![]),
            ("[]", true, vec![]),
        ] {
            let setup = Setup::new().await;
            setup.link(vec![store::Link { state: LinkState::Ended, ..link(7) }]).await;
            if !is_deleted {
                setup.helpdesk.add_ticket(ticket(7));
            }
            let sent = Provenance {
                side: Side::Zammad,
                object: ObjectKind::ArticlePart,
                id: "10:1".into(),
                origin: Origin::Theirs,
                mirror: Some(mirror.into()),
                fingerprint: None,
                ticket_id: 7,
                carried_by: "m".into(),
                at: setup.env.now(),
            };
            setup.store.record(Effects { provenance: vec![sent], ..Effects::default() }).await.unwrap();
            task(&setup).ask_next().await.unwrap();
            assert_eq!(due(&setup).await, expected, "{mirror}, deleted: {is_deleted}");
        }
    }

    /// A proxy that drops the body of the question gets all tickets as answer.
    #[tokio::test]
    async fn an_answer_to_another_question_is_not_believed() {
        let setup = Setup::new().await;
        setup.link(vec![link(7)]).await;
        setup.helpdesk.add_ticket(ticket(8));
        setup.helpdesk.contents().finds_everything = true;
        assert!(task(&setup).ask_next().await.is_err());
        assert_eq!(due(&setup).await, Vec::<u64>::new());
    }

    #[tokio::test]
    async fn a_ticket_that_waits_for_access_is_not_requested_again_and_again() {
        let setup = Setup::new().await;
        setup.link(vec![link(7)]).await;
        let mut task = task(&setup);
        task.ask_next().await.unwrap();
        let lease = setup.store.lease_ticket(setup.env.now(), 90_000).await.unwrap().unwrap();
        setup.store.retry_ticket(&lease, setup.env.now().plus(300_000), "zammad-no-access").await.unwrap();
        let before = setup.store.counts().await.unwrap();
        setup.pass(100_000);
        task.ask_next().await.unwrap();
        assert_eq!(setup.store.counts().await.unwrap(), before);
    }

    #[tokio::test]
    async fn nothing_is_asked_without_links() {
        let setup = Setup::new().await;
        setup.helpdesk.fail("existing_tickets", 500);
        task(&setup).ask_next().await.unwrap();
    }
}
