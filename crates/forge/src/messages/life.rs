//! A ticket's end: its links go on with the ticket it was merged into, or end. Nothing is deleted in sympathy.

use schema::{TicketGone, TicketMerged};
use serde_json::Value;

use crate::json::json;

use super::link::{hide, title_of};
use super::{Answer, At, Stop, comment};
use crate::links::{self, Linked};
use crate::platform::Platform;
use crate::typed::is_web_url;
use crate::{adf, jira};

/// Without links there is nothing to do, which is also what a second run after an interruption finds.
pub(super) async fn merged(at: &At<'_, impl Platform>, merge: &TicketMerged) -> Answer {
    if !is_web_url(&merge.into_url) || merge.into_ticket_id == at.ticket_id() {
        return Err(Stop::rejected("not-a-target"));
    }
    let mut issues = Vec::new();
    for link in links::of_ticket(at.platform, at.ticket_id()).await? {
        let to = Linked {
            ticket_id: merge.into_ticket_id,
            ticket_number: merge.into_number.clone(),
            ticket_url: merge.into_url.clone(),
            ..link.clone()
        };
        note(at, &link.issue_id, adf::line(&format!("Zammad #{} was merged into ", link.ticket_number), &to, "."))
            .await?;
        let known = links::of_issue(at.platform, &link.issue_id).await?;
        if known.iter().all(|known| known.ticket_id != to.ticket_id) {
            let (global_id, title) = (links::global_id(at.platform, to.ticket_id), title_of(&to.ticket_number));
            let put = jira::put_remote_link(at.platform, &link.issue_id, &global_id, &to.ticket_url, &title).await;
            comment::tolerated(put.map_err(Stop::from))?;
        }
        hide(at.platform, link.ticket_id, &link.issue_id).await?;
        links::hand_over(at.platform, &link, &to).await?;
        issues.push(json!({ "issueId": link.issue_id }));
    }
    Ok(json!({ "issues": issues }))
}

pub(super) async fn gone(at: &At<'_, impl Platform>, gone: &TicketGone) -> Answer {
    let why = match gone.reason.as_str() {
        "deleted" => " was deleted. The link has ended.",
        "out-of-scope" => " takes no part any more. The link has ended.",
        _ => " can no longer be read. The link has ended.",
    };
    let mut issues = Vec::new();
    for link in links::of_ticket(at.platform, at.ticket_id()).await? {
        note(at, &link.issue_id, adf::line("", &link, why)).await?;
        hide(at.platform, link.ticket_id, &link.issue_id).await?;
        links::remove(at.platform, link.ticket_id, &link.issue_id).await?;
        issues.push(json!({ "issueId": link.issue_id }));
    }
    Ok(json!({ "issues": issues }))
}

/// Says it on the issue. Where Jira does not take it the link ends without words.
async fn note(at: &At<'_, impl Platform>, issue_id: &str, document: Value) -> Result<(), Stop> {
    comment::tolerated(comment::once(at, issue_id, None, document, None).await)
}
