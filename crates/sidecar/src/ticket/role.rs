//! Which ticket of an issue writes to it.

use store::{Link, LinkState, Store, StoreError};
use sync::Role;

/// The role of a link: the oldest link of an issue that has not ended is primary and writes; later ones are followers and
/// receive the status only.
pub(crate) async fn role_of(store: &dyn Store, link: &Link) -> Result<Role, StoreError> {
    let all = store.links_of_issue(&link.issue_id).await?;
    let primary = all.iter().find(|other| other.state != LinkState::Ended);
    Ok(match primary {
        Some(primary) if primary.ticket_id != link.ticket_id => Role::Follower,
        _ => Role::Primary,
    })
}
