//! The tickets without a link that were looked at: whether a ticket continues another one is known from its beginning, so it is
//! not read again at each of its webhooks.

use std::time::Duration;

use moka::future::Cache;

/// Most tickets that are remembered, and for how long. Looking again does no harm.
const MOST: u64 = 20_000;
const REMEMBERED: Duration = Duration::from_secs(86_400);

/// The tickets that were looked at since the start of the process.
pub struct LookedAt(Cache<u64, ()>);

impl Default for LookedAt {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(MOST).time_to_live(REMEMBERED).build())
    }
}

impl LookedAt {
    /// Whether the ticket was looked at before.
    pub(crate) fn has(&self, ticket_id: u64) -> bool {
        self.0.contains_key(&ticket_id)
    }

    /// The ticket was looked at.
    pub(crate) async fn add(&self, ticket_id: u64) {
        self.0.insert(ticket_id, ()).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_ticket_is_remembered_once_it_was_looked_at() {
        let looked_at = LookedAt::default();
        assert!(!looked_at.has(7));
        looked_at.add(7).await;
        assert!(looked_at.has(7) && !looked_at.has(8), "and no other ticket");
    }
}
