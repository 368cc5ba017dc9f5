//! This installation's use of Jira's rate limit, which all installations of the app share (docs/capacity.md).

use std::time::Duration;

use schema::{Quota, UnixMs};
use serde::Serialize;

const HOUR_MS: i64 = 3_600_000;

/// The use of the rate limit in one clock hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct JiraQuota {
    /// When this was told.
    pub at: UnixMs,
    /// Points that the installation has used in this hour, as the app counts them.
    pub spent: u32,
    /// Points that are left to all installations of the app, if Jira says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rest: Option<u32>,
    /// Until when background questions wait.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub background_waits_until: Option<UnixMs>,
    /// Until when everything that needs Jira waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waits_until: Option<UnixMs>,
}

impl JiraQuota {
    pub(super) fn new(told: &Quota, at: UnixMs) -> Self {
        let until = |wait: Option<u32>| wait.map(|ms| at.plus(i64::from(ms)));
        Self {
            at,
            spent: told.spent,
            rest: told.rest,
            background_waits_until: until(told.background_wait_ms),
            waits_until: until(told.wait_ms),
        }
    }

    /// Whether this is about the hour of `now`.
    pub(super) fn is_of_hour(&self, now: UnixMs) -> bool {
        self.at.0.div_euclid(HOUR_MS) == now.0.div_euclid(HOUR_MS)
    }

    pub(super) fn is_everything_waiting(&self, now: UnixMs) -> bool {
        self.waits_until.is_some_and(|until| now.since(until) < 0)
    }

    /// How long background questions wait. A deadline further away than an hour comes from a clock that was set back.
    pub(super) fn background_wait(&self, now: UnixMs) -> Option<Duration> {
        let wait = self.background_waits_until?.since(now);
        (1..=HOUR_MS).contains(&wait).then(|| Duration::from_millis(wait.unsigned_abs()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::Health;

    const NOW: UnixMs = UnixMs(1_790_000_100_000);

    #[test]
    fn the_report_shows_the_quota_until_the_hour_ends() {
        let health = Health::default();
        assert_eq!((health.report(NOW, false).jira_quota, health.jira_background_wait(NOW)), (None, None));
        let told = Quota { spent: 700, rest: Some(9_000), background_wait_ms: Some(60_000), wait_ms: Some(30_000) };
        health.jira_quota(&told, NOW);
        let report = health.report(NOW, false);
        let shown = report.jira_quota.unwrap();
        assert_eq!((shown.spent, shown.rest, shown.waits_until), (700, Some(9_000), Some(NOW.plus(30_000))));
        assert_eq!(report.warnings, ["jira-quota"]);
        assert!(report.ready && report.help.contains_key("jira-quota"));
        assert_eq!(health.jira_background_wait(NOW), Some(Duration::from_secs(60)));
        assert_eq!(health.jira_background_wait(NOW.plus(60_000)), None);
        assert_eq!(health.jira_background_wait(NOW.plus(-HOUR_MS)), None, "the clock was set back");
        assert!(health.report(NOW.plus(30_000), false).warnings.is_empty());
        assert_eq!(health.report(NOW.plus(HOUR_MS), false).jira_quota, None);
    }
}
