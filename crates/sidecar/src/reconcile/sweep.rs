//! Tickets that changed in Zammad and perhaps nobody told: asked for by time of change, which needs neither webhooks nor
//! Elasticsearch. All times here are Zammad's own, so it does not matter what our clock says.

use std::sync::Arc;
use std::time::Duration;

use schema::{Settings, UnixMs};
use store::{Effects, Recheck, Store};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use zammad::{Client, ClientError, Text, Ticket};

use super::{Failure, failed, is_ours, rest};
use crate::env::{Env, instant, rfc3339};
use crate::health::Health;

/// Watermark: the newest time of change up to which all is stored.
const DONE: &str = "sweep";
/// Watermark: where an unfinished run goes on, `<page> <time>`; empty if there is none.
const UNFINISHED: &str = "sweep.at";
/// So much before the watermark is looked at again: a transaction that took longer to commit than others, or a ticket that
/// moved between two pages, has an older time than what was already seen.
const OVERLAP_MS: i64 = 2 * 60_000;
/// So much before the newest change the first run of all begins.
const FIRST_MS: i64 = 10 * 60_000;

/// How much at a time, and how often.
#[derive(Clone, Copy, Debug)]
pub struct SweepPace {
    /// From the end of one run to the next.
    pub every: Duration,
    /// The same after a run that did not come to the end.
    pub unfinished: Duration,
    /// Pages of one run.
    pub pages: u32,
    /// Tickets of one page, at most 200.
    pub per_page: u32,
}

impl Default for SweepPace {
    fn default() -> Self {
        Self { every: Duration::from_secs(60), unfinished: Duration::from_secs(5), pages: 10, per_page: 200 }
    }
}

/// How long the newest change has been the newest. The overlap is for what was not yet to be seen when we looked; once it
/// was looked at for its own length, it need not be again. Without this, a helpdesk that changed ten thousand tickets at
/// once and then went home would be read all night. Not stored: a process that starts looks again.
#[derive(Clone, Copy, Debug, Default)]
pub struct Quiet {
    newest: Option<UnixMs>,
    since: UnixMs,
}

impl Quiet {
    fn is_over(self, newest: UnixMs, now: UnixMs) -> bool {
        // By our own clock, but only as far as it has moved.
        self.newest == Some(newest) && now.since(self.since) >= OVERLAP_MS
    }

    fn saw(&mut self, newest: UnixMs, now: UnixMs) {
        if self.newest != Some(newest) {
            *self = Self { newest: Some(newest), since: now };
        }
    }
}

/// The task.
pub struct Sweep {
    /// Persistence.
    pub store: Arc<dyn Store>,
    /// Where tickets are asked for.
    pub zammad: Client,
    /// Clock and randomness.
    pub env: Env,
    /// Told of failures.
    pub health: Arc<Health>,
    /// Rung when a notification was stored.
    pub wake: Arc<Notify>,
    /// Whose lease it is.
    pub instance: String,
    /// How much, how often.
    pub pace: SweepPace,
    /// Nothing at first.
    pub quiet: Quiet,
}

/// What a run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Tickets that were asked to be read again; most of them were already.
    pub rung: usize,
    /// Whether it came to the end: everything that has changed is seen.
    pub finished: bool,
}

/// Where the next page is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Position {
    from: UnixMs,
    page: u32,
}

