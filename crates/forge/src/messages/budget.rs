//! The size of one reply. The platform answers a larger one with an error, and the sidecar would send the same messages again and
//! again.

use std::cell::Cell;

/// Maximum bytes of all results together. The largest single result, the bytes of a file, fits.
const MAX_BYTES: usize = 3_500_000;
/// Maximum bytes of results and commands together. The platform counts the reply as a JSON text, in which every quotation mark
/// takes two bytes, so this is a fifth below its 5 MB (docs/platforms/forge.md §3).
pub(crate) const MAX_REPLY_BYTES: usize = 4_000_000;
/// Maximum number of catch-ups in one reply: each may read 100 long comments from Jira.
const MAX_CATCH_UPS: u32 = 10;

/// The room that the results of one reply have taken so far.
#[derive(Default)]
pub(crate) struct Budget {
    bytes: Cell<usize>,
    catch_ups: Cell<u32>,
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

    /// Takes one of the catch-ups; `false` if there were enough.
    pub(super) fn take_catch_up(&self) -> bool {
        let taken = self.catch_ups.get();
        self.catch_ups.set(taken.saturating_add(1));
        taken < MAX_CATCH_UPS
    }

    /// The bytes that are left for commands.
    pub(crate) fn left(&self) -> usize {
        MAX_REPLY_BYTES.saturating_sub(self.bytes.get())
    }
}

#[cfg(test)]
mod tests {
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

    #[test]
    fn the_number_of_catch_ups_is_bounded() {
        let budget = Budget::default();
        assert_eq!((0..20).filter(|_| budget.take_catch_up()).count(), 10);
    }
}
