//! A store, a clock and links.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use schema::UnixMs;
use sidecar::env::{Clock, Env};
use store::sqlite::SqliteStore;
use store::{Effects, Link, LinkState, Store};
use tempfile::TempDir;

pub(crate) const NOW: UnixMs = UnixMs(1_790_000_000_000);

/// A clock that the test moves.
#[derive(Clone, Default)]
pub(crate) struct ManualClock(Arc<AtomicI64>);

impl ManualClock {
    pub(crate) fn pass(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> UnixMs {
        NOW.plus(self.0.load(Ordering::SeqCst))
    }
}

/// A store in a temporary folder, and a clock.
pub(crate) struct Setup {
    folder: TempDir,
    pub(crate) clock: ManualClock,
    pub(crate) env: Env,
}

impl Setup {
    pub(crate) fn new() -> Self {
        let clock = ManualClock::default();
        let env = Env { clock: Arc::new(clock.clone()), ..Env::system() };
        Self { folder: tempfile::tempdir().unwrap(), clock, env }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("connector.db")
    }

    pub(crate) async fn store(&self) -> Arc<dyn Store> {
        Arc::new(SqliteStore::open(&self.path()).await.unwrap())
    }
}

pub(crate) fn link(ticket_id: u64, state: LinkState) -> Link {
    Link {
        ticket_id,
        ticket_number: format!("250{ticket_id:02}"),
        issue_id: format!("100{ticket_id:02}"),
        issue_key: format!("SUP-{ticket_id}"),
        state,
        after_article: 9,
        created_at: NOW,
    }
}

pub(crate) fn linking(tickets: impl IntoIterator<Item = u64>) -> Effects {
    Effects { links: tickets.into_iter().map(|ticket| link(ticket, LinkState::Active)).collect(), ..Effects::default() }
}
