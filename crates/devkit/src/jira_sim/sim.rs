//! A running site, as tests and programs use it.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, MutexGuard, PoisonError},
    time::Duration,
};

use serde_json::Value;
use tokio::sync::watch;

use super::{
    api,
    id::Id,
    limits::Usage,
    moves,
    recorder::Exchange,
    reply,
    shared::Shared,
    site::{Comment, EmbeddedPage, Issue, PortalRequest, Shown, State},
};
use crate::{
    clock::millis,
    faults::Faults,
    http::{Inbound, Listening},
    outbox::DeliveryStatus,
};

/// A running site. Dropping it stops it.
#[derive(Debug)]
pub struct JiraSim {
    /// The simulator's address, `http://127.0.0.1:<port>`.
    pub url: String,
    pub(super) shared: Arc<Shared>,
    pub(super) listening: Listening,
}

impl JiraSim {
    /// The socket it listens on.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.listening.address
    }

    /// The site, locked: the simulator responds to nothing until the guard is dropped.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state()
    }

    /// The issue with this number or key.
    #[must_use]
    pub fn issue(&self, id_or_key: &str) -> Option<Issue> {
        self.state().issue(id_or_key).cloned()
    }

    /// An issue's comments, oldest first.
    #[must_use]
    pub fn comments(&self, issue: Id) -> Vec<Comment> {
        self.state().comments_of(issue).cloned().collect()
    }

    /// The part of an issue that the customer of a service project sees on the portal.
    #[must_use]
    pub fn portal(&self, id_or_key: &str) -> Option<PortalRequest> {
        self.state().portal(id_or_key)
    }

    /// Everything that customers could ever read in comments of service projects.
    #[must_use]
    pub fn shown_to_customers(&self) -> Vec<Shown> {
        self.state().shown_to_customers().to_vec()
    }

    /// A customer writes on the portal; the comment's number, if there is such a request.
    pub fn reply(&self, customer: &str, id_or_key: &str, text: &str) -> Option<Id> {
        reply::reply(&self.shared, customer, id_or_key, text)
    }

    /// All events so far, oldest first, whether they were sent or lost.
    #[must_use]
    pub fn events(&self) -> Vec<Value> {
        self.state().events.clone()
    }

    /// The whole site, as `GET /__sim/state` shows it.
    #[must_use]
    pub fn dump(&self) -> Value {
        self.state().dump()
    }

    /// Requests to the REST API and their answers, oldest first; empty unless the builder's `record` was called.
    #[must_use]
    pub fn exchanges(&self) -> Vec<Exchange> {
        let kept = self.shared.exchanges.as_ref();
        kept.map(|kept| kept.lock().unwrap_or_else(PoisonError::into_inner).clone()).unwrap_or_default()
    }

    /// The app's use of its budget so far.
    #[must_use]
    pub fn usage(&self) -> Usage {
        self.state().limiter.ledger.total
    }

    /// The same for each endpoint: verb and address below `/rest/api/3/`, with `{}` for each key or number, as in
    /// `GET issue/{}/comment`. Requests that do not come through the app are not counted.
    #[must_use]
    pub fn usage_by_endpoint(&self) -> BTreeMap<String, Usage> {
        self.state().limiter.ledger.by_endpoint()
    }

    /// Uses points of the present hour's quota that all sites of the app share, as if another site had; several calls
    /// add up. It matters only if the site has limits.
    pub fn spend_points(&self, points: u64) {
        let now = self.shared.now();
        self.state().limiter.spend_elsewhere(now, points);
    }

    /// Lets the index of the search lag this much behind from now on: `search/jql` then finds and shows issues as they
    /// were so long ago by the site's clock, everything else shows the present. Changes made before this call are in
    /// the index, and after a call with zero all are. Comments and files in results are always those of the present.
    /// A change that a test makes through [`JiraSim::state`] is dated by the next request.
    pub fn set_index_lag(&self, lag: Duration) {
        self.state().issues.set_lag(millis(lag));
    }

    /// Sends events to a further URL from now on.
    pub fn add_sink(&self, url: &str) {
        self.state().sinks.push(url.to_owned());
    }

    /// Shows these pages of an app with each issue from now on.
    pub fn embed(&self, pages: Vec<EmbeddedPage>) {
        self.state().embedded = pages;
    }

    /// Moves an issue to another project, as `account`: it keeps its number and gets a new key; the old one still leads
    /// to it. The new key, if there are such an issue and project.
    pub fn move_issue(&self, account: &str, id_or_key: &str, project: &str) -> Option<String> {
        moves::move_issue(&self.shared, account, id_or_key, project)
    }

    /// The faults, to set and clear.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.shared.faults
    }

    /// Removes all faults, and sends the events that were held back.
    pub fn clear_faults(&self) {
        self.shared.faults.clear();
        self.shared.outbox.release();
    }

    /// The state of the event worker, as it changes.
    #[must_use]
    pub fn delivery_status(&self) -> watch::Receiver<DeliveryStatus> {
        self.shared.outbox.watch()
    }

    /// Waits until no event is being sent or waiting. An event that a fault holds back counts as waiting.
    pub async fn deliveries_done(&self) {
        self.shared.outbox.drained().await;
    }

    /// Handles a request of this account without sending events: for sample data.
    ///
    /// # Errors
    /// The refusal as text.
    pub fn request_without_events(
        &self,
        account: &str,
        method: &str,
        path: &str,
        body: &Value,
    ) -> Result<Value, String> {
        let mut state = self.shared.state();
        state.now = self.shared.now();
        // Sample data must not use up the rate limits, and the index has it at once.
        let limits = state.limiter.limits.take();
        let lag = state.issues.set_lag(0);
        let request = Inbound::json(method, path, body);
        let answered = api::answer(&mut state, &request, Some(account.to_owned()));
        state.limiter.limits = limits;
        state.issues.set_lag(lag);
        answered.answer.into_json()
    }
}
