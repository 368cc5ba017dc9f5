//! The state of the sidecar for `/readyz`. The tasks report what they find; the page reads it.

mod advice;
mod quota;
mod zammad;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use schema::UnixMs;
use serde::Serialize;

pub use self::quota::JiraQuota;
pub use self::zammad::ZammadState;

/// Clock skew in seconds above which readiness is lost: signatures are accepted from −300 s to +60 s.
const SKEW_SECONDS: i64 = 30;

/// The result of the last exchange with Forge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Exchange {
    /// No exchange has ended yet.
    #[default]
    None,
    /// Answered with a valid signature.
    Good,
    /// Forge refused the signature: wrong secret, installation id or clock.
    Unauthorized,
    /// The reply was not signed by Forge.
    UnsignedReply,
    /// No answer, or one that asks to try later.
    Unreachable,
    /// An admin of Jira ended the connection with this secret.
    Ended,
}

/// A change's webhook arrives within this time.
const WEBHOOK_MS: i64 = 60_000;
/// Without a webhook for so long, although tickets change, webhooks are missing.
const WEBHOOKS_MISSING_MS: i64 = 600_000;
const WEBHOOKS_MISSING: &str = "webhooks-missing";
/// Objects named in one warning.
const MOST_LISTED: usize = 20;
const WEBHOOK_PAYLOAD: &str = "webhook-payload";

#[derive(Clone, Debug, Default)]
struct State {
    stopping: bool,
    zammad: ZammadState,
    warnings: BTreeMap<&'static str, Vec<String>>,
    refused_by_jira: BTreeMap<u64, String>,
    egress_leaks: u64,
    store_damaged: bool,
    exchange: Exchange,
    last_good: Option<UnixMs>,
    skew_seconds: i64,
    get_on_hook: Option<UnixMs>,
    refused_webhooks: u64,
    webhook_at: Option<UnixMs>,
    started_at: Option<UnixMs>,
    jira_quota: Option<JiraQuota>,
    unusual_hour: bool,
}

/// The state, shared by all tasks.
#[derive(Debug, Default)]
pub struct Health(Mutex<State>);

/// A snapshot of the state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Whether work can be taken and delivered.
    pub ready: bool,
    /// Why not: fixed codes.
    pub problems: Vec<&'static str>,
    /// Codes of conditions that an operator should look at although the work continues.
    pub warnings: Vec<&'static str>,
    /// For each problem and warning: what it means and what to do.
    pub help: BTreeMap<&'static str, &'static str>,
    /// For warnings about single objects: which ones, such as groups of Zammad with the missing right.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub details: BTreeMap<&'static str, Vec<String>>,
    /// The result of the last exchange.
    pub exchange: Exchange,
    /// When the last successful exchange ended.
    pub last_good_exchange: Option<UnixMs>,
    /// Forge's clock minus the sidecar's, in seconds.
    pub skew_seconds: i64,
    /// Webhooks with a wrong signature since the start.
    pub refused_webhooks: u64,
    /// This installation's use of Jira's rate limit in this hour, by the last reply that told it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jira_quota: Option<JiraQuota>,
}

