//! Which ticket of an issue writes to it.

use store::{Link, Store, StoreError};
use sync::Role;

/// The role of a link: the oldest link of an issue that has not ended is primary and writes; later ones are followers and
/// receive the status only.
pub(crate) async fn role_of(store: &dyn Store, link: &Link) -> Result<Role, StoreError> {
    let primary = store.oldest_link(&link.issue_id).await?;
    Ok(match primary {
        Some(primary) if primary.ticket_id != link.ticket_id => Role::Follower,
        _ => Role::Primary,
    })
}

#[cfg(test)]
mod tests {
    use store::LinkState;

    use super::*;
    use crate::support::{NOW, Setup, link};

    /// Ticket 7 has the link that is asked about; 6 has an older one to the same issue, and 8 a newer one.
    #[tokio::test]
    async fn the_oldest_link_that_has_not_ended_is_primary() {
        for (older, own, role_of_7) in [
            (None, LinkState::Active, Role::Primary),
            (Some(LinkState::Active), LinkState::Active, Role::Follower),
            (Some(LinkState::Paused), LinkState::Active, Role::Follower),
            (Some(LinkState::Ended), LinkState::Active, Role::Primary),
            (Some(LinkState::Ended), LinkState::Paused, Role::Primary),
            // The newer link has taken its place.
            (None, LinkState::Ended, Role::Follower),
        ] {
            let setup = Setup::new().await;
            let asked = Link { state: own, ..link(7) };
            let of_issue = |link: Link| Link { issue_id: "1007".into(), ..link };
            let mut links = vec![asked.clone(), of_issue(Link { created_at: NOW.plus(1), ..link(8) })];
            links.extend(older.map(|state| of_issue(Link { state, created_at: NOW.plus(-1), ..link(6) })));
            setup.link(links).await;
            let role = role_of(setup.store.as_ref(), &asked).await.unwrap();
            assert_eq!(role, role_of_7, "older {older:?}, own {own:?}");
        }
    }

    #[tokio::test]
    async fn a_link_that_is_not_stored_yet_is_primary() {
        let setup = Setup::new().await;
        assert_eq!(role_of(setup.store.as_ref(), &link(7)).await.unwrap(), Role::Primary);
    }
}
