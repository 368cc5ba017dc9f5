//! Custom fields. A value of another type than the mapping declares has no mapping and changes nothing.

use schema::JiraField;
use schema::settings::{CustomField, CustomKind, FieldRule};
use serde_json::{Value, json};

use super::field::{Field, IssueWrite, Mapped};
use crate::detail::Detail;
use crate::fields::title::cut;
use crate::names::FieldName;
use crate::plan::TicketWrite;
use crate::policy::Policy;
use crate::snapshots::{Issue, Ticket};

/// Maximum characters of a text: Jira's single-line fields accept 255.
const TEXT: usize = 255;

pub(super) fn field<'s>(rule: &'s CustomField, ticket: &Ticket, issue: &Issue, policy: &Policy<'_>) -> Field<'s> {
    let jira_id = JiraField::Custom(&rule.jira);
    let zammad = ticket.attributes.get(&rule.zammad).cloned().unwrap_or_default();
    let jira = issue.snapshot.value(jira_id);
    let (for_jira, for_zammad) = (to_jira(rule, &zammad), to_zammad(rule, &jira));
    let name = FieldName::Custom(rule.zammad.clone());
    // Only the attribute's name is listed: the value is customer content.
    let attribute = rule.zammad.as_str();
    let listed = || Detail::Attributes(vec![attribute.to_owned()]);
    Field {
        agree: for_jira.as_ref() == Some(&writable_form(rule, &jira)) || for_zammad.as_ref() == Some(&zammad),
        rule: policy.rule(
            &name,
            FieldRule { direction: rule.direction, conflict: rule.conflict },
            rule.kind == CustomKind::Text,
        ),
        name,
        jira_id,
        to_jira: for_jira.map_or_else(|| Mapped::unmapped(listed()), |value| Mapped::To(IssueWrite::Field(value))),
        to_zammad: for_zammad.map_or_else(
            || Mapped::unmapped(listed()),
            |value| Mapped::To(TicketWrite::Attribute(attribute.to_owned(), value)),
        ),
        zammad,
        jira,
        unintended: None,
    }
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_str() == Some("")
}

fn to_jira(rule: &CustomField, value: &Value) -> Option<Value> {
    if is_empty(value) {
        return Some(Value::Null);
    }
    match rule.kind {
        CustomKind::Text => value.as_str().map(|text| Value::from(cut(text, TEXT))),
        CustomKind::Integer => value.as_i64().map(Value::from),
        CustomKind::Boolean => value.as_bool().map(Value::from),
        CustomKind::Date => value.as_str().and_then(date).map(Value::from),
        CustomKind::Option => rule.options.get(value.as_str()?).map(|id| json!({ "id": id })),
    }
}

fn to_zammad(rule: &CustomField, value: &Value) -> Option<Value> {
    if is_empty(value) {
        return Some(Value::Null);
    }
    match rule.kind {
        CustomKind::Text => value.as_str().map(|text| Value::from(cut(text, TEXT))),
        // Jira returns whole numbers as 3.0.
        CustomKind::Integer => whole(value).map(Value::from),
        CustomKind::Boolean => value.as_bool().map(Value::from),
        CustomKind::Date => value.as_str().and_then(date).map(Value::from),
        CustomKind::Option => {
            let id = value["id"].as_str()?;
            rule.options.iter().find(|(_, jira)| *jira == id).map(|(zammad, _)| Value::from(zammad.as_str()))
        }
    }
}

/// Returns Jira's value in the form in which it is written.
fn writable_form(rule: &CustomField, value: &Value) -> Value {
    match rule.kind {
        CustomKind::Option if value["id"].is_string() => json!({ "id": value["id"] }),
        CustomKind::Integer => whole(value).map_or_else(|| value.clone(), Value::from),
        _ => value.clone(),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "checked to be whole and far inside of 2^53")]
fn whole(value: &Value) -> Option<i64> {
    let of_float = |number: f64| (number.fract() == 0.0 && number.abs() < 9e15).then_some(number as i64);
    value.as_i64().or_else(|| value.as_f64().and_then(of_float))
}

/// Returns the date `2026-11-24` of a date or a time.
fn date(text: &str) -> Option<&str> {
    let day = text.get(..10)?;
    let is_day = day.bytes().enumerate().all(|(at, byte)| match at {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    is_day.then_some(day)
}
