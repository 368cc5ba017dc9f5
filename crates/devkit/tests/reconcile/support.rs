//! A Zammad with the sample data, a store, and a sweep between them.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use devkit::{clock::ManualClock, sample, sample::Sample, zammad_sim::ZammadSim};
use schema::UnixMs;
use sidecar::env::{Clock, Env};
use sidecar::health::Health;
use sidecar::reconcile::{OverlapWindow, Sweep, SweepPace};
use sidecar::settings::SettingsCache;
use store::sqlite::SqliteStore;
use store::{Completion, Effects, Link, LinkState, Store, StoredSettings};
use tempfile::TempDir;
use tokio::sync::Notify;
use zammad::{Client, ClientConfig, TicketChange};

/// The sidecar's own clock, which must not matter here.
#[derive(Clone, Default)]
pub struct SidecarClock(Arc<AtomicI64>);

impl Clock for SidecarClock {
    fn now(&self) -> UnixMs {
        UnixMs(self.0.load(Ordering::SeqCst))
    }
}

impl SidecarClock {
    pub fn set(&self, now: i64) {
        self.0.store(now, Ordering::SeqCst);
    }
}

pub struct TestEnv {
    pub sim: ZammadSim,
    pub sample: Sample,
    pub time: ManualClock,
    pub sidecar_clock: SidecarClock,
    pub client: Client,
    folder: TempDir,
}

/// The first time of Zammad's clock.
pub const BEGIN: i64 = 1_790_000_000_000;

impl TestEnv {
    pub async fn start() -> Self {
        let time = ManualClock::at(BEGIN);
        let sim = ZammadSim::builder().clock(time.clone()).start().await.unwrap();
        let sample = sample::seed_zammad(&sim).unwrap();
        let sidecar_clock = SidecarClock::default();
        sidecar_clock.set(BEGIN);
        let client = client(&sim.url, &sample.bot_token);
        Self { sim, sample, time, sidecar_clock, client, folder: tempfile::tempdir().unwrap() }
    }

    /// The store, opened as at the start of a process.
    pub async fn store(&self) -> Arc<dyn Store> {
        Arc::new(SqliteStore::open(&self.folder.path().join("connector.db")).await.unwrap())
    }

    /// A new sweep, as at the start of a process. Without other settings it requests linked tickets only.
    pub async fn sweep(&self, pages: u32, per_page: u32) -> Sweep {
        let store = self.store().await;
        if store.settings().await.unwrap().is_none() {
            let off = serde_json::json!({ "followUps": { "answers": "off", "related": "off" } });
            store.record(with_settings(&off)).await.unwrap();
        }
        Sweep {
            store,
            helpdesk: Arc::new(self.client.clone()),
            settings: Arc::new(SettingsCache::default()),
            env: Env { clock: Arc::new(self.sidecar_clock.clone()), ..Env::system() },
            health: Arc::new(Health::default()),
            inbox_ready: Arc::new(Notify::new()),
            instance: "a".to_owned(),
            pace: SweepPace { pages, per_page, ..SweepPace::default() },
            overlap: OverlapWindow::default(),
        }
    }

    /// An agent's change without a webhook: none is configured here.
    pub async fn change(&self, ticket: u64, title: &str) {
        let change = TicketChange::default().title(title.to_owned().into());
        self.client.update_ticket(ticket, &change).await.unwrap();
    }

    pub fn pass(&self, ms: u64) {
        self.time.advance(Duration::from_millis(ms));
    }

    /// Tickets of the sample data that the bot can read.
    pub fn tickets(&self) -> &[u64] {
        &self.sample.tickets
    }
}

pub fn client(url: &str, token: &str) -> Client {
    let http = zammad::http_client_builder().build().unwrap();
    let config = ClientConfig { base_url: url.parse().unwrap(), token: token.to_owned().into() };
    Client::new(&config, http, || time::OffsetDateTime::UNIX_EPOCH).unwrap()
}

pub fn links(tickets: &[u64]) -> Effects {
    let link = |&ticket_id: &u64| Link {
        ticket_id,
        ticket_number: ticket_id.to_string(),
        issue_id: "10001".to_owned(),
        issue_key: "SUP-1".to_owned(),
        state: LinkState::Active,
        after_article: 0,
        created_at: UnixMs(BEGIN),
    };
    Effects { links: tickets.iter().map(link).collect(), ..Effects::default() }
}

/// The admin's settings, each with an etag of its own.
pub fn with_settings(json: &serde_json::Value) -> Effects {
    serde_json::from_value::<schema::Settings>(json.clone()).unwrap();
    let (etag, json) = (schema::fingerprint(json), json.to_string());
    Effects { settings: Some(StoredSettings { etag, json }), ..Effects::default() }
}

/// A rule that applies to tickets without a link.
pub fn with_a_rule() -> Effects {
    let json = serde_json::json!({ "rules": [{
        "id": "vip", "enabled": true, "when": [{ "tag": "vip" }],
        "then": { "createIssue": { "project": "SUP", "issueType": "10001" } },
    }] });
    with_settings(&json)
}

/// Returns the queued tickets in the order of their notifications, and completes them.
pub async fn queued_tickets(store: &dyn Store) -> Vec<u64> {
    let mut tickets = Vec::new();
    let now = UnixMs(i64::MAX / 2);
    while let Some(lease) = store.lease_ticket(now, 60_000).await.unwrap() {
        store.complete(&lease, Completion::default(), now).await.unwrap();
        tickets.push(lease.ticket_id);
    }
    tickets
}
