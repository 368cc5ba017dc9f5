//! `link.restore`: registers a link again that an earlier installation had. Articles and comments from before are not sent.

use schema::time::parse_rfc3339;
use schema::{IssueRef, LinkRestore};
use serde_json::Value;

use super::context::{Answer, MessageContext, NotApplied};
use super::link::{NewLink, attach, text_of};
use crate::input::is_number;
use crate::json::json;
use crate::platform::Platform;
use crate::{issue, jira, links};

pub(super) async fn apply(context: &MessageContext<'_, impl Platform>, request: &LinkRestore) -> Answer {
    if !is_number(&request.issue_id) {
        return Err(NotApplied::rejected("not-an-issue"));
    }
    let answer = json!(IssueRef { issue_id: request.issue_id.clone() });
    let known = links::of_issue(context.platform, &request.issue_id).await?;
    // An interrupted run may have stored only one of the two records, so it is completed.
    if !context.interrupted && known.iter().any(|link| link.ticket_id == context.ticket_id()) {
        return Err(NotApplied::Duplicate(answer));
    }
    let issue = issue::read(context.platform, context.config, &request.issue_id).await?;
    let now = context.platform.now();
    // A time in the future would leave out what users write until then.
    let linked_at = request.linked_at.as_deref().and_then(parse_rfc3339).map_or(now, |at| at.min(now));
    let title = text_of(&request.ticket_number, request.title.as_ref());
    let (ticket_number, ticket_url) = (request.ticket_number.as_str(), request.ticket_url.as_str());
    attach(context, &issue, NewLink { ticket_number, ticket_url, title: &title, linked_at, is_marked: false }).await?;
    remove_stale(context, &issue.id, ticket_url).await?;
    Ok(answer)
}

/// Deletes the remote links of earlier installations to this ticket: their ids contain the id of the installation.
async fn remove_stale(
    context: &MessageContext<'_, impl Platform>,
    issue_id: &str,
    ticket_url: &str,
) -> Result<(), NotApplied> {
    let listed =
        jira::request(context.platform, "GET", &["/rest/api/3/issue/", "/remotelink"], &[issue_id], None).await?;
    let current = links::global_id(context.platform, context.ticket_id());
    let of_ticket = |link: &&Value| link["object"]["url"] == ticket_url;
    let ids = listed.as_array().into_iter().flatten().filter(of_ticket).filter_map(|link| link["globalId"].as_str());
    for stale in ids.filter(|id| links::is_global_id(id) && *id != current) {
        jira::delete_remote_link(context.platform, issue_id, stale).await?;
    }
    Ok(())
}
