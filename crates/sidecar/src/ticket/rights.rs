//! The bot's rights in a group.

use zammad::Me;

/// Whether the bot may read tickets of the group and write to them.
pub(crate) fn may_write(me: &Me, group: u64) -> bool {
    me.rights.get(&group).is_some_and(|rights| {
        rights.contains("full") || ["read", "change", "create"].iter().all(|right| rights.contains(*right))
    })
}

/// The rights that are left, for people.
pub(crate) fn granted(me: &Me, group: u64) -> String {
    match me.rights.get(&group) {
        Some(rights) if !rights.is_empty() => {
            let rights: Vec<&str> = rights.iter().map(String::as_str).collect();
            format!("has {} only, needs full", rights.join(", "))
        }
        _ => "no access, needs full".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_or_all_needed_rights_are_enough() {
        for (rights, enough, text) in [
            (vec!["full"], true, "has full only, needs full"),
            (vec!["read", "create", "change"], true, "has change, create, read only, needs full"),
            (vec!["read"], false, "has read only, needs full"),
            (vec!["read", "change"], false, "has change, read only, needs full"),
            (vec![], false, "no access, needs full"),
        ] {
            let rights = rights.into_iter().map(str::to_owned).collect();
            let me = Me { id: 3, active: true, rights: [(2, rights)].into() };
            assert_eq!((may_write(&me, 2), granted(&me, 2).as_str()), (enough, text));
            assert!(!may_write(&me, 1), "another group");
        }
    }
}
