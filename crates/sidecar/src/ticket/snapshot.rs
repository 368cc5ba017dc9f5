//! The ticket as the panel in Jira shows it, and its addresses.

use schema::zammad_ids::NOBODY;
use schema::{Bucket, NamedId, Person, TicketSnapshot, TicketState};
use sync::cut;
use url::Url;
use zammad::Ticket;

/// Longest name or title in a snapshot, in characters.
const LONGEST: usize = 255;

/// The names that the policy allows to send.
pub(crate) struct Names {
    pub(crate) owner: Option<String>,
    pub(crate) customer: Option<String>,
}

/// The snapshot of a ticket for the panel. `demanded` are the attributes without which Zammad refuses to change it; what is out of
/// sync is added by the visit.
pub(crate) fn snapshot(ticket: &Ticket, bucket: Bucket, names: Names, demanded: &[String]) -> TicketSnapshot {
    let short = |text: &str| cut(text, LONGEST);
    let named = |id: u64, name: &Option<String>| NamedId { id, name: name.as_deref().map(short) };
    let person = |id: u64, name: Option<String>| Person { id, name: name.as_deref().map(short), email: None };
    TicketSnapshot {
        number: ticket.number.clone(),
        title: Some(short(ticket.title.expose())),
        state: TicketState { bucket, name: ticket.state.as_deref().map(short) },
        priority: named(ticket.priority_id, &ticket.priority),
        group: named(ticket.group_id, &ticket.group),
        owner: (ticket.owner_id != NOBODY).then(|| person(ticket.owner_id, names.owner)),
        customer: (ticket.customer_id != NOBODY).then(|| person(ticket.customer_id, names.customer)),
        article_count: ticket.article_ids.len() as u64,
        demanded: demanded.iter().map(|name| short(name)).collect(),
        sync: Vec::new(),
        created_at: ticket.created_at.clone(),
        updated_at: ticket.updated_at.clone(),
    }
}

/// The text of the remote link in Jira: the ticket's title, at most as long as a summary.
pub(crate) fn link_title(ticket: &Ticket) -> String {
    ticket.title.expose().chars().take(LONGEST).collect()
}

/// The address at which people open a ticket. `zammad` is its public address.
pub(crate) fn ticket_url(zammad: &Url, ticket_id: u64) -> String {
    format!("{}/#ticket/zoom/{ticket_id}", zammad.as_str().trim_end_matches('/'))
}

/// The address of one article.
pub(crate) fn article_url(zammad: &Url, ticket_id: u64, article_id: u64) -> String {
    format!("{}/{article_id}", ticket_url(zammad, ticket_id))
}

#[cfg(test)]
#[path = "snapshot_tests.rs"]
mod tests;
