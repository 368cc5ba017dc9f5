//! Sums over the tickets of an issue: counts, buckets, dates and ids, without names and text.

use std::collections::BTreeSet;

use schema::{Bucket, UnixMs};

use crate::links::Link;

/// The tickets of an issue, together.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Impact {
    pub(crate) tickets: usize,
    /// How many of them the sidecar has sent values of. The other values are about these.
    pub(crate) known: usize,
    /// The bucket that needs attention most: open, then pending, then closed.
    pub(crate) bucket: Option<Bucket>,
    /// Distinct customers.
    pub(crate) customers: usize,
    /// Distinct customers of tickets that are not closed.
    pub(crate) waiting_customers: usize,
    /// When the oldest ticket that is not closed was created.
    pub(crate) oldest_open: Option<UnixMs>,
    /// Zammad's id of the highest priority: Zammad numbers its priorities from the lowest.
    pub(crate) highest_priority: Option<u64>,
}

/// Sums up the links of one issue.
pub(crate) fn of(links: &[Link]) -> Impact {
    let facts = || links.iter().filter_map(|link| link.facts.as_ref());
    let unclosed = || facts().filter(|facts| facts.bucket != Bucket::Closed);
    let has = |bucket: Bucket| facts().any(|facts| facts.bucket == bucket);
    Impact {
        tickets: links.len(),
        known: facts().count(),
        bucket: [Bucket::Open, Bucket::Pending, Bucket::Closed].into_iter().find(|&bucket| has(bucket)),
        customers: facts().filter_map(|facts| facts.customer).collect::<BTreeSet<_>>().len(),
        waiting_customers: unclosed().filter_map(|facts| facts.customer).collect::<BTreeSet<_>>().len(),
        oldest_open: unclosed().filter_map(|facts| facts.created_at).min(),
        highest_priority: facts().map(|facts| facts.priority).max(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::links::TicketFacts;

    fn link(ticket_id: u64, facts: Option<(Bucket, u64, Option<u64>, i64)>) -> Link {
        let facts = facts.map(|(bucket, priority, customer, created)| TicketFacts {
            bucket,
            priority,
            customer,
            created_at: Some(UnixMs(created)),
        });
        Link {
            ticket_id,
            ticket_number: ticket_id.to_string(),
            ticket_url: String::new(),
            issue_id: "1".into(),
            issue_key: "A-1".into(),
            linked_at: UnixMs(0),
            facts,
        }
    }

    #[test]
    fn sums_up_the_tickets_of_an_issue() {
        use Bucket::{Closed, Open, Pending};
        let links = [
            link(1, Some((Closed, 3, Some(9), 100))),
            link(2, Some((Pending, 2, Some(9), 300))),
            link(3, Some((Open, 1, Some(8), 200))),
            link(4, Some((Open, 1, None, 400))),
            link(5, None),
        ];
        let all = of(&links);
        assert_eq!((all.tickets, all.known, all.customers, all.waiting_customers), (5, 4, 2, 2));
        assert_eq!((all.bucket, all.highest_priority), (Some(Open), Some(3)));
        assert_eq!(all.oldest_open, Some(UnixMs(200)), "the closed one is older");
        assert_eq!(of(&links[..2]).bucket, Some(Pending));
        let closed = of(&links[..1]);
        assert_eq!((closed.bucket, closed.waiting_customers, closed.oldest_open), (Some(Closed), 0, None));
        assert_eq!(of(&[]), Impact::default());
    }
}
