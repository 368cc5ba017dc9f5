//! The points of an hour: those of the app on all sites together, or those of this site.

use super::published::{Limits, QuotaNames, TooMany};
use crate::clock::Millis;

const HOUR: Millis = 3_600_000;
/// The percentage of a quota from which on responses show it.
const SHOWN_FROM: u64 = 80;

/// A quota in the present hour.
struct Quota {
    /// Its name in headers.
    name: &'static str,
    /// `RateLimit-Reason` once it is used up.
    reason: &'static str,
    used: u64,
    most: u64,
}

impl Quota {
    const fn left(&self) -> u64 {
        self.most.saturating_sub(self.used)
    }
}

/// Points used in the present hour.
#[derive(Debug, Default)]
pub(super) struct Quotas {
    hour: Millis,
    /// Used by this site.
    own: u64,
    /// Used by the app's other sites, of which there are none here.
    others: u64,
}

impl Quotas {
    fn turn_hour(&mut self, now: Millis) {
        let hour = now.div_euclid(HOUR);
        if hour != self.hour {
            *self = Self { hour, ..Self::default() };
        }
    }

    const fn ends(&self) -> Millis {
        (self.hour + 1) * HOUR
    }

    pub const fn spend(&mut self, points: u64) {
        self.own = self.own.saturating_add(points);
    }

    pub fn spend_elsewhere(&mut self, now: Millis, points: u64) {
        self.turn_hour(now);
        self.others = self.others.saturating_add(points);
    }

    /// The quota that counts: the site's own if it has one, otherwise the one that all sites of the app share.
    fn current(&self, limits: &Limits) -> Quota {
        match limits.site_points {
            Some(most) => Quota { name: "tenant-app-quota", reason: "jira-quota-tenant-based", used: self.own, most },
            None => Quota {
                name: "global-app-quota",
                reason: "jira-quota-global-based",
                used: self.own.saturating_add(self.others),
                most: limits.points,
            },
        }
    }

    /// Refuses if there are no points left.
    pub fn admit(&mut self, now: Millis, limits: &Limits) -> Result<(), TooMany> {
        self.turn_hour(now);
        let quota = self.current(limits);
        if quota.used >= quota.most {
            return Err(TooMany { reason: quota.reason, until: self.ends() });
        }
        Ok(())
    }

    /// Whether less than this fraction of the quota is left.
    pub fn is_near(&self, limits: &Limits, fraction: u64) -> bool {
        let quota = self.current(limits);
        quota.left().saturating_mul(fraction) < quota.most
    }

    /// The headers about the quota, once enough of it is used.
    pub fn headers(&self, now: Millis, limits: &Limits) -> Vec<(&'static str, String)> {
        let quota = self.current(limits);
        let enough = quota.used.saturating_mul(100) >= quota.most.saturating_mul(SHOWN_FROM);
        if !enough && !limits.quota_always {
            return Vec::new();
        }
        let seconds = (self.ends() - now).div_euclid(1_000);
        let policy = format!("\"{}\";q={};w=3600", quota.name, quota.most);
        let rest = format!("\"{}\";r={};t={seconds}", quota.name, quota.left());
        let mut headers = Vec::new();
        if limits.quota_names != QuotaNames::Plain {
            headers.push(("beta-ratelimit-policy", policy.clone()));
            headers.push(("beta-ratelimit", rest.clone()));
        }
        if limits.quota_names != QuotaNames::Beta {
            headers.push(("ratelimit-policy", policy));
            headers.push(("ratelimit", rest));
        }
        headers
    }
}
