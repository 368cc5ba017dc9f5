//! The published limits, and the refusal of a request that exceeds one.

use crate::clock::{Millis, calendar};

/// How much is allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Points per hour, for all requests through the app, on all sites together.
    pub points: u64,
    /// Points per hour for this site alone, instead of those for all sites: as an app of the second tier has them.
    pub site_points: Option<u64>,
    /// Whether every response shows the quota of points; otherwise only those do that come once 80 % of it are used.
    pub quota_always: bool,
    /// The names of the headers that show it.
    pub quota_names: QuotaNames,
    /// GET or POST requests a second to one endpoint.
    pub reads: u64,
    /// PUT or DELETE requests a second to one endpoint.
    pub writes: u64,
    /// Writes to one issue: number and period in milliseconds.
    pub issue_writes: [(usize, Millis); 2],
}

impl Limits {
    /// As Atlassian publishes them for an app of the first tier. The figure for PUT and DELETE is half of that for GET
    /// and POST.
    #[must_use]
    pub const fn published() -> Self {
        Self {
            points: 65_000,
            site_points: None,
            quota_always: false,
            quota_names: QuotaNames::Beta,
            reads: 100,
            writes: 50,
            issue_writes: [(20, 2_000), (100, 30_000)],
        }
    }
}

/// The names of the headers with the quotas. Atlassian uses the first while it only measures; what it will use later is
/// not known for certain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum QuotaNames {
    /// `Beta-RateLimit` and `Beta-RateLimit-Policy`.
    #[default]
    Beta,
    /// `RateLimit` and `RateLimit-Policy`.
    Plain,
    /// All four.
    Both,
}

/// A request that is one too many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::jira_sim) struct TooMany {
    /// `RateLimit-Reason`.
    pub reason: &'static str,
    /// When it is worth another try.
    pub until: Millis,
}

impl TooMany {
    /// Further headers of a 429 response.
    pub fn headers(&self, now: Millis) -> Vec<(&'static str, String)> {
        let seconds = (self.until - now).max(1).div_euclid(1_000) + i64::from((self.until - now).rem_euclid(1_000) > 0);
        let at = calendar(self.until);
        let (date, time) = (at.date(), at.time());
        let (month, day) = (u8::from(date.month()), date.day());
        let reset = format!("{:04}-{month:02}-{day:02}T{:02}:{:02}Z", date.year(), time.hour(), time.minute());
        vec![
            ("retry-after", seconds.to_string()),
            ("ratelimit-reason", self.reason.to_owned()),
            ("x-ratelimit-reset", reset),
        ]
    }
}
