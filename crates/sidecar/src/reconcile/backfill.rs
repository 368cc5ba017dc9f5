//! Compares every link when an operator asks: as `drift`, but faster and with a result for each link. The running sidecar does
//! the work; this code only requests visits and waits until nothing of the ticket waits any more.

use std::sync::Arc;

use redaction::Privacy;
use schema::UnixMs;
use serde::{Deserialize, Serialize};
use store::{Effects, Link, LinkState, Recheck, RecheckCause, Settlement, Store};

use super::{ReconcileError, question};
use crate::env::Env;

/// Watermark: the current pass as JSON; empty if there is none.
const NAME: &str = "backfill";
/// Most abandoned tickets that are searched for the reason of one item.
const ABANDONED: usize = 10_000;

/// A pass over all links. Every step is stored, so that another process can continue it.
pub struct Backfill {
    store: Arc<dyn Store>,
    env: Env,
    privacy: Privacy,
    history: bool,
    pass: Pass,
}

/// The stored state of a pass.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Pass {
    started: UnixMs,
    done: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after: Option<(u64, String)>,
}

/// The progress of a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Links requested so far.
    pub done: u64,
    /// All links.
    pub total: u64,
}

/// A requested link.
#[derive(Clone, Debug)]
pub struct Item {
    /// The link.
    pub link: Link,
    /// When it was requested.
    pub since: UnixMs,
    question: Option<String>,
}

/// The result for a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Both sides agree, and everything to transfer was transferred.
    Settled,
    /// It is out of scope: nothing is sent.
    Paused,
    /// Fields that are out of sync: name, code.
    Trouble(Vec<(String, String)>),
    /// Forge rejected the question about the issue: code.
    Refused(String),
    /// The ticket could not be read: code.
    Unread(String),
}

impl Backfill {
    /// Continues the last pass, or begins a new one if that one is complete or `restart` is set. With `history`, articles from
    /// before each link are sent too.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn begin(
        store: Arc<dyn Store>,
        env: Env,
        privacy: Privacy,
        history: bool,
        restart: bool,
    ) -> Result<Self, ReconcileError> {
        let known = if restart { None } else { store.watermark(NAME).await? };
        let known = known.and_then(|json| serde_json::from_str(&json).ok());
        let pass = known.unwrap_or_else(|| Pass { started: env.now(), ..Pass::default() });
        Ok(Self { store, env, privacy, history, pass })
    }

    /// The progress.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn progress(&self) -> Result<Progress, ReconcileError> {
        Ok(Progress { done: self.pass.done, total: self.store.link_count().await?.max(self.pass.done) })
    }

    /// Requests the next link; `None` at the end of the pass.
    ///
    /// # Errors
    /// [`ReconcileError`]; the link is requested again then.
    pub async fn next(&mut self) -> Result<Option<Item>, ReconcileError> {
        let Some(link) = self.store.links_after(self.pass.after.clone(), 1).await?.pop() else {
            let watermarks = vec![(NAME.to_owned(), String::new())];
            self.store.record(Effects { watermarks, ..Effects::default() }).await?;
            return Ok(None);
        };
        if self.history {
            self.store.include_history(link.ticket_id, &link.issue_id).await?;
        }
        let mut asked = None;
        if link.state == LinkState::Active {
            let message = question::issue_of(self.store.as_ref(), &link, self.privacy, &self.env).await?;
            asked = Some(message.id.clone());
            self.store.append(vec![message]).await?;
        }
        let since = self.env.now();
        let recheck = Recheck {
            ticket_id: link.ticket_id,
            cause: RecheckCause::Backfill(link.issue_id.clone(), self.pass.started),
            not_before: None,
            at: since,
        };
        self.pass.done += 1;
        self.pass.after = Some((link.ticket_id, link.issue_id.clone()));
        let pass = serde_json::to_string(&self.pass).unwrap_or_default();
        let watermarks = vec![(NAME.to_owned(), pass)];
        self.store.record(Effects { rechecks: vec![recheck], watermarks, ..Effects::default() }).await?;
        Ok(Some(Item { link, since, question: asked }))
    }

    /// The result for an item; `None` while something of its ticket waits.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn outcome(&self, item: &Item) -> Result<Option<Outcome>, ReconcileError> {
        let ticket_id = item.link.ticket_id;
        if !self.store.idle(ticket_id).await? {
            return Ok(None);
        }
        let abandoned = self.store.abandoned_tickets(ABANDONED).await?;
        if let Some(row) = abandoned.into_iter().find(|row| row.ticket_id == ticket_id) {
            return Ok(Some(Outcome::Unread(row.code)));
        }
        let Some(question) = &item.question else { return Ok(Some(Outcome::Paused)) };
        if let Some(Settlement::Dead { code }) = self.store.settled(question).await? {
            return Ok(Some(Outcome::Refused(code)));
        }
        let troubles = self.store.troubles_of(ticket_id, &item.link.issue_id).await?;
        if troubles.is_empty() {
            return Ok(Some(Outcome::Settled));
        }
        Ok(Some(Outcome::Trouble(troubles.into_iter().map(|row| (row.subject.to_string(), row.code)).collect())))
    }
}

#[cfg(test)]
#[path = "backfill_tests.rs"]
mod tests;
