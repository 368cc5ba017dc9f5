//! Decides for one field which side is written.

use schema::Side;
use schema::settings::{Conflict, FieldRule};

use crate::base::Pair;

/// The decision for a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Nothing changed since the pair was accepted.
    Unchanged,
    /// Accept both values as they are: they agree, or neither side may be written, or the link is new.
    Accept,
    /// Write this side; `conflict` if that side had changed too.
    Write { side: Side, conflict: bool },
}

/// Compares the current pair with the last accepted one. `agree`: the mapping treats both values as equal. `newer`: the side
/// that changed last.
pub(crate) fn decide(rule: FieldRule, base: Option<&Pair>, now: &Pair, agree: bool, newer: Side) -> Decision {
    let Some(base) = base else { return Decision::Accept };
    let write = |side: Side, conflict: bool| {
        let allowed = match side {
            Side::Jira => rule.direction.to_jira(),
            Side::Zammad => rule.direction.to_zammad(),
        };
        allowed.then_some(Decision::Write { side, conflict })
    };
    match (base.zammad != now.zammad, base.jira != now.jira) {
        (false, false) => Decision::Unchanged,
        _ if agree => Decision::Accept,
        (true, false) => write(Side::Jira, false).unwrap_or(Decision::Accept),
        (false, true) => write(Side::Zammad, false).unwrap_or(Decision::Accept),
        (true, true) => {
            let winner = match rule.conflict {
                Conflict::Newest => newer,
                Conflict::Zammad => Side::Zammad,
                Conflict::Jira => Side::Jira,
            };
            let loser = if winner == Side::Zammad { Side::Jira } else { Side::Zammad };
            // If only one direction is allowed, its source wins, whichever side changed last.
            write(loser, true).or_else(|| write(winner, true)).unwrap_or(Decision::Accept)
        }
    }
}

#[cfg(test)]
mod tests {
    use schema::settings::Direction;

    use super::*;

    fn pair(zammad: &str, jira: &str) -> Pair {
        Pair { zammad: zammad.into(), jira: jira.into() }
    }

    fn decided(direction: Direction, conflict: Conflict, now: Pair) -> Decision {
        decide(FieldRule { direction, conflict }, Some(&pair("z", "j")), &now, false, Side::Jira)
    }

    #[test]
    fn decides_by_changed_sides_direction_and_conflict_rule() {
        use Direction::{Both, Off, ToJira, ToZammad};
        let write = |side, conflict| Decision::Write { side, conflict };
        for direction in [Both, ToJira, ToZammad, Off] {
            assert_eq!(decided(direction, Conflict::Newest, pair("z", "j")), Decision::Unchanged);
        }
        let zammad_changed = [(Both, write(Side::Jira, false)), (ToJira, write(Side::Jira, false))];
        let jira_changed = [(Both, write(Side::Zammad, false)), (ToZammad, write(Side::Zammad, false))];
        for direction in [Both, ToJira, ToZammad, Off] {
            let of = |table: &[(Direction, Decision)]| {
                table.iter().find(|(d, _)| *d == direction).map_or(Decision::Accept, |(_, decision)| *decision)
            };
            assert_eq!(decided(direction, Conflict::Newest, pair("Z", "j")), of(&zammad_changed), "{direction:?}");
            assert_eq!(decided(direction, Conflict::Newest, pair("z", "J")), of(&jira_changed), "{direction:?}");
        }
        let both = |direction, conflict| decided(direction, conflict, pair("Z", "J"));
        assert_eq!(both(Both, Conflict::Newest), write(Side::Zammad, true));
        assert_eq!(both(Both, Conflict::Jira), write(Side::Zammad, true));
        assert_eq!(both(Both, Conflict::Zammad), write(Side::Jira, true));
        assert_eq!(both(ToJira, Conflict::Jira), write(Side::Jira, true));
        assert_eq!(both(ToZammad, Conflict::Zammad), write(Side::Zammad, true));
        assert_eq!(both(Off, Conflict::Newest), Decision::Accept);
    }

    #[test]
    fn accepts_a_new_link_and_values_that_agree() {
        let rule = FieldRule::default();
        assert_eq!(decide(rule, None, &pair("Z", "J"), false, Side::Jira), Decision::Accept);
        assert_eq!(decide(rule, Some(&pair("z", "j")), &pair("Z", "J"), true, Side::Jira), Decision::Accept);
    }
}
