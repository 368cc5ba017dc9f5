//! The ends and turns of a link: a ticket that is gone, merged, or in a group that takes no part; an issue that is done.

use redaction::Sensitive;
use schema::settings::FixedNote;
use schema::{Message, MessageBody, TicketGone, TicketMerged};
use serde_json::json;
use store::{Base, Completion, Link, LinkState, Provenance, Ring, Side, Trouble};
use sync::{Issue, Memory};
use zammad::{ClientError, NewArticle};

use super::{Failure, Visit, Visitor};
use crate::inbound::html;
use crate::outbound::{crossed, newest, ticket_url};

/// The type that only a merge sets (docs/platforms/zammad.md §2).
pub(super) const MERGED: u64 = 6;
/// A ticket merged into one that was merged in turn, and so on; nobody does it oftener.
const LONGEST_CHAIN: usize = 8;

/// The ticket was deleted: its links end with a note on the issue, and nothing else is deleted in sympathy.
pub(super) fn gone(visitor: &Visitor, ticket_id: u64, links: &[Link]) -> Result<Completion, Failure> {
    let mut completion = Completion::default();
    if links.is_empty() {
        return Ok(completion);
    }
    let body = MessageBody::TicketGone(TicketGone { reason: "deleted".into() });
    let draft = Message { id: visitor.world.new_id()?, ticket_id: Some(ticket_id), body };
    // Not searched for the ticket's content, as others are: there is nothing left to search for.
    completion.messages.push(crossed(&draft, None, visitor.config.privacy, visitor.world.now())?);
    completion.effects.links = links.iter().map(|link| Link { state: LinkState::Ended, ..link.clone() }).collect();
    tracing::info!(ticket_id, "the ticket is gone; its links have ended");
    Ok(completion)
}

