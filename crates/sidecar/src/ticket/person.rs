//! Users that are not in the map of users.

use store::{Subject, TroubleRow};
use sync::{Detail, FieldName, UnmappedPerson};

/// The unmapped user that a trouble is about; `None` if it has another reason.
pub(crate) fn unmapped_person(row: &TroubleRow) -> Option<UnmappedPerson> {
    let about_a_user =
        row.subject == Subject::Field(FieldName::Owner.to_string()) && row.code == sync::Reason::Unmapped.code();
    match row.detail.as_deref().filter(|_| about_a_user)?.parse() {
        Ok(Detail::Person(person)) => Some(person),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use schema::UnixMs;

    use super::*;

    #[test]
    fn only_unmapped_owners_are_people() {
        let row = |field: &str, code: &str, detail: &str| TroubleRow {
            ticket_id: 1,
            issue_id: "1".into(),
            subject: field.into(),
            code: code.into(),
            detail: Some(detail.into()),
            since: UnixMs(0),
            at: UnixMs(0),
        };
        let account = UnmappedPerson::JiraAccount("a:b".into());
        assert_eq!(unmapped_person(&row("owner", "unmapped", "user 7")), Some(UnmappedPerson::ZammadUser(7)));
        assert_eq!(unmapped_person(&row("owner", "unmapped", "account a:b")), Some(account));
        assert_eq!(unmapped_person(&row("owner", "owner-without-access", "user 7")), None);
        assert_eq!(unmapped_person(&row("priority", "unmapped", "user 7")), None);
        assert_eq!(unmapped_person(&row("owner", "unmapped", "user x")), None);
    }
}
