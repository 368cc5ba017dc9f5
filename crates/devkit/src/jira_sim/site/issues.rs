//! The issues of a site, and how they were a while ago: what a search finds as long as its index lags.

use std::{
    collections::{BTreeMap, VecDeque},
    ops::Deref,
};

use super::issue::Issue;
use crate::{clock::Millis, jira_sim::id::Id};

/// The issues by number, to be read like the map they are.
///
/// While the index lags, a change keeps the version that it replaced for as long as a search may find that version.
#[derive(Debug, Default)]
pub struct Issues {
    rows: BTreeMap<Id, Issue>,
    lag: Millis,
    /// As issues were before changes whose time is not known yet; none for a new issue.
    unsettled: BTreeMap<Id, Option<Issue>>,
    /// Replaced versions of each issue, the oldest first, each with the time of its end.
    past: BTreeMap<Id, VecDeque<(Millis, Option<Issue>)>>,
    /// The same times in the order of the changes, so that old versions are found without a look at every issue.
    ends: VecDeque<(Millis, Id)>,
}

impl Deref for Issues {
    type Target = BTreeMap<Id, Issue>;

    fn deref(&self) -> &Self::Target {
        &self.rows
    }
}

impl Issues {
    /// An issue, to be changed.
    pub fn get_mut(&mut self, id: &Id) -> Option<&mut Issue> {
        self.keep(*id);
        self.rows.get_mut(id)
    }

    pub(in crate::jira_sim) fn insert(&mut self, id: Id, issue: Issue) {
        self.keep(id);
        self.rows.insert(id, issue);
    }

    pub(in crate::jira_sim) fn remove(&mut self, id: &Id) {
        self.keep(*id);
        self.rows.remove(id);
    }

    fn keep(&mut self, id: Id) {
        if self.lag > 0 {
            let row = self.rows.get(&id);
            self.unsettled.entry(id).or_insert_with(|| row.cloned());
        }
    }

    /// Lets the index lag this much behind from now on; returns the lag until now. Without a lag no version is kept.
    pub(in crate::jira_sim) fn set_lag(&mut self, lag: Millis) -> Millis {
        if lag == 0 {
            self.unsettled.clear();
            self.past.clear();
            self.ends.clear();
        }
        std::mem::replace(&mut self.lag, lag)
    }

    /// Dates the changes since the last call, and drops the versions that no search finds any more.
    pub(in crate::jira_sim) fn settle(&mut self, now: Millis) {
        for (id, before) in std::mem::take(&mut self.unsettled) {
            self.past.entry(id).or_default().push_back((now, before));
            self.ends.push_back((now, id));
        }
        while let Some((_, id)) = self.ends.pop_front_if(|(end, _)| *end <= now - self.lag) {
            if let Some(versions) = self.past.get_mut(&id) {
                versions.pop_front();
                if versions.is_empty() {
                    self.past.remove(&id);
                }
            }
        }
    }

    /// The issue as the index has it.
    pub(in crate::jira_sim) fn indexed(&self, id: Id, now: Millis) -> Option<&Issue> {
        let mut versions = self.past.get(&id).into_iter().flatten();
        match versions.find(|(end, _)| *end > self.horizon(now)) {
            Some((_, version)) => version.as_ref(),
            None => self.rows.get(&id),
        }
    }

    /// Every issue as the index has it, by number.
    pub(in crate::jira_sim) fn all_indexed(&self, now: Millis) -> Vec<&Issue> {
        if self.past.is_empty() {
            return self.rows.values().collect();
        }
        let deleted = self.past.keys().filter(|id| !self.rows.contains_key(id));
        let mut found: Vec<&Issue> = self.rows.keys().chain(deleted).filter_map(|id| self.indexed(*id, now)).collect();
        found.sort_by_key(|issue| issue.id);
        found
    }

    /// The numbers of the issues of which the index may have another version than the present one.
    pub(in crate::jira_sim) fn outdated(&self) -> impl Iterator<Item = Id> {
        self.past.keys().copied()
    }

    /// The moment up to which the index has seen changes.
    pub(in crate::jira_sim) const fn horizon(&self, now: Millis) -> Millis {
        now.saturating_sub(self.lag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issue(id: Id, summary: &str) -> Issue {
        Issue {
            id,
            key: format!("A-{id}"),
            project: "A".into(),
            issue_type: 1,
            summary: summary.into(),
            description: serde_json::Value::Null,
            status: 1,
            resolution: None,
            resolved: None,
            priority: 3,
            assignee: None,
            reporter: String::new(),
            creator: String::new(),
            security: None,
            archived: false,
            fix_versions: Default::default(),
            labels: Default::default(),
            other: Default::default(),
            properties: Default::default(),
            created: 0,
            updated: 0,
        }
    }

    fn found(issues: &Issues, now: Millis) -> Vec<(Id, &str)> {
        issues.all_indexed(now).iter().map(|issue| (issue.id, issue.summary.as_str())).collect()
    }

    #[test]
    fn the_index_shows_issues_as_they_were() {
        let mut issues = Issues::default();
        issues.insert(1, issue(1, "old"));
        issues.insert(2, issue(2, "deleted"));
        issues.set_lag(100);
        issues.get_mut(&1).unwrap().summary = "new".into();
        issues.remove(&2);
        issues.insert(3, issue(3, "made"));
        issues.settle(1_000);
        issues.get_mut(&1).unwrap().summary = "newest".into();
        issues.settle(1_050);
        assert_eq!(found(&issues, 1_099), [(1, "old"), (2, "deleted")]);
        assert_eq!(found(&issues, 1_100), [(1, "new"), (3, "made")]);
        assert_eq!(found(&issues, 1_150), [(1, "newest"), (3, "made")]);
        assert_eq!(issues[&1].summary, "newest", "the present is not delayed");
    }

    #[test]
    fn only_versions_within_the_lag_are_kept() {
        let mut issues = Issues::default();
        issues.insert(1, issue(1, "0"));
        issues.settle(0);
        assert!(issues.past.is_empty(), "nothing is kept without a lag");
        issues.set_lag(100);
        for turn in 1..50 {
            issues.get_mut(&1).unwrap().summary = turn.to_string();
            issues.settle(turn * 40);
            assert!(issues.past[&1].len() <= 3 && issues.ends.len() <= 3, "{turn}");
        }
        issues.settle(10_000);
        assert!(issues.past.is_empty() && issues.ends.is_empty());
        issues.get_mut(&1).unwrap().summary = "last".into();
        issues.set_lag(0);
        issues.settle(10_001);
        assert_eq!(found(&issues, 10_001), [(1, "last")]);
    }
}
