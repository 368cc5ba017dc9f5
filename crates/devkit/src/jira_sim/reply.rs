//! A customer's reply on the portal of a service project. On a real site it goes through the service desk's own API, and
//! the app gets the same event as for any other comment.

use std::collections::BTreeMap;

use super::{adf, change::Change, id::Id, render, shared::Shared, site::Comment};
use crate::clock::millis;

pub(super) fn reply(shared: &Shared, customer: &str, id_or_key: &str, text: &str) -> Option<Id> {
    let mut state = shared.state();
    state.now = shared.now();
    let (now, issue) = (state.now, state.issue(id_or_key).filter(|issue| state.on_portal(issue))?.id);
    let id = state.next_id();
    let row = Comment {
        id,
        issue,
        author: customer.to_owned(),
        update_author: customer.to_owned(),
        body: adf::document(text),
        visibility: None,
        jsd_public: true,
        properties: BTreeMap::new(),
        created: now,
        updated: now,
    };
    state.comments.insert(id, row.clone());
    state.issue_comments.entry(issue).or_default().push(id);
    state.settle_visibility(id);
    state.issues.get_mut(&issue)?.updated = now;
    state.settle_index();
    let shown = render::comment(&state, &row, false);
    let change = Change::of(&state, "avi:jira:commented:issue", issue)?.with("comment", shown);
    let due = shared.clock.now() + millis(shared.event_delay);
    shared.emit(&mut state, change.event(customer), due);
    Some(id)
}
