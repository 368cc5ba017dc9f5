//! What the sidecar knows of its own state, for `/readyz` and the log. Written by whoever finds out, read by the page.

use std::sync::Mutex;

use schema::UnixMs;
use serde::Serialize;

/// More than this many seconds off, and signatures will soon be refused: the window is −300 s … +60 s.
const SKEW_SECONDS: i64 = 30;

/// How the last exchange with Forge went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Exchange {
    /// None has ended yet.
    #[default]
    None,
    /// Answered and signed.
    Good,
    /// Forge refuses our signature: secret, installation id or clock.
    Unauthorized,
    /// An answer came that Forge did not sign.
    UnsignedReply,
    /// No answer, or one that asks to come back later.
    Unreachable,
}

#[derive(Clone, Debug, Default)]
struct State {
    stopping: bool,
    store_failing: bool,
    zammad_refuses: bool,
    egress_leaks: u64,
    exchange: Exchange,
    last_good: Option<UnixMs>,
    skew_seconds: i64,
    get_on_hook: Option<UnixMs>,
    refused_webhooks: u64,
    refusal_told: Option<UnixMs>,
}

/// The shared state.
#[derive(Debug, Default)]
pub struct Health(Mutex<State>);

/// A reading of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Whether work can be taken and delivered.
    pub ready: bool,
    /// Why not: fixed words.
    pub problems: Vec<&'static str>,
    /// What should be looked at, though work goes on.
    pub warnings: Vec<&'static str>,
    /// The last exchange.
    pub exchange: Exchange,
    /// When one was last answered.
    pub last_good_exchange: Option<UnixMs>,
    /// Forge's clock minus ours.
    pub skew_seconds: i64,
    /// Webhooks with a wrong signature since the start.
    pub refused_webhooks: u64,
}

impl Health {
    fn change(&self, change: impl FnOnce(&mut State)) {
        // A poisoned lock means a panic while holding it; the state itself is plain data and still good.
        change(&mut self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
    }

    /// The process is on its way out.
    pub fn stopping(&self) {
        self.change(|state| state.stopping = true);
    }

    /// A write to the store worked, or did not.
    pub fn store(&self, works: bool) {
        self.change(|state| state.store_failing = !works);
    }

    /// Zammad takes the bot's token, or does not.
    pub fn zammad(&self, takes_token: bool) {
        self.change(|state| state.zammad_refuses = !takes_token);
    }

    /// Content was about to leave in privacy mode and was stopped.
    pub fn leak_stopped(&self) {
        self.change(|state| state.egress_leaks += 1);
    }

    /// How an exchange ended; `forge_seconds` is Forge's clock from a signed reply.
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

    /// Somebody sent GET to the hook path: a proxy in front redirects, and an older Zammad follows.
    pub fn get_on_hook(&self, now: UnixMs) {
        self.change(|state| state.get_on_hook = Some(now));
    }

    /// A webhook's signature was wrong. Returns whether that should be logged: once a minute.
    pub fn webhook_refused(&self, now: UnixMs) -> bool {
        let mut tell = false;
        self.change(|state| {
            state.refused_webhooks += 1;
            tell = state.refusal_told.is_none_or(|told| now.since(told) >= 60_000);
            if tell {
                state.refusal_told = Some(now);
            }
        });
        tell
    }

    /// The state now.
    #[must_use]
    pub fn report(&self, now: UnixMs) -> Report {
        let state = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        let mut problems = Vec::new();
        let mut check = |bad: bool, name: &'static str| {
            if bad {
                problems.push(name);
            }
        };
        check(state.stopping, "stopping");
        check(state.store_failing, "store-not-writable");
        check(state.zammad_refuses, "zammad-refuses-the-token");
        check(state.egress_leaks > 0, "content-stopped-at-the-boundary");
        check(state.skew_seconds.abs() > SKEW_SECONDS, "clock-is-off");
        check(state.exchange == Exchange::Unauthorized, "forge-refuses-the-signature");
        check(state.exchange == Exchange::UnsignedReply, "reply-not-signed-by-forge");
        let mut warnings = Vec::new();
        if state.exchange == Exchange::Unreachable {
            warnings.push("forge-unreachable");
        }
        // A misconfigured proxy does not mend itself; a day without a GET means somebody did.
        if state.get_on_hook.is_some_and(|at| now.since(at) < 86_400_000) {
            warnings.push("get-on-hook-path: a proxy redirects Zammad's webhooks; see docs/operators.md");
        }
        Report {
            ready: problems.is_empty(),
            problems,
            warnings,
            exchange: state.exchange,
            last_good_exchange: state.last_good,
            skew_seconds: state.skew_seconds,
            refused_webhooks: state.refused_webhooks,
        }
    }
}
