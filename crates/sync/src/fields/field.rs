//! One field of a link in the form that every file of this folder produces.

use schema::settings::FieldRule;
use schema::{JiraField, TargetStatus, fingerprint};
use serde_json::Value;

use crate::base::Pair;
use crate::detail::Detail;
use crate::names::FieldName;
use crate::plan::{Reason, TicketWrite};

/// The result of mapping a value to the other side.
pub(crate) enum Mapped<T> {
    /// The write that stores the mapped value.
    To(T),
    /// The mapping has no value for it.
    Unmapped(Option<Detail>),
}

impl<T> Mapped<T> {
    /// A value without a mapping, with what is listed.
    pub(crate) fn unmapped(value: impl Into<Detail>) -> Self {
        Self::Unmapped(Some(value.into()))
    }
}

/// A write for Jira.
pub(crate) enum IssueWrite {
    /// A field.
    Field(Value),
    /// The status.
    Status(TargetStatus),
}

/// One field of one link with the current values of both sides.
pub(crate) struct Field<'s> {
    /// Name in the base.
    pub(crate) name: FieldName,
    /// The field in Jira.
    pub(crate) jira_id: JiraField<'s>,
    /// Direction and conflict rule that apply under the policy.
    pub(crate) rule: FieldRule,
    /// Zammad's value.
    pub(crate) zammad: Value,
    /// Jira's value, in the form that the base keeps: mostly that of [`schema::IssueSnapshot::value`].
    pub(crate) jira: Value,
    /// Whether the mapping treats both values as equal.
    pub(crate) agree: bool,
    /// Zammad's value mapped to Jira.
    pub(crate) to_jira: Mapped<IssueWrite>,
    /// Jira's value mapped to Zammad.
    pub(crate) to_zammad: Mapped<TicketWrite>,
    /// Set if Zammad changed its value as a side effect, without an agent's intention.
    pub(crate) unintended: Option<Reason>,
}

impl Field<'_> {
    /// The fingerprints of both values.
    pub(crate) fn pair(&self) -> Pair {
        Pair { zammad: fingerprint(&self.zammad), jira: fingerprint(&self.jira) }
    }
}
