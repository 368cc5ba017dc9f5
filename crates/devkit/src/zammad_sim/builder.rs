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

/// What a simulator is like. Every value has a default that suits tests.
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
    /// How to start one.
    #[must_use]
    pub fn builder() -> ZammadSimBuilder {
        ZammadSimBuilder::default()
    }
}

impl ZammadSimBuilder {
    /// Which Zammad; 6.5 unless told otherwise.
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

    /// Whose time it is; the machine's unless told otherwise.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Where to listen; a free port of 127.0.0.1 unless told otherwise.
    #[must_use]
    pub const fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// The settings `http_type` and `fqdn`; the listening address unless told otherwise.
    #[must_use]
    pub fn public_url(mut self, http_type: &str, fqdn: &str) -> Self {
        self.public_url = Some((http_type.to_owned(), fqdn.to_owned()));
        self
    }

    /// The administrator of the first setup; `admin@example.com` with `Admin-Pw1` unless told otherwise.
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

    /// How long the server is away when it restarts: 9 s, from about a second after a migration on.
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

    /// How long after a write its webhook is sent: 3 ms, where a real idle server takes 1.3 s or more.
    #[must_use]
    pub const fn first_delivery_after(mut self, delay: Duration) -> Self {
        self.pace.first = delay;
        self
    }

    /// How long a receiver may take before its webhook counts as failed; 30 s as in reality.
    #[must_use]
    pub const fn receiver_timeout(mut self, timeout: Duration) -> Self {
        self.pace.timeout = timeout;
        self
    }

    /// A fault of requests from the start.
    #[must_use]
    pub fn fault(self, fault: Fault) -> Self {
        self.faults.add(fault);
        self
    }

    /// A fault of webhooks from the start.
    #[must_use]
    pub fn send_fault(self, fault: SendFault) -> Self {
        self.faults.add_send(fault);
        self
    }

    /// Something wrong with the whole server from the start.
    #[must_use]
    pub fn condition(self, condition: ConditionKind) -> Self {
        self.faults.set(condition);
        self
    }

    /// Binds the port, sets the database up and starts to answer.
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
