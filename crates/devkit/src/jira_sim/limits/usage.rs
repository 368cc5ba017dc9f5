//! The app's use of its budget.

use std::collections::BTreeMap;

/// The app's use of its budget since the start, with or without limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Requests that were let in.
    pub calls: u64,
    /// The points that they took, or would have taken: one each, and of a read one for each object, two for a person.
    pub points: u64,
}

impl Usage {
    fn add(&mut self, points: u64) {
        self.calls += 1;
        self.points += points;
    }
}

/// The use in all, and that of each endpoint: verb and address without its parameters.
#[derive(Debug, Default)]
pub(in crate::jira_sim) struct Ledger {
    pub total: Usage,
    endpoints: BTreeMap<(String, String), Usage>,
}

impl Ledger {
    pub(super) fn add(&mut self, endpoint: &(String, String), points: u64) {
        self.total.add(points);
        match self.endpoints.get_mut(endpoint) {
            Some(usage) => usage.add(points),
            None => self.endpoints.entry(endpoint.clone()).or_default().add(points),
        }
    }

    pub fn by_endpoint(&self) -> BTreeMap<String, Usage> {
        self.endpoints.iter().map(|((verb, address), usage)| (format!("{verb} {address}"), *usage)).collect()
    }
}
