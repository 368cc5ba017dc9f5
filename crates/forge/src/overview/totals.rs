//! Counts over all linked issues, record `cache:overview`: made of the records of the links, and used for ten minutes, so that an
//! opened page does not read them all.

use std::collections::BTreeMap;

use schema::{Bucket, UnixMs};
use serde::{Deserialize, Serialize};

use crate::impact;
use crate::json::json;
use crate::links::{self, Link};
use crate::platform::{Platform, PlatformError, SetOptions};
use crate::records;

const KEY: &str = "cache:overview";
/// How long the counts are used.
const FRESH_SECONDS: u32 = 600;
/// Issues of each project that may be named; more than are shown, since the user may not browse all of them.
const KEPT: usize = 30;
/// Projects in the record, those with the most issues.
const MOST_PROJECTS: usize = 300;
const DAY_MS: i64 = 86_400_000;
/// Upper limits of the ages of open tickets, in days; the last group has no limit.
const AGES: [i64; 4] = [1, 7, 30, 90];

/// Counts of every project.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Totals {
    /// When they were made.
    pub(super) at: UnixMs,
    /// Whether every link was read.
    pub(super) complete: bool,
    pub(super) projects: BTreeMap<String, ProjectTotals>,
}

/// Counts of one project, or of several.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct ProjectTotals {
    pub(super) issues: usize,
    pub(super) tickets: usize,
    /// Issues whose tickets are open, pending, closed, and not known yet.
    pub(super) buckets: [usize; 4],
    /// Issues by the age of their oldest ticket that is not closed.
    pub(super) ages: [usize; AGES.len() + 1],
    /// Those with the most waiting customers, the most first.
    pub(super) top: Vec<Top>,
}

/// An issue with waiting customers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Top {
    pub(super) issue_id: String,
    pub(super) issue_key: String,
    pub(super) waiting_customers: usize,
}

impl ProjectTotals {
    /// Adds the counts of another project.
    pub(super) fn add(&mut self, other: &Self) {
        self.issues += other.issues;
        self.tickets += other.tickets;
        for (sum, count) in self.buckets.iter_mut().zip(other.buckets) {
            *sum += count;
        }
        for (sum, count) in self.ages.iter_mut().zip(other.ages) {
            *sum += count;
        }
        self.top.extend_from_slice(&other.top);
        self.sort();
    }

    /// Counts one issue.
    fn count(&mut self, links: &[Link], now: UnixMs) {
        let Some(first) = links.first() else { return };
        let impact = impact::of(links);
        self.issues += 1;
        self.tickets += impact.tickets;
        let bucket = match impact.bucket {
            Some(Bucket::Open) => 0,
            Some(Bucket::Pending) => 1,
            Some(Bucket::Closed) => 2,
            None => 3,
        };
        self.buckets[bucket] += 1;
        if let Some(oldest) = impact.oldest_open {
            let days = now.since(oldest) / DAY_MS;
            self.ages[AGES.iter().position(|limit| days < *limit).unwrap_or(AGES.len())] += 1;
        }
        if impact.waiting_customers > 0 {
            self.top.push(Top {
                issue_id: first.issue_id.clone(),
                issue_key: first.issue_key.clone(),
                waiting_customers: impact.waiting_customers,
            });
        }
    }

    fn sort(&mut self) {
        self.top.sort_by(|a, b| (b.waiting_customers, &a.issue_key).cmp(&(a.waiting_customers, &b.issue_key)));
    }
}

/// Returns the counts; makes them anew if they are older than ten minutes.
pub(super) async fn current(platform: &impl Platform) -> Result<Totals, PlatformError> {
    if let Some(totals) = records::get(platform, KEY).await? {
        return Ok(totals);
    }
    let totals = make(platform).await?;
    let options = SetOptions { ttl_seconds: Some(FRESH_SECONDS), fail_if_exists: false };
    // Without the record the next call counts again.
    let _ = records::set(platform, KEY, json!(totals), options).await;
    Ok(totals)
}

async fn make(platform: &impl Platform) -> Result<Totals, PlatformError> {
    let (of_issue, complete) = links::by_issue(platform).await?;
    let now = platform.now();
    let mut projects: BTreeMap<String, ProjectTotals> = BTreeMap::new();
    for links in of_issue.values() {
        let project = links.first().and_then(|link| link.issue_key.rsplit_once('-'));
        if let Some((project, _)) = project {
            projects.entry(project.to_owned()).or_default().count(links, now);
        }
    }
    for project in projects.values_mut() {
        project.sort();
        project.top.truncate(KEPT);
    }
    let is_all = complete && projects.len() <= MOST_PROJECTS;
    if projects.len() > MOST_PROJECTS {
        let mut sizes: Vec<usize> = projects.values().map(|project| project.issues).collect();
        sizes.sort_unstable_by(|a, b| b.cmp(a));
        projects.retain(|_, project| project.issues > sizes[MOST_PROJECTS]);
    }
    Ok(Totals { at: now, complete: is_all, projects })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::links::TicketFacts;

    fn issue(id: &str, tickets: &[(Bucket, u64, i64)]) -> Vec<Link> {
        let link = |(ticket, (bucket, customer, days)): (u64, &(Bucket, u64, i64))| Link {
            ticket_id: ticket,
            ticket_number: String::new(),
            ticket_url: String::new(),
            issue_id: id.into(),
            issue_key: format!("A-{id}"),
            linked_at: UnixMs(0),
            facts: Some(TicketFacts {
                bucket: *bucket,
                priority: 1,
                customer: Some(*customer),
                created_at: Some(UnixMs(100 * DAY_MS - days * DAY_MS)),
            }),
        };
        (1..).zip(tickets).map(link).collect()
    }

    #[test]
    fn counts_issues_by_bucket_age_and_waiting_customers() {
        use Bucket::{Closed, Open, Pending};
        let now = UnixMs(100 * DAY_MS);
        let mut one = ProjectTotals::default();
        one.count(&issue("1", &[(Open, 1, 0), (Closed, 2, 99)]), now);
        one.count(&issue("2", &[(Pending, 1, 7), (Pending, 2, 1), (Pending, 3, 2)]), now);
        one.count(&issue("3", &[(Closed, 1, 5)]), now);
        let mut other = ProjectTotals::default();
        other.count(&issue("4", &[(Open, 1, 90), (Open, 2, 6)]), now);
        let unknown: Vec<Link> = issue("5", &[(Open, 1, 1)]).into_iter().map(|it| Link { facts: None, ..it }).collect();
        other.count(&unknown, now);
        one.add(&other);
        assert_eq!((one.issues, one.tickets, one.buckets, one.ages), (5, 9, [2, 1, 1, 1], [1, 0, 1, 0, 1]));
        let top: Vec<(&str, usize)> = one.top.iter().map(|it| (it.issue_key.as_str(), it.waiting_customers)).collect();
        assert_eq!(top, [("A-2", 3), ("A-4", 2), ("A-1", 1)]);
    }
}
