//! JQL: clauses joined by AND, and an order.

use super::clause::Clause;
use crate::jira_sim::{
    id::Id,
    site::{Issue, State},
};

/// Clauses that must all match, and the order of the results.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Query {
    pub clauses: Vec<Clause>,
    pub order: Order,
}

/// The sort key, and whether the greatest comes first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Order {
    pub field: String,
    pub descending: bool,
}

impl Query {
    /// The issues that fit and that `account` may find, in order and as the index has them. Permissions are those of
    /// the present.
    pub fn find<'a>(&self, state: &'a State, account: &str) -> Vec<&'a Issue> {
        let fits = |issue: &&Issue| {
            !issue.archived
                && self.clauses.iter().all(|clause| clause.fits(state, issue))
                && state.browses(account, issue)
        };
        // A key or number needs no search, however many issues there are.
        let mut found: Vec<&Issue> = match self.clauses.iter().find(|clause| clause.names_issues()) {
            Some(clause) => {
                let named = clause.values.iter().filter_map(|name| state.issue(name)).map(|issue| issue.id);
                let mut ids: Vec<Id> = named.chain(state.issues.outdated()).collect();
                ids.sort_unstable();
                ids.dedup();
                ids.into_iter().filter_map(|id| state.issues.indexed(id, state.now)).filter(fits).collect()
            }
            None => state.issues.all_indexed(state.now).into_iter().filter(fits).collect(),
        };
        match self.order.field.as_str() {
            "created" => found.sort_by_key(|issue| issue.created),
            "updated" => found.sort_by_key(|issue| issue.updated),
            _ => {}
        }
        if self.order.descending {
            found.reverse();
        }
        found
    }
}
