//! Looks at Zammad every few seconds, whether or not there is work: can it be used, and does the bot still have its rights?
//! The address asked for (`users/me`) exists in every Zammad and needs the token, so a good answer to it is also the proof that
//! other answers of the same moment are Zammad's own.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use schema::UnixMs;
use serde::{Deserialize, Serialize};
use store::{Effects, STOPS_THE_PROCESS, Store};
use zammad::{ClientError, Group, Me};

use super::periodic::Periodic;
use super::{ReconcileError, version};
use crate::env::Env;
use crate::health::{Health, ZammadState};
use crate::ticket::facts::LINKS_UNKNOWN;
use crate::ticket::{Helpdesk, brake, number_of, rights};

/// A ticket that is not tried again for this long has failed several times.
const FAILS_MS: i64 = 30_000;
/// Watermark of the groups in which the bot had rights, as JSON.
const RIGHTS: &str = "zammad-rights";
/// Pause between two looks. With [`PATIENCE`] it keeps `/readyz` at most 15 s behind.
const EVERY: Duration = Duration::from_secs(5);
/// An answer that takes longer is none.
const PATIENCE: Duration = Duration::from_secs(8);
/// Looks between two readings of the list of groups, of the version and of the stored warnings: also at most 15 s behind.
const GROUPS_EVERY: u32 = 2;
/// Fields out of sync that are looked through for those that rest, and how many of them a warning names.
const MOST_TROUBLES: usize = 10_000;
const MOST_LISTED: usize = 20;
/// A right that is missing for so long is taken as intended, and no longer reported.
const ACCEPTED_MS: i64 = 7 * 86_400_000;

/// The task; run it with [`super::run`].
pub struct Probe {
    store: Arc<dyn Store>,
    helpdesk: Arc<dyn Helpdesk>,
    env: Env,
    health: Arc<Health>,
    /// Called when work that waited can be tried again.
    on_recovery: Box<dyn Fn() + Send + Sync>,
    looks: u32,
    groups: Vec<Group>,
    was_up: bool,
}

/// A group in which the bot once had the rights it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Known {
    /// Since when a right is missing, or the group is inactive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lost: Option<UnixMs>,
}

impl Periodic for Probe {
    const NAME: &'static str = "probe";
    const NEEDS_ZAMMAD: bool = false;

    async fn step(&mut self) -> Result<Duration, ReconcileError> {
        self.look().await?;
        Ok(EVERY)
    }

    fn env(&self) -> &Env {
        &self.env
    }

    fn health(&self) -> &Health {
        &self.health
    }
}

