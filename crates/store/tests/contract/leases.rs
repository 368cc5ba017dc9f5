//! Named leases with fencing.

use crate::Backend;
use crate::support::{MINUTE, NOW};

pub(crate) async fn one_holder_at_a_time(backend: &dyn Backend) {
    let store = backend.open().await;
    let fence = store.acquire_lease("poller", "a", NOW, MINUTE).await.unwrap().unwrap();
    assert_eq!(store.acquire_lease("poller", "b", NOW.plus(MINUTE - 1), MINUTE).await, Ok(None));
    assert_eq!(store.acquire_lease("poller", "a", NOW.plus(1_000), MINUTE).await, Ok(Some(fence)), "renewed");
    assert_eq!(store.acquire_lease("poller", "b", NOW.plus(MINUTE), MINUTE).await, Ok(None), "the renewal counts");
    assert!(store.acquire_lease("sweeper", "b", NOW, MINUTE).await.unwrap().is_some(), "another name");
    assert_eq!(store.holds_lease("poller", fence, NOW.plus(MINUTE)).await, Ok(true));
    assert_eq!(store.holds_lease("poller", fence, NOW.plus(MINUTE + 1_000)).await, Ok(false));
}

pub(crate) async fn a_suspended_holder_is_fenced(backend: &dyn Backend) {
    let store = backend.open().await;
    let old = store.acquire_lease("poller", "a", NOW, MINUTE).await.unwrap().unwrap();
    let new = store.acquire_lease("poller", "b", NOW.plus(MINUTE), MINUTE).await.unwrap().unwrap();
    assert!(new > old);
    assert_eq!(store.holds_lease("poller", old, NOW.plus(MINUTE)).await, Ok(false));
    store.release_lease("poller", old).await.unwrap();
    assert_eq!(store.holds_lease("poller", new, NOW.plus(MINUTE)).await, Ok(true), "a void fence gives nothing up");
    let back = store.acquire_lease("poller", "b", NOW.plus(3 * MINUTE), MINUTE).await.unwrap().unwrap();
    assert!(back > new, "what was begun before the gap is void");
}

pub(crate) async fn a_released_lease_is_free_at_once(backend: &dyn Backend) {
    let store = backend.open().await;
    let old = store.acquire_lease("poller", "a", NOW, MINUTE).await.unwrap().unwrap();
    store.release_lease("poller", old).await.unwrap();
    assert_eq!(store.holds_lease("poller", old, NOW).await, Ok(false));
    let new = store.acquire_lease("poller", "b", NOW, MINUTE).await.unwrap().unwrap();
    assert!(new > old);
}
