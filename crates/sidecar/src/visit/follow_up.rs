//! New tickets that continue a linked one: the customer's answer to a closed ticket, in a group whose answers make new tickets,
//! and a ticket that an agent split off. They are linked to the same issues, or an internal note names these.

use schema::settings::FollowUp;
use schema::{MessageBody, Side};
use serde_json::json;
use store::{Link, LinkState, ObjectKind, Origin, Provenance};

use super::context::{Visit, VisitError};
use crate::ticket::{kind, link_request_of, mail_id};

/// Most issues of one ticket that are handed on.
const MOST_ISSUES: usize = 5;

impl Visit<'_> {
    /// Links a ticket without links to the issues of the ticket that it continues, or names them in a note. Returns whether it
    /// will be linked; then the rules do not apply.
    pub(super) async fn follow_up(&mut self) -> Result<bool, VisitError> {
        let (ticket, settings) = (&self.view.ticket, self.settings.follow_ups);
        if !settings.is_on() || self.is_merged() || !self.settings.scope.has_group(ticket.group_id) {
            return Ok(false);
        }
        let mut continued = (self.answered().await?, settings.answers);
        if continued.0.is_empty() && settings.related != FollowUp::Off {
            continued = (self.related().await?, settings.related);
        }
        let (links, treatment) = continued;
        let mut is_linked = false;
        match treatment {
            FollowUp::Link => {
                for link in &links {
                    self.request_link(link).await?;
                }
                is_linked = !links.is_empty();
            }
            FollowUp::Note => self.note_issues(&links).await?,
            FollowUp::Off => {}
        }
        self.visitor.looked_at.add(self.ticket_id()).await;
        Ok(is_linked)
    }

    /// The links of the ticket whose mail the first article answers.
    async fn answered(&self) -> Result<Vec<Link>, VisitError> {
        let first = self.view.articles.first().filter(|first| !kind::is_written_by_a_machine(first));
        for id in first.map(mail_id::answered).unwrap_or_default() {
            let mail = self.visitor.store.provenance(Side::Zammad, ObjectKind::Mail, &id).await?;
            if let Some(mail) = mail.filter(|mail| mail.ticket_id != self.ticket_id()) {
                let links = self.links_to_hand_on(mail.ticket_id).await?;
                if !links.is_empty() {
                    return Ok(links);
                }
            }
        }
        Ok(Vec::new())
    }

    /// The links of an older ticket that Zammad links with this one.
    async fn related(&self) -> Result<Vec<Link>, VisitError> {
        let older = self.visitor.helpdesk.linked_tickets(self.ticket_id()).await?.into_iter();
        for ticket in older.filter(|ticket| *ticket < self.ticket_id()) {
            let links = self.links_to_hand_on(ticket).await?;
            if !links.is_empty() {
                return Ok(links);
            }
        }
        Ok(Vec::new())
    }

    async fn links_to_hand_on(&self, ticket_id: u64) -> Result<Vec<Link>, VisitError> {
        let links = self.visitor.store.links_of_ticket(ticket_id).await?.into_iter();
        let active =
            links.filter(|link| link.state == LinkState::Active && self.settings.scope.has_issue(&link.issue_key));
        Ok(active.take(MOST_ISSUES).collect())
    }

    async fn request_link(&mut self, link: &Link) -> Result<(), VisitError> {
        let view = &self.view;
        let said = (view.articles.as_ref(), &view.tags);
        let config = &self.visitor.config;
        let request = link_request_of(config, self.settings, &view.ticket, said, &link.issue_id);
        // Once: a link that an agent removed is not made again.
        let dedup_key = format!("follow-up:{}:{}", self.ticket_id(), link.issue_id);
        self.send(MessageBody::LinkRequested(request), Some(dedup_key)).await?;
        Ok(())
    }

    async fn note_issues(&self, links: &[Link]) -> Result<(), VisitError> {
        let Some(first) = links.first() else { return Ok(()) };
        let keys: Vec<&str> = links.iter().map(|link| link.issue_key.as_str()).collect();
        let (number, keys) = (&first.ticket_number, keys.join(", "));
        let text =
            format!("This ticket continues ticket #{number}, which is linked to Jira {keys}. It is not linked itself.");
        self.note_once(&text, json!({ "continues": first.ticket_id })).await
    }

    /// Records the mails of a linked ticket, so that an answer to one of them is recognised.
    pub(super) async fn record_mails(&mut self) -> Result<(), VisitError> {
        if self.settings.follow_ups.answers == FollowUp::Off {
            return Ok(());
        }
        let mails: Vec<String> = self.view.articles.iter().filter_map(mail_id::own).collect();
        if mails.is_empty() {
            return Ok(());
        }
        let known = self.visitor.store.recorded(self.ticket_id(), Side::Zammad, ObjectKind::Mail).await?;
        for id in mails.into_iter().filter(|id| known.iter().all(|mail| mail.id != *id)) {
            self.completion.effects.provenance.push(Provenance {
                side: Side::Zammad,
                object: ObjectKind::Mail,
                id,
                origin: Origin::Theirs,
                mirror: None,
                fingerprint: None,
                ticket_id: self.ticket_id(),
                carried_by: String::new(),
                at: self.visitor.env.now(),
            });
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "follow_up_tests.rs"]
mod tests;
