//! One visit, from reading the ticket to its completion.

use redaction::Privacy;
use schema::Side;
use store::{Completion, FactKind, Link, LinkState, ObjectKind, StoreError};
use sync::Role;

use super::context::{Visit, VisitError, Visitor};
use super::missing;
use super::resting::resting_fields;
use crate::ticket::article_state::ArticleState;
use crate::ticket::bodies::Bodies;
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
        let bodies = self.bodies(ticket_id, &links).await?;
        let view = match self.reader.read(ticket_id, &current.settings, bodies).await {
            Ok(view) => view,
            Err(error) if missing::says_missing(&error) => {
                return self.ticket_missing(ticket_id, &links, &unlinked).await;
            }
            Err(error) => return Err(error.into()),
        };
        let states = self.reader.states_with(view.ticket.state_id).await?;
        let mut visit = Visit::new(self, (&current.settings, &current.etag), view, states);
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
        visit.check_messages().await?;
        Ok(visit.completion)
    }

    /// The bodies that a visit needs: those of articles that were not sent yet. The others are compared by their hashes.
    async fn bodies(&self, ticket_id: u64, links: &[Link]) -> Result<Bodies, StoreError> {
        let Some(after) = links.iter().map(|link| link.after_article).min() else { return Ok(Bodies::beginnings()) };
        if self.config.privacy == Privacy::On {
            return Ok(Bodies::none());
        }
        let sent = self.store.recorded(ticket_id, Side::Zammad, ObjectKind::Article).await?.into_iter();
        let sent = sent.filter(|article| ArticleState::from(article) != ArticleState::Erased);
        Ok(Bodies::new(after, sent.filter_map(|article| article.id.parse().ok()).collect()))
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