impl Health {
    fn state(&self) -> MutexGuard<'_, State> {
        // A poisoned lock means a panic while holding it; the state itself is plain data and still good.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state());
    }

    /// The process is stopping.
    pub fn stopping(&self) {
        self.change(|state| state.stopping = true);
    }

    /// The result of the last look at Zammad.
    pub fn zammad(&self, found: ZammadState) {
        self.change(|state| state.zammad = found);
    }

    /// Whether Zammad answered the last look at it; true before the first. Work for Zammad waits while this is false.
    #[must_use]
    pub fn is_zammad_up(&self) -> bool {
        self.state().zammad == ZammadState::Good
    }

    /// A warning with the objects that it is about; without objects the warning ends.
    pub fn warn_of(&self, code: &'static str, objects: Vec<String>) {
        self.change(|state| {
            if objects.is_empty() {
                state.warnings.remove(code);
            } else {
                state.warnings.insert(code, objects);
            }
        });
    }

    /// Whether a warning with this code lasts.
    #[must_use]
    pub fn has_warning(&self, code: &str) -> bool {
        self.state().warnings.contains_key(code)
    }

    /// A message of the ticket waits because Jira refuses it to the app (`listed`: the ticket's number and the code), or waits no
    /// longer.
    pub fn message_waits(&self, ticket_id: u64, listed: Option<String>) {
        self.change(|state| match listed {
            Some(listed) => {
                state.refused_by_jira.insert(ticket_id, listed);
            }
            None => {
                state.refused_by_jira.remove(&ticket_id);
            }
        });
        let listed: Vec<String> = {
            let state = self.state();
            state.refused_by_jira.values().take(MOST_LISTED).cloned().collect()
        };
        self.warn_of("jira-refuses-the-app", listed);
    }

    /// A message with content or a secret was stopped.
    pub fn leak_stopped(&self) {
        self.change(|state| state.egress_leaks += 1);
    }

    /// The result of an exchange; `forge_seconds` is Forge's clock from a signed reply.
    pub fn exchange(&self, exchange: Exchange, now: UnixMs, forge_seconds: Option<i64>) {
        self.change(|state| {
            state.exchange = exchange;
            if exchange == Exchange::Good {
                state.last_good = Some(now);
            }
            if let Some(seconds) = forge_seconds {
                state.skew_seconds = seconds - now.seconds();
            }
        });
    }

    /// The webhook path received GET: a proxy redirects, and an older Zammad follows redirects.
    pub fn get_on_hook(&self, now: UnixMs) {
        self.change(|state| state.get_on_hook = Some(now));
    }

    /// A webhook was stored: the way from Zammad to here works, and its payload can be read.
    pub fn webhook_stored(&self, now: UnixMs) {
        self.change(|state| {
            state.webhook_at = Some(now);
            state.warnings.remove(WEBHOOKS_MISSING);
            state.warnings.remove(WEBHOOK_PAYLOAD);
        });
    }

    /// A webhook with a good signature could not be read.
    pub fn webhook_unreadable(&self) {
        self.warn_of(WEBHOOK_PAYLOAD, vec!["the last webhook".to_owned()]);
    }

    /// When the last webhook arrived, if that is more than ten minutes ago. A process that never had one counts from its first
    /// question.
    pub fn quiet_since(&self, now: UnixMs) -> Option<UnixMs> {
        let mut state = self.state();
        let since = state.webhook_at.unwrap_or(*state.started_at.get_or_insert(now));
        (now.since(since) > WEBHOOKS_MISSING_MS).then_some(since)
    }

    /// The sweep found a change of somebody else in a linked ticket. Without a webhook for ten minutes although there are such
    /// changes, webhooks are missing.
    pub fn change_swept(&self, changed_at: UnixMs, now: UnixMs) {
        if self.quiet_since(now).is_some_and(|since| changed_at.since(since) > WEBHOOK_MS) {
            self.warn_of(WEBHOOKS_MISSING, vec!["no webhook for ten minutes, while tickets changed".to_owned()]);
        }
    }

    /// The app told about Jira's rate limit.
    pub fn jira_quota(&self, told: &schema::Quota, now: UnixMs) {
        self.change(|state| state.jira_quota = Some(JiraQuota::new(told, now)));
    }

    /// Whether this helpdesk usually works with Jira in the current hour of the week.
    pub fn usual_hour(&self, is_usual: bool) {
        self.change(|state| state.unusual_hour = !is_usual);
    }

    /// Whether it does; true as long as nothing is known.
    #[must_use]
    pub fn is_usual_hour(&self) -> bool {
        !self.state().unusual_hour
    }

    /// How long background questions to Jira have to wait; `None` if they may be asked.
    #[must_use]
    pub fn jira_background_wait(&self, now: UnixMs) -> Option<Duration> {
        self.state().jira_quota?.background_wait(now)
    }

    /// Whether the database is damaged, by the last look.
    pub fn store_damaged(&self, damaged: bool) {
        self.change(|state| state.store_damaged = damaged);
    }

    /// A webhook had a wrong signature.
    pub fn webhook_refused(&self) {
        self.change(|state| state.refused_webhooks += 1);
    }

    /// The current state. `store_failing` is [`store::Store::is_failing`].
    #[must_use]
    pub fn report(&self, now: UnixMs, store_failing: bool) -> Report {
        let state = self.state().clone();
        let mut problems = Vec::new();
        let mut check = |bad: bool, name: &'static str| {
            if bad {
                problems.push(name);
            }
        };
        check(state.stopping, "stopping");
        check(store_failing, "store-not-writable");
        check(state.store_damaged, "store-damaged");
        let zammad = state.zammad.problem();
        check(zammad.is_some(), zammad.unwrap_or_default());
        check(state.egress_leaks > 0, "content-stopped-at-the-boundary");
        check(state.skew_seconds.abs() > SKEW_SECONDS, "clock-is-off");
        check(state.exchange == Exchange::Unauthorized, "forge-refuses-the-signature");
        check(state.exchange == Exchange::Ended, "disconnected-by-an-admin");
        check(state.exchange == Exchange::UnsignedReply, "reply-not-signed-by-forge");
        let mut warnings = Vec::new();
        if state.exchange == Exchange::Unreachable {
            warnings.push("forge-unreachable");
        }
        // A misconfigured proxy does not repair itself; a day without GET means that somebody repaired it.
        if state.get_on_hook.is_some_and(|at| now.since(at) < 86_400_000) {
            warnings.push("get-on-hook-path");
        }
        warnings.extend(state.warnings.keys());
        let jira_quota = state.jira_quota.filter(|quota| quota.is_of_hour(now));
        if jira_quota.is_some_and(|quota| quota.is_everything_waiting(now)) {
            warnings.push("jira-quota");
        }
        Report {
            ready: problems.is_empty(),
            help: problems.iter().chain(&warnings).filter_map(|&code| Some((code, advice::of(code)?))).collect(),
            problems,
            warnings,
            details: state.warnings,
            exchange: state.exchange,
            last_good_exchange: state.last_good,
            skew_seconds: state.skew_seconds,
            refused_webhooks: state.refused_webhooks,
            jira_quota,
        }
    }
}