impl Visit<'_> {
    pub(super) fn is_merged(&self) -> bool {
        self.states.iter().any(|state| state.id == self.source.ticket.state_id && state.type_id == MERGED)
    }

    /// The links move to the ticket that lives on, with a note on both sides. Articles keep their ids when they move, so
    /// what was carried stays known; the target is looked at anew, since Zammad may not ring for it.
    pub(super) async fn merged(&mut self, links: &[Link]) -> Result<(), Failure> {
        let source = self.ticket_id();
        let Some(target) = self.target().await? else {
            tracing::warn!(ticket_id = source, "merged, and where to cannot be seen; its links wait");
            self.listed(links, Some("merge-target-unknown"));
            return Ok(());
        };
        let store = &self.visitor.store;
        let known = store.known(source, Side::Zammad, "article").await?;
        let newest = known.iter().filter_map(|article| article.id.parse::<u64>().ok()).max().unwrap_or(0);
        for object in ["article", "part", "file"] {
            let moved = store.known(source, Side::Zammad, object).await?.into_iter();
            let moved = moved.map(|object| Provenance { ticket_id: target.id, ..object });
            self.completion.effects.provenance.extend(moved);
        }
        let already = store.links_of_ticket(target.id).await?;
        for link in links {
            self.completion.effects.links.push(Link { state: LinkState::Ended, ..link.clone() });
            if already.iter().any(|other| other.issue_id == link.issue_id && other.state != LinkState::Ended) {
                continue;
            }
            self.completion.effects.links.push(Link {
                ticket_id: target.id,
                ticket_number: target.number.clone(),
                after_article: newest.max(link.after_article),
                ..link.clone()
            });
            // The target has its own values: what both sides hold is accepted anew.
            let issue = store.bases(source, &link.issue_id).await?.remove("issue");
            self.completion.effects.bases.extend(issue.map(|issue| Base {
                ticket_id: target.id,
                issue_id: link.issue_id.clone(),
                field: "issue".into(),
                value: Some(issue),
            }));
        }
        self.note_of_merge(&target, links).await?;
        let body = MessageBody::TicketMerged(TicketMerged {
            into_ticket_id: target.id,
            into_number: target.number.clone(),
            into_url: ticket_url(&self.visitor.config.zammad_public_url, target.id),
        });
        let id = self.send(body, Some(format!("merged:{source}:{}", target.id))).await?;
        let ring =
            Ring { ticket_id: target.id, key: format!("merged:{id}"), not_before: None, at: self.visitor.world.now() };
        self.completion.effects.rings.push(ring);
        tracing::info!(ticket_id = source, into = target.id, "the links moved with the merge");
        Ok(())
    }

    /// The ticket at the end of the chain of merges. A merged ticket is linked as a child of the one that lives on.
    async fn target(&self) -> Result<Option<zammad::Ticket>, ClientError> {
        let mut at = self.ticket_id();
        for _ in 0..LONGEST_CHAIN {
            let Some(parent) = self.visitor.zammad.merged_into(at).await? else { return Ok(None) };
            let ticket = self.visitor.zammad.ticket(parent).await?;
            let merged = self.states.iter().any(|state| state.id == ticket.state_id && state.type_id == MERGED);
            if !merged {
                return Ok(Some(ticket));
            }
            at = parent;
        }
        Ok(None)
    }

    async fn note_of_merge(&self, target: &zammad::Ticket, links: &[Link]) -> Result<(), Failure> {
        let mark = json!({ "merged": self.ticket_id() });
        let articles = self.visitor.zammad.articles(target.id).await?;
        if articles.iter().any(|article| article.mark() == Some(&mark)) {
            return Ok(());
        }
        let keys: Vec<&str> = links.iter().map(|link| link.issue_key.as_str()).collect();
        let text = format!(
            "Linked to Jira {} since ticket #{} was merged into this one.",
            keys.join(", "),
            self.source.ticket.number
        );
        self.note(target.id, &text, true, mark).await
    }

    async fn note(&self, ticket_id: u64, text: &str, internal: bool, mark: serde_json::Value) -> Result<(), Failure> {
        let note = NewArticle {
            ticket_id,
            subject: None,
            html: Sensitive::new(html::notice(text)),
            internal,
            attachments: Vec::new(),
            mark,
        };
        self.visitor.zammad.create_article(&note).await?;
        Ok(())
    }

    /// The issue is gone: the link ends with a note, and nothing is deleted in sympathy.
    pub(super) async fn issue_gone(&mut self, link: &Link, reason: &str) -> Result<(), Failure> {
        let what = match reason {
            "archived" => "has been archived",
            "no-access" => "cannot be read any more",
            _ => "has been deleted",
        };
        let mark = json!({ "gone": link.issue_id });
        if !self.source.articles.iter().any(|article| article.mark() == Some(&mark)) {
            let text = format!("Jira {} {what}; this ticket is no longer linked to it.", link.issue_key);
            self.note(link.ticket_id, &text, true, mark).await?;
        }
        self.completion.effects.links.push(Link { state: LinkState::Ended, ..link.clone() });
        self.completion.effects.bases.push(Base {
            ticket_id: link.ticket_id,
            issue_id: link.issue_id.clone(),
            field: "gone".into(),
            value: None,
        });
        Ok(())
    }

    /// A follower's ticket hears once that the issue is done. The note is no mail: Zammad sends notes to nobody.
    pub(super) async fn fixed_note(&self, link: &Link, before: &Memory, issue: &Issue) -> Result<(), Failure> {
        let wish = self.settings.followers.fixed_note;
        let changed =
            before.base.pairs.get("state").is_some_and(|pair| pair.jira != issue.snapshot.fingerprint("status"));
        if wish == FixedNote::Off || !changed || issue.snapshot.status_category != "done" {
            return Ok(());
        }
        let mark = json!({ "fixed": link.issue_id, "at": issue.snapshot.updated_at });
        if self.source.articles.iter().any(|article| article.mark() == Some(&mark)) {
            return Ok(());
        }
        let text = "The problem behind this ticket has been solved.";
        self.note(link.ticket_id, text, wish == FixedNote::Internal, mark).await
    }

    /// A link whose group or project takes no part rests: it keeps what it knows and sends nothing. What is written
    /// meanwhile stays where it was written, also when the link comes back.
    pub(super) fn scope(&mut self, links: &mut [Link]) {
        let scope = &self.settings.scope;
        let newest = newest(&self.source.articles);
        for link in links {
            let reason = if !scope.has_group(self.source.ticket.group_id) {
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
                self.completion.effects.troubles.push(trouble(self.visitor, link, reason));
            }
        }
    }

    fn listed(&mut self, links: &[Link], code: Option<&str>) {
        let troubles = links.iter().map(|link| trouble(self.visitor, link, code));
        self.completion.effects.troubles.extend(troubles);
    }
}

fn trouble(visitor: &Visitor, link: &Link, code: Option<&str>) -> Trouble {
    Trouble {
        ticket_id: link.ticket_id,
        issue_id: link.issue_id.clone(),
        field: "link".into(),
        code: code.map(str::to_owned),
        detail: None,
        at: visitor.world.now(),
    }
}
