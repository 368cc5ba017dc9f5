//! The composition root: the only file that names concrete types.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use schema::{Hello, Message, MessageBody};
use store::Store;
use time::OffsetDateTime;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use zammad::{Client, ClientConfig};

use crate::env::Env;
use crate::config::Config;
use crate::settings::SettingsCache;
use crate::egress::ForgeClient;
use crate::health::Health;
use crate::http::{Hook, limits, router, server};
use crate::inbound::Inbound;
use crate::lifecycle::Tasks;
use crate::outbound::{Exchanger, Parts, Sources, Worker, crossed};
use crate::reconcile::{Drift, DriftPace, People, Quiet, Sweep, SweepPace};
use crate::visit::Visitor;
use redaction::Privacy;

/// Tickets read side by side. More would only crowd Zammad: Forge takes 83 messages a second at best.
const WORKERS: usize = 4;
/// Deliveries and applied ids are forgotten after this; Zammad's last attempt comes after 108 s, Forge's memory is 24 h.
const REMEMBERED_MS: i64 = 2 * 86_400_000;
/// History is kept for this long.
const HISTORY_MS: i64 = 90 * 86_400_000;

/// Opens the store of a data directory.
///
/// # Errors
/// It cannot be opened; the text says why.
pub async fn open_store(data_dir: &Path) -> Result<Arc<dyn Store>> {
    let path = data_dir.join("connector.db");
    Ok(Arc::new(store::sqlite::SqliteStore::open(&path).await.context("the data directory cannot be used")?))
}

/// The Zammad client of a configuration.
///
/// # Errors
/// The TLS set-up or the token cannot be used.
pub fn zammad_client(config: &Config) -> Result<Client> {
    let mut builder = zammad::http_client_builder();
    if let Some(file) = &config.extra_ca_file {
        let pem = std::fs::read(file).context("EXTRA_CA_FILE cannot be read")?;
        for certificate in reqwest::Certificate::from_pem_bundle(&pem).context("EXTRA_CA_FILE is not PEM")? {
            builder = builder.add_root_certificate(certificate);
        }
    }
    let http = builder.build().context("the HTTP client cannot be built")?;
    let settings = ClientConfig { base_url: config.zammad_url.clone(), token: config.zammad_token.clone() };
    Client::new(&settings, http, now).map_err(anyhow::Error::msg)
}

fn now() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(Env::system().now().seconds()).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// Runs the sidecar until it is told to stop. `Ok(false)`: a task died, and the process should be started again.
///
/// # Errors
/// The store, the address or the clients cannot be had.
pub async fn serve(config: Config) -> Result<bool> {
    let env = Env::system();
    let config = Arc::new(config);
    let instance = instance_of(&config);
    let mut lock = only_one(&config.data_dir, &instance)?;
    let zammad = zammad_client(&config)?;
    let forge = ForgeClient::new(&config)?;
    let store = open_store(&config.data_dir).await?;
    let listener = server::bind(config.listen).await.with_context(|| format!("cannot listen on {}", config.listen))?;
    let address = listener.local_addr()?.to_string();
    // With port 0 in the settings, this is how `connector healthcheck` finds it.
    lock.write_all(address.as_bytes()).context("the data directory is not writable")?;

    let (health, wake, outbox) = (Arc::new(Health::default()), Arc::new(Notify::new()), Arc::new(Notify::new()));
    let sources = Arc::new(Sources::new(zammad.clone()));
    let stop = CancellationToken::new();
    let mut tasks = Tasks::new(stop.clone());

    let hook = Hook {
        token: config.webhook_token.clone(),
        store: Arc::clone(&store),
        wake: Arc::clone(&wake),
        health: Arc::clone(&health),
        env: env.clone(),
        bodies: limits::Bodies::default(),
    };
    let table = limits::Connections::new(limits::CONNECTIONS);
    tasks.start("http", server::serve(listener, router(hook), table, server::Patience::default(), stop.clone()));
    let settings_cache = Arc::new(SettingsCache::default());
    let visitor = Arc::new(Visitor {
        config: Arc::clone(&config),
        settings_cache: Arc::clone(&settings_cache),
        store: Arc::clone(&store),
        sources: Arc::clone(&sources),
        zammad: zammad.clone(),
        env: env.clone(),
    });
    let unknown = Arc::new(Notify::new());
    for _ in 0..WORKERS {
        let worker = Worker {
            visitor: Arc::clone(&visitor),
            health: Arc::clone(&health),
            wake: Arc::clone(&wake),
            outbox: Arc::clone(&outbox),
            people: Arc::clone(&unknown),
        };
        tasks.start("worker", worker.run(stop.clone()));
    }
    let inbound = Inbound {
        store: Arc::clone(&store),
        zammad: zammad.clone(),
        env: env.clone(),
        health: Arc::clone(&health),
        settings_cache,
        privacy: config.privacy,
        zammad_public_url: config.zammad_public_url.clone(),
    };
    let sweep = Sweep {
        store: Arc::clone(&store),
        zammad: zammad.clone(),
        env: env.clone(),
        health: Arc::clone(&health),
        wake: Arc::clone(&wake),
        instance: instance.clone(),
        pace: SweepPace { every: Duration::from_secs(config.sweep_seconds.into()), ..SweepPace::default() },
        quiet: Quiet::default(),
    };
    tasks.start("sweep", sweep.run(stop.clone()));
    let again = Arc::new(Notify::new());
    let drift = Drift {
        store: Arc::clone(&store),
        env: env.clone(),
        health: Arc::clone(&health),
        wake: Arc::clone(&wake),
        outbox: Arc::clone(&outbox),
        again: Arc::clone(&again),
        privacy: config.privacy,
        instance: instance.clone(),
        pace: DriftPace { gap: Duration::from_secs(60) / config.drift_per_minute.max(1), ..DriftPace::default() },
    };
    tasks.start("drift", drift.run(stop.clone()));
    let people = People {
        store: Arc::clone(&store),
        zammad: zammad.clone(),
        env: env.clone(),
        health: Arc::clone(&health),
        wake: unknown,
        outbox: Arc::clone(&outbox),
        privacy: config.privacy,
        instance: instance.clone(),
    };
    tasks.start("people", people.run(stop.clone()));
    let exchanger = Exchanger::new(Parts {
        config: Arc::clone(&config),
        store: Arc::clone(&store),
        forge,
        sources,
        inbound,
        env: env.clone(),
        health: Arc::clone(&health),
        wake: Arc::clone(&outbox),
        doorbells: Arc::clone(&wake),
        resettled: again,
        instance,
    });
    tasks.start("exchange", exchanger.run(stop.clone()));
    tasks.start("greet", greet(Arc::clone(&config), Arc::clone(&store), zammad, env.clone(), outbox, stop.clone()));
    tasks.start("forget", forget(Arc::clone(&store), env, stop.clone()));

    let environment =
        if config.environment == crate::config::Environment::Production { "production" } else { "development" };
    let privacy = if config.privacy == Privacy::On { "on" } else { "off" };
    tracing::info!(listen = address.as_str(), version = env!("CARGO_PKG_VERSION"), environment, privacy, "started");
    let asked = tasks.run(move || health.stopping()).await;
    tracing::info!("stopped");
    Ok(asked)
}

