//! The composition root: only the files of this folder name concrete types (SQLite, the HTTP clients).

mod assembly;
mod clock;
mod data_dir;
mod housekeeping;
mod instance;
mod zammad;

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use redaction::Privacy;
use store::Store;
use tokio_util::sync::CancellationToken;

pub use self::assembly::{Assembly, Shared};
pub use self::instance::{instance_name, lock_file};
use crate::config::{Config, Environment};
use crate::env::Env;
use crate::exchange::ForgeClient;
use crate::http::bodies::Bodies;
use crate::http::{Deliveries, HttpState, limits, router, server};
use crate::lifecycle::Tasks;
use crate::reconcile::{self, Existence, OverlapWindow, People, Probe, Status, Sweep, SweepPace};
use crate::ticket::Helpdesk;

/// Tickets processed at the same time. More would only load Zammad: Forge accepts at most 83 messages a second.
const WORKERS: usize = 4;

/// Opens the store of a data directory.
///
/// # Errors
/// The store cannot be opened; the text says why.
pub async fn open_store(data_dir: &Path) -> Result<Arc<dyn Store>> {
    let path = data_dir.join("connector.db");
    Ok(Arc::new(store::sqlite::SqliteStore::open(&path).await.context("the data directory cannot be used")?))
}

/// Zammad, as configured.
///
/// # Errors
/// The HTTP client cannot be built, or the token cannot be sent in a header.
pub fn helpdesk(config: &Config) -> Result<Arc<dyn Helpdesk>> {
    Ok(Arc::new(zammad::client(config)?))
}

/// Runs the sidecar until SIGTERM or SIGINT. `Ok(false)` if a task exited unexpectedly and the process should be restarted.
///
/// # Errors
/// The data directory, the address or the clients cannot be used; the text says why.
pub async fn serve(config: Config) -> Result<bool> {
    let env = Env::system();
    let config = Arc::new(config);
    let instance = instance_name(&config);
    data_dir::check(&config.data_dir)?;
    let mut lock = instance::lock(&config.data_dir, &instance)?;
    let helpdesk = helpdesk(&config)?;
    let forge = Arc::new(ForgeClient::new(&config)?);
    let store = open_store(&config.data_dir).await?;
    let listener = server::bind(config.listen).await.with_context(|| format!("cannot listen on {}", config.listen))?;
    let address = listener.local_addr()?.to_string();
    // `connector healthcheck` reads the port here if the settings leave it to the system (port 0).
    lock.write_all(address.as_bytes()).context("the data directory is not writable")?;

    let assembly = Assembly::new(
        Arc::clone(&config),
        env.clone(),
        Arc::clone(&store),
        Arc::clone(&helpdesk),
        forge,
        instance.clone(),
    );
    let workers: [_; WORKERS] = std::array::from_fn(|_| assembly.worker());
    let Assembly { exchanger, changed_issues, all_issues, drift, shared, .. } = assembly;
    let Shared { health, inbox_ready, outbox_ready, trouble_found, status_requested, settings, waiting } = shared;
    let stop = CancellationToken::new();
    let mut tasks = Tasks::new(stop.clone());

    let state = HttpState {
        token: config.webhook_token.clone(),
        store: Arc::clone(&store),
        inbox_ready: Arc::clone(&inbox_ready),
        health: Arc::clone(&health),
        env: env.clone(),
        bodies: Bodies::default(),
        deliveries: Deliveries::default(),
    };
    let connections = limits::Connections::new(limits::CONNECTIONS);
    let timeouts = server::Timeouts::default();
    tasks.start("http", server::serve(listener, router(state), connections, timeouts, stop.clone()));

    for worker in workers {
        tasks.start("worker", worker.run(stop.clone()));
    }

    let retry_all = {
        let (inbox_ready, outbox_ready) = (Arc::clone(&inbox_ready), Arc::clone(&outbox_ready));
        move || {
            waiting.retry_all();
            inbox_ready.notify_one();
            outbox_ready.notify_one();
        }
    };
    let on_recovery = Box::new(retry_all.clone());
    let probe = Probe::new(Arc::clone(&store), Arc::clone(&helpdesk), env.clone(), Arc::clone(&health), on_recovery);
    tasks.start("probe", reconcile::run(probe, stop.clone()));
    let clock = clock::ClockWatch::new(Arc::clone(&store), env.clone(), Box::new(retry_all));
    tasks.start("clock", clock.run(stop.clone()));

    let sweep = Sweep {
        store: Arc::clone(&store),
        helpdesk: Arc::clone(&helpdesk),
        settings,
        env: env.clone(),
        health: Arc::clone(&health),
        inbox_ready: Arc::clone(&inbox_ready),
        instance: instance.clone(),
        pace: SweepPace { every: Duration::from_secs(config.sweep_seconds.into()), ..SweepPace::default() },
        overlap: OverlapWindow::default(),
    };
    tasks.start("sweep", reconcile::run(sweep, stop.clone()));
    let existence = Existence::new(
        Arc::clone(&store),
        Arc::clone(&helpdesk),
        env.clone(),
        Arc::clone(&health),
        [Arc::clone(&inbox_ready), Arc::clone(&outbox_ready)],
        config.privacy,
        instance.clone(),
        Duration::from_secs(config.check_deleted_seconds.into()),
    );
    tasks.start("existence", reconcile::run(existence, stop.clone()));
    tasks.start("drift", reconcile::run(drift, stop.clone()));
    tasks.start("changed-issues", reconcile::run(changed_issues, stop.clone()));
    tasks.start("all-issues", reconcile::run(all_issues, stop.clone()));
    let status = Status {
        store: Arc::clone(&store),
        helpdesk: Arc::clone(&helpdesk),
        env: env.clone(),
        health: Arc::clone(&health),
        requested: status_requested,
        outbox_ready: Arc::clone(&outbox_ready),
        privacy: config.privacy,
        key_id: config.secrets.current().key_id().as_str().to_owned(),
    };
    tasks.start("status", reconcile::run(status, stop.clone()));
    let people = People {
        store: Arc::clone(&store),
        helpdesk: Arc::clone(&helpdesk),
        env: env.clone(),
        health: Arc::clone(&health),
        trouble_found,
        outbox_ready: Arc::clone(&outbox_ready),
        privacy: config.privacy,
        instance,
    };
    tasks.start("people", reconcile::run(people, stop.clone()));
    tasks.start("exchange", exchanger.run(stop.clone()));
    let hello =
        housekeeping::hello(Arc::clone(&config), Arc::clone(&store), helpdesk, env.clone(), outbox_ready, stop.clone());
    tasks.start("hello", hello);
    tasks.start("store-check", housekeeping::check_store(Arc::clone(&store), Arc::clone(&health), stop.clone()));
    tasks.start("prune", housekeeping::prune(store, env, stop));

    let environment = if config.environment == Environment::Production { "production" } else { "development" };
    let privacy = if config.privacy == Privacy::On { "on" } else { "off" };
    tracing::info!(listen = address.as_str(), version = env!("CARGO_PKG_VERSION"), environment, privacy, "started");
    let requested = tasks.run(move || health.stopping()).await;
    tracing::info!("stopped");
    Ok(requested)
}
