//! A ticket that Zammad says does not exist. Its links end only if Zammad itself says so twice, some minutes apart, and answers
//! another question well at those moments. If the ticket is there again later (a restored database, a mistake of a proxy), its
//! links come back with everything that happened meanwhile.

use schema::{CommentRef, Erasure, FileRef, Message, MessageBody, Side, TicketGone};
use store::{Completion, FactKind, Link, LinkFacts, LinkState, ObjectKind, Origin, Provenance, Recheck, RecheckCause};
use zammad::{ClientError, Reason, Verdict};

use super::context::{Visit, VisitError, Visitor};
use crate::ticket::article_state::ArticleState;
use crate::ticket::facts::{self, LinkKey, missing_fact};
use crate::ticket::snapshot::link_title;
use crate::ticket::{outbox_row, restore};

/// Most comments or files in one message (docs/protocol.md §2, "Erasure").
const PER_MESSAGE: usize = 100;

/// Whether the answer says that the ticket itself does not exist, and not one of its users or files.
pub(super) fn says_missing(error: &ClientError) -> bool {
    let of_ticket = matches!(error, ClientError::Status { operation: "ticket" | "articles", .. });
    of_ticket && error.verdict() == Verdict::GiveUp(Reason::Gone)
}

impl Visitor {
    /// Ends the links of a ticket that is missing for the second time; requests a second look the first time. `unlinked`: links
    /// that a person ended, of which something may have to be erased.
    pub(super) async fn ticket_missing(
        &self,
        ticket_id: u64,
        links: &[Link],
        unlinked: &[Link],
    ) -> Result<Completion, VisitError> {
        let mut completion = Completion::default();
        if links.is_empty() && unlinked.is_empty() {
            return Ok(completion);
        }
        // Whatever answers for Zammad at this moment must know the bot: a proxy or an empty database does not.
        self.helpdesk.me().await?;
        let now = self.env.now();
        let mut since = now;
        for link in links.iter().chain(unlinked) {
            let facts = self.store.link_facts(ticket_id, &link.issue_id).await?;
            since = since.min(facts::missing(&facts).map_or(now, |missing| missing.since));
        }
        let confirmed_at = self.confirmed_at(since);
        if now < confirmed_at {
            completion.effects.facts.extend(links.iter().map(|link| missing_fact(link, since, false)));
            let (cause, not_before) = (RecheckCause::Missing(since), Some(confirmed_at));
            completion.effects.rechecks.push(Recheck { ticket_id, cause, not_before, at: now });
            tracing::info!(ticket_id, "Zammad says that the ticket does not exist; asking again before its links end");
            return Ok(completion);
        }
        let settings = self.settings.current(self.store.as_ref()).await?.settings.clone();
        let erase = settings.comments.ticket_deleted;
        let gone = self.erasure(ticket_id, erase).await?;
        let has_to_erase = gone.iter().any(|gone| !gone.comments.is_empty() || !gone.files.is_empty());
        if !links.is_empty() || has_to_erase {
            for gone in gone {
                let body = MessageBody::TicketGone(gone);
                let message = Message { id: self.env.new_id()?, ticket_id: Some(ticket_id), body };
                // Not searched for the ticket's content: there is none left.
                completion.messages.push(outbox_row(&message, None, self.config.privacy, now)?);
            }
        }
        // Without a live link nobody asks for the ticket's objects again, also if they are kept.
        if erase != Erasure::Keep || links.is_empty() {
            completion.effects.provenance = self.erased(ticket_id).await?;
        }
        completion.effects.links = links.iter().map(|link| Link { state: LinkState::Ended, ..link.clone() }).collect();
        completion.effects.facts.extend(links.iter().map(|link| missing_fact(link, since, true)));
        let forgotten = unlinked.iter().map(|link| LinkKey::from(link).clear(FactKind::TicketMissing));
        completion.effects.facts.extend(forgotten);
        tracing::info!(ticket_id, "ticket deleted in Zammad; its links have ended");
        Ok(completion)
    }

