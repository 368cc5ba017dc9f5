//! Jira's comments. Every comment of the connector is written here, with its mark and with its visibility in a service
//! project (Jira Service Management): without that property a comment written by the API is public there, so it would be
//! shown in the portal and sent to the customer by e-mail. Other projects ignore the property.

use serde_json::Value;

use crate::issue::text;
use crate::jira::{self, JiraError, JiraResult, MARK, request};
use crate::json::{json, take};
use crate::platform::Platform;

/// Key of the property that Jira Service Management reads.
const VISIBILITY: &str = "sd.public.comment";

/// Reads a comment with its properties.
pub(crate) async fn read(platform: &impl Platform, issue_id: &str, comment_id: &str) -> JiraResult {
    let strings = &["/rest/api/3/issue/", "/comment/", "?expand=properties"];
    jira::with_part(request(platform, "GET", strings, &[issue_id, comment_id], None).await?, has_id)
}

fn has_id(comment: &Value) -> bool {
    comment["id"].is_string()
}

/// Reads the newest 100 comments of an issue with their properties.
pub(crate) async fn newest(platform: &impl Platform, issue_id: &str) -> JiraResult {
    let strings = &["/rest/api/3/issue/", "/comment?orderBy=-created&maxResults=100&expand=properties"];
    let page = request(platform, "GET", strings, &[issue_id], None).await?;
    jira::with_part(page, |page| page["comments"].is_array())
}

/// Comments in one page of [`marked`], and the most pages that it reads.
const PER_PAGE: usize = 100;
const MAX_PAGES: usize = 20;

/// Reads the comments of an issue that have a mark which `matches`, newest first. `false` if the issue has more than 2,000
/// comments, so that some were not looked at.
pub(crate) async fn marked(
    platform: &impl Platform,
    issue_id: &str,
    matches: impl Fn(&Value) -> bool,
) -> Result<(Vec<Value>, bool), JiraError> {
    let strings: &[&str] =
        &["/rest/api/3/issue/", "/comment?orderBy=-created&maxResults=100&expand=properties&startAt=", ""];
    let mut found = Vec::new();
    for page in 0..MAX_PAGES {
        let start = (page * PER_PAGE).to_string();
        let answer = request(platform, "GET", strings, &[issue_id, &start], None).await?;
        let mut answer = jira::with_part(answer, |page| page["comments"].is_array())?;
        let Value::Array(rows) = take(&mut answer, "comments") else { return Err(jira::UNREADABLE) };
        let is_last = rows.len() < PER_PAGE;
        found.extend(rows.into_iter().filter(|row| mark_of(row).is_some_and(&matches)));
        if is_last {
            return Ok((found, true));
        }
    }
    Ok((found, false))
}

/// Writes a comment with the connector's mark.
pub(crate) async fn add(
    platform: &impl Platform,
    issue_id: &str,
    document: Value,
    mark: &Value,
    internal: bool,
) -> JiraResult {
    let body = json!({ "body": document, "properties": properties(mark, internal) });
    let added = request(platform, "POST", &["/rest/api/3/issue/", "/comment"], &[issue_id], Some(body)).await;
    with_permission(platform, "ADD_COMMENTS", issue_id, added).await
}

/// Replaces the text of a comment that was read with its properties. A comment that becomes internal is hidden from the
/// customer before its text changes.
pub(crate) async fn edit(
    platform: &impl Platform,
    issue_id: &str,
    comment: &Value,
    document: Value,
    internal: bool,
) -> JiraResult {
    let id = text(&comment["id"]);
    let known = property(comment, VISIBILITY).is_some_and(|value| value["internal"] == json!(true));
    if internal && !known {
        let strings = &["/rest/api/3/comment/", "/properties/sd.public.comment"];
        request(platform, "PUT", strings, &[&id], Some(json!({ "internal": true }))).await?;
    }
    let mark = mark_of(comment).cloned().unwrap_or_default();
    let body = json!({ "body": document, "properties": properties(&mark, internal) });
    let strings = &["/rest/api/3/issue/", "/comment/", ""];
    let edited = request(platform, "PUT", strings, &[issue_id, &id], Some(body)).await;
    let edited = edited.and_then(|comment| jira::with_part(comment, has_id));
    with_permission(platform, "EDIT_OWN_COMMENTS", issue_id, edited).await
}

/// Deletes a comment.
pub(crate) async fn delete(platform: &impl Platform, issue_id: &str, comment_id: &str) -> JiraResult {
    let strings = &["/rest/api/3/issue/", "/comment/", ""];
    let deleted = request(platform, "DELETE", strings, &[issue_id, comment_id], None).await;
    with_permission(platform, "DELETE_OWN_COMMENTS", issue_id, deleted).await
}

/// Jira's answer to a comment for which the app lacks the permission is 400, as to an invalid one.
async fn with_permission(
    platform: &impl Platform,
    permission: &'static str,
    issue_id: &str,
    result: JiraResult,
) -> JiraResult {
    match result {
        Err(JiraError::Refused { status: 400, .. }) if jira::app_lacks(platform, permission, issue_id).await => {
            Err(JiraError::Forbidden)
        }
        other => other,
    }
}

fn properties(mark: &Value, internal: bool) -> [Value; 2] {
    let visibility = json!({ "internal": internal });
    [json!({ "key": MARK, "value": mark }), json!({ "key": VISIBILITY, "value": visibility })]
}

fn property<'c>(comment: &'c Value, key: &str) -> Option<&'c Value> {
    let properties = comment.get("properties")?.as_array()?;
    properties.iter().find(|property| property["key"] == key).map(|property| &property["value"])
}

/// Returns the value of the connector's mark, if the comment has it.
pub(crate) fn mark_of(comment: &Value) -> Option<&Value> {
    property(comment, MARK)
}
