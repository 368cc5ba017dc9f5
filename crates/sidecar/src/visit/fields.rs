//! The fields of one link: read both sides, merge, write to Zammad, send Jira's writes. The merge itself is pure (`sync`).

use redaction::Sensitive;
use schema::time::rfc3339;
use schema::zammad_ids::NOBODY;
use schema::{FieldApply, IssueGet, MessageBody, Side};
use store::{Change, FactKind, Link, LinkFacts, Recheck, RecheckCause};
use sync::{FieldName, Memory, Plan, Reconciled, Role, Settled, Ticket, TicketWrite};
use zammad::{AttributeName, ClientError, Obstacle, Reason, TicketChange, Verdict};

use super::context::{Visit, VisitError};
use super::demands;

use crate::ticket::facts::{self, LinkKey};
use crate::ticket::{KnownIssue, merge_input, rights};

impl Visit<'_> {
    /// Merges the fields of one link.
    pub(super) async fn fields(&mut self, link: &Link, role: Role, facts: &LinkFacts) -> Result<(), VisitError> {
        if let Some(reason) = facts::issue_gone(facts) {
            return self.issue_gone(link, &reason).await;
        }
        let Some(issue) = KnownIssue::of(facts) else {
            // The link is older than stored snapshots: request one; the answer causes the next visit.
            let body = MessageBody::IssueGet(IssueGet { issue: link.issue_id.clone(), catch_up_since: None });
            self.send(body, Some(format!("issue:{}:{}", link.ticket_id, link.issue_id))).await?;
            return Ok(());
        };
        let before = facts::memory(facts);
        let answered = facts::apply_result(facts);
        let mut ticket = merge_input(&self.view, &self.states);
        ticket.owner_taken_away = self.owner_taken_away(&issue, &before.base).await?;
        let Reconciled { mut memory, settled, mut plan, again_at } =
            sync::reconcile(before.clone(), answered.as_ref(), &ticket, &issue, &self.policy(role));

        let stored = self.write_ticket(&mut plan, &ticket).await?;
        let written = memory.record_zammad_writes(&plan, &stored, &issue, &self.policy(role));
        let write_id = self.visitor.env.new_id()?.to_string();
        self.record_changes(link, Side::Zammad, &write_id, &written, &plan);
        if let Some(answered) = answered.filter(|_| !settled.pairs.is_empty()) {
            self.record_changes(link, Side::Jira, &answered.message, &settled, &Plan::default());
        }
        if !plan.jira.is_empty() {
            let id = self.send_jira(link, &plan).await?;
            // Conflicts that Jira loses are decided by this message; those that Zammad lost were recorded above.
            self.record_conflicts_lost_by_jira(link, &id, &plan);
            memory.record_jira_writes(&plan, id, self.visitor.env.now());
        }
        if let Some(at) = again_at {
            // A unique cause: a visit before then answers this request, and must be able to make another.
            let (cause, now) = (RecheckCause::Paced(write_id), self.visitor.env.now());
            self.completion.effects.rechecks.push(Recheck {
                ticket_id: link.ticket_id,
                cause,
                not_before: Some(at),
                at: now,
            });
        }
        let in_flight = memory.intents.as_ref().is_some_and(|intents| intents.fields.contains_key(&FieldName::State));
        // While a status that we write is on its way, it is unknown who made the issue done.
        if !in_flight {
            self.write_done_note(link, role, facts, &before, &settled, &issue).await?;
        }
        self.update_troubles(link, &plan, &[&settled, &written]).await?;
        if memory != before {
            self.remember(link, &memory);
        }
        Ok(())
    }

    /// A paused link syncs nothing, but still records an owner who was removed by the move that put the ticket out of scope:
    /// it must not look like an unassignment when the ticket comes back.
    pub(super) async fn paused(&mut self, link: &Link) -> Result<(), VisitError> {
        let facts = self.visitor.store.link_facts(link.ticket_id, &link.issue_id).await?;
        self.is_found(link, &facts);
        let Some(issue) = KnownIssue::of(&facts) else { return Ok(()) };
        let mut memory = facts::memory(&facts);
        let ticket = merge_input(&self.view, &self.states);
        let plan = sync::reconcile(memory.clone(), None, &ticket, &issue, &self.policy(Role::Primary)).plan;
        if plan.skipped.iter().any(|skipped| skipped.reason == sync::Reason::OwnerLostByMove) {
            memory.base.pairs.extend(plan.accepted.into_iter().filter(|(field, _)| *field == FieldName::Owner));
            memory.base.group = Some(plan.group);
            self.remember(link, &memory);
        }
        Ok(())
    }

    fn remember(&mut self, link: &Link, memory: &Memory) {
        self.completion.effects.facts.push(LinkKey::from(link).set(FactKind::Memory, memory));
    }

    async fn send_jira(&mut self, link: &Link, plan: &Plan) -> Result<String, VisitError> {
        let body = MessageBody::FieldApply(FieldApply {
            issue_id: link.issue_id.clone(),
            fields: plan.jira.fields.clone(),
            status: plan.jira.status.clone(),
            expected: plan.jira.expected.clone(),
        });
        Ok(self.send(body, None).await?.to_string())
    }

    /// Makes the planned writes and returns the ticket as stored then. If Zammad refuses all of them together, each is tried
    /// alone, so that one refused field does not hold back the others; refused values show in the returned ticket.
    async fn write_ticket(&mut self, plan: &mut Plan, before: &Ticket) -> Result<Ticket, VisitError> {
        if plan.zammad.is_empty() {
            return Ok(before.clone());
        }
        let writes: Vec<&TicketWrite> = plan.zammad.values().collect();
        match self.write(&writes, &[]).await {
            Ok(()) => {}
            Err(error) if is_refusal(&error) => {
                self.bot_may_write(error).await?;
                let change = change_of(&writes);
                let screen = self.edit_screen(&change).await?;
                let missing = self.missing_demands(&screen, &change);
                let refused = self.write_each(plan, &missing).await?;
                demands::postpone(plan, &refused, &missing, &screen);
                if !refused.is_empty() {
                    self.demanded = missing;
                    self.note_demands().await?;
                }
            }
            Err(error) => return Err(error.into()),
        }
        Ok(merge_input(&self.view, &self.states))
    }

    /// Writes each field alone, with the admin's values for missing attributes. Returns the fields that were refused.
    async fn write_each(&mut self, plan: &Plan, missing: &[String]) -> Result<Vec<FieldName>, VisitError> {
        let mut refused = Vec::new();
        for (field, write) in &plan.zammad {
            match self.write(&[write], missing).await {
                Ok(()) => {}
                Err(error) if is_refusal(&error) => refused.push(field.clone()),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(refused)
    }

    /// Tells a refusal of these values from one of the bot: without its rights in the ticket's group every write is refused,
    /// and all of them wait until the rights are back.
    ///
    /// # Errors
    /// `refusal`, if the bot may not write to the ticket now.
    async fn bot_may_write(&self, refusal: ClientError) -> Result<(), ClientError> {
        if refusal.verdict() != Verdict::Wait(Obstacle::NoAccess) {
            return Ok(());
        }
        let me = self.visitor.helpdesk.me().await?;
        if rights::may_write(&me, self.view.ticket.group_id) { Ok(()) } else { Err(refusal) }
    }

    async fn write(&mut self, writes: &[&TicketWrite], missing: &[String]) -> Result<(), ClientError> {
        let (id, helpdesk) = (self.ticket_id(), &self.visitor.helpdesk);
        let change = change_of(writes);
        if !change.is_empty() {
            let change = self.fill_in(change, missing);
            self.view.ticket = helpdesk.update_ticket(id, &change).await?;
        }
        for write in writes {
            let TicketWrite::Tags { add, remove } = write else { continue };
            for tag in add {
                helpdesk.add_tag(id, &Sensitive::new(tag.clone())).await?;
            }
            for tag in remove {
                helpdesk.remove_tag(id, &Sensitive::new(tag.clone())).await?;
            }
            self.view.tags = helpdesk.tags(id).await?.into_iter().map(Sensitive::into_inner).collect();
        }
        Ok(())
    }

    fn record_changes(&mut self, link: &Link, side: Side, message: &str, settled: &Settled, plan: &Plan) {
        for field in &settled.written {
            let conflict = plan.conflicts.iter().find(|conflict| conflict.field == *field);
            let change = self.change(link, side, message, field, conflict);
            self.completion.effects.changes.push(change);
        }
    }

    fn record_conflicts_lost_by_jira(&mut self, link: &Link, message: &str, plan: &Plan) {
        for conflict in plan.conflicts.iter().filter(|conflict| conflict.winner == Side::Zammad) {
            let change = self.change(link, Side::Jira, message, &conflict.field, Some(conflict));
            self.completion.effects.changes.push(change);
        }
    }

    /// An entry of the history. The user who changed a ticket last is known; Jira's own history names who changed an issue.
    fn change(
        &self,
        link: &Link,
        side: Side,
        message: &str,
        field: &FieldName,
        conflict: Option<&sync::Conflict>,
    ) -> Change {
        let (kept, lost) = match conflict {
            Some(conflict) if conflict.winner == Side::Zammad => (Some(&conflict.zammad), Some(&conflict.jira)),
            Some(conflict) => (Some(&conflict.jira), Some(&conflict.zammad)),
            None => (None, None),
        };
        Change {
            ticket_id: link.ticket_id,
            issue_id: link.issue_id.clone(),
            field: field.to_string(),
            side,
            actor: (side == Side::Jira).then(|| format!("zammad:{}", self.view.ticket.updated_by_id)),
            message_id: message.to_owned(),
            at: self.visitor.env.now(),
            conflict: conflict.is_some(),
            kept: kept.map(ToString::to_string),
            lost: lost.map(ToString::to_string),
        }
    }
}

/// Whether Zammad does not accept this write: the bot lacks a permission for it, or the value is not allowed.
fn is_refusal(error: &ClientError) -> bool {
    matches!(error.verdict(), Verdict::GiveUp(Reason::Refused) | Verdict::Wait(Obstacle::NoAccess))
}

fn change_of(writes: &[&TicketWrite]) -> TicketChange {
    writes.iter().fold(TicketChange::default(), |change, write| with_write(change, write))
}

fn with_write(change: TicketChange, write: &TicketWrite) -> TicketChange {
    match write {
        TicketWrite::Title(title) => change.title(Sensitive::new(title.clone())),
        TicketWrite::State(id, None) => change.state_id(*id),
        TicketWrite::State(id, Some(until)) => change.state_id(*id).pending_time(rfc3339(*until)),
        TicketWrite::Priority(id) => change.priority_id(*id),
        TicketWrite::Owner(owner) => change.owner_id(owner.unwrap_or(NOBODY)),
        TicketWrite::Attribute(name, value) => match AttributeName::new(name) {
            Some(name) => change.attribute(&name, value.clone()),
            None => change,
        },
        TicketWrite::Tags { .. } => change,
    }
}

#[cfg(test)]
#[path = "fields_tests.rs"]
mod tests;
