//! `link.requested` and `link.removed`, asked for on the Zammad side.

use schema::{LinkEnded, LinkRequest};
use serde_json::Value;

use crate::json::json;

use super::{Answer, At, Stop};
use crate::issue::{self, Issue};
use crate::jira::{self, Failed};
use crate::links::{self, Linked};
use crate::platform::Platform;
use crate::typed::{is_number, is_web_url, issue_in};

pub(super) async fn request(at: &At<'_, impl Platform>, wish: &LinkRequest) -> Answer {
    let Some(wanted) = issue_in(&wish.issue) else { return Err(Stop::rejected("not-an-issue")) };
    let issue = issue::read(at.platform, at.config, wanted).await.map_err(not_found)?;
    let title = match &wish.title {
        Some(title) => format!("#{} {title}", wish.ticket_number),
        None => title_of(&wish.ticket_number),
    };
    attach(at, &issue, &wish.ticket_number, &wish.ticket_url, &title).await?;
    Ok(issue.answer())
}

/// An issue that was asked for by name, and is not there.
pub(super) fn not_found(failed: Failed) -> Stop {
    if failed == Failed::Gone { Stop::rejected("issue-not-found") } else { failed.into() }
}

/// What a remote link says of a ticket whose title is not told.
pub(super) fn title_of(ticket_number: &str) -> String {
    format!("Zammad ticket #{ticket_number}")
}

/// Links the message's ticket and an issue: shown on the issue, stored on both ends. Every step is the same again when it is
/// repeated, so an interruption needs no looking up.
pub(super) async fn attach(
    at: &At<'_, impl Platform>,
    issue: &Issue,
    ticket_number: &str,
    ticket_url: &str,
    title: &str,
) -> Result<(), Stop> {
    if !is_web_url(ticket_url) {
        return Err(Stop::rejected("not-a-url"));
    }
    in_scope(at, &issue.key)?;
    let (platform, ticket_id) = (at.platform, at.ticket_id());
    let global_id = links::global_id(platform, ticket_id);
    jira::put_remote_link(platform, &issue.id, &global_id, ticket_url, title).await.map_err(not_found)?;
    let link = Linked {
        ticket_id,
        ticket_number: ticket_number.to_owned(),
        ticket_url: ticket_url.to_owned(),
        issue_id: issue.id.clone(),
        issue_key: issue.key.clone(),
        linked_at: platform.now(),
    };
    Ok(links::add(platform, &link).await?)
}

/// # Errors
/// The issue's project takes no part.
pub(super) fn in_scope<P>(at: &At<'_, P>, key: &str) -> Result<(), Stop> {
    if at.config.settings.scope.has_issue(key) { Ok(()) } else { Err(Stop::rejected("project-out-of-scope")) }
}

pub(super) async fn remove(at: &At<'_, impl Platform>, end: &LinkEnded) -> Answer {
    if !is_number(&end.issue_id) {
        return Err(Stop::rejected("not-an-issue"));
    }
    detach(at.platform, at.ticket_id(), &end.issue_id).await?;
    Ok(json!({ "issues": [json!({ "issueId": end.issue_id })] }))
}

/// Takes the remote link from the issue and ends the link. Gone or refused: the link between the two systems ends all the
/// same.
async fn detach(platform: &impl Platform, ticket_id: u64, issue_id: &str) -> Result<(), Stop> {
    hide(platform, ticket_id, issue_id).await?;
    Ok(links::remove(platform, ticket_id, issue_id).await?)
}

/// Takes the remote link of a ticket from an issue.
pub(super) async fn hide(platform: &impl Platform, ticket_id: u64, issue_id: &str) -> Result<Value, Failed> {
    match jira::delete_remote_link(platform, issue_id, &links::global_id(platform, ticket_id)).await {
        Err(later @ Failed::Later { .. }) => Err(later),
        _ => Ok(Value::Null),
    }
}
