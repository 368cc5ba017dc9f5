//! One visit, from reading the ticket to its completion.

use redaction::Privacy;
use store::{Completion, FactKind, Link, LinkState};
use sync::Role;

use super::context::{Visit, VisitError, Visitor};
use super::missing;
use super::resting::resting_fields;
use crate::ticket::facts::{self, LinkKey};
use crate::ticket::role_of;

impl Visitor {
    /// Processes a ticket and everything linked to it.
    ///
    /// # Errors
    /// [`VisitError`]; writes to Zammad may have been made, and the next visit accepts them.
    pub(crate) async fn visit(&self, ticket_id: u64) -> Result<Completion, VisitError> {
        let current = self.settings.current(self.store.as_ref()).await?;
        let links = self.store.links_of_ticket(ticket_id).await?;
        let (ended, mut links): (Vec<Link>, Vec<Link>) =
            links.into_iter().partition(|link| link.state == LinkState::Ended);
        let (lost, unlinked) = self.ended_as_missing(ended).await?;
        if links.is_empty()
            && lost.is_empty()
            && unlinked.is_empty()
            && !current.settings.rules.iter().any(|rule| rule.enabled)
            && (!current.settings.follow_ups.is_on() || self.looked_at.has(ticket_id))
        {
            return Ok(Completion::default());
        }
        let view = match self.reader.read(ticket_id, &current.settings).await {
            Ok(view) => view,
            Err(error) if missing::says_missing(&error) => {
                return self.ticket_missing(ticket_id, &links, &unlinked).await;
            }
            Err(error) => return Err(error.into()),
        };
        if self.config.privacy == Privacy::On {
            self.reader.cache_egress_check(&view).await?;
        }
        let states = self.reader.states_with(view.ticket.state_id).await?;
        let (settings, etag) = (&current.settings, &current.etag);
        let mut visit = Visit {
            visitor: self,
            settings,
            etag,
            view,
            states,
            resting: Vec::new(),
            demanded: Vec::new(),
            merging: Vec::new(),
            completion: Completion::default(),
        };
        visit.request_again(&lost).await?;
        for link in &unlinked {
            visit.completion.effects.facts.push(LinkKey::from(link).clear(FactKind::TicketMissing));
        }
        if links.is_empty() {
            if lost.is_empty() && !visit.follow_up().await? {
                visit.apply_rules().await?;
            }
        } else if visit.is_merged() {
            visit.move_links(&links).await?;
        } else {
            visit.apply_scope(&mut links);
            for link in links.iter().filter(|link| link.state == LinkState::Paused) {
                visit.paused(link).await?;
            }
            links.retain(|link| link.state == LinkState::Active);
            visit.active(&links).await?;
        }
        Ok(visit.completion)
    }
}

impl Visit<'_> {
    /// Syncs the active links.
    async fn active(&mut self, links: &[Link]) -> Result<(), VisitError> {
        if links.is_empty() {
            return Ok(());
        }
        let recent = self.recent_changes().await?;
        let mut primaries = Vec::new();
        let mut panels = Vec::new();
        for link in links {
            let role = role_of(self.visitor.store.as_ref(), link).await?;
            let facts = self.visitor.store.link_facts(link.ticket_id, &link.issue_id).await?;
            self.is_found(link, &facts);
            if let Some(message) = facts::merge(&facts) {
                if self.visitor.store.is_waiting(&message).await? {
                    self.merging.push(link.issue_id.clone());
                } else {
                    self.completion.effects.facts.push(LinkKey::from(link).clear(FactKind::Merge));
                }
            }
            self.resting = resting_fields(link, &recent);
            self.fields(link, role, &facts).await?;
            self.earlier_articles(link, &facts)?;
            panels.push((link, facts));
            if role == Role::Primary {
                primaries.push(link);
            }
        }
        self.record_mails().await?;
        self.articles(&primaries).await?;
        self.resend_failed(&primaries).await?;
        self.panel(&panels).await
    }
}

#[cfg(test)]
#[path = "run_tests.rs"]
mod tests;
