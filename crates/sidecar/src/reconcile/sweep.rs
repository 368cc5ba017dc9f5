//! Finds tickets that changed in Zammad, by their time of change. It needs neither webhooks nor Elasticsearch. All times are
//! Zammad's own, so the sidecar's clock does not matter.

use std::sync::Arc;
use std::time::Duration;

use schema::UnixMs;
use schema::time::{parse_rfc3339, rfc3339};
use store::{Effects, Recheck, RecheckCause, Store};
use tokio::sync::Notify;
use zammad::{ClientError, Ticket};

use super::ReconcileError;
use super::periodic::{Periodic, holds_lease};
use crate::env::Env;
use crate::health::Health;
use crate::settings::SettingsCache;
use crate::ticket::Helpdesk;

/// Watermark (the time of change up to which everything is stored), lease and name in logs.
const DONE: &str = "sweep";
/// Watermark: the next page of an unfinished run, `<page> <time>`; empty if there is none.
const UNFINISHED: &str = "sweep.at";
/// This much before the watermark is read again: a transaction that was committed late, or a ticket that moved between two
/// pages, has a time before the watermark.
const OVERLAP_MS: i64 = 2 * 60_000;
/// The very first run begins this much before the newest change.
const FIRST_MS: i64 = 10 * 60_000;

/// The pace of the sweep.
#[derive(Clone, Copy, Debug)]
pub struct SweepPace {
    /// From the end of one run to the next.
    pub every: Duration,
    /// The same after an unfinished run.
    pub unfinished: Duration,
    /// Most pages of one run.
    pub pages: u32,
    /// Tickets per page, at most 200.
    pub per_page: u32,
}

impl Default for SweepPace {
    fn default() -> Self {
        Self { every: Duration::from_secs(60), unfinished: Duration::from_secs(5), pages: 10, per_page: 200 }
    }
}

/// How long the newest change has been the newest. The overlap covers late commits; once it was read for its own length of
/// time, it need not be read again. Without this, a helpdesk that changed ten thousand tickets at once and then closed for the
/// day would be read all night. Not stored: a new process reads the overlap again.
#[derive(Clone, Copy, Debug, Default)]
pub struct OverlapWindow {
    newest: Option<UnixMs>,
    since: UnixMs,
}

impl OverlapWindow {
    fn is_covered(self, newest: UnixMs, now: UnixMs) -> bool {
        // The sidecar's clock, but only as a duration.
        self.newest == Some(newest) && now.since(self.since) >= OVERLAP_MS
    }

    fn saw(&mut self, newest: UnixMs, now: UnixMs) {
        if self.newest != Some(newest) {
            *self = Self { newest: Some(newest), since: now };
        }
    }
}

/// The task; run it with [`super::run`].
pub struct Sweep {
    /// Persistence.
    pub store: Arc<dyn Store>,
    /// Lists changed tickets.
    pub helpdesk: Arc<dyn Helpdesk>,
    /// The admin's settings: rules need tickets without links too.
    pub settings: Arc<SettingsCache>,
    /// Clock and randomness.
    pub env: Env,
    /// Receives failures.
    pub health: Arc<Health>,
    /// To notify when a visit was requested.
    pub inbox_ready: Arc<Notify>,
    /// Name of this instance, the holder of the lease.
    pub instance: String,
    /// The pace.
    pub pace: SweepPace,
    /// The state of the overlap; the default at start.
    pub overlap: OverlapWindow,
}

/// The result of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Requested visits; requests that were made before are counted too.
    pub requested: usize,
    /// Whether it read all changes.
    pub finished: bool,
}

/// The next page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Position {
    from: UnixMs,
    page: u32,
}

impl Periodic for Sweep {
    const NAME: &'static str = DONE;

    async fn step(&mut self) -> Result<Duration, ReconcileError> {
        let swept = self.once().await?;
        Ok(if swept.finished { self.pace.every } else { self.pace.unfinished })
    }

    fn env(&self) -> &Env {
        &self.env
    }

    fn health(&self) -> &Health {
        &self.health
    }
}

impl Sweep {
    /// One run of at most `pace.pages` pages. Each page is stored with the position of the next.
    ///
    /// # Errors
    /// [`ReconcileError`]; earlier pages stay stored.
    pub async fn once(&mut self) -> Result<Swept, ReconcileError> {
        let mut swept = Swept { finished: true, ..Swept::default() };
        if !holds_lease(&self.store, DONE, &self.instance, &self.env).await? {
            return Ok(swept);
        }
        let done = self.store.watermark(DONE).await?;
        let Some(mut position) = self.position(done.as_deref()).await? else { return Ok(swept) };
        let settings = self.settings.current(self.store.as_ref()).await?.settings;
        // Rules apply to tickets that have no link yet; one that continues a linked ticket does so from its beginning.
        let unlinked = if settings.rules.iter().any(|rule| rule.enabled) {
            Unlinked::All
        } else if done.is_some() && settings.follow_ups.is_on() {
            Unlinked::CreatedSince(position.from)
        } else {
            Unlinked::None
        };
        for _ in 0..self.pace.pages {
            let tickets = self.page(position).await?;
            let rechecks = self.rechecks(&tickets, unlinked).await?;
            swept.requested += rechecks.len();
            let ended = tickets.len() < self.pace.per_page as usize;
            let last = tickets.last().map(time_of).transpose()?;
            // The watermark never moves back, or an idle Zammad would be read further back with every run.
            let before = done.as_deref().and_then(parse_rfc3339).unwrap_or_default();
            let seen = ended.then(|| last.unwrap_or(position.from).max(before));
            let watermarks = if let Some(seen) = seen {
                vec![(DONE.to_owned(), rfc3339(seen)), (UNFINISHED.to_owned(), String::new())]
            } else {
                position = position.after(last.unwrap_or(position.from));
                vec![(UNFINISHED.to_owned(), format!("{} {}", position.page, rfc3339(position.from)))]
            };
            let requested = !rechecks.is_empty();
            self.store.record(Effects { rechecks, watermarks, ..Effects::default() }).await?;
            if requested {
                self.inbox_ready.notify_one();
            }
            if let Some(seen) = seen {
                self.overlap.saw(seen, self.env.now());
                return Ok(swept);
            }
        }
        swept.finished = false;
        Ok(swept)
    }

