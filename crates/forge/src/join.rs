//! Runs several futures of one invocation concurrently.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

/// Runs all futures to completion and returns their results in order. Every pending future is polled at every step, because
/// the results of effects arrive without wakers (see `effects`).
pub(crate) async fn join_all<T>(futures: impl IntoIterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut running: Vec<_> = futures.into_iter().map(Box::pin).map(Some).collect();
    let mut results: Vec<Option<T>> = running.iter().map(|_| None).collect();
    poll_fn(|context| {
        for (slot, result) in running.iter_mut().zip(&mut results) {
            if let Some(future) = slot
                && let Poll::Ready(value) = Pin::new(future).poll(context)
            {
                *result = Some(value);
                *slot = None;
            }
        }
        if running.iter().all(Option::is_none) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    results.into_iter().flatten().collect()
}

/// Runs a future for each item, `at_once` of them concurrently, until one of those fails.
///
/// # Errors
/// The first error among the futures that ran together.
pub(crate) async fn try_for_each<'a, T, E, F: Future<Output = Result<(), E>>>(
    items: &'a [T],
    at_once: usize,
    run: impl Fn(&'a T) -> F,
) -> Result<(), E> {
    for items in items.chunks(at_once) {
        join_all(items.iter().map(&run)).await.into_iter().collect::<Result<(), E>>()?;
    }
    Ok(())
}

/// Runs two futures of different types to completion.
pub(crate) async fn join<A, B>(a: impl Future<Output = A>, b: impl Future<Output = B>) -> (A, B) {
    let (a, b, ()) = join3(a, b, std::future::ready(())).await;
    (a, b)
}

/// Runs three futures of different types to completion.
pub(crate) async fn join3<A, B, C>(
    a: impl Future<Output = A>,
    b: impl Future<Output = B>,
    c: impl Future<Output = C>,
) -> (A, B, C) {
    let (mut a, mut b, mut c) = (pin!(a), pin!(b), pin!(c));
    let (mut one, mut two, mut three) = (None, None, None);
    poll_fn(|context| {
        poll_once(a.as_mut(), &mut one, context);
        poll_once(b.as_mut(), &mut two, context);
        poll_once(c.as_mut(), &mut three, context);
        match (one.take(), two.take(), three.take()) {
            (Some(one), Some(two), Some(three)) => Poll::Ready((one, two, three)),
            (first, second, third) => {
                (one, two, three) = (first, second, third);
                Poll::Pending
            }
        }
    })
    .await
}

/// Polls a future that has no result yet.
fn poll_once<T>(future: Pin<&mut impl Future<Output = T>>, result: &mut Option<T>, context: &mut Context<'_>) {
    if result.is_none()
        && let Poll::Ready(value) = future.poll(context)
    {
        *result = Some(value);
    }
}
