//! Random histories against a plain model: nothing lost, nothing doubled, order kept, whatever the sequence.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use schema::UnixMs;
use store::{Batch, BatchLimits, Effects, Intake, Settlement, Store, TicketLease};

use crate::Backend;
use crate::support::{NOW, completion_with, message};

const LEASE: i64 = 1_000;
const LIMITS: BatchLimits = BatchLimits { messages: 4, bytes: 1_000_000, per_ticket: 2 };

#[derive(Clone, Debug)]
enum Step {
    Recheck {
        delivery: u8,
        ticket: u64,
    },
    /// A notification of our own, perhaps for later.
    Own {
        key: u8,
        ticket: u64,
        wait: Option<i64>,
    },
    Lease,
    /// With a notification of our own for the same ticket, perhaps.
    Complete {
        messages: u8,
        again: Option<(u8, Option<i64>)>,
    },
    PutBack {
        wait: i64,
    },
    Bury,
    Append {
        ticket: u64,
    },
    Claim,
    Settle {
        answers: Vec<Answer>,
    },
    Replay,
    Pass {
        ms: i64,
    },
    Restart,
}

#[derive(Clone, Copy, Debug)]
enum Answer {
    Done,
    Retry(i64),
    Dead,
    Nothing,
}

fn step() -> impl Strategy<Value = Step> {
    let word = prop_oneof![
        4 => Just(Answer::Done),
        2 => (0..3 * LEASE).prop_map(Answer::Retry),
        1 => Just(Answer::Dead),
        1 => Just(Answer::Nothing)
    ];
    let wait = || prop::option::of(0..3 * LEASE);
    let again = prop::option::of((30..60_u8, wait()));
    prop_oneof![
        6 => (0..30_u8, 1..5_u64).prop_map(|(delivery, ticket)| Step::Recheck { delivery, ticket }),
        4 => Just(Step::Lease),
        3 => (30..60_u8, 1..5_u64, wait()).prop_map(|(key, ticket, wait)| Step::Own { key, ticket, wait }),
        4 => (0..4_u8, again).prop_map(|(messages, again)| Step::Complete { messages, again }),
        1 => (0..3 * LEASE).prop_map(|wait| Step::PutBack { wait }),
        1 => Just(Step::Bury),
        3 => (1..5_u64).prop_map(|ticket| Step::Append { ticket }),
        5 => Just(Step::Claim),
        5 => prop::collection::vec(word, 4).prop_map(|answers| Step::Settle { answers }),
        1 => Just(Step::Replay),
        3 => (0..2 * LEASE).prop_map(|ms| Step::Pass { ms }),
        1 => Just(Step::Restart),
    ]
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Waiting,
    Done,
    Dead,
}

/// A ticket's lease or claim in either queue, or a wish not to be read before.
#[derive(Clone, Copy, Debug, Default)]
struct Hold {
    until: i64,
    token: Option<i64>,
    attempts: u32,
    wish: bool,
}

struct Bell {
    delivery: u8,
    ticket: u64,
    fate: Fate,
    not_before: Option<i64>,
}

struct Message {
    id: String,
    ticket: u64,
    fate: Fate,
    due: i64,
    token: Option<i64>,
    attempts: u32,
}

#[derive(Default)]
struct Model {
    /// In order of arrival.
    bells: Vec<Bell>,
    leases: BTreeMap<u64, Hold>,
    messages: Vec<Message>,
    claims: BTreeMap<u64, Hold>,
}

impl Model {
    fn notify(&mut self, delivery: u8, ticket: u64, not_before: Option<i64>) -> Intake {
        if self.bells.iter().any(|bell| bell.delivery == delivery) {
            return Intake::Duplicate;
        }
        let wish = Hold { until: not_before.unwrap_or(i64::MIN), wish: not_before.is_some(), ..Hold::default() };
        let waits = self.bells.iter().any(|bell| bell.ticket == ticket && bell.fate == Fate::Waiting);
        match self.leases.get_mut(&ticket) {
            Some(hold) if waits && hold.wish && wish.until < hold.until => *hold = wish,
            _ if waits => {}
            _ => drop(self.leases.insert(ticket, wish)),
        }
        self.bells.push(Bell { delivery, ticket, fate: Fate::Waiting, not_before });
        Intake::Stored
    }

