//! State ⇄ status, by the pairs of the settings. A pair may hold in one direction only, and name a resolution.
//!
//! By default an issue that is done gives its ticket back to the agent: *open* agrees with *done* if Jira changed, and says
//! nothing about the status. So a change of state between two states that map to the same statuses (open → pending) leaves
//! the issue alone, while closed → open moves it.

use schema::settings::{FieldRule, StatePair, StatusSelector};
use schema::zammad_ids::state_type;
use schema::{IssueSnapshot, JiraField, Settings, TargetStatus, fingerprint};
use serde_json::{Value, json};

use super::field::{Field, IssueWrite, Mapped};
use crate::base::Pair;
use crate::detail::Detail;
use crate::names::FieldName;
use crate::plan::TicketWrite;
use crate::policy::{Policy, StateInfo};
use crate::snapshots::{Issue, Ticket};

/// State types that require a `pending_time`.
const PENDING: [u64; 2] = [state_type::PENDING_REMINDER, state_type::PENDING_ACTION];

pub(super) fn field(ticket: &Ticket, issue: &Issue, before: Option<&Pair>, policy: &Policy<'_>) -> Field<'static> {
    let settings = &policy.settings.fields.state;
    let snapshot = &issue.snapshot;
    let zammad = Value::from(ticket.state);
    let targets = targets_of(ticket.state, ticket.state_type, &settings.pairs);
    let mut rule =
        policy.rule(&FieldName::State, FieldRule { direction: settings.direction, conflict: settings.conflict }, false);
    let changed = before.is_some_and(|before| before.zammad != fingerprint(&zammad));
    let says_nothing = changed
        && !targets.is_empty()
        && before.is_some_and(|before| {
            state_of(before, policy)
                .is_some_and(|state| are_same(&targets_of(state.id, state.type_id, &settings.pairs), &targets))
        });
    if says_nothing {
        rule.direction = rule.direction.without_jira();
    }
    Field {
        name: FieldName::State,
        jira_id: JiraField::Status,
        rule,
        zammad,
        jira: jira_value(snapshot, policy.settings),
        agree: if changed && !says_nothing {
            targets.iter().any(|target| admits(target, snapshot))
        } else {
            agrees_with_issue(ticket, snapshot, &settings.pairs)
        },
        to_jira: if targets.is_empty() {
            Mapped::unmapped(Detail::State(ticket.state))
        } else {
            Mapped::To(IssueWrite::Status(TargetStatus { any_of: targets }))
        },
        to_zammad: match state_for(snapshot, policy) {
            Some(state) => {
                let minutes = i64::from(settings.pending_minutes);
                let until = PENDING.contains(&state.type_id).then(|| policy.now.plus(minutes * 60_000));
                Mapped::To(TicketWrite::State(state.id, until))
            }
            None => Mapped::unmapped(Detail::Status(snapshot.status_id.clone())),
        },
        unintended: None,
    }
}

/// Returns an issue's status in the form that the base keeps: the status id, with the resolution if a pair names one for this
/// status.
pub(crate) fn jira_value(issue: &IssueSnapshot, settings: &Settings) -> Value {
    let names_one = |pair: &StatePair| pair.jira.resolution.is_some() && has_status(&pair.jira, issue);
    match &issue.resolution {
        Some(resolution) if settings.fields.state.pairs.iter().any(names_one) => with_resolution(issue, &resolution.id),
        _ => issue.value(JiraField::Status),
    }
}

fn with_resolution(issue: &IssueSnapshot, resolution: &str) -> Value {
    json!([issue.status_id, resolution])
}

/// Returns the fingerprint of a status in the form of the current settings, if it is one of this issue's status.
pub(crate) fn in_current_form(stored: &str, issue: &IssueSnapshot, settings: &Settings) -> String {
    let resolution = issue.resolution.iter().map(|resolution| with_resolution(issue, &resolution.id));
    let mut forms = resolution.chain([issue.value(JiraField::Status)]);
    if forms.any(|form| fingerprint(&form) == stored) {
        fingerprint(&jira_value(issue, settings))
    } else {
        stored.to_owned()
    }
}

/// Returns the state that the ticket had when the pair was accepted, if Zammad still has it.
fn state_of(before: &Pair, policy: &Policy<'_>) -> Option<StateInfo> {
    policy.states.iter().find(|state| fingerprint(&Value::from(state.id)) == before.zammad).copied()
}

/// Returns the pairs of a state: those that name it, or those of its type if none does. So a state of the customer's own
/// follows its type until an admin maps it.
fn pairs_of<'p>(id: u64, type_id: u64, pairs: impl Iterator<Item = &'p StatePair> + Clone) -> Vec<&'p StatePair> {
    let named: Vec<_> = pairs.clone().filter(|pair| pair.zammad.id == Some(id)).collect();
    if named.is_empty() { pairs.filter(|pair| pair.zammad.matches(id, type_id)).collect() } else { named }
}

/// Returns the statuses for a state; the first is preferred.
fn targets_of(id: u64, type_id: u64, pairs: &[StatePair]) -> Vec<StatusSelector> {
    let to_jira = pairs.iter().filter(|pair| pair.direction.to_jira());
    pairs_of(id, type_id, to_jira).into_iter().map(|pair| pair.jira.clone()).collect()
}

/// Whether two lists have the same statuses, in any order.
fn are_same(one: &[StatusSelector], other: &[StatusSelector]) -> bool {
    one.len() == other.len() && one.iter().all(|status| other.contains(status))
}

fn has_status(selector: &StatusSelector, issue: &IssueSnapshot) -> bool {
    selector.matches(&issue.status_id, &issue.status_category)
}

/// Whether a selector selects an issue, with the resolution that it names.
fn admits(selector: &StatusSelector, issue: &IssueSnapshot) -> bool {
    let resolution = issue.resolution.as_ref().map(|resolution| &resolution.id);
    has_status(selector, issue) && (selector.resolution.is_none() || selector.resolution.as_ref() == resolution)
}

/// Whether the ticket may stay as it is beside this issue. A pair in either direction is enough; but if there is a state for
/// the issue's resolution, only pairs with the resolution count.
fn agrees_with_issue(ticket: &Ticket, issue: &IssueSnapshot, pairs: &[StatePair]) -> bool {
    let of_issue = || pairs.iter().filter(|pair| admits(&pair.jira, issue));
    let names_one = |pair: &&StatePair| pair.jira.resolution.is_some();
    let only_named = of_issue().filter(names_one).any(|pair| pair.direction.to_zammad());
    let mut of_ticket = pairs_of(ticket.state, ticket.state_type, pairs.iter()).into_iter();
    of_ticket.any(|pair| admits(&pair.jira, issue) && (!only_named || names_one(&pair)))
}

/// Returns the state to set for an issue: of the first pair for it, the state with the pair's id or the first active one of
/// its type. Pairs that name the issue's resolution come first.
fn state_for(issue: &IssueSnapshot, policy: &Policy<'_>) -> Option<StateInfo> {
    let pairs = policy.settings.fields.state.pairs.iter();
    let mut of_issue: Vec<_> = pairs.filter(|pair| pair.direction.to_zammad() && admits(&pair.jira, issue)).collect();
    of_issue.sort_by_key(|pair| pair.jira.resolution.is_none());
    // Zammad refuses every write of a merged state but by a merge (docs/platforms/zammad.md §2).
    let may_be_set = |state: &&StateInfo| state.active && state.type_id != state_type::MERGED;
    let states = || policy.states.iter().filter(may_be_set);
    of_issue.iter().find_map(|pair| states().find(|state| pair.zammad.matches(state.id, state.type_id))).copied()
}
