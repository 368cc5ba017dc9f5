//! The tickets whose commands wait, because the first of them cannot be applied now. Kept in memory only: Forge keeps the
//! commands themselves and delivers them again until they are acknowledged.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use schema::{Command, UnixMs};

/// Twice the longest delay between two attempts.
const LONGEST_MS: i64 = 2 * backoff::LONGEST.as_millis() as i64;

/// A command that failed this often is listed: what passes within seconds is no trouble.
const LISTED_ATTEMPTS: u32 = 3;

/// The commands that are applied in their order: those of one ticket, and those without a ticket of one issue. A request to link
/// a ticket has no ticket yet, and must not wait for another one's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sequence {
    Ticket(u64),
    Issue(Option<String>),
}

impl Sequence {
    /// The one that a command belongs to.
    pub(super) fn of(command: &Command) -> Self {
        command.ticket_id.map_or_else(|| Self::Issue(command.issue_id.clone()), Self::Ticket)
    }

    fn ticket(&self) -> Option<u64> {
        if let Self::Ticket(id) = self { Some(*id) } else { None }
    }
}

/// The waiting tickets, and issues with a command without a ticket.
#[derive(Debug, Default)]
pub struct WaitingTickets(Mutex<BTreeMap<Sequence, Waiting>>);

#[derive(Clone, Copy, Debug)]
struct Waiting {
    attempts: u32,
    until: UnixMs,
    code: &'static str,
    /// Whether its first command is listed by `connector troubles`.
    listed: bool,
}

impl Waiting {
    /// A time further away than the longest delay was noted before the clock was set back.
    fn lasts(&self, now: UnixMs) -> bool {
        (1..=LONGEST_MS).contains(&self.until.since(now))
    }
}

impl WaitingTickets {
    /// Whether these commands have to wait still.
    pub(super) fn must_wait(&self, sequence: &Sequence, now: UnixMs) -> bool {
        self.entries().get(sequence).is_some_and(|waiting| waiting.lasts(now))
    }

    /// One of these commands failed: the next attempt is made after the delay for this number of attempts. Returns whether
    /// the command has to be listed now.
    pub(super) fn failed(
        &self,
        sequence: Sequence,
        now: UnixMs,
        code: &'static str,
        delay_ms: impl FnOnce(u32) -> i64,
    ) -> bool {
        let mut entries = self.entries();
        let before = entries.get(&sequence).copied();
        let attempts = before.map_or(1, |waiting| waiting.attempts.saturating_add(1));
        let is_listed = before.is_some_and(|waiting| waiting.listed && waiting.code == code);
        let listed = is_listed || attempts >= LISTED_ATTEMPTS;
        entries.insert(sequence, Waiting { attempts, until: now.plus(delay_ms(attempts)), code, listed });
        listed && !is_listed
    }

    /// One of these commands was applied.
    pub(super) fn applied(&self, sequence: &Sequence) {
        self.entries().remove(sequence);
    }

    /// Lets every ticket be tried at once. The numbers of attempts stay, so that what fails again waits as long as before.
    pub fn retry_all(&self) {
        self.entries().values_mut().for_each(|waiting| waiting.until = UnixMs::default());
    }

    /// The tickets whose commands have to wait still.
    pub(crate) fn postponed(&self, now: UnixMs) -> Vec<u64> {
        self.entries()
            .iter()
            .filter(|(_, waiting)| waiting.lasts(now))
            .filter_map(|(sequence, _)| sequence.ticket())
            .collect()
    }

    /// All that wait, with the code of the cause.
    pub(super) fn list(&self) -> Vec<(Sequence, &'static str)> {
        self.entries().iter().map(|(sequence, waiting)| (sequence.clone(), waiting.code)).collect()
    }

    fn entries(&self) -> MutexGuard<'_, BTreeMap<Sequence, Waiting>> {
        // A poisoned lock means a panic while holding it; the entries are plain data and still good.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_waits_longer_after_each_failure_and_not_after_a_success() {
        let waiting = WaitingTickets::default();
        let (ticket, now) = (Sequence::Ticket(7), UnixMs(1_000));
        assert!(!waiting.must_wait(&ticket, now));
        for attempt in 1..=3 {
            let is_listed_now = waiting.failed(ticket.clone(), now, "zammad-no-access", |attempts| {
                assert_eq!(attempts, attempt);
                i64::from(attempts) * 100
            });
            assert_eq!(is_listed_now, attempt == LISTED_ATTEMPTS);
        }
        assert!(waiting.must_wait(&ticket, UnixMs(1_299)) && !waiting.must_wait(&ticket, UnixMs(1_300)));
        assert!(!waiting.must_wait(&Sequence::Ticket(8), now), "other tickets do not wait");
        assert_eq!(waiting.list(), [(ticket.clone(), "zammad-no-access")]);
        assert_eq!((waiting.postponed(UnixMs(1_299)), waiting.postponed(UnixMs(1_300))), (vec![7], vec![]));
        waiting.retry_all();
        assert!(!waiting.must_wait(&ticket, now));
        assert!(!waiting.failed(ticket.clone(), now, "zammad-no-access", i64::from), "it is listed already");
        assert!(waiting.failed(ticket.clone(), now, "zammad-busy", i64::from), "for another reason now");
        waiting.applied(&ticket);
        assert!(!waiting.must_wait(&ticket, now) && waiting.list().is_empty());
    }

    #[test]
    fn a_ticket_does_not_wait_for_the_time_before_the_clock_was_set_back() {
        const DAY: i64 = 86_400_000;
        let (waiting, ticket, now) = (WaitingTickets::default(), Sequence::Ticket(7), UnixMs(10 * DAY));
        waiting.failed(ticket.clone(), now.plus(DAY), "zammad-no-access", |_| 300_000);
        assert!(!waiting.must_wait(&ticket, now) && waiting.postponed(now).is_empty());
    }
}
