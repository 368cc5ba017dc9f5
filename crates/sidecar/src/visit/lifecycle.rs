//! The life of a link: the ticket was merged or left the scope; the issue was deleted.

use redaction::Sensitive;
use schema::zammad_ids::state_type;
use schema::{IssueGone, MessageBody, Side, TicketMerged};
use serde_json::json;
use store::{FactKind, Link, LinkState, ObjectKind, Provenance, Recheck, RecheckCause};
use zammad::{ClientError, NewArticle};

use super::context::{Visit, VisitError};
use super::troubles;
use crate::ticket::bodies;
use crate::ticket::facts::LinkKey;
use crate::ticket::snapshot::ticket_url;
use crate::ticket::{newest_article, note};

/// Most merges that are followed from one ticket to the next.
const LONGEST_CHAIN: usize = 8;

impl Visit<'_> {
    pub(super) fn is_merged(&self) -> bool {
        self.state_type(self.view.ticket.state_id) == Some(state_type::MERGED)
    }

    /// The ticket was merged: its links move to the target ticket, with a note on both sides. Articles keep their ids when they
    /// move, so their provenance moves too. The target is read again, since Zammad may send no webhook for it.
    pub(super) async fn move_links(&mut self, links: &[Link]) -> Result<(), VisitError> {
        let source = self.ticket_id();
        let Some(target) = self.target().await? else {
            // Operator: give the bot access to the group of the target ticket; the links then move by themselves.
            tracing::warn!(ticket_id = source, "merge target unknown: the bot cannot see it; the links wait");
            let code = Some("merge-target-unknown");
            let troubles = links.iter().map(|link| troubles::of_link(self.visitor, link, code));
            self.completion.effects.troubles.extend(troubles);
            return Ok(());
        };
        let store = &self.visitor.store;
        let articles = store.recorded(source, Side::Zammad, ObjectKind::Article).await?;
        let newest = articles.iter().filter_map(|article| article.id.parse::<u64>().ok()).max().unwrap_or(0);
        let mut moved = articles;
        for kind in [ObjectKind::ArticlePart, ObjectKind::File, ObjectKind::Mail] {
            moved.extend(store.recorded(source, Side::Zammad, kind).await?);
        }
        let moved = moved.into_iter().map(|object| Provenance { ticket_id: target.id, ..object });
        self.completion.effects.provenance.extend(moved);
        let already = store.links_of_ticket(target.id).await?;
        let body = MessageBody::TicketMerged(TicketMerged {
            into_ticket_id: target.id,
            into_number: target.number.clone(),
            into_url: ticket_url(&self.visitor.config.zammad_public_url, target.id),
        });
        let id = self.send(body, Some(format!("merged:{source}:{}", target.id))).await?.to_string();
        for link in links {
            self.completion.effects.links.push(Link { state: LinkState::Ended, ..link.clone() });
            self.completion.effects.facts.push(LinkKey::from(link).clear(FactKind::TicketMissing));
            if already.iter().any(|other| other.issue_id == link.issue_id && other.state != LinkState::Ended) {
                continue;
            }
            self.completion.effects.links.push(Link {
                ticket_id: target.id,
                ticket_number: target.number.clone(),
                after_article: newest.max(link.after_article),
                ..link.clone()
            });
            let of = LinkKey { ticket_id: target.id, issue_id: &link.issue_id };
            self.completion.effects.facts.push(of.set(FactKind::Merge, &id));
            // The target has its own values, so only the issue's snapshot moves and the merge starts without memory.
            if let Some(issue) = store.link_facts(source, &link.issue_id).await?.json(&FactKind::Issue) {
                self.completion.effects.facts.push(of.with_json(FactKind::Issue, Some(issue.to_owned())));
            }
        }
        self.note_merge(&target, links).await?;
        let (cause, at) = (RecheckCause::Merged(id), self.visitor.env.now());
        self.completion.effects.rechecks.push(Recheck { ticket_id: target.id, cause, not_before: None, at });
        tracing::info!(ticket_id = source, into = target.id, "links moved to the merge target");
        Ok(())
    }

    /// The ticket at the end of the chain of merges; `None` if the bot cannot see it.
    async fn target(&self) -> Result<Option<zammad::Ticket>, ClientError> {
        let mut at = self.ticket_id();
        for _ in 0..LONGEST_CHAIN {
            let Some(parent) = self.visitor.helpdesk.merged_into(at).await? else { return Ok(None) };
            let ticket = self.visitor.helpdesk.ticket(parent).await?;
            if self.state_type(ticket.state_id) != Some(state_type::MERGED) {
                return Ok(Some(ticket));
            }
            at = parent;
        }
        Ok(None)
    }

    async fn note_merge(&self, target: &zammad::Ticket, links: &[Link]) -> Result<(), VisitError> {
        let mark = json!({ "merged": self.ticket_id() });
        let helpdesk = self.visitor.helpdesk.as_ref();
        if bodies::find_marked(helpdesk, target.id, |found| *found == mark).await?.is_some() {
            return Ok(());
        }
        let keys: Vec<&str> = links.iter().map(|link| link.issue_key.as_str()).collect();
        let text = format!(
            "Linked to Jira {} since ticket #{} was merged into this one.",
            keys.join(", "),
            self.view.ticket.number
        );
        self.write_note(target.id, &text, true, mark).await
    }

    /// Writes an internal note of one sentence on this ticket, unless it has one with this mark.
    pub(super) async fn note_once(&self, text: &str, mark: serde_json::Value) -> Result<(), VisitError> {
        if self.view.articles.iter().any(|article| article.mark() == Some(&mark)) {
            return Ok(());
        }
        self.write_note(self.ticket_id(), text, true, mark).await
    }

    /// Writes a note of one sentence.
    pub(super) async fn write_note(
        &self,
        ticket_id: u64,
        text: &str,
        internal: bool,
        mark: serde_json::Value,
    ) -> Result<(), VisitError> {
        let article = NewArticle {
            ticket_id,
            subject: None,
            html: Sensitive::new(note::notice(text)),
            internal,
            attachments: Vec::new(),
            mark,
        };
        self.visitor.helpdesk.create_article(&article).await?;
        Ok(())
    }

    /// The issue was deleted, archived or became unreadable: the link ends with a note. Nothing is deleted in Zammad.
    pub(super) async fn issue_gone(&mut self, link: &Link, reason: &str) -> Result<(), VisitError> {
        let what = match reason {
            "archived" => "has been archived",
            IssueGone::NO_ACCESS => "cannot be read any more",
            _ => "has been deleted",
        };
        let text = format!("Jira {} {what}; this ticket is no longer linked to it.", link.issue_key);
        self.note_once(&text, json!({ "gone": link.issue_id })).await?;
        self.completion.effects.links.push(Link { state: LinkState::Ended, ..link.clone() });
        self.completion.effects.facts.push(LinkKey::from(link).clear(FactKind::IssueGone));
        Ok(())
    }

    /// Pauses links whose group or project is out of scope, and resumes those that are in scope again. A paused link keeps its
    /// records and sends nothing; what is written meanwhile is not sent later either.
    pub(super) fn apply_scope(&mut self, links: &mut [Link]) {
        let scope = &self.settings.scope;
        let newest = newest_article(&self.view.articles);
        for link in links {
            let reason = if !scope.has_group(self.view.ticket.group_id) {
                Some("group-out-of-scope")
            } else if !scope.has_issue(&link.issue_key) {
                Some("project-out-of-scope")
            } else {
                None
            };
            let state = if reason.is_some() { LinkState::Paused } else { LinkState::Active };
            if link.state != state {
                link.state = state;
                if state == LinkState::Active {
                    link.after_article = newest.max(link.after_article);
                }
                self.completion.effects.links.push(link.clone());
                self.completion.effects.troubles.push(troubles::of_link(self.visitor, link, reason));
            }
        }
    }
}

#[cfg(test)]
#[path = "lifecycle_tests.rs"]
mod tests;
