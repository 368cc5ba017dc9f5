//! Queries: answered in the same reply and not recorded. Issues and projects that are out of scope are not returned.

use schema::codes::{JIRA_QUOTA, NOT_LINKED};
use schema::{
    AttachmentBytes, AttachmentFetch, AttachmentNotice, MAX_INLINE_BYTES, MessageBody, UserSearch, UsersFound,
};

use super::context::{Answer, MessageContext, NotApplied};
use super::link::in_scope;
use super::{catch_up, linked_issues, projects, search};
use crate::input::is_number;
use crate::issue::{self, text};
use crate::jira::{self, JiraError};
use crate::json::json;
use crate::meter::Urgency;
use crate::platform::Platform;
use crate::{access, files, links};

/// Maximum number of users in an answer.
const MAX_USERS: usize = 20;

/// Whether a message is a query, which writes nothing.
pub(super) const fn is_query(body: &MessageBody) -> bool {
    matches!(
        body,
        MessageBody::IssueSearch(_)
            | MessageBody::IssueGet(_)
            | MessageBody::IssuesChanged(_)
            | MessageBody::IssuesRead(_)
            | MessageBody::ProjectMeta(_)
            | MessageBody::UserSearch(_)
            | MessageBody::AttachmentFetch(_)
    )
}

pub(super) async fn answer(context: &MessageContext<'_, impl Platform>) -> Answer {
    match &context.message.body {
        MessageBody::IssueGet(query) => {
            let right = match &query.catch_up_since {
                // Refused instead of put off: the messages of the ticket must not wait behind a question.
                Some(_) if wait_ms(context, Urgency::CatchUp).is_some() => {
                    return Err(NotApplied::rejected(JIRA_QUOTA));
                }
                Some(_) => Some(context.budget.catch_up().await.ok_or(NotApplied::next_exchange())?),
                None => None,
            };
            let issue = search::find_issue(context, &query.issue, right.is_some()).await?;
            let links = links::of_issue(context.platform, &issue.id).await?;
            if !links.is_empty() && access::is_lost(context.platform, &issue.id).await? {
                access::regained(context.platform, context.config, &issue, &links).await?;
            }
            let catch_up = match (&query.catch_up_since, &right) {
                (Some(since), Some(right)) => catch_up::since(context, &issue, &links, since, right).await?,
                _ => None,
            };
            let linked = context.message.ticket_id.is_none_or(|id| links.iter().any(|link| link.ticket_id == id));
            Ok(issue.issue_found(catch_up, linked))
        }
        MessageBody::IssueSearch(query) => search::search(context, query).await,
        MessageBody::IssuesChanged(query) => linked_issues::changed(context, query).await,
        MessageBody::IssuesRead(query) => linked_issues::read(context, query).await,
        MessageBody::ProjectMeta(query) => match &query.project {
            Some(project) => projects::issue_types(context, project).await,
            None => projects::list(context).await,
        },
        MessageBody::UserSearch(query) => users(context, query).await,
        MessageBody::AttachmentFetch(query) => fetch(context, query).await,
        _ => Err(NotApplied::rejected("unsupported")),
    }
}

fn wait_ms(context: &MessageContext<'_, impl Platform>, urgency: Urgency) -> Option<u32> {
    context.platform.meter().wait_ms(urgency, context.platform.now())
}

/// Returns the users that Jira finds by name or e-mail address, without apps and closed accounts.
async fn users(context: &MessageContext<'_, impl Platform>, query: &UserSearch) -> Answer {
    if let Some(after_ms) = wait_ms(context, Urgency::Background) {
        return Err(NotApplied::Retry { after_ms, code: JIRA_QUOTA });
    }
    let found = match &query.project {
        Some(project) => {
            let strings = &["/rest/api/3/user/assignable/search?maxResults=50&query=", "&project=", ""];
            jira::request(context.platform, "GET", strings, &[&query.query, project], None).await
        }
        None => {
            let strings = &["/rest/api/3/user/search?maxResults=50&query=", ""];
            jira::request(context.platform, "GET", strings, &[&query.query], None).await
        }
    };
    let found = found.map_err(|error| {
        if error == JiraError::NotFound { NotApplied::rejected("not-a-project") } else { error.into() }
    })?;
    let people = found.as_array().into_iter().flatten().filter(|user| {
        user["active"] != json!(false) && user["accountType"].as_str().is_none_or(|kind| kind == "atlassian")
    });
    Ok(json!(UsersFound { users: people.take(MAX_USERS).map(issue::author).collect() }))
}

/// Returns the bytes of an attachment. It must be in the list of a linked issue, since Jira's content API does not return the
/// issue of an attachment.
async fn fetch(context: &MessageContext<'_, impl Platform>, query: &AttachmentFetch) -> Answer {
    if !is_number(&query.attachment_id) {
        return Err(NotApplied::rejected("not-an-attachment"));
    }
    let links = links::of_issue(context.platform, &query.issue_id).await?;
    let link = links.first().ok_or(NotApplied::rejected(NOT_LINKED))?;
    in_scope(context, &link.issue_key)?;
    let listed = files::on_issue(context.platform, &query.issue_id).await?;
    let listed = listed.iter().find(|attachment| text(&attachment["id"]) == query.attachment_id);
    let attachment = listed.ok_or(NotApplied::rejected("attachment-gone"))?;
    let notice = |notice| Ok(json!(AttachmentBytes { bytes: None, notice: Some(notice) }));
    if attachment["size"].as_u64().is_none_or(|size| size > MAX_INLINE_BYTES) {
        return notice(AttachmentNotice::TooLarge);
    }
    let size = attachment["size"].as_u64().and_then(|size| usize::try_from(size).ok()).unwrap_or_default();
    // Base64 makes four characters of three bytes.
    if !context.budget.take(size / 3 * 4 + 100) {
        return Err(NotApplied::next_exchange());
    }
    match jira::download(context.platform, &query.attachment_id, MAX_INLINE_BYTES).await {
        Ok(bytes) => Ok(json!(AttachmentBytes { bytes: bytes.as_str().map(str::to_owned), notice: None })),
        Err(JiraError::Refused { status: 413, .. }) => notice(AttachmentNotice::TooLarge),
        Err(JiraError::NotFound) => Err(NotApplied::rejected("attachment-gone")),
        Err(JiraError::Forbidden) if context.may_wait() => Err(NotApplied::Forbidden),
        Err(JiraError::Forbidden | JiraError::Refused { .. }) => notice(AttachmentNotice::Unreadable),
        Err(error) => Err(error.into()),
    }
}