#[cfg(test)]
mod report_tests;

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000;

    fn warnings(health: &Health, now: UnixMs) -> Vec<&'static str> {
        health.report(now, false).warnings
    }

    /// Zammad's background worker died: the sweep carries everything, and somebody has to be told.
    #[test]
    fn changes_without_webhooks_for_ten_minutes_are_a_warning() {
        let health = Health::default();
        let start = UnixMs(1_790_000_000_000);
        health.webhook_stored(start);
        health.change_swept(start.plus(9 * MINUTE), start.plus(10 * MINUTE));
        assert!(warnings(&health, start).is_empty(), "not for ten minutes yet");
        health.change_swept(start, start.plus(30 * MINUTE));
        assert!(warnings(&health, start).is_empty(), "the overlap finds changes again that had a webhook");
        health.change_swept(start.plus(10 * MINUTE), start.plus(11 * MINUTE));
        assert_eq!(warnings(&health, start), ["webhooks-missing"]);
        health.webhook_stored(start.plus(12 * MINUTE));
        assert!(warnings(&health, start).is_empty());
    }

    #[test]
    fn a_process_that_never_had_a_webhook_waits_ten_minutes_too() {
        let health = Health::default();
        let start = UnixMs(1_790_000_000_000);
        health.change_swept(start, start);
        assert!(warnings(&health, start).is_empty());
        health.change_swept(start.plus(10 * MINUTE), start.plus(11 * MINUTE));
        assert_eq!(warnings(&health, start), ["webhooks-missing"]);
    }

    #[test]
    fn a_payload_that_cannot_be_read_is_a_warning_until_one_can() {
        let health = Health::default();
        health.webhook_unreadable();
        assert_eq!(warnings(&health, UnixMs(0)), ["webhook-payload"]);
        assert!(health.report(UnixMs(0), false).help.contains_key("webhook-payload"));
        health.webhook_stored(UnixMs(0));
        assert!(warnings(&health, UnixMs(0)).is_empty());
    }
}
