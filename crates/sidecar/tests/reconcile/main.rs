//! What looks at every link by itself, and what the operator is told of it.
#![expect(clippy::unwrap_used, reason = "tests")]

mod backfill;
mod drift;
mod lists;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use schema::UnixMs;
use sidecar::env::{Clock, Env};
use store::sqlite::SqliteStore;
use store::{Effects, Link, LinkState, Store};
use tempfile::TempDir;

const NOW: UnixMs = UnixMs(1_790_000_000_000);

/// A clock that stands until it is moved.
#[derive(Clone, Default)]
struct Hands(Arc<AtomicI64>);

impl Hands {
    fn pass(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for Hands {
    fn now(&self) -> UnixMs {
        NOW.plus(self.0.load(Ordering::SeqCst))
    }
}

/// A store in a folder of its own, and time.
struct Place {
    folder: TempDir,
    hands: Hands,
    env: Env,
}

impl Place {
    fn new() -> Self {
        let hands = Hands::default();
        let env = Env { clock: Arc::new(hands.clone()), ..Env::system() };
        Self { folder: tempfile::tempdir().unwrap(), hands, env }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("connector.db")
    }

    async fn store(&self) -> Arc<dyn Store> {
        Arc::new(SqliteStore::open(&self.path()).await.unwrap())
    }
}

fn link(ticket_id: u64, state: LinkState) -> Link {
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

fn linking(tickets: impl IntoIterator<Item = u64>) -> Effects {
    Effects { links: tickets.into_iter().map(|ticket| link(ticket, LinkState::Active)).collect(), ..Effects::default() }
}
