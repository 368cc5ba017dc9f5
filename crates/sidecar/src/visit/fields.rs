//! The fields of one link: read both sides, merge, write Zammad, send Jira's writes. The pure part is `sync::reconcile`.

use std::collections::BTreeMap;

use redaction::Sensitive;
use schema::{FieldApply, IssueGet, MessageBody};
use store::{Base, Change, Link, Ring, Side, Trouble, TroubleRow};
use sync::{Answered, Memory, Plan, Reconciled, Role, Settled, Ticket, TicketWrite};
use zammad::{AttributeName, ClientError, Reason, TicketChange, Verdict};

use super::{Failure, Visit};
use crate::clock::rfc3339;
use crate::outbound::{KnownIssue, reading};

impl Visit<'_> {
    pub(super) async fn fields(&mut self, link: &Link, role: Role) -> Result<(), Failure> {
        let bases = self.visitor.store.bases(link.ticket_id, &link.issue_id).await?;
        if let Some(reason) = stored::<String>(&bases, "gone") {
            return self.issue_gone(link, &reason).await;
        }
        let Some(issue) = bases.get("issue").and_then(|json| KnownIssue::read(json)) else {
            // A link from before snapshots were kept: ask once, and come back with the answer.
            let body = MessageBody::IssueGet(IssueGet { issue: link.issue_id.clone(), catch_up_since: None });
            self.send(body, Some(format!("issue:{}:{}", link.ticket_id, link.issue_id))).await?;
            return Ok(());
        };
        let memory: Memory = stored(&bases, "memory").unwrap_or_default();
        let before = memory.clone();
        let answered: Option<Answered> = stored(&bases, "answered");
        let ticket = reading(&self.source, &self.states);
        let Reconciled { mut memory, settled, plan, again_at } =
            sync::reconcile(memory, answered.as_ref(), &ticket, &issue, &self.policy(role));

        let answer = self.write_ticket(&plan, &ticket).await?;
        let here = memory.record_zammad_writes(&plan, &answer, &issue, &self.policy(role));
        let written = self.visitor.world.new_id()?.to_string();
        self.history(link, Side::Zammad, &written, &here, &plan);
        if let Some(answered) = answered.filter(|_| !settled.pairs.is_empty()) {
            self.history(link, Side::Jira, &answered.message, &settled, &Plan::default());
        }
        if !plan.jira.is_empty() {
            let id = self.send_jira(link, &plan).await?;
            // A conflict that Jira loses is decided by this message; one that Zammad lost was decided above.
            self.conflicts(link, Side::Jira, &id, &plan);
            memory.record_jira_writes(&plan, id, self.visitor.world.now());
        }
        if let Some(at) = again_at {
            // Its own key each time: a visit before then answers this ring too, and must be able to ask again.
            let key = format!("paced:{written}");
            let ring = Ring { ticket_id: link.ticket_id, key, not_before: Some(at), at: self.visitor.world.now() };
            self.completion.effects.rings.push(ring);
        }
        if role == Role::Follower {
            self.fixed_note(link, &before, &issue).await?;
        }
        self.troubles(link, &plan, &[&settled, &here]).await?;
        if memory != before {
            self.remember(link, &memory);
        }
        Ok(())
    }

    /// A link that rests still notices what nobody meant: an owner who went with the move that took the ticket out of scope
    /// must not look like an unassignment when it comes back.
    pub(super) async fn resting(&mut self, link: &Link) -> Result<(), Failure> {
        let bases = self.visitor.store.bases(link.ticket_id, &link.issue_id).await?;
        let Some(issue) = bases.get("issue").and_then(|json| KnownIssue::read(json)) else { return Ok(()) };
        let mut memory: Memory = stored(&bases, "memory").unwrap_or_default();
        let ticket = reading(&self.source, &self.states);
        let plan = sync::reconcile(memory.clone(), None, &ticket, &issue, &self.policy(Role::Primary)).plan;
        if plan.skipped.iter().any(|left| left.reason == sync::Reason::OwnerLostByMove) {
            memory.base.pairs.extend(plan.accepted.into_iter().filter(|(field, _)| field == "owner"));
            memory.base.group = Some(plan.group);
            self.remember(link, &memory);
        }
        Ok(())
    }

    fn remember(&mut self, link: &Link, memory: &Memory) {
        self.completion.effects.bases.push(Base {
            ticket_id: link.ticket_id,
            issue_id: link.issue_id.clone(),
            field: "memory".into(),
            value: serde_json::to_string(memory).ok(),
        });
    }

    async fn send_jira(&mut self, link: &Link, plan: &Plan) -> Result<String, Failure> {
        let body = MessageBody::FieldApply(FieldApply {
            issue_id: link.issue_id.clone(),
            fields: plan.jira.fields.clone(),
            status: plan.jira.status.clone(),
            expected: plan.jira.expected.clone(),
        });
        Ok(self.send(body, None).await?.to_string())
    }

    /// Writes and returns the ticket as it is then. Where Zammad refuses all of it, each field is tried alone, so that
    /// one that may not be written fails alone; what was not taken shows in the answer.
    async fn write_ticket(&mut self, plan: &Plan, before: &Ticket) -> Result<Ticket, Failure> {
        if plan.zammad.is_empty() {
            return Ok(before.clone());
        }
        let writes: Vec<&TicketWrite> = plan.zammad.values().collect();
        match self.put(&writes).await {
            Ok(()) => {}
            Err(error) if is_refusal(&error) => {
                for write in writes {
                    match self.put(&[write]).await {
                        Ok(()) => {}
                        Err(error) if is_refusal(&error) => {}
                        Err(error) => return Err(error.into()),
                    }
                }
            }
            Err(error) => return Err(error.into()),
        }
        Ok(reading(&self.source, &self.states))
    }

    async fn put(&mut self, writes: &[&TicketWrite]) -> Result<(), ClientError> {
        let (id, zammad) = (self.ticket_id(), &self.visitor.zammad);
        let change = writes.iter().fold(TicketChange::default(), |change, write| changed(change, write));
        if !change.is_empty() {
            self.source.ticket = zammad.update_ticket(id, &change).await?;
        }
        for write in writes {
            let TicketWrite::Tags { add, remove } = write else { continue };
            for tag in add {
                zammad.add_tag(id, &Sensitive::new(tag.clone())).await?;
            }
            for tag in remove {
                zammad.remove_tag(id, &Sensitive::new(tag.clone())).await?;
            }
            self.source.tags = zammad.tags(id).await?.into_iter().map(Sensitive::into_inner).collect();
        }
        Ok(())
    }

    fn history(&mut self, link: &Link, side: Side, message: &str, settled: &Settled, plan: &Plan) {
        for field in &settled.written {
            let conflict = plan.conflicts.iter().find(|conflict| conflict.field == *field);
            let change = self.change(link, side, message, field, conflict);
            self.completion.effects.changes.push(change);
        }
    }

    fn conflicts(&mut self, link: &Link, side: Side, message: &str, plan: &Plan) {
        let lost_by_jira = plan.conflicts.iter().filter(|conflict| conflict.winner == sync::Side::Zammad);
        for conflict in lost_by_jira {
            let change = self.change(link, side, message, &conflict.field, Some(conflict));
            self.completion.effects.changes.push(change);
        }
    }

    /// Who changed a ticket last is known; who changed an issue is in Jira's own history.
    fn change(&self, link: &Link, side: Side, message: &str, field: &str, conflict: Option<&sync::Conflict>) -> Change {
        let (kept, lost) = match conflict {
            Some(conflict) if conflict.winner == sync::Side::Zammad => (Some(&conflict.zammad), Some(&conflict.jira)),
            Some(conflict) => (Some(&conflict.jira), Some(&conflict.zammad)),
            None => (None, None),
        };
        Change {
            ticket_id: link.ticket_id,
            issue_id: link.issue_id.clone(),
            field: field.to_owned(),
            side,
            actor: (side == Side::Jira).then(|| format!("zammad:{}", self.source.ticket.updated_by_id)),
            message_id: message.to_owned(),
            at: self.visitor.world.now(),
            conflict: conflict.is_some(),
            kept: kept.map(ToString::to_string),
            lost: lost.map(ToString::to_string),
        }
    }

    /// Lists what was left alone or refused, and takes off the list what works again.
    async fn troubles(&mut self, link: &Link, plan: &Plan, settled: &[&Settled]) -> Result<(), Failure> {
        let listed = self.visitor.store.troubles_of(link.ticket_id, &link.issue_id).await?;
        let mut now: BTreeMap<&str, (&str, Option<&String>)> = BTreeMap::new();
        for left in &plan.skipped {
            now.insert(&left.field, (left.reason.code(), left.detail.as_ref()));
        }
        for (field, code, detail) in settled.iter().flat_map(|settled| &settled.refused) {
            now.insert(field, (code, detail.as_ref()));
        }
        let works = |field: &str| {
            settled.iter().any(|settled| settled.written.iter().any(|written| written == field))
                || plan.accepted.contains_key(field)
        };
        let unmapped = sync::Reason::Unmapped.code();
        let entry = |field: &str, code: Option<&str>, detail: Option<&String>| Trouble {
            ticket_id: link.ticket_id,
            issue_id: link.issue_id.clone(),
            field: field.to_owned(),
            code: code.map(str::to_owned),
            detail: detail.cloned(),
            at: self.visitor.world.now(),
        };
        let mut changes = Vec::new();
        for (field, (code, detail)) in &now {
            let same = |old: &TroubleRow| old.field == *field && old.code == *code && old.detail.as_ref() == *detail;
            if !listed.iter().any(same) {
                changes.push(entry(field, Some(code), *detail));
            }
        }
        for old in listed.iter().filter(|old| !now.contains_key(old.field.as_str())) {
            // What has no counterpart is found anew by every look, so not finding it is enough.
            if works(&old.field) || old.code == unmapped {
                changes.push(entry(&old.field, None, None));
            }
        }
        self.completion.effects.troubles.extend(changes);
        Ok(())
    }
}

fn stored<T: serde::de::DeserializeOwned>(bases: &BTreeMap<String, String>, name: &str) -> Option<T> {
    bases.get(name).and_then(|json| serde_json::from_str(json).ok())
}

/// The same write will never be taken: the bot may not, or the value is not allowed.
fn is_refusal(error: &ClientError) -> bool {
    matches!(error.verdict(), Verdict::GiveUp(Reason::Refused | Reason::Forbidden))
}

fn changed(change: TicketChange, write: &TicketWrite) -> TicketChange {
    match write {
        TicketWrite::Title(title) => change.title(Sensitive::new(title.clone())),
        TicketWrite::State(id, None) => change.state_id(*id),
        TicketWrite::State(id, Some(until)) => change.state_id(*id).pending_time(rfc3339(*until)),
        TicketWrite::Priority(id) => change.priority_id(*id),
        // User 1 is nobody (docs/platforms/zammad.md §2).
        TicketWrite::Owner(owner) => change.owner_id(owner.unwrap_or(1)),
        TicketWrite::Attribute(name, value) => match AttributeName::new(name) {
            Some(name) => change.attribute(&name, value.clone()),
            None => change,
        },
        TicketWrite::Tags { .. } => change,
    }
}
