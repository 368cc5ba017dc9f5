//! Starting a simulator.

use std::{
    collections::BTreeMap,
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::Value;

use super::{
    automation::job::Pace,
    delivery,
    model::{attribute::Column, version::Version},
    shared::Shared,
    sim::ZammadSim,
    stock::{self, Setup},
};
use crate::{
    clock::{Clock, SystemClock, millis},
    faults::{ConditionKind, Fault, Faults, SendFault},
    http::{Listening, listen},
    outbox::Outbox,
};

/// Options of a simulator. Every option has a default that suits tests.
#[derive(Debug)]
pub struct ZammadSimBuilder {
    version: Version,
    seed: u64,
    clock: Arc<dyn Clock>,
    listen: SocketAddr,
    public_url: Option<(String, String)>,
    admin: (String, String),
    attributes: BTreeMap<String, Column>,
    restart_takes: Duration,
    faults: Faults,
    pace: Pace,
}

impl Default for ZammadSimBuilder {
    fn default() -> Self {
        Self {
            version: Version::default(),
            seed: 1,
            clock: Arc::new(SystemClock),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            public_url: None,
            admin: ("admin@example.com".to_owned(), "Admin-Pw1".to_owned()),
            attributes: BTreeMap::new(),
            restart_takes: Duration::from_secs(9),
            faults: Faults::default(),
            pace: Pace { first: Duration::from_millis(3), retry_scale: 1.0, timeout: Duration::from_secs(30) },
        }
    }
}

impl ZammadSim {
    /// A builder with default options.
    #[must_use]
    pub fn builder() -> ZammadSimBuilder {
        ZammadSimBuilder::default()
    }
}

impl ZammadSimBuilder {
    /// The version of Zammad. Default: 6.5.
    #[must_use]
    pub const fn version(mut self, version: Version) -> Self {
        self.version = version;
        self
    }

    /// Seed of tokens, delivery ids and error ids.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The clock. Default: the machine's.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// The address to listen on. Default: a free port of 127.0.0.1.
    #[must_use]
    pub const fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// The settings `http_type` and `fqdn`. Default: the listening address.
    #[must_use]
    pub fn public_url(mut self, http_type: &str, fqdn: &str) -> Self {
        self.public_url = Some((http_type.to_owned(), fqdn.to_owned()));
        self
    }

    /// The administrator of the first setup. Default: `admin@example.com` with `Admin-Pw1`.
    #[must_use]
    pub fn admin(mut self, login: &str, password: &str) -> Self {
        self.admin = (login.to_owned(), password.to_owned());
        self
    }

    /// A custom ticket attribute that is already migrated.
    #[must_use]
    pub fn ticket_attribute(mut self, name: &str, default: Value) -> Self {
        self.attributes.insert(name.to_owned(), Column::text(default));
        self
    }

    /// Duration of a restart, which begins about a second after a migration. Default: 9 s.
    #[must_use]
    pub const fn restart_takes(mut self, time: Duration) -> Self {
        self.restart_takes = time;
        self
    }

    /// Scales the measured waits between a webhook's attempts (12, 20, 32, 40 s).
    #[must_use]
    pub const fn retry_scale(mut self, factor: f64) -> Self {
        self.pace.retry_scale = factor;
        self
    }

    /// Delay between a write and its webhook. Default: 3 ms; a real idle server takes 1.3 s or more.
    #[must_use]
    pub const fn first_delivery_after(mut self, delay: Duration) -> Self {
        self.pace.first = delay;
        self
    }

    /// Time-out of a webhook's receiver. Default: 30 s, as in reality.
    #[must_use]
    pub const fn receiver_timeout(mut self, timeout: Duration) -> Self {
        self.pace.timeout = timeout;
        self
    }

    /// Adds a fault of requests.
    #[must_use]
    pub fn fault(self, fault: Fault) -> Self {
        self.faults.add(fault);
        self
    }

    /// Adds a fault of webhooks.
    #[must_use]
    pub fn send_fault(self, fault: SendFault) -> Self {
        self.faults.add_send(fault);
        self
    }

    /// Sets a condition of the whole server.
    #[must_use]
    pub fn condition(self, condition: ConditionKind) -> Self {
        self.faults.set(condition);
        self
    }

    /// Binds the port, creates the database and starts to serve requests.
    ///
    /// # Errors
    /// If the address cannot be bound.
    pub async fn start(self) -> io::Result<ZammadSim> {
        let (listener, address) = listen(self.listen).await?;
        let (http_type, fqdn) = self.public_url.unwrap_or_else(|| ("http".to_owned(), address.to_string()));
        let (admin_login, admin_password) = self.admin;
        let state = stock::database(Setup {
            version: self.version,
            seed: self.seed,
            now: self.clock.now(),
            admin_login,
            admin_password,
            http_type,
            fqdn,
            ticket_attributes: self.attributes,
            restart_takes: millis(self.restart_takes),
        });
        let shared = Arc::new(Shared {
            state: Mutex::new(state),
            clock: self.clock,
            faults: self.faults,
            queue: Outbox::default(),
            pace: self.pace,
        });
        let mut listening = Listening::start(listener, address, Arc::clone(&shared));
        listening.run(delivery::work(Arc::clone(&shared)));
        Ok(ZammadSim { url: format!("http://{address}"), shared, listening })
    }
}