    /// The ticket that must be leased now.
    fn next_ticket(&self, now: i64) -> Option<u64> {
        let free = |ticket: u64| self.leases.get(&ticket).is_none_or(|hold| hold.until <= now);
        self.bells.iter().find(|bell| bell.fate == Fate::Waiting && free(bell.ticket)).map(|bell| bell.ticket)
    }

    fn end(&mut self, ticket: u64, heard: usize, fate: Fate) {
        for bell in &mut self.bells[..heard] {
            if bell.ticket == ticket && (bell.fate == Fate::Waiting || fate == Fate::Done) {
                bell.fate = fate;
            }
        }
        let waiting = self.bells.iter().filter(|bell| bell.ticket == ticket && bell.fate == Fate::Waiting);
        let first = waiting.map(|bell| bell.not_before.unwrap_or(i64::MIN)).min();
        self.leases.remove(&ticket);
        if let Some(until) = first.filter(|first| *first > i64::MIN) {
            self.leases.insert(ticket, Hold { until, wish: true, ..Hold::default() });
        }
    }

    fn append(&mut self, id: String, ticket: u64) {
        self.messages.push(Message { id, ticket, fate: Fate::Waiting, due: 0, token: None, attempts: 0 });
    }

    fn waiting(&self, ticket: u64) -> Vec<usize> {
        let all = self.messages.iter().enumerate();
        all.filter(|(_, one)| one.ticket == ticket && one.fate == Fate::Waiting).map(|(at, _)| at).collect()
    }

    /// Positions of the messages that the next claim must bring.
    fn next_batch(&self, now: i64) -> Vec<usize> {
        let tickets: BTreeSet<u64> = self.messages.iter().map(|one| one.ticket).collect();
        let mut lines: Vec<Vec<usize>> = tickets.into_iter().map(|ticket| self.waiting(ticket)).collect();
        lines.retain(|line| !line.is_empty());
        lines.sort();
        let mut batch = Vec::new();
        for line in lines {
            let ticket = self.messages[line[0]].ticket;
            if self.claims.get(&ticket).is_some_and(|hold| hold.until > now) || self.messages[line[0]].due > now {
                continue;
            }
            let due = line.iter().take(LIMITS.per_ticket).take_while(|&&at| self.messages[at].due <= now);
            batch.extend(due.take(LIMITS.messages - batch.len()).copied());
        }
        batch
    }
}

/// The store and what the model says of it, with the leases that a worker of either kind holds.
struct Run {
    store: std::sync::Arc<dyn Store>,
    model: Model,
    now: UnixMs,
    leases: Vec<(TicketLease, usize)>,
    batches: Vec<Batch>,
    appended: usize,
}

impl Run {
    fn next_id(&mut self) -> String {
        self.appended += 1;
        format!("m{:04}", self.appended)
    }

    async fn take(&mut self, step: Step, backend: &dyn Backend) {
        match step {
            Step::Recheck { delivery, ticket } => {
                let expected = self.model.notify(delivery, ticket, None);
                let bell = crate::support::notification(&format!("d{delivery}"), ticket);
                assert_eq!(self.store.receive(bell).await, Ok(expected));
            }
            Step::Own { key, ticket, wait } => {
                let recheck = self.own(key, ticket, wait);
                self.model.notify(key, ticket, recheck.not_before.map(|at| at.0));
                self.store.record(crate::support::rechecking(vec![recheck])).await.unwrap();
            }
            Step::Lease => self.lease().await,
            Step::Complete { messages, again } => self.complete(messages, again).await,
            Step::PutBack { wait } => {
                let Some((lease, _)) = self.leases.pop() else { return };
                let until = self.now.plus(wait);
                let result = self.store.retry_ticket(&lease, until, "later").await;
                let hold = self.model.leases.get_mut(&lease.ticket_id).filter(|hold| hold.token == Some(lease.token));
                assert_eq!(result.is_ok(), hold.is_some());
                if let Some(hold) = hold {
                    (hold.until, hold.token) = (until.0, None);
                }
            }
            Step::Bury => {
                let Some((lease, heard)) = self.leases.pop() else { return };
                let ours = self.holds_lease(&lease);
                assert_eq!(self.store.abandon_ticket(&lease, self.now, "poison").await.is_ok(), ours);
                if ours {
                    self.model.end(lease.ticket_id, heard, Fate::Dead);
                }
            }
            Step::Append { ticket } => {
                let id = self.next_id();
                self.store.append(vec![message(&id, ticket)]).await.unwrap();
                self.model.append(id, ticket);
            }
            Step::Claim => self.claim().await,
            Step::Settle { answers } => self.settle(&answers).await,
            Step::Replay => self.replay().await,
            Step::Pass { ms } => self.now = self.now.plus(ms),
            Step::Restart => self.store = backend.open().await,
        }
    }

