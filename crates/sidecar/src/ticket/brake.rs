//! The brake of automation rules: a rule that is too wide, or a loop of mails, must not make thousands of issues. A rule that
//! has made as many issues in an hour as the admin allows is paused until an operator lets it go on.

use schema::UnixMs;
use serde::{Deserialize, Serialize};
use store::{Effects, Store, StoreError};
use tokio::sync::Mutex;

const HOUR_MS: i64 = 3_600_000;
/// Tickets remembered per rule, for `connector rules undo`.
const MOST_TICKETS: usize = 5_000;
/// Prefix of the watermarks, one per rule.
const WATERMARK: &str = "rule:";

/// The record of one rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Brake {
    /// Start of the running hour.
    pub since: UnixMs,
    /// Issues requested in this hour.
    pub made: u32,
    /// Since when the rule is paused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused: Option<UnixMs>,
    /// The last tickets for which the rule requested an issue, newest last, with the time.
    #[serde(default)]
    pub tickets: Vec<(u64, UnixMs)>,
}

impl Brake {
    /// Whether the rule may request one more issue now; counts it if so, and pauses the rule if not.
    fn allows(&mut self, ticket_id: u64, per_hour: u32, now: UnixMs) -> bool {
        if self.paused.is_some() {
            return false;
        }
        // A negative age means that the clock was set back.
        if !(0..HOUR_MS).contains(&now.since(self.since)) {
            (self.since, self.made) = (now, 0);
        }
        // A visit that failed after it was allowed asks again.
        if self.tickets.iter().any(|(ticket, at)| *ticket == ticket_id && *at >= self.since) {
            return true;
        }
        if self.made >= per_hour {
            self.paused = Some(now);
            return false;
        }
        self.made += 1;
        self.tickets.push((ticket_id, now));
        let surplus = self.tickets.len().saturating_sub(MOST_TICKETS);
        self.tickets.drain(..surplus);
        true
    }
}

/// The brakes of all rules. Visits run side by side, so they ask one after the other, and each answer is stored before the next.
#[derive(Debug, Default)]
pub struct Brakes(Mutex<()>);

impl Brakes {
    /// Whether the rule may request an issue for the ticket now. Nothing is kept in memory, since `connector rules resume` runs
    /// in another process.
    pub(crate) async fn ask(
        &self,
        store: &dyn Store,
        rule: &str,
        ticket_id: u64,
        per_hour: u32,
        now: UnixMs,
    ) -> Result<bool, StoreError> {
        let _turn = self.0.lock().await;
        let before = load(store, rule).await?;
        let mut brake = before.clone();
        let allowed = brake.allows(ticket_id, per_hour, now);
        if brake != before {
            store.record(Effects { watermarks: vec![watermark(rule, &brake)], ..Effects::default() }).await?;
        }
        Ok(allowed)
    }
}

/// The stored brake of a rule; a rule that never acted has none.
///
/// # Errors
/// The store cannot be read.
pub async fn load(store: &dyn Store, rule: &str) -> Result<Brake, StoreError> {
    let stored = store.watermark(&format!("{WATERMARK}{rule}")).await?;
    Ok(stored.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default())
}

/// The ids of the rules that are paused.
///
/// # Errors
/// The store cannot be read.
pub async fn paused(store: &dyn Store) -> Result<Vec<String>, StoreError> {
    let stored = store.watermarks(WATERMARK).await?.into_iter();
    let is_paused = |json: &str| serde_json::from_str::<Brake>(json).is_ok_and(|brake| brake.paused.is_some());
    let paused = stored.filter(|(_, json)| is_paused(json));
    Ok(paused.filter_map(|(name, _)| name.strip_prefix(WATERMARK).map(str::to_owned)).collect())
}

/// The watermark that stores a brake.
#[must_use]
pub fn watermark(rule: &str, brake: &Brake) -> (String, String) {
    (format!("{WATERMARK}{rule}"), serde_json::to_string(brake).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::support::Setup;

    #[test]
    fn a_rule_pauses_when_it_made_too_many_issues_in_an_hour() {
        let mut brake = Brake::default();
        let start = UnixMs(1_790_000_000_000);
        for ticket in 0..50 {
            assert!(brake.allows(ticket, 50, start.plus(HOUR_MS - 1)));
        }
        assert!(!brake.allows(50, 50, start.plus(HOUR_MS - 1)));
        assert!(brake.paused.is_some());
        assert!(!brake.allows(51, 50, start.plus(HOUR_MS * 30)), "it waits for a person, however long");
        assert_eq!(brake.tickets.len(), 50);
    }

    #[test]
    fn the_next_hour_counts_anew() {
        let mut brake = Brake::default();
        let start = UnixMs(1_790_000_000_000);
        for hour in 0..5 {
            for ticket in 0..50 {
                assert!(brake.allows(ticket, 50, start.plus(hour * HOUR_MS)));
            }
        }
        assert!(brake.allows(1, 50, start.plus(-HOUR_MS)), "a clock that was set back starts an hour");
    }

    /// A burst: no visit has ended when the last one asks.
    #[tokio::test]
    async fn visits_side_by_side_make_no_more_issues_than_allowed() {
        let (setup, brakes, now) = (Setup::new().await, Brakes::default(), UnixMs(1_790_000_000_000));
        let mut allowed = Vec::new();
        for ticket in 1..=8 {
            if brakes.ask(setup.store.as_ref(), "wide", ticket, 3, now).await.unwrap() {
                allowed.push(ticket);
            }
        }
        assert_eq!(allowed, [1, 2, 3]);
        assert_eq!(paused(setup.store.as_ref()).await.unwrap(), ["wide"]);
    }

    #[tokio::test]
    async fn a_visit_that_is_repeated_counts_once() {
        let (setup, brakes, now) = (Setup::new().await, Brakes::default(), UnixMs(1_790_000_000_000));
        for _ in 0..9 {
            assert!(brakes.ask(setup.store.as_ref(), "r", 7, 3, now).await.unwrap());
        }
        let brake = load(setup.store.as_ref(), "r").await.unwrap();
        assert_eq!((brake.made, brake.paused, brake.tickets.len()), (1, None, 1));
    }
}
