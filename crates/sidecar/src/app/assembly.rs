//! The parts that carry changes between the two systems, connected with each other. The process runs them as tasks; a benchmark
//! that moves its own clock steps them.

use std::sync::Arc;
use std::time::Duration;

use store::{Store, StoreError};
use tokio::sync::Notify;

use crate::config::Config;
use crate::env::Env;
use crate::exchange::{Exchanger, Parts, WebTrigger};
use crate::health::Health;
use crate::inbound::{CommandHandler, WaitingTickets};
use crate::reconcile::{AllIssues, ChangedIssues, Drift, DriftPace};
use crate::settings::SettingsCache;
use crate::ticket::brake::Brakes;
use crate::ticket::{Helpdesk, LookedAt, TicketReader};
use crate::visit::{Visitor, Worker};

/// The connected parts.
pub struct Assembly {
    visitor: Arc<Visitor>,
    /// Talks to Forge.
    pub exchanger: Exchanger,
    /// Asks which linked issues changed.
    pub changed_issues: ChangedIssues,
    /// Reads the issue of every link.
    pub all_issues: AllIssues,
    /// Reads the ticket of every link.
    pub drift: Drift,
    /// Shared with the other tasks.
    pub shared: Shared,
}

/// The parts that the tasks share.
pub struct Shared {
    /// The state for health pages.
    pub health: Arc<Health>,
    /// Notified when a ticket has to be read.
    pub inbox_ready: Arc<Notify>,
    /// Notified when there is something to send.
    pub outbox_ready: Arc<Notify>,
    /// Notified when a field is out of sync.
    pub trouble_found: Arc<Notify>,
    /// Notified when an admin asks for this sidecar's condition.
    pub status_requested: Arc<Notify>,
    /// The admin's settings.
    pub settings: Arc<SettingsCache>,
    pub(super) waiting: Arc<WaitingTickets>,
}

impl Assembly {
    /// Connects the parts. `instance` is the name of this process, the holder of its leases.
    #[must_use]
    pub fn new(
        config: Arc<Config>,
        env: Env,
        store: Arc<dyn Store>,
        helpdesk: Arc<dyn Helpdesk>,
        forge: Arc<dyn WebTrigger>,
        instance: String,
    ) -> Self {
        let health = Arc::new(Health::default());
        let settings = Arc::new(SettingsCache::default());
        let waiting = Arc::new(WaitingTickets::default());
        let reader = Arc::new(TicketReader::new(Arc::clone(&helpdesk)).with_public_address(&config.zammad_public_url));
        let [inbox_ready, outbox_ready, trouble_found, settings_changed, status_requested] =
            std::array::from_fn(|_| Arc::new(Notify::new()));
        let visitor = Visitor {
            config: Arc::clone(&config),
            settings: Arc::clone(&settings),
            store: Arc::clone(&store),
            reader: Arc::clone(&reader),
            helpdesk: Arc::clone(&helpdesk),
            env: env.clone(),
            brakes: Brakes::default(),
            looked_at: LookedAt::default(),
        };
        let drift = Drift {
            store: Arc::clone(&store),
            env: env.clone(),
            health: Arc::clone(&health),
            inbox_ready: Arc::clone(&inbox_ready),
            outbox_ready: Arc::clone(&outbox_ready),
            settings_changed: Arc::clone(&settings_changed),
            privacy: config.privacy,
            instance: instance.clone(),
            pace: DriftPace { gap: Duration::from_secs(60) / config.drift_per_minute.max(1), ..DriftPace::default() },
        };
        let changed_issues = ChangedIssues {
            store: Arc::clone(&store),
            env: env.clone(),
            health: Arc::clone(&health),
            outbox_ready: Arc::clone(&outbox_ready),
            privacy: config.privacy,
            instance: instance.clone(),
            every: Duration::from_secs(config.changed_issues_seconds.into()),
        };
        let all_issues = AllIssues {
            store: Arc::clone(&store),
            env: env.clone(),
            health: Arc::clone(&health),
            outbox_ready: Arc::clone(&outbox_ready),
            privacy: config.privacy,
            instance: instance.clone(),
            round: Duration::from_secs(config.all_issues_seconds.into()),
        };
        let commands = CommandHandler {
            store: Arc::clone(&store),
            helpdesk,
            env: env.clone(),
            health: Arc::clone(&health),
            waiting: Arc::clone(&waiting),
            settings: Arc::clone(&settings),
            status_requested: Arc::clone(&status_requested),
            config: Arc::clone(&config),
        };
        let exchanger = Exchanger::new(Parts {
            config,
            store,
            forge,
            reader,
            commands,
            env,
            health: Arc::clone(&health),
            outbox_ready: Arc::clone(&outbox_ready),
            inbox_ready: Arc::clone(&inbox_ready),
            settings_changed,
            instance,
        });
        let shared = Shared { health, inbox_ready, outbox_ready, trouble_found, status_requested, settings, waiting };
        Self { visitor: Arc::new(visitor), exchanger, changed_issues, all_issues, drift, shared }
    }

    /// Returns a worker.
    pub(super) fn worker(&self) -> Worker {
        let Shared { health, inbox_ready, outbox_ready, trouble_found, .. } = &self.shared;
        Worker {
            visitor: Arc::clone(&self.visitor),
            health: Arc::clone(health),
            inbox_ready: Arc::clone(inbox_ready),
            outbox_ready: Arc::clone(outbox_ready),
            trouble_found: Arc::clone(trouble_found),
        }
    }

    /// Visits the tickets that are due, one after the other. Returns how many.
    ///
    /// # Errors
    /// The store.
    pub async fn visit_due(&self) -> Result<usize, StoreError> {
        let worker = self.worker();
        let mut visited = 0;
        while worker.step().await? {
            visited += 1;
        }
        Ok(visited)
    }
}