    /// The messages that end the links in Forge: with the comments and files to erase, at most [`PER_MESSAGE`] in one.
    async fn erasure(&self, ticket_id: u64, erase: Erasure) -> Result<Vec<TicketGone>, VisitError> {
        let (mut comments, mut files): (Vec<CommentRef>, Vec<FileRef>) = (Vec::new(), Vec::new());
        if erase != Erasure::Keep {
            for part in self.store.recorded(ticket_id, Side::Zammad, ObjectKind::ArticlePart).await? {
                comments.extend(facts::mirrors::<CommentRef>(&part));
            }
            for file in self.store.recorded(ticket_id, Side::Zammad, ObjectKind::File).await? {
                files.extend(facts::mirrors::<FileRef>(&file));
            }
        }
        let gone = |comments: &[CommentRef], files: &[FileRef], more| TicketGone {
            reason: "deleted".into(),
            erase,
            comments: comments.to_vec(),
            files: files.to_vec(),
            more,
        };
        let mut messages: Vec<TicketGone> = comments.chunks(PER_MESSAGE).map(|part| gone(part, &[], true)).collect();
        messages.extend(files.chunks(PER_MESSAGE).map(|part| gone(&[], part, true)));
        match messages.last_mut() {
            Some(last) => last.more = false,
            None => messages.push(gone(&[], &[], false)),
        }
        Ok(messages)
    }

    /// The records of the ticket's articles and their mirrors, as erased: if the ticket is back, its articles are sent anew.
    async fn erased(&self, ticket_id: u64) -> Result<Vec<Provenance>, VisitError> {
        let now = self.env.now();
        let mut records = Vec::new();
        for kind in [ObjectKind::Article, ObjectKind::ArticlePart, ObjectKind::File] {
            for record in self.store.recorded(ticket_id, Side::Zammad, kind).await? {
                if record.origin == Origin::Theirs {
                    let fingerprint = (kind == ObjectKind::Article).then(|| ArticleState::Erased.to_string());
                    let mirror = (kind != ObjectKind::Article).then(|| "[]".to_owned());
                    records.push(Provenance { fingerprint, mirror, at: now, ..record });
                }
            }
        }
        Ok(records)
    }

    /// Those of the ended links that ended because the ticket was missing, and those that a person ended while it was.
    pub(super) async fn ended_as_missing(&self, ended: Vec<Link>) -> Result<(Vec<Link>, Vec<Link>), VisitError> {
        let (mut lost, mut unlinked) = (Vec::new(), Vec::new());
        for link in ended {
            let facts = self.store.link_facts(link.ticket_id, &link.issue_id).await?;
            match facts::missing(&facts) {
                Some(missing) if missing.ended => lost.push(link),
                Some(_) => unlinked.push(link),
                None => {}
            }
        }
        Ok((lost, unlinked))
    }
}

impl Visit<'_> {
    /// The ticket exists: forgets that it was missing, if it was.
    pub(super) fn is_found(&mut self, link: &Link, facts: &LinkFacts) {
        if facts::missing(facts).is_some() {
            self.completion.effects.facts.push(LinkKey::from(link).clear(FactKind::TicketMissing));
        }
    }

    /// The ticket exists: requests the links that ended because it was missing.
    pub(super) async fn request_again(&mut self, lost: &[Link]) -> Result<(), VisitError> {
        for link in lost {
            let facts = self.visitor.store.link_facts(link.ticket_id, &link.issue_id).await?;
            let title = Some(link_title(&self.view.ticket));
            for message in restore(&self.visitor.config.zammad_public_url, link, &facts, title) {
                self.send(message, None).await?;
            }
            self.completion.effects.facts.push(LinkKey::from(link).clear(FactKind::TicketMissing));
            tracing::info!(ticket_id = link.ticket_id, "ticket found again; its link is requested again");
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "missing_tests.rs"]
mod tests;
