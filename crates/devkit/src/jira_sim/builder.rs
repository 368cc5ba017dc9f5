//! Starting a site.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
    time::Duration,
};

use super::{
    events,
    id::APP_ACCOUNT,
    limits::Limits,
    shared::Shared,
    sim::JiraSim,
    site::{APP_ROLE, ProjectType, State, User, Workflow},
};
use crate::{
    clock::{Clock, SystemClock, millis},
    faults::{ConditionKind, Fault, Faults, SendFault},
    http::{Listening, listen},
    outbox::Outbox,
};

/// Options of a site. Every option has a default that suits tests.
#[derive(Debug)]
pub struct JiraSimBuilder {
    clock: Arc<dyn Clock>,
    listen: SocketAddr,
    state: State,
    faults: Faults,
    event_delay: Duration,
    sink_timeout: Duration,
    record: bool,
}

impl Default for JiraSimBuilder {
    fn default() -> Self {
        let app = User {
            account_id: APP_ACCOUNT.to_owned(),
            display_name: "ChefStackZ Connector for Zammad".to_owned(),
            account_type: "app",
            active: true,
            roles: vec![APP_ROLE.to_owned()],
            ..User::default()
        };
        let searchable = ["zammadlink".to_owned()].into();
        let mut state = State { last_id: 10_100, searchable, ..State::default() };
        state.users.insert(app.account_id.clone(), app);
        Self {
            clock: Arc::new(SystemClock),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            state,
            faults: Faults::default(),
            event_delay: Duration::from_millis(2),
            sink_timeout: Duration::from_secs(30),
            record: false,
        }
    }
}

impl JiraSim {
    /// A builder with default options.
    #[must_use]
    pub fn builder() -> JiraSimBuilder {
        JiraSimBuilder::default()
    }
}

impl JiraSimBuilder {
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

    /// Sends events to this URL. Several calls add several URLs.
    #[must_use]
    pub fn events_to(mut self, url: &str) -> Self {
        self.state.sinks.push(url.to_owned());
        self
    }

    /// Delay between a change and its event. Default: 2 ms; the real platform may take minutes.
    #[must_use]
    pub const fn event_delay(mut self, delay: Duration) -> Self {
        self.event_delay = delay;
        self
    }

    /// A person; see [`State::add_user`].
    #[must_use]
    pub fn user(mut self, account_id: &str, name: &str, email: &str, admin: bool) -> Self {
        self.state.add_user(account_id, name, email, admin);
        self
    }

    /// A project.
    #[must_use]
    pub fn project(mut self, key: &str, name: &str, lead: &str, workflow: Workflow) -> Self {
        self.state.add_project(key, name, lead, workflow);
        self
    }

    /// A service project, which has a portal.
    #[must_use]
    pub fn service_project(mut self, key: &str, name: &str, lead: &str, workflow: Workflow) -> Self {
        self.state.add_project(key, name, lead, workflow);
        self.state.set_project_type(key, ProjectType::ServiceDesk);
        self
    }

    /// A custom field that holds a text: `customfield_` and a number, and its name. Every screen has it.
    #[must_use]
    pub fn custom_field(mut self, id: &str, name: &str) -> Self {
        self.state.custom_fields.insert(id.to_owned(), name.to_owned());
        self
    }

    /// Limits the rate of requests. Default: no limits, so that they do not distort a load test.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.state.limiter.limits = Some(limits);
        self
    }

    /// Lets the index of the search lag behind; see [`JiraSim::set_index_lag`]. Default: it does not.
    #[must_use]
    pub fn index_lag(mut self, lag: Duration) -> Self {
        self.state.issues.set_lag(millis(lag));
        self
    }

    /// The keys of the entity properties that JQL may name, instead of the default `zammadlink`. On a real site an app
    /// declares them with the module `jira:entityProperty`.
    #[must_use]
    pub fn searchable_properties(mut self, keys: &[&str]) -> Self {
        self.state.searchable = keys.iter().map(|key| (*key).to_owned()).collect();
        self
    }

    /// Lets a list of comments cost one point in all, as partners measured it for other lists. Default: one more for
    /// each comment, as the published rules say.
    #[must_use]
    pub const fn flat_comment_lists(mut self) -> Self {
        self.state.flat_comments = true;
        self
    }

    /// Keeps all requests to the REST API and their answers, for [`JiraSim::exchanges`].
    #[must_use]
    pub const fn record(mut self) -> Self {
        self.record = true;
        self
    }

    /// Adds a fault of requests.
    #[must_use]
    pub fn fault(self, fault: Fault) -> Self {
        self.faults.add(fault);
        self
    }

    /// Sets a condition of the whole site.
    #[must_use]
    pub fn condition(self, condition: ConditionKind) -> Self {
        self.faults.set(condition);
        self
    }

    /// Adds a fault of events.
    #[must_use]
    pub fn send_fault(self, fault: SendFault) -> Self {
        self.faults.add_send(fault);
        self
    }

    /// Binds the port and starts to serve requests.
    ///
    /// # Errors
    /// If the address cannot be bound.
    pub async fn start(self) -> io::Result<JiraSim> {
        let (listener, address) = listen(self.listen).await?;
        let url = format!("http://{address}");
        let now = self.clock.now();
        let state = State { base: url.clone(), now, ..self.state };
        let shared = Arc::new(Shared {
            state: Mutex::new(state),
            clock: self.clock,
            faults: self.faults,
            outbox: Outbox::default(),
            event_delay: self.event_delay,
            sink_timeout: self.sink_timeout,
            exchanges: self.record.then(Mutex::default),
        });
        let mut listening = Listening::start(listener, address, Arc::clone(&shared));
        listening.run(events::work(Arc::clone(&shared)));
        Ok(JiraSim { url, shared, listening })
    }
}
