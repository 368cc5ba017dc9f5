//! How long to wait between two requests that only ask for commands. Short after a change on a link, and otherwise by the hours of
//! the week in which this helpdesk works with Jira: each request costs something, and nobody waits at night (docs/operators.md).

use std::time::Duration;

use schema::{MessageKind, UnixMs};
use serde::{Deserialize, Serialize};
use store::{Effects, Store, StoreError};

use crate::env::millis;

/// Watermark with the learned hours.
const NAME: &str = "poll-hours";
/// From the start of one request to the start of the next after a change, each with how long after it: somebody works on a link,
/// and may come back to it.
const AFTER_A_CHANGE: [(i64, i64); 3] = [(1_000, 90_000), (2_000, 130_000), (5_000, 170_000)];
/// The same in an hour in which this helpdesk usually works with Jira, and in any other.
const WORKING_MS: i64 = 10_000;
const QUIET_MS: i64 = 30_000;
/// An installation that is younger has not learned enough: every hour counts as one in which it works.
const LEARNED_WEEKS: i64 = 2;
/// An hour is usual if it, the one before or the one after had changes this often in the last eight weeks.
const USUAL: u32 = 2;
const HOUR_MS: i64 = 3_600_000;
const HOURS: usize = 168;

/// Whether a message tells of a change that somebody made; the connector's own questions and reports do not.
pub(super) const fn is_change(kind: MessageKind) -> bool {
    !matches!(
        kind,
        MessageKind::Hello
            | MessageKind::HelpdeskNames
            | MessageKind::SidecarStatus
            | MessageKind::DriftReport
            | MessageKind::IssueGet
            | MessageKind::IssuesChanged
            | MessageKind::IssuesRead
            | MessageKind::UserSearch
    )
}

/// The hours of the week with changes, in UTC. The neighbouring hours of an hour count too, so the change to summer time does not
/// matter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Hours {
    /// The first week; weeks are counted since 1970.
    first: i64,
    /// The week of the lowest bits.
    week: i64,
    /// One bit for each of the last eight weeks.
    weeks: Vec<u8>,
}

impl Hours {
    fn new(now: UnixMs) -> Self {
        let week = week_of(now);
        Self { first: week, week, weeks: vec![0; HOURS] }
    }

    /// Moves to the week of `now`. A clock that was set back changes nothing.
    fn turn(&mut self, now: UnixMs) {
        let passed = week_of(now) - self.week;
        if passed > 0 {
            let shift = u32::try_from(passed).unwrap_or(u32::MAX);
            self.weeks.iter_mut().for_each(|bits| *bits = bits.checked_shl(shift).unwrap_or(0));
            self.week = week_of(now);
        }
    }

    /// Notes a change. Returns whether that is new.
    fn note(&mut self, at: UnixMs) -> bool {
        self.turn(at);
        let Some(bits) = self.weeks.get_mut(hour_of(at)) else { return false };
        let before = std::mem::replace(bits, *bits | 1);
        *bits != before
    }

    fn is_usual(&mut self, now: UnixMs) -> bool {
        self.turn(now);
        let hour = hour_of(now);
        let ones = |hour: usize| self.weeks.get(hour % HOURS).map_or(0, |bits| bits.count_ones());
        self.week - self.first < LEARNED_WEEKS || ones(hour + HOURS - 1) + ones(hour) + ones(hour + 1) >= USUAL
    }
}

fn week_of(at: UnixMs) -> i64 {
    at.0.div_euclid(HOUR_MS).div_euclid(168)
}

fn hour_of(at: UnixMs) -> usize {
    usize::try_from(at.0.div_euclid(HOUR_MS).rem_euclid(168)).unwrap_or(0)
}

/// Decides about the pauses.
pub(super) struct Polling {
    hours: Option<Hours>,
    /// The last change.
    last: Option<UnixMs>,
    /// The longest pause that the operator allows.
    longest_ms: i64,
}

impl Polling {
    pub(super) fn new(longest: Duration) -> Self {
        Self { hours: None, last: None, longest_ms: millis(longest) }
    }

    /// Notes a change on a link, on either side, or that somebody looks at one.
    ///
    /// # Errors
    /// The hours cannot be stored.
    pub(super) async fn changed(&mut self, store: &dyn Store, at: UnixMs) -> Result<(), StoreError> {
        self.last = self.last.max(Some(at));
        let hours = self.hours(store, at).await?;
        if hours.note(at) {
            let json = serde_json::to_string(hours).unwrap_or_default();
            store.record(Effects { watermarks: vec![(NAME.to_owned(), json)], ..Effects::default() }).await?;
        }
        Ok(())
    }

    /// The time from the start of a request to the start of the next, in milliseconds.
    ///
    /// # Errors
    /// The hours cannot be read.
    pub(super) async fn pause_ms(&mut self, store: &dyn Store, now: UnixMs) -> Result<i64, StoreError> {
        let since = self.last.map_or(i64::MAX, |last| now.since(last).max(0));
        let pause = match AFTER_A_CHANGE.into_iter().find(|(_, until)| since < *until) {
            Some((pause, _)) => pause,
            None if self.is_usual_hour(store, now).await? => WORKING_MS,
            None => QUIET_MS,
        };
        Ok(pause.min(self.longest_ms))
    }

    /// Whether this helpdesk usually works with Jira in this hour of the week.
    ///
    /// # Errors
    /// The hours cannot be read.
    pub(super) async fn is_usual_hour(&mut self, store: &dyn Store, now: UnixMs) -> Result<bool, StoreError> {
        Ok(self.hours(store, now).await?.is_usual(now))
    }

    async fn hours(&mut self, store: &dyn Store, now: UnixMs) -> Result<&mut Hours, StoreError> {
        let hours = match self.hours.take() {
            Some(hours) => hours,
            None => {
                let stored = store.watermark(NAME).await?;
                let stored = stored.and_then(|json| serde_json::from_str::<Hours>(&json).ok());
                match stored.filter(|hours| hours.weeks.len() == HOURS) {
                    Some(hours) => hours,
                    None => {
                        let hours = Hours::new(now);
                        let json = serde_json::to_string(&hours).unwrap_or_default();
                        let first = vec![(NAME.to_owned(), json)];
                        store.record(Effects { watermarks: first, ..Effects::default() }).await?;
                        hours
                    }
                }
            }
        };
        Ok(self.hours.insert(hours))
    }
}

#[cfg(test)]
#[path = "polling_tests.rs"]
mod tests;
