//! Everything a test of one folder needs: configuration, clock, store, Zammad, Forge.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use schema::{Settings, UnixMs};
use store::sqlite::SqliteStore;
use store::{Effects, Link, LinkState, Store, StoredSettings};
use tempfile::TempDir;

use super::MemoryHelpdesk;
use crate::config::{self, Config, Sources};
use crate::env::{Clock, Entropy, Env, NoEntropy};
use crate::health::Health;
use crate::inbound::CommandHandler;
use crate::settings::SettingsCache;
use crate::ticket::brake::Brakes;
use crate::ticket::{Helpdesk, LookedAt, TicketReader};
use crate::visit::Visitor;

/// When every test begins.
pub(crate) const NOW: UnixMs = UnixMs(1_790_000_000_000);
/// The installation of every test.
pub(crate) const INSTALL: &str = "0b2c6d1e-8f4a-4c3b-9a57-2f1d7c9e0a11";
/// The shared secret of every test.
pub(crate) const SECRET: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

#[derive(Clone, Default)]
struct ManualClock(Arc<AtomicI64>);

impl Clock for ManualClock {
    fn now(&self) -> UnixMs {
        NOW.plus(self.0.load(Ordering::SeqCst))
    }
}

/// A system that has no random bytes, so that nothing gets an id.
struct NoBytes;

impl Entropy for NoBytes {
    fn fill(&self, _: &mut [u8]) -> Result<(), NoEntropy> {
        Err(NoEntropy)
    }
}

pub(crate) struct Setup {
    _folder: TempDir,
    clock: ManualClock,
    pub(crate) env: Env,
    pub(crate) config: Arc<Config>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) helpdesk: MemoryHelpdesk,
    pub(crate) health: Arc<Health>,
}

impl Setup {
    /// With the default configuration.
    pub(crate) async fn new() -> Self {
        Self::with(&[]).await
    }

    /// With these variables in the environment besides the required ones.
    pub(crate) async fn with(variables: &[(&str, &str)]) -> Self {
        let required = [
            ("FORGE_SHARED_SECRET", SECRET),
            ("FORGE_WEBTRIGGER_URL", "https://0b2c6d1e.hello.atlassian-dev.net/x1/abc"),
            ("FORGE_INSTALL_ID", INSTALL),
            ("ZAMMAD_URL", "https://help.example"),
            ("ZAMMAD_API_TOKEN", "token-of-the-bot-0123456789"),
            ("PUBLIC_URL", "https://help.example/jira"),
        ];
        let pairs = required.iter().chain(variables).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let environment: BTreeMap<String, String> = pairs.collect();
        let config = config::load(&Sources { environment, file: None }).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("connector.db")).await.unwrap();
        let clock = ManualClock::default();
        Self {
            _folder: folder,
            env: Env { clock: Arc::new(clock.clone()), ..Env::system() },
            clock,
            config: Arc::new(config),
            store: Arc::new(store),
            helpdesk: MemoryHelpdesk::default(),
            health: Arc::new(Health::default()),
        }
    }

    /// The same clock, without random bytes.
    pub(crate) fn env_without_bytes(&self) -> Env {
        Env { entropy: Arc::new(NoBytes), ..self.env.clone() }
    }

    /// Moves the clock.
    pub(crate) fn pass(&self, ms: i64) {
        self.clock.0.fetch_add(ms, Ordering::SeqCst);
    }

    /// Stores the admin's settings.
    pub(crate) async fn settings(&self, change: impl FnOnce(&mut Settings)) {
        let mut settings = Settings::default();
        change(&mut settings);
        let json = serde_json::to_string(&settings).unwrap();
        let settings = Some(StoredSettings { etag: schema::fingerprint(&json), json });
        self.store.record(Effects { settings, ..Effects::default() }).await.unwrap();
    }

    /// Stores links.
    pub(crate) async fn link(&self, links: Vec<Link>) {
        self.store.record(Effects { links, ..Effects::default() }).await.unwrap();
    }

    pub(crate) fn reader(&self) -> Arc<TicketReader> {
        Arc::new(TicketReader::new(self.shared_helpdesk()).with_public_address(&self.config.zammad_public_url))
    }

    pub(crate) fn shared_helpdesk(&self) -> Arc<dyn Helpdesk> {
        Arc::new(self.helpdesk.clone())
    }

    /// A visitor with empty caches.
    pub(crate) fn visitor(&self) -> Visitor {
        Visitor {
            config: Arc::clone(&self.config),
            settings: Arc::new(SettingsCache::default()),
            store: Arc::clone(&self.store),
            reader: self.reader(),
            helpdesk: self.shared_helpdesk(),
            env: self.env.clone(),
            brakes: Brakes::default(),
            looked_at: LookedAt::default(),
        }
    }

    /// A handler of commands.
    pub(crate) fn commands(&self) -> CommandHandler {
        CommandHandler {
            store: Arc::clone(&self.store),
            helpdesk: self.shared_helpdesk(),
            env: self.env.clone(),
            health: Arc::clone(&self.health),
            waiting: Arc::default(),
            settings: Arc::new(SettingsCache::default()),
            status_requested: Arc::default(),
            config: Arc::clone(&self.config),
        }
    }
}

/// An active link of ticket `ticket_id` to issue `100<ticket_id>`; articles up to 9 are older than the link.
pub(crate) fn link(ticket_id: u64) -> Link {
    Link {
        ticket_id,
        ticket_number: format!("500{ticket_id}"),
        issue_id: format!("100{ticket_id}"),
        issue_key: format!("PROJ-{ticket_id}"),
        state: LinkState::Active,
        after_article: 9,
        created_at: NOW,
    }
}
