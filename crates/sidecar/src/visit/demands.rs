//! Demands of Zammad on a ticket. An empty mandatory attribute makes Zammad refuse every change of the ticket, and a core
//! workflow may exclude values. Zammad tells the reason to admins only, so it is asked for what it demands.

use schema::zammad_ids::NOBODY;
use serde_json::{Value, json};
use sync::{Detail, FieldName, Plan, Reason, Skipped, TicketWrite};
use zammad::{AttributeName, ClientError, EditScreen, Reason as Refusal, TicketChange, Verdict};

use super::context::{Visit, VisitError};

impl Visit<'_> {
    /// The demands of Zammad for a change that it refused. Nothing if it refuses to say; then the refusal is one of the values.
    pub(super) async fn edit_screen(&self, refused: &TicketChange) -> Result<EditScreen, ClientError> {
        match self.visitor.helpdesk.edit_screen(self.ticket_id(), refused).await {
            Err(error) if matches!(error.verdict(), Verdict::GiveUp(Refusal::Refused)) => Ok(EditScreen::default()),
            answer => answer,
        }
    }

    /// The mandatory attributes that have no value, neither on the ticket nor in the refused change.
    pub(super) fn missing_demands(&self, screen: &EditScreen, refused: &TicketChange) -> Vec<String> {
        screen.demanded().filter(|name| !refused.sets(name) && self.is_empty(name)).map(str::to_owned).collect()
    }

    /// Adds the admin's values for mandatory attributes that are empty on the ticket.
    pub(super) fn fill_in(&self, change: TicketChange, missing: &[String]) -> TicketChange {
        let values = &self.settings.fields.fill_in;
        missing.iter().fold(change, |change, name| match (values.get(name), AttributeName::new(name)) {
            (Some(value), Some(attribute)) => change.attribute(&attribute, value.clone()),
            _ => change,
        })
    }

    /// Tells agents which attributes are missing, once for the same attributes, if the admin wants that.
    pub(super) async fn note_demands(&self) -> Result<(), VisitError> {
        if !self.settings.fields.demand_note || self.demanded.is_empty() {
            return Ok(());
        }
        let text = format!(
            "Changes from Jira wait until this ticket has a value for {}, which Zammad demands.",
            self.demanded.join(", ")
        );
        self.note_once(&text, json!({ "demanded": self.demanded })).await
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

/// Leaves refused fields out of the plan whose reason is known: a missing attribute, or a value that is not allowed now. They
/// are not accepted as they are, so that each later visit tries again, and are listed with the attribute.
pub(super) fn postpone(plan: &mut Plan, refused: &[FieldName], missing: &[String], screen: &EditScreen) {
    for field in refused {
        let (reason, attributes) = if missing.is_empty() {
            let excluded = plan.zammad.get(field).and_then(|write| excluded_by(screen, write));
            let Some(attribute) = excluded else { continue };
            (Reason::ZammadExcludes, vec![attribute])
        } else {
            (Reason::ZammadDemands, missing.to_vec())
        };
        plan.zammad.remove(field);
        plan.conflicts.retain(|conflict| conflict.field != *field);
        plan.skipped.push(Skipped { field: field.clone(), reason, detail: Some(Detail::Attributes(attributes)) });
    }
}

/// The attribute whose new value is not among the allowed ones.
fn excluded_by(screen: &EditScreen, write: &TicketWrite) -> Option<String> {
    let (attribute, value) = match write {
        TicketWrite::State(id, _) => ("state_id", json!(id)),
        TicketWrite::Priority(id) => ("priority_id", json!(id)),
        TicketWrite::Owner(Some(id)) => ("owner_id", json!(id)),
        TicketWrite::Attribute(name, value) => (name.as_str(), value.clone()),
        TicketWrite::Title(_) | TicketWrite::Owner(None) | TicketWrite::Tags { .. } => return None,
    };
    (!screen.allows(attribute, &value)).then(|| attribute.to_owned())
}

#[cfg(test)]
#[path = "demands_tests.rs"]
mod tests;
