//! What is done at a ticket while its lease is held: both sides are looked at as they are now, and whatever rang, the result
//! is the same. Writes for Zammad are made here, writes for Jira go to the outbox, in one transaction with the doorbells'
//! end.
//!
//! `lifecycle` (is there still a link to sync?) → `fields` (three-way merge) → `articles` and `files` (what Jira has not
//! heard) → `panel` (what the panel shows). A ticket without a link is looked at only by `rules`.

mod articles;
mod fields;
mod files;
mod lifecycle;
mod message;
mod panel;
mod rules;

pub(crate) use rules::acting;

use std::sync::Arc;

use redaction::{BoundaryError, Privacy};
use schema::Settings;
use store::{Completion, Link, LinkState, Store, StoreError};
use sync::{Policy, Role, StateInfo};
use zammad::{Client, ClientError, Verdict};

use crate::env::{NoEntropy, Env};
use crate::config::Config;
use crate::settings::SettingsCache;
use crate::outbound::{Source, Sources};

/// Why a visit did not come to its end.
pub(crate) enum Failure {
    Store(StoreError),
    Zammad(ClientError),
    Boundary(BoundaryError),
    Leak,
    NoEntropy,
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        Self::Zammad(error)
    }
}

impl From<BoundaryError> for Failure {
    fn from(error: BoundaryError) -> Self {
        Self::Boundary(error)
    }
}

impl From<NoEntropy> for Failure {
    fn from(_: NoEntropy) -> Self {
        Self::NoEntropy
    }
}

/// What every visit needs.
pub struct Visitor {
    /// Settings of this process.
    pub config: Arc<Config>,
    /// Settings of the admin.
    pub settings_cache: Arc<SettingsCache>,
    /// Persistence.
    pub store: Arc<dyn Store>,
    /// Reading from Zammad.
    pub sources: Arc<Sources>,
    /// Writing to Zammad.
    pub zammad: Client,
    /// Clock and randomness.
    pub env: Env,
}

/// The oldest ticket of an issue writes to it; one that shares its issue with an older one hears the status only.
pub(crate) async fn role(store: &dyn Store, link: &Link) -> Result<Role, StoreError> {
    let all = store.links_of_issue(&link.issue_id).await?;
    let primary = all.iter().find(|other| other.state != LinkState::Ended);
    Ok(match primary {
        Some(primary) if primary.ticket_id != link.ticket_id => Role::Follower,
        _ => Role::Primary,
    })
}

/// One visit.
struct Visit<'a> {
    visitor: &'a Visitor,
    settings: &'a Settings,
    etag: String,
    source: Source,
    states: Arc<Vec<StateInfo>>,
    completion: Completion,
}

impl Visitor {
    /// Looks at a ticket and everything linked to it.
    pub(crate) async fn visit(&self, ticket_id: u64) -> Result<Completion, Failure> {
        let (etag, settings) = self.settings_cache.now(self.store.as_ref()).await?;
        let links = self.store.links_of_ticket(ticket_id).await?;
        let mut links: Vec<Link> = links.into_iter().filter(|link| link.state != LinkState::Ended).collect();
        if links.is_empty() && !settings.rules.iter().any(|rule| rule.enabled) {
            return Ok(Completion::default());
        }
        let source = match self.sources.read(ticket_id, &settings).await {
            Ok(source) => source,
            Err(error) if error.verdict() == Verdict::GiveUp(zammad::Reason::Gone) => {
                return lifecycle::gone(self, ticket_id, &links);
            }
            Err(error) => return Err(error.into()),
        };
        if self.config.privacy == Privacy::On {
            self.sources.remember_check(&source).await?;
        }
        let states = self.sources.states().await?;
        let mut visit = Visit {
            visitor: self,
            settings: &settings,
            etag: etag.unwrap_or_default(),
            source,
            states,
            completion: Completion::default(),
        };
        if links.is_empty() {
            visit.rules().await?;
        } else if visit.is_merged() {
            visit.merged(&links).await?;
        } else {
            visit.scope(&mut links);
            for link in links.iter().filter(|link| link.state == LinkState::Paused) {
                visit.resting(link).await?;
            }
            links.retain(|link| link.state == LinkState::Active);
            visit.active(&links).await?;
        }
        Ok(visit.completion)
    }
}

impl Visit<'_> {
    async fn active(&mut self, links: &[Link]) -> Result<(), Failure> {
        if links.is_empty() {
            return Ok(());
        }
        let mut writes = Vec::new();
        for link in links {
            let role = role(self.visitor.store.as_ref(), link).await?;
            self.fields(link, role).await?;
            if role == Role::Primary {
                writes.push(link);
            }
        }
        self.articles(&writes).await?;
        self.panel(links).await
    }

    fn policy(&self, role: Role) -> Policy<'_> {
        Policy {
            settings: self.settings,
            etag: &self.etag,
            privacy: self.visitor.config.privacy == Privacy::On,
            role,
            states: &self.states,
            now: self.visitor.env.now(),
        }
    }

    fn ticket_id(&self) -> u64 {
        self.source.ticket.id
    }
}
