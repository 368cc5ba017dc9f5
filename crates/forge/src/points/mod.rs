//! Jira's rate limit: points per clock hour, shared by all installations of the app (docs/capacity.md). Each installation keeps
//! count of what it uses and stays within a share, so that none can stop the others. First its background questions wait, then
//! everything that needs Jira; what a person waits for at a page is never held back here.

mod cost;
mod headers;

use std::cell::Cell;

use schema::{Quota, UnixMs};
use serde::{Deserialize, Serialize};

use crate::json::json;
use crate::platform::{JiraResponse, Platform, PlatformError, SetOptions};
use crate::records;

pub(crate) use self::headers::Limit;

/// Points an hour of the whole app in Atlassian's first tier (docs/platforms/forge.md §3).
const POOL: u32 = 65_000;
/// What one installation may use for background questions in an hour: a hundredth of the pool.
const BACKGROUND: u32 = POOL / 100;
/// What one installation may use in an hour while the pool is not short: a fifth of it.
const MOST: u32 = POOL / 5;
/// What one installation may use in the rest of an hour in which the pool is short: a twentieth.
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

/// What an installation used in one hour; a record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Used {
    /// Hours since 1970.
    hour: i64,
    spent: u32,
    /// The part of it for background questions.
    background: u32,
    /// What was spent when the pool was found to be short.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    short_at: Option<u32>,
    /// What Jira said last about the rest of the pool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rest: Option<u32>,
    /// Jira refuses everything until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refused_until: Option<UnixMs>,
}

const KEY: &str = "points";

/// The count of one invocation.
#[derive(Debug, Default)]
pub struct Meter {
    /// What was used before, in the hour of the invocation.
    before: Cell<Used>,
    /// What this invocation adds.
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

    /// Counts a request to Jira, by its method and the first fixed part of its path, and keeps what Jira says about its limits.
    pub(crate) fn count(&self, method: &str, path: &str, response: &JiraResponse, now: UnixMs) {
        let mut added = self.added.get();
        added.spent = added.spent.saturating_add(cost::of(method, path, response));
        if let Some(rest) = headers::rest_of_pool(&response.limit) {
            added.rest = Some(rest);
            if rest < SHORT {
                added.short_at = added.short_at.or(Some(added.spent));
            }
        }
        if response.status == 429 && headers::limit_of(&response.limit) == Limit::Quota {
            let seconds = i64::from(response.retry_after.unwrap_or(until_next_hour(now) / 1_000).clamp(1, 3_600));
            added.refused_until = Some(now.plus(seconds * 1_000)).max(added.refused_until);
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

    /// What the reply says about it; `None` if Jira was not called and nothing waits.
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
}

/// Reads what the installation has used in this hour. A record that cannot be read counts as none.
pub(crate) async fn load(platform: &impl Platform) {
    let used: Option<Used> = records::get(platform, KEY).await.unwrap_or_default();
    platform.meter().before.set(used.unwrap_or_default().in_hour(hour_of(platform.now())));
}

/// Adds what this invocation used to the record. Without compare-and-set a simultaneous invocation may overwrite it, so the record
/// is read again just before; what is lost in these milliseconds is far less than the limits leave room for.
///
/// # Errors
/// Storage failed; nothing but the count is lost.
pub(crate) async fn store(platform: &impl Platform) -> Result<(), PlatformError> {
    let (meter, hour) = (platform.meter(), hour_of(platform.now()));
    let added = meter.added.take();
    if added == Used::default() {
        return Ok(());
    }
    let stored: Option<Used> = records::get(platform, KEY).await.unwrap_or_default();
    let used = stored.unwrap_or_default().in_hour(hour).plus(added);
    meter.before.set(used);
    records::set(platform, KEY, json!(used), SetOptions::default()).await
}

/// The kind of limit of a 429.
pub(crate) fn limit_of(response: &JiraResponse) -> Limit {
    headers::limit_of(&response.limit)
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
