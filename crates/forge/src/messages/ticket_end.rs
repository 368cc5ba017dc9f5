//! `ticket.merged` and `ticket.gone`: the links of a ticket move to the ticket it was merged into, or are removed. What the
//! connector wrote stays, or is erased on request.

use schema::{Erasure, IssueRef, TicketEnded, TicketGone, TicketMerged};
use serde_json::Value;

use super::comment::{self, NewComment};
use super::context::{Answer, MessageContext, NotApplied};
use super::erase::{self, Failures};
use super::erase_texts;
use super::link::{remove_remote_link, title_of};
use crate::input::is_web_url;
use crate::json::json;
use crate::links::{self, Link};
use crate::platform::Platform;
use crate::{adf, flag, jira, snapshots};

/// Moves all links. A ticket without links, also after an interrupted run, needs no change.
pub(super) async fn merged(context: &MessageContext<'_, impl Platform>, merge: &TicketMerged) -> Answer {
    if !is_web_url(&merge.into_url) || merge.into_ticket_id == context.ticket_id() {
        return Err(NotApplied::rejected("not-a-target"));
    }
    let mut issues = Vec::new();
    for link in links::of_ticket(context.platform, context.ticket_id()).await? {
        let to = Link {
            ticket_id: merge.into_ticket_id,
            ticket_number: merge.into_number.clone(),
            ticket_url: merge.into_url.clone(),
            facts: None,
            ..link.clone()
        };
        add_comment(
            context,
            &link.issue_id,
            adf::sentence(&format!("Zammad #{} was merged into ", link.ticket_number), &to, "."),
        )
        .await?;
        let others = links::of_issue(context.platform, &link.issue_id).await?;
        if others.iter().all(|other| other.ticket_id != to.ticket_id) {
            let (global_id, title) = (links::global_id(context.platform, to.ticket_id), title_of(&to.ticket_number));
            let put = jira::put_remote_link(context.platform, &link.issue_id, &global_id, &to.ticket_url, &title).await;
            comment::ignore_rejection(context, put.map_err(NotApplied::from))?;
        }
        remove_remote_link(context, &link.issue_id).await?;
        let links = links::hand_over(context.platform, &link, &to).await?;
        flag::update(context.platform, &link.issue_id, &links).await;
        issues.push(IssueRef { issue_id: link.issue_id });
    }
    Ok(json!(TicketEnded { issues, failed: Vec::new() }))
}

/// Erases what the message names; the last message of a ticket ends its links.
pub(super) async fn gone(context: &MessageContext<'_, impl Platform>, gone: &TicketGone) -> Answer {
    let mut failures = Failures::new();
    erase::references(context, gone, &mut failures).await?;
    let links = if gone.more { Vec::new() } else { links::of_ticket(context.platform, context.ticket_id()).await? };
    if gone.erase != Erasure::Keep && !gone.more {
        // Also the issues of links that were removed before the ticket was deleted.
        let mut issues: Vec<&str> = links.iter().map(|link| link.issue_id.as_str()).collect();
        issues.extend(gone.comments.iter().map(|comment| comment.issue_id.as_str()));
        issues.extend(gone.files.iter().map(|file| file.issue_id.as_str()));
        issues.sort_unstable();
        issues.dedup();
        for issue_id in issues {
            erase::remaining(context, issue_id, gone.erase, &mut failures).await?;
            erase_texts::apply(context, issue_id, &mut failures).await?;
        }
        snapshots::forget(context.platform, context.ticket_id()).await?;
    }
    // Before the links end, so that a message that has to wait finds them again.
    let failed = failures.finish(context)?;
    for link in &links {
        add_comment(context, &link.issue_id, end_note(gone, link)).await?;
        remove_remote_link(context, &link.issue_id).await?;
        let left = links::remove(context.platform, link.ticket_id, &link.issue_id).await?;
        flag::update(context.platform, &link.issue_id, &left).await;
    }
    let issues = links.into_iter().map(|link| IssueRef { issue_id: link.issue_id }).collect();
    Ok(json!(TicketEnded { issues, failed }))
}

fn end_note(gone: &TicketGone, link: &Link) -> Value {
    if gone.erase == Erasure::Delete {
        return adf::text("The link to a ticket of the helpdesk has ended.");
    }
    let reason = match gone.reason.as_str() {
        "deleted" => " was deleted. The link has ended.",
        "out-of-scope" => " is no longer in scope of the connector. The link has ended.",
        _ => " can no longer be read. The link has ended.",
    };
    adf::sentence("", link, reason)
}

/// Writes a comment. If Jira refuses it, the link is changed without a comment.
async fn add_comment(
    context: &MessageContext<'_, impl Platform>,
    issue_id: &str,
    document: Value,
) -> Result<(), NotApplied> {
    let written = comment::write_once(context, issue_id, NewComment::internal(document)).await;
    comment::ignore_rejection(context, written)
}
