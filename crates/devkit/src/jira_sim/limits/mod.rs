//! Rate limits as published (docs/platforms/forge.md §3): points an hour for the app (`quota`), requests a second an
//! endpoint, writes an issue. Driven by the simulator's clock. `usage` counts with and without limits.

mod published;
mod quota;
mod usage;

use std::collections::{HashMap, VecDeque};

pub(super) use self::published::TooMany;
pub use self::{
    published::{Limits, QuotaNames},
    usage::Usage,
};
use self::{quota::Quotas, usage::Ledger};
use super::id::Id;
use crate::clock::Millis;

/// The remaining part of a budget below which Jira warns.
const NEAR: u64 = 5;

/// A request, as the limits count it.
#[derive(Clone, Debug)]
pub(super) struct Charged {
    /// Verb and address without its parameters.
    pub endpoint: (String, String),
    /// The issue that it writes to.
    pub issue: Option<Id>,
    /// Whether it comes through the app, and so costs points.
    pub through_app: bool,
}

/// Counters of the limits. Without limits only [`Usage`] is counted.
#[derive(Debug, Default)]
pub(super) struct Limiter {
    pub limits: Option<Limits>,
    pub ledger: Ledger,
    quotas: Quotas,
    /// Tokens of each endpoint in thousandths, and when they were counted.
    endpoints: HashMap<(String, String), (u64, Millis)>,
    issues: HashMap<Id, VecDeque<Millis>>,
}

impl Limiter {
    fn burst(limits: &Limits, endpoint: &(String, String)) -> u64 {
        if matches!(endpoint.0.as_str(), "PUT" | "DELETE") { limits.writes } else { limits.reads }
    }

    /// Counts points that the app's other sites used in the present hour.
    pub fn spend_elsewhere(&mut self, now: Millis, points: u64) {
        self.quotas.spend_elsewhere(now, points);
    }

    /// Admits a request, or returns the exceeded limit. A rejected request is not counted.
    pub fn admit(&mut self, now: Millis, request: &Charged) -> Result<(), TooMany> {
        let Some(limits) = self.limits.clone() else { return Ok(()) };
        if request.through_app {
            self.quotas.admit(now, &limits)?;
        }
        if let Some(issue) = request.issue {
            let written = self.issues.entry(issue).or_default();
            written.retain(|at| now - at < limits.issue_writes[1].1);
            for (most, within) in limits.issue_writes {
                let recent: Vec<Millis> = written.iter().copied().filter(|at| now - at < within).collect();
                if let Some(oldest) = recent.len().checked_sub(most).and_then(|first| recent.get(first)) {
                    return Err(TooMany { reason: "jira-per-issue-on-write", until: oldest + within });
                }
            }
        }
        let full = Self::burst(&limits, &request.endpoint) * 1_000;
        let (tokens, at) = self.endpoints.entry(request.endpoint.clone()).or_insert((full, now));
        let passed = u64::try_from(now - *at).unwrap_or(0);
        *tokens = full.min(*tokens + passed.saturating_mul(full / 1_000));
        *at = now;
        if *tokens < 1_000 {
            return Err(TooMany { reason: "jira-burst-based", until: now + 1_000 });
        }
        *tokens -= 1_000;
        if let Some(issue) = request.issue {
            self.issues.entry(issue).or_default().push_back(now);
        }
        Ok(())
    }

    /// Takes the points of a request that was let in.
    pub fn charge(&mut self, request: &Charged, points: u64) {
        if request.through_app {
            self.ledger.add(&request.endpoint, points);
            if self.limits.is_some() {
                self.quotas.spend(points);
            }
        }
    }