    /// A notification of our own; their keys and the webhooks' deliveries share one row of numbers.
    fn own(&self, key: u8, ticket: u64, wait: Option<i64>) -> store::Recheck {
        crate::support::recheck(&format!("k{key}"), ticket, wait.map(|wait| self.now.plus(wait)))
    }

    fn holds_lease(&self, lease: &TicketLease) -> bool {
        let hold = self.model.leases.get(&lease.ticket_id);
        self.now < lease.expires_at && hold.is_some_and(|hold| hold.token == Some(lease.token))
    }

    async fn lease(&mut self) {
        let expected = self.model.next_ticket(self.now.0);
        let lease = self.store.lease_ticket(self.now, LEASE).await.unwrap();
        assert_eq!(lease.as_ref().map(|lease| lease.ticket_id), expected);
        if let Some(lease) = lease {
            let hold = self.model.leases.entry(lease.ticket_id).or_default();
            assert_eq!(lease.attempts, hold.attempts);
            *hold =
                Hold { until: lease.expires_at.0, token: Some(lease.token), attempts: hold.attempts + 1, wish: false };
            self.leases.push((lease, self.model.bells.len()));
        }
    }

    async fn complete(&mut self, messages: u8, again: Option<(u8, Option<i64>)>) {
        // The oldest lease, so that expired and taken-over ones are tried as well.
        if self.leases.is_empty() {
            return;
        }
        let (lease, heard) = self.leases.remove(0);
        let ids: Vec<String> = (0..messages).map(|_| self.next_id()).collect();
        let rechecks: Vec<_> = again.into_iter().map(|(key, wait)| self.own(key, lease.ticket_id, wait)).collect();
        let mut completion = completion_with(ids.iter().map(|id| message(id, lease.ticket_id)).collect());
        completion.effects.rechecks.clone_from(&rechecks);
        let ours = self.holds_lease(&lease);
        assert_eq!(self.store.complete(&lease, completion, self.now).await.is_ok(), ours);
        if ours {
            if let (Some((key, _)), Some(recheck)) = (again, rechecks.first()) {
                self.model.notify(key, lease.ticket_id, recheck.not_before.map(|at| at.0));
            }
            self.model.end(lease.ticket_id, heard, Fate::Done);
            ids.into_iter().for_each(|id| self.model.append(id, lease.ticket_id));
        }
    }

    async fn claim(&mut self) {
        let expected = self.model.next_batch(self.now.0);
        let batch = self.store.claim(self.now, LEASE, LIMITS).await.unwrap();
        let got: Vec<(&str, u32)> = batch.rows.iter().map(|row| (row.id.as_str(), row.attempts)).collect();
        let messages = &self.model.messages;
        assert_eq!(
            got,
            expected.iter().map(|&at| (messages[at].id.as_str(), messages[at].attempts)).collect::<Vec<_>>()
        );
        for at in expected {
            let message = &mut self.model.messages[at];
            message.token = Some(batch.token);
            message.attempts += 1;
            let hold = Hold { until: self.now.plus(LEASE).0, token: Some(batch.token), ..Hold::default() };
            self.model.claims.insert(message.ticket, hold);
        }
        if !batch.rows.is_empty() {
            self.batches.push(batch);
        }
    }