    /// The position to continue or begin at; `None` if the bot sees no ticket.
    async fn position(&self, done: Option<&str>) -> Result<Option<Position>, ReconcileError> {
        let unfinished = self.store.watermark(UNFINISHED).await?;
        if let Some(position) = unfinished.as_deref().and_then(Position::read) {
            return Ok(Some(position));
        }
        if let Some(done) = done.and_then(parse_rfc3339) {
            let overlap = if self.overlap.is_covered(done, self.env.now()) { 1 } else { OVERLAP_MS };
            return Ok(Some(Position { from: done.plus(-overlap), page: 1 }));
        }
        let newest = self.helpdesk.latest_change().await?;
        let newest = newest.map(|time| parse_rfc3339(&time).ok_or(UNREADABLE)).transpose()?;
        Ok(newest.map(|newest| Position { from: newest.plus(-FIRST_MS), page: 1 }))
    }

    async fn page(&self, position: Position) -> Result<Vec<Ticket>, ReconcileError> {
        let since = rfc3339(position.from);
        let tickets = self.helpdesk.tickets_changed_since(&since, position.page, self.pace.per_page).await?;
        Ok(tickets)
    }

    /// Changes of the bot cause no webhook, those of others do.
    async fn notice_missing_webhooks(&self, tickets: &[&Ticket]) -> Result<(), ReconcileError> {
        let now = self.env.now();
        if tickets.is_empty() || self.health.quiet_since(now).is_none() {
            return Ok(());
        }
        let bot = self.helpdesk.me().await?.id;
        for ticket in tickets.iter().filter(|ticket| ticket.updated_by_id != bot) {
            self.health.change_swept(time_of(ticket)?, now);
        }
        Ok(())
    }

    /// Requests for the tickets that have a link, and for some of the others.
    async fn rechecks(&self, tickets: &[Ticket], unlinked: Unlinked) -> Result<Vec<Recheck>, ReconcileError> {
        let ids: Vec<u64> = tickets.iter().map(|ticket| ticket.id).collect();
        let linked = self.store.linked(&ids).await?;
        let at = self.env.now();
        let is_wanted = |ticket: &&Ticket| linked.contains(&ticket.id) || unlinked.has(ticket);
        let changed: Vec<&Ticket> = tickets.iter().filter(is_wanted).collect();
        self.notice_missing_webhooks(&changed).await?;
        let recheck = |ticket: &Ticket| Recheck {
            ticket_id: ticket.id,
            // The same change is requested once, however often the overlap finds it.
            cause: RecheckCause::Sweep(ticket.updated_at.clone()),
            not_before: None,
            at,
        };
        Ok(changed.into_iter().map(recheck).collect())
    }
}

/// The tickets without a link that are visited.
#[derive(Clone, Copy)]
enum Unlinked {
    None,
    CreatedSince(UnixMs),
    All,
}

impl Unlinked {
    fn has(self, ticket: &Ticket) -> bool {
        match self {
            Self::None => false,
            Self::CreatedSince(time) => parse_rfc3339(&ticket.created_at).is_some_and(|created| created >= time),
            Self::All => true,
        }
    }
}

const UNREADABLE: ClientError = ClientError::Unreadable { operation: "changed-tickets", is_json: true };

fn time_of(ticket: &Ticket) -> Result<UnixMs, ClientError> {
    parse_rfc3339(&ticket.updated_at).ok_or(UNREADABLE)
}

impl Position {
    /// The position after a full page that ended at `last`: by time, since tickets that change meanwhile move to the end and
    /// would shift counted pages. It starts one millisecond earlier, because other tickets may share the time; only tickets of
    /// one millisecond that fill more than a page are counted by page.
    fn after(self, last: UnixMs) -> Self {
        let from = last.plus(-1);
        if from > self.from { Self { from, page: 1 } } else { Self { page: self.page.saturating_add(1), ..self } }
    }

    fn read(text: &str) -> Option<Self> {
        let (page, from) = text.split_once(' ')?;
        Some(Self { from: parse_rfc3339(from)?, page: page.parse().ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_advance_by_time_and_within_one_millisecond_by_page() {
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
