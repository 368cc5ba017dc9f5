//! Tells Forge's admin page about this sidecar and the names in its helpdesk: after the start, when an admin asks, and the names
//! once an hour if they changed.

use std::sync::Arc;
use std::time::Duration;

use redaction::Privacy;
use schema::{HelpdeskNames, MAX_NAMES, MessageBody, ObjectName, Person, SidecarStatus, StateName, fingerprint};
use store::{Effects, Store};
use tokio::sync::Notify;
use zammad::{ClientError, Verdict};

use super::periodic::Periodic;
use super::{ReconcileError, question};
use crate::env::Env;
use crate::health::Health;
use crate::ticket::{Helpdesk, full_name};

/// Name in logs.
const NAME: &str = "status";
/// Watermark with the fingerprint of the names that Forge has, and of the connection that it has them by.
const SENT: &str = "names";
const PAUSE: Duration = Duration::from_secs(3_600);

/// The task; run it with [`super::run`].
pub struct Status {
    /// Persistence.
    pub store: Arc<dyn Store>,
    /// Lists the names.
    pub helpdesk: Arc<dyn Helpdesk>,
    /// Clock and randomness.
    pub env: Env,
    /// The condition to report.
    pub health: Arc<Health>,
    /// Notified when an admin asks.
    pub requested: Arc<Notify>,
    /// To notify when the outbox has new messages.
    pub outbox_ready: Arc<Notify>,
    /// Privacy mode: no names of agents are listed.
    pub privacy: Privacy,
    /// The id of the secret: another connection has none of the names.
    pub key_id: String,
}

impl Periodic for Status {
    const NAME: &'static str = NAME;
    const NEEDS_ZAMMAD: bool = false;

    async fn step(&mut self) -> Result<Duration, ReconcileError> {
        self.send(MessageBody::SidecarStatus(self.status().await?)).await?;
        if self.health.is_zammad_up() {
            self.send_names().await?;
        }
        Ok(PAUSE)
    }

    async fn woken(&self) {
        self.requested.notified().await;
    }

    fn env(&self) -> &Env {
        &self.env
    }

    fn health(&self) -> &Health {
        &self.health
    }
}

impl Status {
    async fn status(&self) -> Result<SidecarStatus, ReconcileError> {
        let now = self.env.now();
        let counts = self.store.counts().await?;
        let report = self.health.report(now, self.store.is_failing());
        let owned = |codes: Vec<&'static str>| codes.into_iter().map(str::to_owned).collect();
        Ok(SidecarStatus {
            problems: owned(report.problems),
            warnings: owned(report.warnings),
            skew_seconds: report.skew_seconds,
            waiting_tickets: counts.inbox,
            waiting_messages: counts.outbox,
            failed_messages: counts.dead,
            oldest_ms: counts.oldest.map_or(0, |oldest| now.since(oldest).max(0).unsigned_abs()),
        })
    }

    /// Sends the names unless Forge has them.
    async fn send_names(&self) -> Result<(), ReconcileError> {
        let names = self.names().await?;
        let json = serde_json::to_string(&names).unwrap_or_default();
        let mark = fingerprint(&format!("{}:{json}", self.key_id));
        if self.store.watermark(SENT).await?.as_ref() == Some(&mark) {
            return Ok(());
        }
        self.send(MessageBody::HelpdeskNames(names)).await?;
        // Afterwards: if the process ends in between, the names are sent once more.
        let watermarks = vec![(SENT.to_owned(), mark)];
        Ok(self.store.record(Effects { watermarks, ..Effects::default() }).await?)
    }

    async fn names(&self) -> Result<HelpdeskNames, ReconcileError> {
        let states = self.helpdesk.ticket_states().await?.into_iter().take(MAX_NAMES).map(|state| StateName {
            id: state.id,
            name: Some(state.name),
            type_id: state.state_type_id,
            active: state.active,
        });
        let priorities =
            self.helpdesk.ticket_priorities().await?.into_iter().take(MAX_NAMES).map(|priority| ObjectName {
                id: priority.id,
                name: Some(priority.name),
                active: priority.active,
            });
        // Zammad 6.1 lists groups to admins only, and a bot may be forbidden to search for users.
        let groups = if_permitted(self.helpdesk.groups().await)?.into_iter().take(MAX_NAMES).map(|group| ObjectName {
            id: group.id,
            name: Some(group.name),
            active: group.active,
        });
        let mut names = HelpdeskNames {
            states: states.collect(),
            priorities: priorities.collect(),
            groups: groups.collect(),
            agents: Vec::new(),
        };
        if self.privacy == Privacy::Off {
            let agents = if_permitted(self.helpdesk.all_agents().await)?.into_iter().filter(|agent| agent.active);
            names.agents = agents
                .take(MAX_NAMES)
                .map(|agent| Person {
                    id: agent.id,
                    name: full_name(&agent).map(|name| name.expose().clone()),
                    email: agent.email.as_ref().map(|email| email.expose().clone()),
                })
                .collect();
        }
        Ok(names)
    }

    async fn send(&self, body: MessageBody) -> Result<(), ReconcileError> {
        let row = question::message(body, None, self.privacy, &self.env)?;
        self.store.append(vec![row]).await?;
        self.outbox_ready.notify_one();
        Ok(())
    }
}

/// An empty list if Zammad refuses it to the bot.
fn if_permitted<T>(listed: Result<Vec<T>, ClientError>) -> Result<Vec<T>, ClientError> {
    match listed {
        Err(error) if matches!(error.verdict(), Verdict::GiveUp(_) | Verdict::Wait(_)) => Ok(Vec::new()),
        listed => listed,
    }
}

#[cfg(test)]
#[path = "status_tests.rs"]
mod tests;
