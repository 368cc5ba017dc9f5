//! The tickets of the last deliveries. Zammad gives each event a delivery id of its own; one id with two tickets means that
//! something between copies headers, or that somebody repeats a header with another body.

use std::time::Duration;

use moka::future::Cache;

/// Zammad repeats a delivery for about two minutes.
const REMEMBERED: Duration = Duration::from_secs(600);
const MOST: u64 = 10_000;

/// The last deliveries; clones share them.
#[derive(Clone)]
pub struct Deliveries(Cache<String, u64>);

impl Default for Deliveries {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(MOST).time_to_live(REMEMBERED).build())
    }
}

impl Deliveries {
    /// Remembers a delivery. Returns whether the same id came with another ticket before.
    pub(super) async fn is_of_another_ticket(&self, delivery: &str, ticket_id: u64) -> bool {
        let before = self.0.get(delivery).await;
        self.0.insert(delivery.to_owned(), ticket_id).await;
        before.is_some_and(|before| before != ticket_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_another_ticket_is_noticed() {
        let deliveries = Deliveries::default();
        let mut noticed = Vec::new();
        for (delivery, ticket) in [("a", 1), ("a", 1), ("b", 2), ("a", 2), ("a", 2)] {
            noticed.push(deliveries.is_of_another_ticket(delivery, ticket).await);
        }
        assert_eq!(noticed, [false, false, false, true, false]);
    }
}
