//! One step of a link over time: the state that is kept between two visits of the ticket, and what a visit does with it.
//! The sidecar calls [`reconcile`] between its reads and its writes; the model test calls it with sides that fail.

use std::collections::BTreeMap;

use schema::{FieldOutcome, Side, UnixMs};
use serde::{Deserialize, Serialize};

use crate::base::{Base, Intents};
use crate::fields::state::in_current_form;
use crate::merge::merge;
use crate::names::FieldName;
use crate::outcome::{after_jira, after_refusal, after_zammad};
use crate::plan::{Plan, Settled};
use crate::policy::Policy;
use crate::snapshots::{Issue, Ticket};

/// Minimum time between two writes of one link to Jira: the first of many edits is sent at once, the others together.
const PACE_MS: i64 = 2_000;

/// The stored state of a link. Only the holder of the ticket's lease writes it, so there is never a second writer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// Last agreed values.
    pub base: Base,
    /// Writes on their way to Jira.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intents: Option<Intents>,
    /// When the last writes for Jira were planned.
    #[serde(default)]
    pub sent_at: UnixMs,
    /// Fields that a side refused, with that side; they are tried again when the settings change.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub refused: BTreeMap<FieldName, Side>,
    /// Etag of the settings under which they were refused.
    #[serde(default)]
    pub etag: String,
}

/// The result of the writes of one message, kept until the next visit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answered {
    /// Id of the message.
    pub message: String,
    /// Forge's result for it.
    #[serde(rename = "word")]
    pub outcome: ApplyOutcome,
}

/// Forge's result of a `field.apply`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ApplyOutcome {
    /// Applied; each field has its own result.
    #[serde(rename = "Outcome")]
    Applied(Box<FieldOutcome>),
    /// Refused as a whole and permanently, with the code.
    Refused(String),
}

/// The result of [`reconcile`].
#[derive(Clone, Debug)]
pub struct Reconciled {
    /// The state of the link, including the result of the last writes.
    pub memory: Memory,
    /// The changes that the result of the last writes caused.
    pub settled: Settled,
    /// The writes to make now.
    pub plan: Plan,
    /// Set if more writes for Jira wait for the minimum time between two of them: when to reconcile again.
    pub again_at: Option<UnixMs>,
}

/// Merges the current values of a link. `answered` is used only if it belongs to the writes that are on their way.
#[must_use]
pub fn reconcile(
    mut memory: Memory,
    answered: Option<&Answered>,
    ticket: &Ticket,
    issue: &Issue,
    policy: &Policy<'_>,
) -> Reconciled {
    let mut settled = Settled::default();
    if memory.etag != policy.etag {
        memory.keep_form_of_status(issue, policy);
    }
    memory.retry_refused(policy.etag);
    if let (Some(intents), Some(answered)) = (&memory.intents, answered)
        && intents.message == answered.message
    {
        settled = match &answered.outcome {
            ApplyOutcome::Applied(outcome) => after_jira(intents, outcome, policy),
            ApplyOutcome::Refused(code) => after_refusal(intents, &issue.snapshot, code, policy),
        };
        memory.intents = None;
    }
    memory.settle(&settled, Side::Jira);
    let mut plan = merge(&memory.base, ticket, issue, policy);
    if let Some(intents) = &memory.intents {
        plan = plan.while_in_flight(intents);
    }
    let paced_until = memory.sent_at.plus(PACE_MS);
    // A clock that was set back must not delay the writes.
    let is_paced = (memory.sent_at..paced_until).contains(&policy.now);
    let again_at = (!plan.jira.is_empty() && is_paced).then_some(paced_until);
    if again_at.is_some() {
        plan = plan.without_jira();
    }
    Reconciled { memory, settled, plan, again_at }
}

impl Memory {
    fn settle(&mut self, settled: &Settled, side: Side) {
        self.base.pairs.extend(settled.pairs.clone());
        for field in &settled.written {
            self.refused.remove(field);
        }
        self.refused.extend(settled.refused.iter().map(|(field, _, _)| (field.clone(), side)));
    }

    /// New settings may compare an issue's resolution too, or no longer: what was accepted stays accepted.
    fn keep_form_of_status(&mut self, issue: &Issue, policy: &Policy<'_>) {
        if let Some(pair) = self.base.pairs.get_mut(&FieldName::State) {
            pair.jira = in_current_form(&pair.jira, &issue.snapshot, policy.settings);
        }
    }

    /// Under new settings every refused field counts as changed again: the mapping, the identity map or a field of a
    /// transition may have been the cause.
    fn retry_refused(&mut self, etag: &str) {
        if self.etag == etag {
            return;
        }
        etag.clone_into(&mut self.etag);
        for (field, side) in std::mem::take(&mut self.refused) {
            if let Some(pair) = self.base.pairs.get_mut(&field) {
                match side {
                    Side::Jira => pair.zammad.clear(),
                    Side::Zammad => pair.jira.clear(),
                }
            }
        }
    }

    /// Records the plan's accepted pairs and the ticket that Zammad returned after the plan's writes.
    pub fn record_zammad_writes(
        &mut self,
        plan: &Plan,
        answer: &Ticket,
        issue: &Issue,
        policy: &Policy<'_>,
    ) -> Settled {
        let settled = after_zammad(plan, answer, issue, policy);
        self.base.pairs.extend(plan.accepted.clone());
        // An earlier refusal says nothing about values that were accepted since.
        self.refused.retain(|field, _| !plan.accepted.contains_key(field));
        self.settle(&settled, Side::Zammad);
        self.base.group = Some(plan.group);
        settled
    }

    /// Records that the plan's writes for Jira are in the outbox, under this message id.
    pub fn record_jira_writes(&mut self, plan: &Plan, message: String, now: UnixMs) {
        self.sent_at = now;
        self.intents = Some(Intents { message, fields: plan.intended.clone() });
    }
}
