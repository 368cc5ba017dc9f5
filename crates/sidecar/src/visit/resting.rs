//! Fields that rest: two automations that disagree, one on each side, would change a field back and forth for ever.

use std::collections::BTreeMap;

use store::{Change, Link};
use sync::FieldName;

use super::context::{Visit, VisitError};

const HOUR_MS: i64 = 3_600_000;
/// A field rests when the direction of its writes has changed this often within an hour.
const MOST_TURNS: usize = 6;
/// Writes of a ticket that are looked through, newest first.
const MOST_CHANGES: usize = 500;

impl Visit<'_> {
    /// The writes of the ticket's links within the last hour.
    pub(super) async fn recent_changes(&self) -> Result<Vec<Change>, VisitError> {
        let since = self.visitor.env.now().plus(-HOUR_MS);
        let mut changes = self.visitor.store.changes(self.ticket_id(), MOST_CHANGES).await?;
        changes.retain(|change| change.at >= since);
        Ok(changes)
    }
}

/// The fields of the link that rest now. Each goes on when fewer of its writes are among the recent ones.
pub(super) fn resting_fields(link: &Link, recent: &[Change]) -> Vec<FieldName> {
    fields_with_turns(recent.iter().filter(|change| change.issue_id == link.issue_id))
}

/// The fields whose writes changed direction at least [`MOST_TURNS`] times.
fn fields_with_turns<'a>(changes: impl Iterator<Item = &'a Change>) -> Vec<FieldName> {
    let mut turns: BTreeMap<&str, (schema::Side, usize)> = BTreeMap::new();
    for change in changes {
        let (side, count) = turns.entry(&change.field).or_insert((change.side, 0));
        if *side != change.side {
            (*side, *count) = (change.side, *count + 1);
        }
    }
    let rests = turns.into_iter().filter(|(_, (_, count))| *count >= MOST_TURNS);
    rests.map(|(field, _)| FieldName::from(field.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use schema::{Side, UnixMs};

    use super::*;

    fn change(field: &str, side: Side) -> Change {
        Change {
            ticket_id: 7,
            issue_id: "1007".into(),
            field: field.into(),
            side,
            actor: None,
            message_id: "m".into(),
            at: UnixMs(0),
            conflict: false,
            kept: None,
            lost: None,
        }
    }

    #[test]
    fn a_field_rests_after_six_turns_and_not_after_many_changes_in_one_direction() {
        let turns = |count: usize| -> Vec<Change> {
            (0..=count).map(|at| change("priority", if at % 2 == 0 { Side::Zammad } else { Side::Jira })).collect()
        };
        assert!(fields_with_turns(turns(5).iter()).is_empty());
        assert_eq!(fields_with_turns(turns(6).iter()), [FieldName::Priority]);
        let one_way: Vec<Change> = (0..100).map(|_| change("title", Side::Jira)).collect();
        assert!(fields_with_turns(one_way.iter()).is_empty());
        let mixed: Vec<Change> = turns(6).into_iter().zip(one_way).flat_map(|(a, b)| [a, b]).collect();
        assert_eq!(fields_with_turns(mixed.iter()), [FieldName::Priority], "fields are counted apart");
    }
}