/// Says hello once Zammad has told its version, or without it after a while.
async fn greet(
    config: Arc<Config>,
    store: Arc<dyn Store>,
    zammad: Client,
    env: Env,
    outbox: Arc<Notify>,
    stop: CancellationToken,
) {
    let version = tokio::select! {
        version = zammad.available() => version.ok(),
        () = stop.cancelled() => return,
    };
    if let Ok(id) = env.new_id() {
        let hello = Hello {
            capabilities: ["articles", "comments", "fields", "files", "links"].map(String::from).into(),
            privacy_mode: config.privacy == Privacy::On,
            zammad_version: version,
            zammad_url: Some(config.zammad_public_url.as_str().trim_end_matches('/').to_owned()),
        };
        let message = Message { id, ticket_id: None, body: MessageBody::Hello(hello) };
        if let Ok(row) = crossed(&message, None, config.privacy, env.now())
            && store.append(vec![row]).await.is_ok()
        {
            outbox.notify_one();
        }
    }
    stop.cancelled().await;
}

/// Forgets what need not be remembered any more.
async fn forget(store: Arc<dyn Store>, env: Env, stop: CancellationToken) {
    loop {
        let before = env.now().plus(-REMEMBERED_MS);
        let forgotten = async {
            let deliveries = store.prune_notifications(before).await?;
            let settled = store.prune_settled(before).await?;
            let commands = store.prune_commands(before).await?;
            let changes = store.prune_changes(env.now().plus(-HISTORY_MS)).await?;
            Ok::<u64, store::StoreError>(deliveries + settled + commands + changes)
        };
        match forgotten.await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "old records forgotten"),
            Err(error) => tracing::warn!(error = %error, "old records not forgotten"),
        }
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(3_600)) => {}
            () = stop.cancelled() => return,
        }
    }
}

/// The same over restarts of one container, so that its own lease need not run out first.
fn host_name() -> String {
    let name = std::fs::read_to_string("/etc/hostname").unwrap_or_default();
    let name: String = name.trim().chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(40).collect();
    if name.is_empty() { "sidecar".into() } else { name }
}

/// Two processes under one instance name would take each other for themselves and both talk to Forge.
fn only_one(data_dir: &Path, instance: &str) -> Result<File> {
    let path = lock_file(data_dir, instance);
    let file = File::options().create(true).truncate(false).write(true).open(path);
    let file = file.context("the data directory is not writable")?;
    if file.try_lock().is_err() {
        bail!("another process named {instance} uses this data directory (set INSTANCE to run several)");
    }
    file.set_len(0).context("the data directory is not writable")?;
    Ok(file)
}

/// Held while an instance runs; holds the address it listens on.
#[must_use]
pub fn lock_file(data_dir: &Path, instance: &str) -> PathBuf {
    data_dir.join(format!("{instance}.lock"))
}

/// The name of the instance that these settings start.
#[must_use]
pub fn instance_of(config: &Config) -> String {
    config.instance.clone().unwrap_or_else(host_name)
}
