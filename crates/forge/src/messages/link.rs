//! `link.requested` and `link.removed`: creates and removes links on request of the sidecar.

use schema::{LinkEnded, LinkRequest, UnixMs};
use serde_json::Value;

use super::comment::{self, NewComment};
use super::context::{Answer, MessageContext, NotApplied};
use crate::adf;
use crate::flag;
use crate::input::{is_number, is_web_url, issue_in};
use crate::issue::{self, Issue};
use crate::jira::{self, JiraError};
use crate::json::{is_deeper, json};
use crate::links::{self, Link};
use crate::platform::Platform;

/// Maximum bytes and depth of a description in the record of the answer (docs/platforms/forge.md §5.1).
const MAX_DESCRIPTION_BYTES: usize = 150_000;
const MAX_DESCRIPTION_DEPTH: usize = 26;

pub(super) async fn request(context: &MessageContext<'_, impl Platform>, request: &LinkRequest) -> Answer {
    let Some(issue) = issue_in(&request.issue) else { return Err(NotApplied::rejected("not-an-issue")) };
    let issue = issue::read_with_description(context.platform, context.config, issue).await.map_err(not_found)?;
    let title = text_of(&request.ticket_number, request.title.as_ref());
    attach(context, &issue, NewLink::of(context, &request.ticket_number, &request.ticket_url, &title)).await?;
    if let Some(document) = &request.description {
        describe(context, &issue.id, document, &request.ticket_url).await?;
    }
    let mut answer = issue.link_answer();
    if context.config.settings.comments.to_zammad {
        answer.description = issue.description.map(storable);
    }
    Ok(json!(answer))
}

/// Reduces a description to its text if it is too large or too deep for the record of the answer.
fn storable(document: Value) -> Value {
    let fits = document.to_string().len() <= MAX_DESCRIPTION_BYTES && !is_deeper(&document, MAX_DESCRIPTION_DEPTH);
    if fits { document } else { adf::reduced(&document, adf::MAX_TEXT) }
}

/// Writes the ticket's text so far as one comment for the agents. The ticket's files are sent later, so the comment has their
/// names only.
pub(super) async fn describe(
    context: &MessageContext<'_, impl Platform>,
    issue_id: &str,
    document: &Value,
    ticket_url: &str,
) -> Result<(), NotApplied> {
    let document = adf::with_names(document, ticket_url);
    let history = NewComment { is_history: true, ..NewComment::internal(document) };
    let written = comment::write_once(context, issue_id, history).await;
    comment::ignore_rejection(context, written)
}

/// Converts the error of a request for an issue that a person named.
pub(super) fn not_found(error: JiraError) -> NotApplied {
    if error == JiraError::NotFound { NotApplied::rejected("issue-not-found") } else { error.into() }
}

/// Returns the text of a remote link.
pub(super) fn text_of(ticket_number: &str, title: Option<&String>) -> String {
    title.map_or_else(|| title_of(ticket_number), |title| format!("#{ticket_number} {title}"))
}

/// Returns the text of a remote link without the ticket's title.
pub(super) fn title_of(ticket_number: &str) -> String {
    format!("Zammad ticket #{ticket_number}")
}

/// A link to make.
pub(super) struct NewLink<'a> {
    pub(super) ticket_number: &'a str,
    pub(super) ticket_url: &'a str,
    /// Text of the remote link.
    pub(super) title: &'a str,
    pub(super) linked_at: UnixMs,
    /// Whether the issue has its mark already ([`flag`]).
    pub(super) is_marked: bool,
}

impl<'a> NewLink<'a> {
    /// Returns a link that begins now.
    pub(super) fn of(
        context: &MessageContext<'_, impl Platform>,
        ticket_number: &'a str,
        ticket_url: &'a str,
        title: &'a str,
    ) -> Self {
        Self { ticket_number, ticket_url, title, linked_at: context.platform.now(), is_marked: false }
    }
}

/// Links the message's ticket and an issue: writes the remote link and stores the link. Both steps are idempotent, so an
/// interrupted run is simply repeated.
pub(super) async fn attach(
    context: &MessageContext<'_, impl Platform>,
    issue: &Issue,
    new: NewLink<'_>,
) -> Result<(), NotApplied> {
    let NewLink { ticket_number, ticket_url, title, linked_at, is_marked } = new;
    if !is_web_url(ticket_url) {
        return Err(NotApplied::rejected("not-a-url"));
    }
    in_scope(context, &issue.key)?;
    let (platform, ticket_id) = (context.platform, context.ticket_id());
    let global_id = links::global_id(platform, ticket_id);
    jira::put_remote_link(platform, &issue.id, &global_id, ticket_url, title).await.map_err(not_found)?;
    let link = Link {
        ticket_id,
        ticket_number: ticket_number.to_owned(),
        ticket_url: ticket_url.to_owned(),
        issue_id: issue.id.clone(),
        issue_key: issue.key.clone(),
        linked_at,
        facts: None,
    };
    let links = links::add(platform, &link).await?;
    if !is_marked {
        flag::update(platform, &issue.id, &links).await;
    }
    Ok(())
}

/// Checks that the issue or project with this key is in scope.
///
/// # Errors
/// The message is rejected.
pub(super) fn in_scope(context: &MessageContext<'_, impl Platform>, key: &str) -> Result<(), NotApplied> {
    if context.config.settings.scope.has_issue(key) {
        Ok(())
    } else {
        Err(NotApplied::rejected("project-out-of-scope"))
    }
}

/// Deletes the remote link and removes the link. The link is removed even if Jira refuses.
pub(super) async fn remove(context: &MessageContext<'_, impl Platform>, end: &LinkEnded) -> Answer {
    if !is_number(&end.issue_id) {
        return Err(NotApplied::rejected("not-an-issue"));
    }
    remove_remote_link(context, &end.issue_id).await?;
    let left = links::remove(context.platform, context.ticket_id(), &end.issue_id).await?;
    flag::update(context.platform, &end.issue_id, &left).await;
    Ok(json!({ "issues": [json!({ "issueId": end.issue_id })] }))
}

/// Deletes the remote link of a ticket from an issue. Succeeds also if the remote link does not exist, the issue cannot be
/// read, or Jira refuses permanently.
///
/// # Errors
/// A temporary error, or a missing permission that the message may wait for.
pub(super) async fn remove_remote_link(
    context: &MessageContext<'_, impl Platform>,
    issue_id: &str,
) -> Result<(), NotApplied> {
    let global_id = links::global_id(context.platform, context.ticket_id());
    match jira::delete_remote_link(context.platform, issue_id, &global_id).await {
        Err(JiraError::NotFound) => Ok(()),
        other => comment::ignore_rejection(context, other.map_err(NotApplied::from)),
    }
}
