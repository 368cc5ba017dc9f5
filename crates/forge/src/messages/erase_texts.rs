//! Erases the summary and the description of a linked issue that the connector wrote for a ticket that was deleted.
//!
//! A text is erased if it is still the one that was written, and no other ticket is linked to the issue. Any other text that may
//! be the ticket's is a failure, so that a person decides: one that was changed since, one of another ticket, and one of which no
//! record exists, as after a new installation.

use schema::{RefFailure, fingerprint};
use serde_json::{Map, Value};

use super::context::{MessageContext, NotApplied};
use super::erase::Failures;
use crate::jira::{self, MARK};
use crate::json::{json, take};
use crate::platform::Platform;
use crate::{links, written};

/// The summary of an issue whose ticket was erased; Jira has no issue without one.
const ERASED_SUMMARY: &str = "Ticket of the helpdesk, deleted";

/// The texts by the name of their field, each with the reason of a failure.
const TEXTS: [(&str, &str); 2] = [("summary", "summary-kept"), ("description", "description-kept")];

pub(super) async fn apply(
    context: &MessageContext<'_, impl Platform>,
    issue_id: &str,
    failures: &mut Failures,
) -> Result<(), NotApplied> {
    let erased = erase(context, issue_id, failures).await;
    failures.add(RefFailure::of_issue(issue_id), erased)
}

async fn erase(
    context: &MessageContext<'_, impl Platform>,
    issue_id: &str,
    failures: &mut Failures,
) -> Result<(), NotApplied> {
    let strings = &["/rest/api/3/issue/", "?fields=summary,description&properties=chefstackz.zammad"];
    let mut issue = jira::request(context.platform, "GET", strings, &[issue_id], None).await?;
    let record = written::of_issue(context.platform, issue_id).await?;
    let mark = take(&mut take(&mut issue, "properties"), MARK);
    let links = links::of_issue(context.platform, issue_id).await?;
    let ticket_id = context.ticket_id();
    let is_shared = links.iter().any(|link| link.ticket_id != ticket_id);
    let is_of_ticket = record["ticket"] == ticket_id || mark["ticket"] == ticket_id;
    // A text of another ticket stays without a failure only while that ticket is linked.
    if (record.is_null() && mark.is_null()) || (is_shared && !is_of_ticket) {
        return Ok(());
    }
    let may_erase = record["ticket"] == ticket_id && !is_shared;
    let (mut texts, mut erased, mut kept) = (take(&mut issue, "fields"), Map::new(), false);
    for (name, reason) in TEXTS {
        let current = take(&mut texts, name);
        let is_written = match record[name].as_str() {
            Some(known) => !known.is_empty(),
            // Without a record, the mark shows that the issue was created for a ticket.
            None => !mark.is_null(),
        };
        if current.is_null() || current == ERASED_SUMMARY || !is_written {
            continue;
        }
        if may_erase && record[name] == fingerprint(&current) {
            let empty = if name == "summary" { json!(ERASED_SUMMARY) } else { Value::Null };
            erased.insert(name.to_owned(), empty);
        } else {
            kept = true;
            failures.add(RefFailure::of_issue(issue_id), Err(NotApplied::rejected(reason)))?;
        }
    }
    if !erased.is_empty() {
        let body = json!({ "fields": erased });
        jira::request(context.platform, "PUT", &["/rest/api/3/issue/", ""], &[issue_id], Some(body)).await?;
    }
    if !kept {
        written::forget(context.platform, issue_id).await?;
    }
    Ok(())
}
