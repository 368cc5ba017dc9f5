//! Every link in turn, when an operator says so: the same look as `drift`'s, faster, with a word on each. The running
//! sidecar does the work; who asks only rechecks, and waits until nothing of the ticket waits any more.

use std::sync::Arc;

use redaction::Privacy;
use schema::UnixMs;
use serde::{Deserialize, Serialize};
use store::{Effects, Link, LinkState, Recheck, Settlement, Store};

use super::{Failure, query};
use crate::env::Env;

/// Watermark: the pass that goes on, as JSON; empty if there is none.
const NAME: &str = "backfill";
/// Tickets that were given up on: more are not looked through for one item's reason.
const BURIED: usize = 10_000;

/// A pass over all links. Every step is stored, so that another process can go on with it.
pub struct Backfill {
    store: Arc<dyn Store>,
    env: Env,
    privacy: Privacy,
    history: bool,
    pass: Pass,
}

/// A pass as it is remembered.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Pass {
    started: UnixMs,
    done: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after: Option<(u64, String)>,
}

/// How far a pass is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Links asked for.
    pub done: u64,
    /// All links now.
    pub total: u64,
}

/// A link that was asked for.
#[derive(Clone, Debug)]
pub struct Item {
    /// The link.
    pub link: Link,
    /// When.
    pub since: UnixMs,
    question: Option<String>,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Both sides agree, and everything that had to be carried is.
    Settled,
    /// It is out of scope: nothing is sent.
    Paused,
    /// Fields that cannot be brought together: name, code.
    Trouble(Vec<(String, String)>),
    /// The question about the issue was refused by Forge: code.
    Refused(String),
    /// The ticket could not be read: code.
    Unread(String),
}

impl Backfill {
    /// Goes on with the pass that was begun last, or begins one: at the first link, if that one is through or `restart`
    /// says so. With `history`, articles from before a link are sent too.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn begin(
        store: Arc<dyn Store>,
        env: Env,
        privacy: Privacy,
        history: bool,
        restart: bool,
    ) -> Result<Self, Failure> {
        let known = if restart { None } else { store.watermark(NAME).await? };
        let known = known.and_then(|json| serde_json::from_str(&json).ok());
        let pass = known.unwrap_or_else(|| Pass { started: env.now(), ..Pass::default() });
        Ok(Self { store, env, privacy, history, pass })
    }

    /// How far it is.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn progress(&self) -> Result<Progress, Failure> {
        Ok(Progress { done: self.pass.done, total: self.store.link_count().await?.max(self.pass.done) })
    }

    /// Asks for the next link; `None` at the end, and the next pass begins anew.
    ///
    /// # Errors
    /// [`Failure`]; the link is asked for again then.
    pub async fn next(&mut self) -> Result<Option<Item>, Failure> {
        let Some(link) = self.store.links_after(self.pass.after.clone(), 1).await?.pop() else {
            let watermarks = vec![(NAME.to_owned(), String::new())];
            self.store.record(Effects { watermarks, ..Effects::default() }).await?;
            return Ok(None);
        };
        if self.history {
            self.store.include_history(link.ticket_id, &link.issue_id).await?;
        }
        let mut question = None;
        if link.state == LinkState::Active {
            let message = query::issue_of(self.store.as_ref(), &link, self.privacy, &self.env).await?;
            question = Some(message.id.clone());
            self.store.append(vec![message]).await?;
        }
        let since = self.env.now();
        let ring = Recheck {
            ticket_id: link.ticket_id,
            key: format!("backfill:{}:{}:{}", link.ticket_id, link.issue_id, self.pass.started.0),
            not_before: None,
            at: since,
        };
        self.pass.done += 1;
        self.pass.after = Some((link.ticket_id, link.issue_id.clone()));
        let pass = serde_json::to_string(&self.pass).unwrap_or_default();
        let watermarks = vec![(NAME.to_owned(), pass)];
        self.store.record(Effects { rechecks: vec![ring], watermarks, ..Effects::default() }).await?;
        Ok(Some(Item { link, since, question }))
    }

    /// What became of an item; `None` while something of its ticket waits.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn outcome(&self, item: &Item) -> Result<Option<Outcome>, Failure> {
        let ticket_id = item.link.ticket_id;
        if !self.store.idle(ticket_id).await? {
            return Ok(None);
        }
        if let Some((_, _, code)) = self.store.abandoned_tickets(BURIED).await?.into_iter().find(|row| row.0 == ticket_id) {
            return Ok(Some(Outcome::Unread(code)));
        }
        let Some(question) = &item.question else { return Ok(Some(Outcome::Paused)) };
        if let Some(Settlement::Dead { code }) = self.store.settled(question).await? {
            return Ok(Some(Outcome::Refused(code)));
        }
        let troubles = self.store.troubles_of(ticket_id, &item.link.issue_id).await?;
        if troubles.is_empty() {
            return Ok(Some(Outcome::Settled));
        }
        Ok(Some(Outcome::Trouble(troubles.into_iter().map(|row| (row.field, row.code)).collect())))
    }
}
