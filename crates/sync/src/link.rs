//! A link over time: what is remembered between two looks at the ticket, and what one look does with it. The sidecar's
//! worker runs exactly this, with its reads and writes in between; the model test runs it with sides that fail.

use std::collections::BTreeMap;

use schema::{FieldOutcome, UnixMs};
use serde::{Deserialize, Serialize};

use crate::base::{Base, Intents};
use crate::merge::merge;
use crate::outcome::{after_jira, after_refusal, after_zammad};
use crate::plan::{Plan, Settled, Side};
use crate::policy::Policy;
use crate::reading::{Issue, Ticket};

/// Writes of one link for Jira are at least this far apart: the first of many edits goes at once, the others together.
const PACE_MS: i64 = 2_000;

/// What is remembered. Only the holder of the ticket's lease writes it, so two writers never meet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// Accepted pairs.
    pub base: Base,
    /// Writes on their way to Jira.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intents: Option<Intents>,
    /// When the last writes for Jira were planned.
    #[serde(default)]
    pub sent_at: UnixMs,
    /// Fields that a side refused, and which side; tried again under other settings.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub refused: BTreeMap<String, Side>,
    /// The settings under which they were refused.
    #[serde(default)]
    pub etag: String,
}

/// What became of the writes of one message, kept until the next look.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answered {
    /// The message.
    pub message: String,
    /// Forge's word on it.
    pub word: Word,
}

/// Forge's word on a `field.apply`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Word {
    /// Carried out, as far as it says.
    Outcome(Box<FieldOutcome>),
    /// Refused as a whole, for good.
    Refused(String),
}

/// What one look found.
#[derive(Clone, Debug)]
pub struct Look {
    /// The memory, with what the last answer settled.
    pub memory: Memory,
    /// What the answer settled.
    pub settled: Settled,
    /// What to do now.
    pub plan: Plan,
    /// There is more for Jira, and this is when.
    pub again_at: Option<UnixMs>,
}

/// One look at a link. `answered` counts only if it is about the writes that are on their way.
#[must_use]
pub fn look(
    mut memory: Memory,
    answered: Option<&Answered>,
    ticket: &Ticket,
    issue: &Issue,
    policy: &Policy<'_>,
) -> Look {
    let mut settled = Settled::default();
    memory.forgive(policy.etag);
    if let (Some(intents), Some(answered)) = (&memory.intents, answered)
        && intents.message == answered.message
    {
        settled = match &answered.word {
            Word::Outcome(outcome) => after_jira(intents, outcome, policy),
            Word::Refused(code) => after_refusal(intents, &issue.snapshot, code, policy),
        };
        memory.intents = None;
    }
    memory.settle(&settled, Side::Jira);
    let mut plan = merge(&memory.base, ticket, issue, policy);
    if let Some(intents) = &memory.intents {
        plan = plan.while_in_flight(intents);
    }
    let paced_until = memory.sent_at.plus(PACE_MS);
    // A clock that was set back must not hold anything up.
    let is_paced = (memory.sent_at..paced_until).contains(&policy.now);
    let again_at = (!plan.jira.is_empty() && is_paced).then_some(paced_until);
    if again_at.is_some() {
        plan = plan.without_jira();
    }
    Look { memory, settled, plan, again_at }
}

impl Memory {
    fn settle(&mut self, settled: &Settled, side: Side) {
        self.base.pairs.extend(settled.pairs.clone());
        for field in &settled.written {
            self.refused.remove(field);
        }
        self.refused.extend(settled.refused.iter().map(|(field, _, _)| (field.clone(), side)));
    }

    /// What was refused under other settings counts as changed again: the mapping, the people or what a transition asks for
    /// may be what was missing.
    fn forgive(&mut self, etag: &str) {
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

    /// Takes the plan's accepted pairs in, and what Zammad answered to its writes.
    pub fn wrote_zammad(&mut self, plan: &Plan, answer: &Ticket, issue: &Issue, policy: &Policy<'_>) -> Settled {
        let settled = after_zammad(plan, answer, issue, policy);
        self.base.pairs.extend(plan.accepted.clone());
        self.settle(&settled, Side::Zammad);
        self.base.group = Some(plan.group);
        settled
    }

    /// The plan's writes for Jira are in the outbox, under this message.
    pub fn sends(&mut self, plan: &Plan, message: String, now: UnixMs) {
        self.sent_at = now;
        self.intents = Some(Intents { message, fields: plan.intended.clone() });
    }
}
