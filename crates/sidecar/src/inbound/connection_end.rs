//! The end of the connection by an admin of Jira: nothing more is sent with the secrets that were configured then. Another secret
//! is another connection, which gets everything that waits.

use envelope::KeyRing;
use store::{Effects, Store, StoreError};

/// Watermark with the ids of the secrets whose connection has ended.
const ENDED: &str = "disconnected";
/// The code of the acknowledgement, at which Forge deletes the secrets.
pub(crate) const CODE: &str = "disconnected";

/// Records that the connection with these secrets has ended.
pub(crate) fn effects(secrets: &KeyRing) -> Effects {
    let ids: Vec<String> = secrets.live().map(|secret| secret.key_id().as_str().to_owned()).collect();
    Effects { watermarks: vec![(ENDED.to_owned(), ids.join(" "))], ..Effects::default() }
}

/// Whether the connection with these secrets has ended.
///
/// # Errors
/// The store.
pub(crate) async fn is_ended(store: &dyn Store, secrets: &KeyRing) -> Result<bool, StoreError> {
    let ended = store.watermark(ENDED).await?.unwrap_or_default();
    Ok(ended.split(' ').any(|id| id == secrets.current().key_id().as_str()))
}
