//! The size of one reply. The platform answers a larger one with an error, and the sidecar would send the same messages again and
//! again.

use std::cell::Cell;
use std::future::poll_fn;
use std::task::Poll;

use serde_json::Value;

/// Maximum bytes of all results together. The largest single result, the bytes of a file, fits.
const MAX_BYTES: usize = 3_500_000;
/// Maximum bytes of results and commands together. The platform counts the reply as a JSON text, in which every quotation mark
/// takes two bytes, so this is a fifth below its 5 MB (docs/platforms/forge.md §3).
pub(crate) const MAX_REPLY_BYTES: usize = 4_000_000;
/// Maximum number of catch-ups in one reply, and the bytes of what they read from Jira after which none begins. 100 long comments
/// are 3 MB, and take several times as much memory (forge-app/README.md).
const MAX_CATCH_UPS: u32 = 10;
const MAX_CATCH_UP_BYTES: usize = 1_000_000;

/// The room that the results of one reply have taken so far.
#[derive(Default)]
pub(crate) struct Budget {
    bytes: Cell<usize>,
    catch_ups: Cell<u32>,
    catch_up_bytes: Cell<usize>,
    is_catching_up: Cell<bool>,
}

/// The right to catch up; one at a time.
pub(super) struct CatchingUp<'a>(&'a Budget);

impl CatchingUp<'_> {
    /// Counts what was read from Jira.
    pub(super) fn count(&self, read: &Value) {
        self.0.catch_up_bytes.set(self.0.catch_up_bytes.get().saturating_add(read.to_string().len()));
    }
}

impl Drop for CatchingUp<'_> {
    fn drop(&mut self) {
        self.0.is_catching_up.set(false);
    }
}

impl Budget {
    /// Takes room for a result of this size. `false` if it does not fit: the message is for the next exchange. The first result
    /// always fits.
    pub(super) fn take(&self, bytes: usize) -> bool {
        let taken = self.bytes.get();
        let fits = taken == 0 || taken.saturating_add(bytes) <= MAX_BYTES;
        if fits {
            self.bytes.set(taken.saturating_add(bytes));
        }
        fits
    }

    /// Takes room for a result that was made already and cannot be left out.
    pub(super) fn add(&self, bytes: usize) {
        self.bytes.set(self.bytes.get().saturating_add(bytes));
    }

    /// Waits until no other catch-up is running; `None` if there were enough in this reply.
    pub(super) async fn catch_up(&self) -> Option<CatchingUp<'_>> {
        // Every pending future is polled at every step (`join`), so nothing has to be woken.
        poll_fn(|_| if self.is_catching_up.replace(true) { Poll::Pending } else { Poll::Ready(()) }).await;
        let right = CatchingUp(self);
        let taken = self.catch_ups.get();
        self.catch_ups.set(taken.saturating_add(1));
        (taken < MAX_CATCH_UPS && self.catch_up_bytes.get() < MAX_CATCH_UP_BYTES).then_some(right)
    }

    /// The bytes that are left for commands.
    pub(crate) fn left(&self) -> usize {
        MAX_REPLY_BYTES.saturating_sub(self.bytes.get())
    }
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Waker};

    use super::*;

    #[test]
    fn the_first_result_fits_and_the_sum_is_bounded() {
        let budget = Budget::default();
        assert!(budget.take(3_400_000));
        assert!(!budget.take(300_000));
        assert!(budget.take(100_000), "a smaller one still fits");
        assert_eq!(budget.left(), 500_000);
        budget.add(600_000);
        assert_eq!((budget.take(1), budget.left()), (false, 0));
        assert!(Budget::default().take(usize::MAX));
    }

    /// Polls once.
    fn try_catch_up(budget: &Budget) -> Poll<Option<CatchingUp<'_>>> {
        let mut waiting = std::pin::pin!(budget.catch_up());
        waiting.as_mut().poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn catch_ups_follow_each_other_and_their_number_is_bounded() {
        let budget = Budget::default();
        let first = try_catch_up(&budget);
        assert!(matches!(first, Poll::Ready(Some(_))));
        assert!(try_catch_up(&budget).is_pending());
        drop(first);
        let more = (0..20).filter(|_| matches!(try_catch_up(&budget), Poll::Ready(Some(_)))).count();
        assert_eq!(more, 9);
    }

    #[test]
    fn a_large_catch_up_is_the_last_one_of_a_reply() {
        let budget = Budget::default();
        let Poll::Ready(Some(first)) = try_catch_up(&budget) else { panic!() };
        first.count(&"x".repeat(MAX_CATCH_UP_BYTES).into());
        drop(first);
        assert!(matches!(try_catch_up(&budget), Poll::Ready(None)));
        assert!(matches!(try_catch_up(&budget), Poll::Ready(None)), "and it is not held");
    }
}
