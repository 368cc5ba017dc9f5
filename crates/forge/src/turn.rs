//! Turns within one invocation: what several futures of it change is changed by one after the other.

use std::cell::Cell;
use std::future::poll_fn;
use std::task::Poll;

/// Something that one future at a time may use.
#[derive(Default)]
pub(crate) struct Turns(Cell<bool>);

/// The right to use it, until it is dropped.
pub(crate) struct Turn<'a>(&'a Cell<bool>);

impl Turns {
    /// Waits for the right. Every future of an invocation is polled in each step, so the next one needs no waking.
    pub(crate) async fn take(&self) -> Turn<'_> {
        poll_fn(|_| if self.0.replace(true) { Poll::Pending } else { Poll::Ready(Turn(&self.0)) }).await
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Waker};

    use super::*;

    #[test]
    fn the_next_one_goes_on_when_the_turn_ends() {
        let (turns, mut context) = (Turns::default(), Context::from_waker(Waker::noop()));
        let (mut first, mut second) = (pin!(turns.take()), pin!(turns.take()));
        let Poll::Ready(turn) = first.as_mut().poll(&mut context) else { panic!() };
        assert!(second.as_mut().poll(&mut context).is_pending());
        drop(turn);
        assert!(second.as_mut().poll(&mut context).is_ready());
    }
}