    async fn settle(&mut self, answers: &[Answer]) {
        if self.batches.is_empty() {
            return;
        }
        let batch = self.batches.remove(0);
        let at = |id: &str, messages: &[Message]| messages.iter().position(|one| one.id == id).unwrap();
        let mut settlements = Vec::new();
        let mut ours = true;
        for (row, word) in batch.rows.iter().zip(answers) {
            let message = &self.model.messages[at(&row.id, &self.model.messages)];
            ours &= message.token.is_none_or(|token| token == batch.token);
            let settlement = match *word {
                Answer::Done => Settlement::Done { result: None },
                Answer::Retry(wait) => Settlement::Retry { at: self.now.plus(wait), code: "busy".to_owned() },
                Answer::Dead => Settlement::Dead { code: "rejected".to_owned() },
                Answer::Nothing => continue,
            };
            ours &= message.token == Some(batch.token) && message.fate == Fate::Waiting;
            settlements.push((row.id.clone(), settlement));
        }
        let result = self.store.settle(&batch, settlements.clone(), Effects::default(), self.now).await;
        assert_eq!(result.is_ok(), ours, "{result:?}");
        if !ours {
            return;
        }
        for (id, settlement) in settlements {
            let position = at(&id, &self.model.messages);
            let message = &mut self.model.messages[position];
            match settlement {
                Settlement::Done { .. } => message.fate = Fate::Done,
                Settlement::Dead { .. } => message.fate = Fate::Dead,
                Settlement::Retry { at, .. } => (message.due, message.token) = (at.0, None),
            }
        }
        for row in &batch.rows {
            let line = self.model.waiting(row.ticket_id);
            let open = line.iter().any(|&at| self.model.messages[at].token == Some(batch.token));
            if !open {
                self.model.claims.remove(&row.ticket_id);
            } else if let Some(hold) = self.model.claims.get_mut(&row.ticket_id) {
                // Held until both are over, the rest of the claim and the time of the first that waits; also for a dead
                // letter that is replayed meanwhile.
                hold.until = hold.until.max(self.model.messages[line[0]].due);
            }
        }
    }

    async fn replay(&mut self) {
        let Some(message) = self.model.messages.iter_mut().find(|one| one.fate == Fate::Dead) else {
            assert_eq!(self.store.replay("m0001", self.now).await, Ok(false));
            return;
        };
        assert_eq!(self.store.replay(&message.id, self.now).await, Ok(true));
        (message.fate, message.due, message.token) = (Fate::Waiting, 0, None);
        assert_eq!(self.store.replay(&message.id, self.now).await, Ok(false));
    }

    async fn agrees(&self) {
        let counts = self.store.counts().await.unwrap();
        let bells = |fate| self.model.bells.iter().filter(|bell| bell.fate == fate).count() as u64;
        let messages = |fate| self.model.messages.iter().filter(|one| one.fate == fate).count() as u64;
        assert_eq!(counts.inbox, bells(Fate::Waiting));
        assert_eq!(counts.outbox, messages(Fate::Waiting));
        assert_eq!(counts.dead, bells(Fate::Dead) + messages(Fate::Dead));
    }

    /// Everything that waits is processed in the end, each once and in order.
    async fn drain(&mut self) {
        self.leases.clear();
        self.batches.clear();
        for _ in 0..150 {
            self.now = self.now.plus(10 * LEASE);
            self.lease().await;
            self.complete(1, None).await;
            self.claim().await;
            self.settle(&[Answer::Done; 4]).await;
        }
        self.agrees().await;
        let counts = self.store.counts().await.unwrap();
        assert_eq!((counts.inbox, counts.outbox), (0, 0));
    }
}

pub(crate) fn behaves_like_the_model<B: Backend>(fresh: impl Fn() -> B) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let config = ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(steps in prop::collection::vec(step(), 1..150))| {
        runtime.block_on(async {
            let backend = fresh();
            let store = backend.open().await;
            let (model, leases, batches) = (Model::default(), Vec::new(), Vec::new());
            let mut run = Run { store, model, now: NOW, leases, batches, appended: 0 };
            for step in steps {
                run.take(step, &backend).await;
                run.agrees().await;
            }
            run.drain().await;
        });
    });
}
