//! Random histories against a plain model: nothing lost, nothing doubled, order kept, whatever the sequence.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use schema::UnixMs;
use store::{Batch, BatchLimits, Effects, Intake, Settlement, Store, TicketLease};

use crate::Backend;
use crate::fixtures::{NOW, message, saying};

const LEASE: i64 = 1_000;
const LIMITS: BatchLimits = BatchLimits { messages: 4, bytes: 1_000_000, per_ticket: 2 };

#[derive(Clone, Debug)]
enum Step {
    Ring { delivery: u8, ticket: u64 },
    Lease,
    Complete { messages: u8 },
    PutBack { wait: i64 },
    Bury,
    Append { ticket: u64 },
    Claim,
    Settle { words: Vec<Word> },
    Replay,
    Pass { ms: i64 },
    Restart,
}

#[derive(Clone, Copy, Debug)]
enum Word {
    Done,
    Retry(i64),
    Dead,
    Nothing,
}

fn step() -> impl Strategy<Value = Step> {
    let word = prop_oneof![
        4 => Just(Word::Done),
        2 => (0..3 * LEASE).prop_map(Word::Retry),
        1 => Just(Word::Dead),
        1 => Just(Word::Nothing)
    ];
    prop_oneof![
        6 => (0..30_u8, 1..5_u64).prop_map(|(delivery, ticket)| Step::Ring { delivery, ticket }),
        4 => Just(Step::Lease),
        4 => (0..4_u8).prop_map(|messages| Step::Complete { messages }),
        1 => (0..3 * LEASE).prop_map(|wait| Step::PutBack { wait }),
        1 => Just(Step::Bury),
        3 => (1..5_u64).prop_map(|ticket| Step::Append { ticket }),
        5 => Just(Step::Claim),
        5 => prop::collection::vec(word, 4).prop_map(|words| Step::Settle { words }),
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

/// A ticket's lease or claim in either queue.
#[derive(Clone, Copy, Debug, Default)]
struct Hold {
    until: i64,
    token: Option<i64>,
    attempts: u32,
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
    bells: Vec<(u8, u64, Fate)>,
    leases: BTreeMap<u64, Hold>,
    messages: Vec<Message>,
    claims: BTreeMap<u64, Hold>,
}

impl Model {
    fn ring(&mut self, delivery: u8, ticket: u64) -> Intake {
        if self.bells.iter().any(|bell| bell.0 == delivery) {
            return Intake::Duplicate;
        }
        self.bells.push((delivery, ticket, Fate::Waiting));
        Intake::Stored
    }

    /// The ticket that must be leased now.
    fn next_ticket(&self, now: i64) -> Option<u64> {
        let free = |ticket: u64| self.leases.get(&ticket).is_none_or(|hold| hold.until <= now);
        self.bells.iter().find(|bell| bell.2 == Fate::Waiting && free(bell.1)).map(|bell| bell.1)
    }

    fn end(&mut self, ticket: u64, heard: usize, fate: Fate) {
        for bell in &mut self.bells[..heard] {
            if bell.1 == ticket && (bell.2 == Fate::Waiting || fate == Fate::Done) {
                bell.2 = fate;
            }
        }
        self.leases.remove(&ticket);
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
            Step::Ring { delivery, ticket } => {
                let expected = self.model.ring(delivery, ticket);
                let bell = crate::fixtures::bell(&format!("d{delivery}"), ticket);
                assert_eq!(self.store.ring(bell).await, Ok(expected));
            }
            Step::Lease => self.lease().await,
            Step::Complete { messages } => self.complete(messages).await,
            Step::PutBack { wait } => {
                let Some((lease, _)) = self.leases.pop() else { return };
                let until = self.now.plus(wait);
                let result = self.store.put_back(&lease, until, "later").await;
                let hold = self.model.leases.get_mut(&lease.ticket_id).filter(|hold| hold.token == Some(lease.token));
                assert_eq!(result.is_ok(), hold.is_some());
                if let Some(hold) = hold {
                    (hold.until, hold.token) = (until.0, None);
                }
            }
            Step::Bury => {
                let Some((lease, heard)) = self.leases.pop() else { return };
                let ours = self.holds(&lease);
                assert_eq!(self.store.bury(&lease, self.now, "poison").await.is_ok(), ours);
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
            Step::Settle { words } => self.settle(&words).await,
            Step::Replay => self.replay().await,
            Step::Pass { ms } => self.now = self.now.plus(ms),
            Step::Restart => self.store = backend.open().await,
        }
    }

    fn holds(&self, lease: &TicketLease) -> bool {
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
            *hold = Hold { until: lease.expires_at.0, token: Some(lease.token), attempts: hold.attempts + 1 };
            self.leases.push((lease, self.model.bells.len()));
        }
    }

    async fn complete(&mut self, messages: u8) {
        // The oldest lease, so that expired and taken-over ones are tried as well.
        if self.leases.is_empty() {
            return;
        }
        let (lease, heard) = self.leases.remove(0);
        let ids: Vec<String> = (0..messages).map(|_| self.next_id()).collect();
        let said = ids.iter().map(|id| message(id, lease.ticket_id)).collect();
        let ours = self.holds(&lease);
        assert_eq!(self.store.complete(&lease, saying(said), self.now).await.is_ok(), ours);
        if ours {
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
            let hold = Hold { until: self.now.plus(LEASE).0, token: Some(batch.token), attempts: 0 };
            self.model.claims.insert(message.ticket, hold);
        }
        if !batch.rows.is_empty() {
            self.batches.push(batch);
        }
    }

    async fn settle(&mut self, words: &[Word]) {
        if self.batches.is_empty() {
            return;
        }
        let batch = self.batches.remove(0);
        let at = |id: &str, messages: &[Message]| messages.iter().position(|one| one.id == id).unwrap();
        let mut settlements = Vec::new();
        let mut ours = true;
        for (row, word) in batch.rows.iter().zip(words) {
            let message = &self.model.messages[at(&row.id, &self.model.messages)];
            ours &= message.token.is_none_or(|token| token == batch.token);
            let settlement = match *word {
                Word::Done => Settlement::Done { result: None },
                Word::Retry(wait) => Settlement::Retry { at: self.now.plus(wait), code: "busy".to_owned() },
                Word::Dead => Settlement::Dead { code: "rejected".to_owned() },
                Word::Nothing => continue,
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
        let bells = |fate| self.model.bells.iter().filter(|bell| bell.2 == fate).count() as u64;
        let messages = |fate| self.model.messages.iter().filter(|one| one.fate == fate).count() as u64;
        assert_eq!(counts.inbox, bells(Fate::Waiting));
        assert_eq!(counts.outbox, messages(Fate::Waiting));
        assert_eq!(counts.dead, bells(Fate::Dead) + messages(Fate::Dead));
    }

    /// Everything that waits is worked off in the end, each once and in order.
    async fn drain(&mut self) {
        self.leases.clear();
        self.batches.clear();
        for _ in 0..150 {
            self.now = self.now.plus(10 * LEASE);
            self.lease().await;
            self.complete(1).await;
            self.claim().await;
            self.settle(&[Word::Done; 4]).await;
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
