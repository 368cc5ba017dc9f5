//! `ticket.changed`: keeps the ticket's values for the issue panel, and what the issue's counts are made of.

use schema::TicketSnapshot;
use serde_json::Value;

use super::comment::links_of;
use super::context::{Answer, MessageContext, NotApplied};
use crate::jira::JiraError;
use crate::links::{self, Link, TicketFacts};
use crate::platform::Platform;
use crate::{flag, snapshots};

pub(super) async fn apply(context: &MessageContext<'_, impl Platform>, snapshot: &TicketSnapshot) -> Answer {
    let links = links_of(context).await?;
    snapshots::keep(context.platform, context.ticket_id(), snapshot).await?;
    if !context.platform.licence_is_active() {
        // Nothing is written in Jira. The facts stay as they are, so the next snapshot is counted.
        return Ok(Value::Null);
    }
    let facts = TicketFacts::of(snapshot);
    let changed: Vec<&Link> = links.iter().filter(|link| link.facts.as_ref() != Some(&facts)).collect();
    if changed.is_empty() {
        return Ok(Value::Null);
    }
    // Messages of other tickets of the same issue may be applied at the same time, and they change the same record.
    let _turn = context.link_records.take().await;
    for link in changed {
        count(context, link, &facts).await?;
    }
    Ok(Value::Null)
}

/// Stores the facts of a link. The issue's property is written before, if it changes, so that a run that Jira does not answer is
/// repeated.
async fn count(
    context: &MessageContext<'_, impl Platform>,
    link: &Link,
    facts: &TicketFacts,
) -> Result<(), NotApplied> {
    let before = links::of_issue(context.platform, &link.issue_id).await?;
    let mut after = before.clone();
    links::with_facts(&mut after, link.ticket_id, &link.issue_id, facts);
    if flag::value(&before) != flag::value(&after) {
        let written = flag::write(context.platform, &link.issue_id, &after).await;
        // Without the permission, or without the issue, there is no property; the panel needs the facts anyway.
        if let Err(error @ JiraError::Unavailable { .. }) = written {
            return Err(error.into());
        }
    }
    Ok(links::set_facts(context.platform, link.ticket_id, &link.issue_id, facts).await?)
}