    /// The headers about the limits in a response.
    pub fn headers(&self, now: Millis, request: &Charged) -> Vec<(&'static str, String)> {
        let Some(limits) = &self.limits else { return Vec::new() };
        let burst = Self::burst(limits, &request.endpoint);
        let left = self.endpoints.get(&request.endpoint).map_or(burst, |(tokens, _)| tokens / 1_000);
        let mut headers = vec![("x-ratelimit-limit", burst.to_string()), ("x-ratelimit-remaining", left.to_string())];
        let mut near = left * NEAR < burst;
        if request.through_app {
            headers.extend(self.quotas.headers(now, limits));
            near |= self.quotas.is_near(limits, NEAR);
        }
        if near {
            headers.push(("x-ratelimit-nearlimit", "true".to_owned()));
        }
        headers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Millis = 3_600_000;

    fn request(verb: &str, issue: Option<Id>) -> Charged {
        Charged { endpoint: (verb.to_owned(), "issue/{}".to_owned()), issue, through_app: true }
    }

    fn limiter() -> Limiter {
        Limiter { limits: Some(Limits::published()), ..Limiter::default() }
    }

    #[test]
    fn writes_to_one_issue_are_few() {
        let mut limiter = limiter();
        let write = request("POST", Some(7));
        for at in 0..20 {
            assert_eq!(limiter.admit(at, &write), Ok(()));
        }
        assert_eq!(limiter.admit(20, &write), Err(TooMany { reason: "jira-per-issue-on-write", until: 2_000 }));
        assert_eq!(limiter.admit(20, &request("POST", Some(8))), Ok(()));
        assert_eq!(limiter.admit(2_000, &write), Ok(()));
        // The second window: 100 within half a minute, however they are spread.
        for turn in 1..80 {
            assert_eq!(limiter.admit(2_000 + turn * 150, &write), Ok(()), "{turn}");
        }
        let refused = limiter.admit(14_000, &write).unwrap_err();
        assert_eq!((refused.reason, refused.until), ("jira-per-issue-on-write", 30_000));
    }

    #[test]
    fn an_endpoint_recovers_with_time() {
        let mut limiter = limiter();
        let delete = request("DELETE", None);
        for _ in 0..50 {
            assert_eq!(limiter.admit(0, &delete), Ok(()));
        }
        assert_eq!(limiter.admit(0, &delete).unwrap_err().reason, "jira-burst-based");
        assert_eq!(limiter.admit(20, &delete), Ok(()), "one every 20 ms");
        assert!(limiter.admit(20, &delete).is_err());
    }

    #[test]
    fn counts_usage_without_limits() {
        let mut limiter = Limiter::default();
        limiter.charge(&request("GET", None), 3);
        limiter.charge(&request("POST", Some(7)), 1);
        limiter.charge(&Charged { through_app: false, ..request("GET", None) }, 9);
        assert_eq!(limiter.ledger.total, Usage { calls: 2, points: 4 });
        let by_endpoint = limiter.ledger.by_endpoint();
        assert_eq!(by_endpoint["GET issue/{}"], Usage { calls: 1, points: 3 });
        assert_eq!(by_endpoint["POST issue/{}"], Usage { calls: 1, points: 1 });
    }

    #[test]
    fn points_come_back_with_the_hour() {
        let mut limiter = limiter();
        let read = request("GET", None);
        assert_eq!(limiter.admit(0, &read), Ok(()));
        limiter.charge(&read, 65_000);
        let refused = limiter.admit(1_800_000, &read).unwrap_err();
        assert_eq!((refused.reason, refused.until), ("jira-quota-global-based", HOUR));
        assert_eq!(refused.headers(1_800_000)[0], ("retry-after", "1800".to_owned()));
        assert_eq!(refused.headers(1_800_000)[2].1, "1970-01-01T01:00Z");
        assert_eq!(limiter.admit(HOUR, &read), Ok(()));
        limiter.spend_elsewhere(HOUR, 51_999);
        assert!(limiter.headers(HOUR, &read).iter().all(|(name, _)| !name.contains("beta")), "less than 80 %");
        limiter.charge(&read, 1);
        let headers = limiter.headers(HOUR, &read);
        assert!(headers.contains(&("beta-ratelimit", "\"global-app-quota\";r=13000;t=3600".to_owned())), "{headers:?}");
    }
}
