//! Many changes a second at many links, from both sides.
//!
//! A change's time runs from its response until the other side shows it, checked every 10 ms. A title that is changed
//! again, on either side, before the first change was seen may never be shown: then each of the two counts when the
//! other side shows its value or both sides agree, whichever is first, which is when the later one has come or the
//! conflict is decided. Priority and state have too few values to tell one change from the next, so they are left alone
//! while a change of theirs is pending.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, interval, sleep};

use super::direction::{Direction, report};
use super::env::{BenchEnv, Change, ChangeKind, Field, LINKS, LONG, Side};
use crate::bench::report::{print_line, unexpected};
use crate::entropy::Entropy;
use crate::harness::HarnessError;

/// Fifty a second for 20 s.
const EVERY: Duration = Duration::from_millis(20);
const CHANGES: usize = 1_000;
const CHECK_INTERVAL: Duration = Duration::from_millis(10);
/// Attempts to find a link without a pending change of the field; then the title is changed instead.
const TRIES: usize = 20;

struct Pending {
    number: usize,
    change: Change,
    answered: Option<Instant>,
    /// Another change of the same field was pending at the same time.
    contended: bool,
}

type Shared = Arc<Mutex<Vec<Pending>>>;

/// Makes the changes, and prints the times of each direction. Returns the number of changes.
pub(super) async fn run(env: &Arc<BenchEnv>) -> Result<usize, HarnessError> {
    let pending: Shared = Arc::default();
    let mut watcher = JoinSet::new();
    watcher.spawn(watch(Arc::clone(env), Arc::clone(&pending)));
    let mut entropy = Entropy::seeded(5);
    let mut ticks = interval(EVERY);
    let (mut people, began) = (JoinSet::new(), Instant::now());
    for number in 0..CHANGES {
        ticks.tick().await;
        let change = {
            let mut pending = pending.lock().unwrap_or_else(PoisonError::into_inner);
            let change = draw(&mut entropy, env, &pending, number);
            push(&mut pending, number, change.clone());
            change
        };
        let (env, pending) = (Arc::clone(env), Arc::clone(&pending));
        people.spawn(async move {
            env.perform(&change).await?;
            let mut pending = pending.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(pending) = pending.iter_mut().find(|pending| pending.number == number) {
                pending.answered = Some(Instant::now());
            }
            Ok::<(), HarnessError>(())
        });
    }
    for made in people.join_all().await {
        made?;
    }
    let took = began.elapsed();
    let watched = watcher.join_next().await.ok_or_else(|| unexpected("the watcher did not start"))?;
    let (times, contended) = watched.map_err(|_| unexpected("the watcher ended"))??;
    print_line(&format!(
        "  {CHANGES} changes in {:.1} s, the last seen {:.1} s after the last was made; {contended} titles were \
         changed while another change of them was pending",
        took.as_secs_f64(),
        (began.elapsed() - took).as_secs_f64()
    ));
    for (direction, times) in times {
        report(direction, times);
    }
    Ok(CHANGES)
}

/// One of eight things to do, at one of the links.
fn draw(entropy: &mut Entropy, env: &BenchEnv, pending: &[Pending], number: usize) -> Change {
    let mut below = |count: usize| usize::try_from(entropy.next() >> 32).unwrap_or_default() % count;
    let side = if below(2) == 0 { Side::Zammad } else { Side::Jira };
    let choice = below(4);
    for _ in 0..TRIES {
        let link = below(LINKS);
        let kind = match choice {
            0 => ChangeKind::Text(format!("text {number} of the bench.")),
            1 => ChangeKind::Title(format!("Title {number} of the bench")),
            2 => match env.value(side, link, Field::Priority) {
                Some(ChangeKind::Priority(now)) => ChangeKind::Priority((now + u64::from(below(2) == 0)) % 3 + 1),
                _ => continue,
            },
            _ => ChangeKind::Closed(env.value(side, link, Field::State) != Some(ChangeKind::Closed(true))),
        };
        let change = Change { link, side, kind };
        let is_free = !pending.iter().any(|other| is_same_field(&other.change, &change));
        if choice < 2 || is_free {
            return change;
        }
    }
    Change { link: below(LINKS), side, kind: ChangeKind::Title(format!("Title {number} of the bench")) }
}

fn is_same_field(one: &Change, other: &Change) -> bool {
    one.link == other.link && one.field().is_some() && one.field() == other.field()
}

fn push(pending: &mut Vec<Pending>, number: usize, change: Change) {
    let mut contended = false;
    for other in pending.iter_mut().filter(|other| is_same_field(&other.change, &change)) {
        (other.contended, contended) = (true, true);
    }
    pending.push(Pending { number, change, answered: None, contended });
}

type Seen = (BTreeMap<Direction, Vec<Duration>>, usize);

/// Checks until every change was seen. Returns the times of each direction, and how many were contended.
async fn watch(env: Arc<BenchEnv>, pending: Shared) -> Result<Seen, HarnessError> {
    let (mut times, mut contended, mut count): (BTreeMap<_, Vec<_>>, _, _) = (BTreeMap::new(), 0, 0);
    let mut last = Instant::now();
    while count < CHANGES {
        sleep(CHECK_INTERVAL).await;
        let mut pending = pending.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        pending.retain(|pending| {
            let Some(answered) = pending.answered else { return true };
            let change = &pending.change;
            let agrees = || change.field().is_some_and(|field| env.agrees(change.link, field));
            if !(env.shows(change) || pending.contended && agrees()) {
                return true;
            }
            times.entry(Direction::of(change)).or_default().push(now.duration_since(answered));
            (contended, count, last) = (contended + usize::from(pending.contended), count + 1, now);
            false
        });
        if last.elapsed() > LONG {
            let left: Vec<&Change> = pending.iter().map(|pending| &pending.change).take(5).collect();
            return Err(unexpected(format!("{} changes never reached the other side: {left:?}", pending.len())));
        }
    }
    Ok((times, contended))
}
