//! Jira's comments. Every comment of the connector is written here, with its mark and with its visibility in a service
//! project (Jira Service Management): without that property a comment written by the API is public there, so it would be
//! shown in the portal and sent to the customer by e-mail. Other projects ignore the property.

use serde_json::Value;

use crate::issue::text;
use crate::jira::{JiraResult, MARK, request};
use crate::json::json;
use crate::platform::Platform;

/// Key of the property that Jira Service Management reads.
const VISIBILITY: &str = "sd.public.comment";

/// Reads a comment with its properties.
pub(crate) async fn read(platform: &impl Platform, issue_id: &str, comment_id: &str) -> JiraResult {
    request(platform, "GET", &["/rest/api/3/issue/", "/comment/", "?expand=properties"], &[issue_id, comment_id], None)
        .await
}

/// Reads the newest 100 comments of an issue with their properties.
pub(crate) async fn newest(platform: &impl Platform, issue_id: &str) -> JiraResult {
    let strings = &["/rest/api/3/issue/", "/comment?orderBy=-created&maxResults=100&expand=properties"];
    request(platform, "GET", strings, &[issue_id], None).await
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
    request(platform, "POST", &["/rest/api/3/issue/", "/comment"], &[issue_id], Some(body)).await
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
    request(platform, "PUT", &["/rest/api/3/issue/", "/comment/", ""], &[issue_id, &id], Some(body)).await
}

/// Deletes a comment.
pub(crate) async fn delete(platform: &impl Platform, issue_id: &str, comment_id: &str) -> JiraResult {
    request(platform, "DELETE", &["/rest/api/3/issue/", "/comment/", ""], &[issue_id, comment_id], None).await
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