impl Sweep {
    /// Sweeps until `stop`, at once and then by its pace.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut failures = 0;
        loop {
            let run = tokio::select! {
                run = self.once() => run,
                () = stop.cancelled() => return,
            };
            let wait = match run {
                Ok(swept) => {
                    failures = 0;
                    if swept.finished { self.pace.every } else { self.pace.unfinished }
                }
                Err(failure) => {
                    failures += 1;
                    failed("sweep", &failure, failures, &self.health, &self.env).max(self.pace.unfinished)
                }
            };
            if !rest(wait, &stop).await {
                return;
            }
        }
    }

    /// One run: so many pages, each stored with the place where the next begins.
    ///
    /// # Errors
    /// [`Failure`]; pages that were stored before stay stored.
    pub async fn once(&mut self) -> Result<Swept, Failure> {
        let mut swept = Swept { finished: true, ..Swept::default() };
        if !is_ours(&self.store, DONE, &self.instance, &self.env).await? {
            return Ok(swept);
        }
        let done = self.store.watermark(DONE).await?;
        let Some(mut position) = self.position(done.as_deref()).await? else { return Ok(swept) };
        let everything = self.wants_all().await?;
        for _ in 0..self.pace.pages {
            let tickets = self.page(position).await?;
            let rechecks = self.rings(&tickets, everything).await?;
            swept.rung += rechecks.len();
            let ended = tickets.len() < self.pace.per_page as usize;
            let last = tickets.last().map(time_of).transpose()?;
            // Found or not: never back behind what was seen before, or a quiet Zammad would be read ever further back.
            let before = done.as_deref().and_then(instant).unwrap_or_default();
            let seen = ended.then(|| last.unwrap_or(position.from).max(before));
            let watermarks = if let Some(seen) = seen {
                vec![(DONE.to_owned(), rfc3339(seen)), (UNFINISHED.to_owned(), String::new())]
            } else {
                position = position.after(last.unwrap_or(position.from));
                vec![(UNFINISHED.to_owned(), format!("{} {}", position.page, rfc3339(position.from)))]
            };
            let rang = !rechecks.is_empty();
            self.store.record(Effects { rechecks, watermarks, ..Effects::default() }).await?;
            if rang {
                self.wake.notify_one();
            }
            if let Some(seen) = seen {
                self.quiet.saw(seen, self.env.now());
                return Ok(swept);
            }
        }
        swept.finished = false;
        Ok(swept)
    }

    /// Where to go on, or to begin; `None` if the bot sees no ticket at all.
    async fn position(&self, done: Option<&str>) -> Result<Option<Position>, Failure> {
        let unfinished = self.store.watermark(UNFINISHED).await?;
        if let Some(position) = unfinished.as_deref().and_then(Position::read) {
            return Ok(Some(position));
        }
        if let Some(done) = done.and_then(instant) {
            let overlap = if self.quiet.is_over(done, self.env.now()) { 1 } else { OVERLAP_MS };
            return Ok(Some(Position { from: done.plus(-overlap), page: 1 }));
        }
        let newest = self.zammad.latest_change().await?;
        self.health.zammad(true);
        let newest = newest.map(|time| instant(&time).ok_or(UNREADABLE)).transpose()?;
        Ok(newest.map(|newest| Position { from: newest.plus(-FIRST_MS), page: 1 }))
    }

    async fn page(&self, position: Position) -> Result<Vec<Ticket>, Failure> {
        let from = Text::new(&rfc3339(position.from)).ok_or(UNREADABLE)?;
        let tickets = self.zammad.changed_since(&from, position.page, self.pace.per_page).await?;
        self.health.zammad(true);
        Ok(tickets)
    }

    async fn rings(&self, tickets: &[Ticket], everything: bool) -> Result<Vec<Recheck>, Failure> {
        let ids: Vec<u64> = tickets.iter().map(|ticket| ticket.id).collect();
        let linked = if everything { ids.iter().copied().collect() } else { self.store.linked(&ids).await? };
        let at = self.env.now();
        let ring = |ticket: &Ticket| Recheck {
            ticket_id: ticket.id,
            // The same change is rung for once, however often the overlap finds it.
            key: format!("sweep:{}:{}", ticket.id, ticket.updated_at),
            not_before: None,
            at,
        };
        Ok(tickets.iter().filter(|ticket| linked.contains(&ticket.id)).map(ring).collect())
    }

    /// Rules look at tickets that have no link yet.
    async fn wants_all(&self) -> Result<bool, Failure> {
        let settings = self.store.settings().await?;
        let settings = settings.and_then(|(_, json)| serde_json::from_str::<Settings>(&json).ok());
        Ok(settings.is_some_and(|settings| settings.rules.iter().any(|rule| rule.enabled)))
    }
}

const UNREADABLE: ClientError = ClientError::Unreadable { operation: "changed-tickets", what: "not-a-time" };

fn time_of(ticket: &Ticket) -> Result<UnixMs, ClientError> {
    instant(&ticket.updated_at).ok_or(UNREADABLE)
}

impl Position {
    /// After a full page that ended at `last`: from there on by time, since tickets that change meanwhile move to the end
    /// and would shift counted pages. The millisecond before it, because others may share this one; only where more than a
    /// page of tickets share one are they counted through.
    fn after(self, last: UnixMs) -> Self {
        let from = last.plus(-1);
        if from > self.from { Self { from, page: 1 } } else { Self { page: self.page.saturating_add(1), ..self } }
    }

    fn read(text: &str) -> Option<Self> {
        let (page, from) = text.split_once(' ')?;
        Some(Self { from: instant(from)?, page: page.parse().ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_goes_on_by_time_and_only_within_one_by_count() {
        let begin = Position { from: UnixMs(1_000), page: 1 };
        let next = begin.after(UnixMs(5_000));
        assert_eq!(next, Position { from: UnixMs(4_999), page: 1 });
        // A whole page of the same millisecond, and the rest of it.
        let counted = next.after(UnixMs(5_000));
        assert_eq!(counted, Position { from: UnixMs(4_999), page: 2 });
        assert_eq!(counted.after(UnixMs(5_000)).page, 3);
        assert_eq!(counted.after(UnixMs(5_001)), Position { from: UnixMs(5_000), page: 1 });
        for position in [begin, counted] {
            assert_eq!(Position::read(&format!("{} {}", position.page, rfc3339(position.from))), Some(position));
        }
        assert_eq!(
            (Position::read(""), Position::read("1 yesterday"), Position::read("x 1970-01-01T00:00:01Z")),
            (None, None, None)
        );
    }
}