impl Probe {
    /// Creates the task. `on_recovery` is called when Zammad can be used again after an outage, or the bot got a right back;
    /// tickets that waited are due then.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        helpdesk: Arc<dyn Helpdesk>,
        env: Env,
        health: Arc<Health>,
        on_recovery: Box<dyn Fn() + Send + Sync>,
    ) -> Self {
        Self { store, helpdesk, env, health, on_recovery, looks: 0, groups: Vec::new(), was_up: true }
    }

    /// Looks once and reports the result. An answer of Zammad, whatever it says, is not an error of this step.
    ///
    /// # Errors
    /// The store failed.
    pub async fn look(&mut self) -> Result<(), ReconcileError> {
        let me = match tokio::time::timeout(PATIENCE, self.helpdesk.me()).await {
            Err(_) => Err(ZammadState::NoAnswer),
            Ok(Err(error)) => Err(ZammadState::from(&error)),
            Ok(Ok(me)) if !me.active => Err(ZammadState::BotInactive),
            Ok(Ok(me)) => Ok(me),
        };
        let state = me.as_ref().err().copied().unwrap_or(ZammadState::Good);
        self.health.zammad(state);
        self.state_changed(state).await?;
        let Ok(me) = me else { return Ok(()) };
        if self.looks.is_multiple_of(GROUPS_EVERY) {
            // 6.1 shows the list to admins only; then groups are named by their ids.
            self.groups = self.helpdesk.groups().await.unwrap_or_default();
            let version = self.helpdesk.version().await.unwrap_or_default();
            let warning = version::warning(&version).map(|text| format!("Zammad {version} {text}"));
            self.health.warn_of("zammad-version", warning.into_iter().collect());
            self.name_stored_warnings().await?;
        }
        self.looks = self.looks.wrapping_add(1);
        self.compare_rights(&me).await
    }

    async fn state_changed(&mut self, state: ZammadState) -> Result<(), ReconcileError> {
        let is_up = state == ZammadState::Good;
        if is_up == self.was_up {
            return Ok(());
        }
        self.was_up = is_up;
        match state.problem() {
            // Operator: /readyz says what to do about the code. Nothing is lost; work continues when Zammad is back.
            Some(code) => tracing::warn!(code, "Zammad cannot be used; work for it waits"),
            None => {
                tracing::info!("Zammad can be used again");
                self.recovered().await?;
            }
        }
        Ok(())
    }

    /// Makes everything due that waited for Zammad.
    async fn recovered(&self) -> Result<(), ReconcileError> {
        self.store.retry_all_tickets(self.env.now()).await?;
        (self.on_recovery)();
        Ok(())
    }

    async fn compare_rights(&self, me: &Me) -> Result<(), ReconcileError> {
        let stored = self.store.watermark(RIGHTS).await?;
        let before: BTreeMap<u64, Known> = stored.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default();
        let now = self.env.now();
        let is_inactive = |id: u64| self.groups.iter().any(|group| group.id == id && !group.active);
        let mut after = before.clone();
        for id in me.rights.keys().filter(|id| rights::may_write(me, **id) && !is_inactive(**id)) {
            after.insert(*id, Known { lost: None });
        }
        let (mut lacking, mut inactive) = (Vec::new(), Vec::new());
        for (id, known) in &mut after {
            let name = self.name(*id);
            if is_inactive(*id) {
                inactive.push(name);
            } else if !rights::may_write(me, *id) {
                lacking.push(format!("{name}: {}", rights::granted(me, *id)));
            } else {
                continue;
            }
            known.lost.get_or_insert(now);
        }
        after.retain(|_, known| known.lost.is_none_or(|since| now.since(since) < ACCEPTED_MS));
        self.health.warn_of("bot-lacks-rights", lacking);
        self.health.warn_of("group-inactive", inactive);
        let is_lost = |known: Option<&Known>| known.is_some_and(|known| known.lost.is_some());
        if before.keys().any(|id| is_lost(before.get(id)) && !is_lost(after.get(id))) {
            self.recovered().await?;
        }
        if after != before {
            for (id, _) in after.iter().filter(|(id, known)| before.get(id) != Some(known) && known.lost.is_some()) {
                // Operator: give the bot's account full access to the group again, or activate the group.
                tracing::warn!(
                    group_id = id,
                    "the bot lost rights in a group, or the group is inactive; its tickets wait"
                );
            }
            let json = serde_json::to_string(&after).unwrap_or_default();
            self.store.record(Effects { watermarks: vec![(RIGHTS.to_owned(), json)], ..Effects::default() }).await?;
        }
        Ok(())
    }

    /// Warnings that are stored, since commands of the operator end them.
    async fn name_stored_warnings(&self) -> Result<(), ReconcileError> {
        self.health.warn_of("rule-paused", brake::paused(self.store.as_ref()).await?);
        let unknown = self.store.watermark(LINKS_UNKNOWN).await?.filter(|text| !text.is_empty());
        let troubles = self.store.troubles(MOST_TROUBLES).await?.into_iter();
        let resting = troubles.filter(|row| row.code == sync::Reason::BackAndForth.code());
        let mut listed = Vec::new();
        for row in resting.take(MOST_LISTED) {
            listed.push(format!("{}: {}", number_of(self.store.as_ref(), row.ticket_id).await?, row.subject));
        }
        self.health.warn_of("field-back-and-forth", listed);
        let waiting = self.store.waiting_tickets(MOST_TROUBLES).await?.into_iter();
        // The pauses grow, so a long one means many attempts.
        let soon = self.env.now().plus(FAILS_MS);
        let (mut failing, mut stopping) = (Vec::new(), Vec::new());
        for row in waiting {
            let listed = match row.code.as_str() {
                ClientError::FAILING if row.not_before > soon => &mut failing,
                STOPS_THE_PROCESS => &mut stopping,
                _ => continue,
            };
            if listed.len() < MOST_LISTED {
                listed.push(number_of(self.store.as_ref(), row.ticket_id).await?);
            }
        }
        self.health.warn_of("zammad-fails-on-tickets", failing);
        self.health.warn_of("tickets-stop-the-process", stopping);
        self.health.warn_of("links-unknown-to-forge", unknown.into_iter().collect());
        Ok(())
    }

    fn name(&self, id: u64) -> String {
        match self.groups.iter().find(|group| group.id == id) {
            Some(group) => format!("group \"{}\" (id {id})", group.name),
            None => format!("group {id}"),
        }
    }
}

#[cfg(test)]
#[path = "probe_tests.rs"]
mod tests;
