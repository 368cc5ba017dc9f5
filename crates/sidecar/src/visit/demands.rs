//! Attributes that Zammad demands. One that is empty makes Zammad refuse every change of its ticket, and Zammad tells the reason
//! to admins only, so it is asked for what it demands.

use schema::zammad_ids::NOBODY;
use serde_json::Value;
use sync::{Plan, Reason, Skipped};
use zammad::{AttributeName, ClientError, Reason as Refusal, TicketChange, Verdict};

use super::context::Visit;

impl Visit<'_> {
    /// The attributes that a refused change needs and that have no value, neither on the ticket nor in the change. None if
    /// Zammad does not answer the question: then the refusal is one of the values.
    pub(super) async fn missing_demands(&self, refused: &TicketChange) -> Result<Vec<String>, ClientError> {
        let screen = match self.visitor.helpdesk.edit_screen(self.ticket_id(), refused).await {
            Ok(screen) => screen,
            Err(error) if matches!(error.verdict(), Verdict::GiveUp(Refusal::Refused)) => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let missing = screen.demanded().filter(|name| !refused.sets(name) && self.is_empty(name)).map(str::to_owned);
        Ok(missing.collect())
    }

    /// Adds the admin's values for demanded attributes that are empty on the ticket.
    pub(super) fn fill_in(&self, change: TicketChange, missing: &[String]) -> TicketChange {
        let values = &self.settings.fields.fill_in;
        missing.iter().fold(change, |change, name| match (values.get(name), AttributeName::new(name)) {
            (Some(value), Some(attribute)) => change.attribute(&attribute, value.clone()),
            _ => change,
        })
    }

    fn is_empty(&self, attribute: &str) -> bool {
        let ticket = &self.view.ticket;
        if attribute == "owner_id" {
            return ticket.owner_id == NOBODY;
        }
        // The other attributes of every ticket always have a value.
        let value = ticket.attributes.expose().get(attribute);
        value.is_some_and(|value| match value {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::Array(items) => items.is_empty(),
            _ => false,
        })
    }
}

/// Leaves fields that were refused for a missing attribute out of the plan. They are not accepted as they are, so that each
/// later visit tries again, and are listed with the attribute.
pub(super) fn postpone(plan: &mut Plan, refused: &[String], missing: &[String]) {
    for field in refused {
        plan.zammad.remove(field);
        plan.conflicts.retain(|conflict| conflict.field != *field);
        let detail = Some(missing.join(", "));
        plan.skipped.push(Skipped { field: field.clone(), reason: Reason::ZammadDemands, detail, person: None });
    }
}
