//! Users that are not in the map of users, as the list of troubles names them.

use store::TroubleRow;

/// A user that is not mapped.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Person {
    /// A Zammad user, by id.
    User(u64),
    /// A Jira user, by Atlassian account id.
    Account(String),
}

impl Person {
    /// The unmapped user of a trouble, if it is about one.
    #[must_use]
    pub fn of(row: &TroubleRow) -> Option<Self> {
        if row.field != "owner" || row.code != sync::Reason::Unmapped.code() {
            return None;
        }
        match row.detail.as_deref()?.split_once(' ')? {
            ("user", id) => id.parse().ok().map(Self::User),
            ("account", id) => Some(Self::Account(id.to_owned())),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use schema::UnixMs;

    use super::*;

    #[test]
    fn only_unmapped_people_are_searched_for() {
        let row = |field: &str, code: &str, detail: &str| TroubleRow {
            ticket_id: 1,
            issue_id: "1".into(),
            field: field.into(),
            code: code.into(),
            detail: Some(detail.into()),
            since: UnixMs(0),
            at: UnixMs(0),
        };
        assert_eq!(Person::of(&row("owner", "unmapped", "user 7")), Some(Person::User(7)));
        assert_eq!(Person::of(&row("owner", "unmapped", "account a:b")), Some(Person::Account("a:b".into())));
        assert_eq!(Person::of(&row("owner", "owner-without-access", "user 7")), None);
        assert_eq!(Person::of(&row("priority", "unmapped", "user 7")), None);
        assert_eq!(Person::of(&row("owner", "unmapped", "user x")), None);
    }
}
