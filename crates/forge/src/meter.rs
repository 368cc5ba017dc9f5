//! The count of Jira's points in one invocation, and the share of an installation (docs/capacity.md).

use std::cell::Cell;

use schema::{Quota, UnixMs};
use serde::{Deserialize, Serialize};

/// Points an hour of the whole app in Atlassian's first tier (docs/platforms/forge.md §3).
const POOL: u32 = 65_000;
/// The share of one installation for background questions in an hour: a hundredth of the pool.
const BACKGROUND: u32 = POOL / 100;
/// The share of one installation in an hour while the pool is not short: a fifth of it.
const MOST: u32 = POOL / 5;
/// The share of one installation in the rest of an hour in which the pool is short: a twentieth.
const MOST_IF_SHORT: u32 = POOL / 20;
/// The pool is short when less than this part of it is left.
const SHORT: u32 = POOL / 5;
const HOUR_MS: i64 = 3_600_000;

/// How soon something has to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Urgency {
    /// A question of the connector itself, for which nobody waits.
    Background,
    /// A question that finds what was missed on one issue. It may take half of the installation's share.
    CatchUp,
    /// A change that one side made.
    Change,
}

/// The points that an installation used in one hour; a record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Used {
    /// Hours since 1970.
    hour: i64,
    spent: u32,
    /// The part of it for background questions.
    background: u32,
    /// The points that were spent when the pool was found to be short.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    short_at: Option<u32>,
    /// The rest of the pool, as Jira said last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rest: Option<u32>,
    /// Jira refuses everything until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refused_until: Option<UnixMs>,
}

/// The count of one invocation.
#[derive(Debug, Default)]
pub struct Meter {
    /// The points that were used before, in the hour of the invocation.
    before: Cell<Used>,
    /// The points of this invocation.
    added: Cell<Used>,
}

impl Used {
    /// This record, or an empty one if its hour is over.
    fn in_hour(self, hour: i64) -> Self {
        if self.hour == hour { self } else { Self { hour, ..Self::default() } }
    }

    fn plus(self, added: Self) -> Self {
        Self {
            hour: self.hour,
            spent: self.spent.saturating_add(added.spent),
            background: self.background.saturating_add(added.background),
            short_at: self.short_at.or_else(|| added.short_at.map(|at| at.saturating_add(self.spent))),
            rest: added.rest.or(self.rest),
            refused_until: added.refused_until.max(self.refused_until),
        }
    }
}

fn hour_of(now: UnixMs) -> i64 {
    now.0.div_euclid(HOUR_MS)
}

/// Milliseconds until the next full hour, when the limit starts anew.
fn until_next_hour(now: UnixMs) -> u32 {
    u32::try_from(HOUR_MS - now.0.rem_euclid(HOUR_MS)).unwrap_or(1)
}

impl Meter {
    fn now(&self, now: UnixMs) -> Used {
        let hour = hour_of(now);
        self.before.get().in_hour(hour).plus(self.added.get())
    }

    /// How long something has to wait, in milliseconds; `None` if it may be done now.
    pub(crate) fn wait_ms(&self, urgency: Urgency, now: UnixMs) -> Option<u32> {
        let used = self.now(now);
        if let Some(until) = used.refused_until.filter(|until| now.since(*until) < 0) {
            return u32::try_from(until.since(now)).ok();
        }
        let (spent, most) = match used.short_at {
            Some(at) => (used.spent.saturating_sub(at), MOST_IF_SHORT),
            None => (used.spent, MOST),
        };
        let may = match urgency {
            Urgency::Background => used.short_at.is_none() && used.background < BACKGROUND && spent < most / 2,
            Urgency::CatchUp => spent < most / 2,
            Urgency::Change => spent < most,
        };
        (!may).then(|| until_next_hour(now))
    }

    /// Counts the points of a request to Jira, and keeps what Jira says about its limits: the rest of the pool, and for how many
    /// seconds it refuses everything.
    pub(crate) fn count(&self, points: u32, rest: Option<u32>, refused_seconds: Option<u32>, now: UnixMs) {
        let mut added = self.added.get();
        added.spent = added.spent.saturating_add(points);
        if let Some(rest) = rest {
            added.rest = Some(rest);
            if rest < SHORT {
                added.short_at = added.short_at.or(Some(added.spent));
            }
        }
        if let Some(seconds) = refused_seconds {
            let until = now.plus(i64::from(seconds.clamp(1, 3_600)) * 1_000);
            added.refused_until = Some(until).max(added.refused_until);
            added.short_at = added.short_at.or(Some(added.spent));
        }
        self.added.set(added);
    }

    /// Counts a request that the app makes for a file, one point.
    pub(crate) fn count_file(&self) {
        let mut added = self.added.get();
        added.spent = added.spent.saturating_add(1);
        self.added.set(added);
    }

    /// Counts this many of the counted points as those of background questions.
    pub(crate) fn count_background(&self, points: usize) {
        let mut added = self.added.get();
        added.background = added.background.saturating_add(u32::try_from(points).unwrap_or(u32::MAX));
        self.added.set(added);
    }

    /// The part of the reply about it; `None` if Jira was not called and nothing waits.
    pub(crate) fn quota(&self, now: UnixMs) -> Option<Quota> {
        let (used, wait) = (self.now(now), |urgency| self.wait_ms(urgency, now));
        let quota = Quota {
            spent: used.spent,
            rest: used.rest,
            background_wait_ms: wait(Urgency::Background),
            wait_ms: wait(Urgency::Change),
        };
        let is_silent = self.added.get().spent == 0 && quota.background_wait_ms.is_none();
        (!is_silent).then_some(quota)
    }

    /// Begins with what the installation has used.
    pub(crate) fn begin(&self, used: Used, now: UnixMs) {
        self.before.set(used.in_hour(hour_of(now)));
    }

    /// Takes the points of this invocation; returns them added to those of the record.
    pub(crate) fn take(&self, stored: Used, now: UnixMs) -> Used {
        let used = stored.in_hour(hour_of(now)).plus(self.added.take());
        self.before.set(used);
        used
    }

    /// Whether there is something to store.
    pub(crate) fn has_counted(&self) -> bool {
        self.added.get() != Used::default()
    }
}

#[cfg(test)]
#[path = "meter_tests.rs"]
mod tests;
