//! One ticket of the panel.

use schema::{NamedId, Person};
use serde_json::Value;

use super::queue::Waiting;
use crate::input::is_web_url;
use crate::json::json;
use crate::links::Link;
use crate::platform::Platform;
use crate::snapshots::Cached;

/// Returns what the panel shows of a link and its ticket. Values that did not come are left out, also in privacy mode, in which the
/// sidecar sends no title and no names.
pub(super) fn row(
    platform: &impl Platform,
    link: &Link,
    is_primary: bool,
    cached: Option<&Cached>,
    waiting: &Waiting,
) -> Value {
    let mut row = json!({
        "ticketId": link.ticket_id,
        "number": link.ticket_number,
        "primary": is_primary,
        "linkedAt": link.linked_at,
        "waiting": waiting.of_ticket.get(&link.ticket_id).copied().unwrap_or_default(),
        "refreshing": waiting.refreshing.contains(&link.ticket_id),
    });
    // Checked when the link was made; whoever changed the record since must not get a script into a link.
    if is_web_url(&link.ticket_url) {
        row["url"] = json!(link.ticket_url);
    }
    if let Some(facts) = &link.facts {
        row["bucket"] = json!(facts.bucket);
    }
    if let Some(Cached { at, snapshot }) = cached {
        row["at"] = json!(at);
        row["ageMs"] = json!(platform.now().since(*at).max(0));
        row["bucket"] = json!(snapshot.state.bucket);
        row["state"] = json!(snapshot.state.name);
        row["title"] = json!(snapshot.title);
        row["priority"] = named(&snapshot.priority);
        row["group"] = named(&snapshot.group);
        row["owner"] = json!(snapshot.owner.as_ref().map(person));
        row["customer"] = json!(snapshot.customer.as_ref().map(person));
        row["changed"] = json!(snapshot.updated_at);
        row["demanded"] = json!(snapshot.demanded);
        let problems = snapshot.sync.iter().filter(|problem| problem.issue_id == link.issue_id);
        row["problems"] = json!(problems.collect::<Vec<_>>());
    }
    row
}

fn named(it: &NamedId) -> Value {
    json!({ "id": it.id, "name": it.name })
}

/// Without the e-mail address, which is for finding the account only.
fn person(person: &Person) -> Value {
    json!({ "id": person.id, "name": person.name })
}
