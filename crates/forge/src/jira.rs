//! The Jira requests this app makes, one function each (docs/platforms/forge.md §7), and what an answer means.

use serde_json::Value;

use crate::json::json;

use crate::platform::{JiraAnswer, JiraCall, Platform, PlatformError, PrincipalKind};

/// Marks a comment or an issue as ours: property key, its value names the message.
pub(crate) const MARK: &str = "chefstackz.zammad";

/// Why there is no answer to work with.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Failed {
    /// Not now: busy, limited, or failing on its side.
    Later { after_ms: u32, code: &'static str },
    /// 404: gone, or not ours to see.
    Gone,
    /// Jira refuses this very request.
    Refused { status: u16, code: &'static str, body: Value },
}

pub(crate) type Outcome = Result<Value, Failed>;

/// What cannot be read is like no answer: ask again.
pub(crate) const UNREADABLE: Failed = Failed::Later { after_ms: 5_000, code: "jira-unreadable" };

pub(crate) fn outcome(answer: Result<JiraAnswer, PlatformError>) -> Outcome {
    let Ok(answer) = answer else { return Err(Failed::Later { after_ms: 5_000, code: "platform-error" }) };
    let wait = |default: u32| answer.retry_after.map_or(default, |seconds| seconds.clamp(1, 900) * 1_000);
    match answer.status {
        200..=299 => Ok(answer.body),
        404 | 410 => Err(Failed::Gone),
        status @ (401 | 403) => Err(Failed::Refused { status, code: "jira-forbidden", body: answer.body }),
        429 => Err(Failed::Later { after_ms: wait(10_000), code: "jira-limited" }),
        408 | 500..=599 => Err(Failed::Later { after_ms: wait(5_000), code: "jira-unavailable" }),
        status => Err(Failed::Refused { status, code: "jira-refused", body: answer.body }),
    }
}

/// A request in the app's name.
pub(crate) async fn ask(
    platform: &impl Platform,
    method: &'static str,
    strings: &'static [&'static str],
    params: &[&str],
    body: Option<Value>,
) -> Outcome {
    let params = params.iter().map(|&param| param.to_owned()).collect();
    outcome(platform.jira(JiraCall { principal: PrincipalKind::App, method, strings, params, body }).await)
}

/// One comment with its properties.
pub(crate) async fn comment(platform: &impl Platform, issue_id: &str, comment_id: &str) -> Outcome {
    ask(platform, "GET", &["/rest/api/3/issue/", "/comment/", "?expand=properties"], &[issue_id, comment_id], None)
        .await
}

/// Writes a comment, marked with the message that asked for it.
pub(crate) async fn add_comment(platform: &impl Platform, issue_id: &str, document: Value, mark: &Value) -> Outcome {
    let body = json!({ "body": document, "properties": [json!({ "key": MARK, "value": mark })] });
    ask(platform, "POST", &["/rest/api/3/issue/", "/comment"], &[issue_id], Some(body)).await
}

/// Gives a comment another text; its properties stay.
pub(crate) async fn edit_comment(
    platform: &impl Platform,
    issue_id: &str,
    comment_id: &str,
    document: Value,
) -> Outcome {
    let body = json!({ "body": document });
    ask(platform, "PUT", &["/rest/api/3/issue/", "/comment/", ""], &[issue_id, comment_id], Some(body)).await
}

/// Deletes a comment.
pub(crate) async fn delete_comment(platform: &impl Platform, issue_id: &str, comment_id: &str) -> Outcome {
    ask(platform, "DELETE", &["/rest/api/3/issue/", "/comment/", ""], &[issue_id, comment_id], None).await
}

/// The newest comments with their properties.
pub(crate) async fn newest_comments(platform: &impl Platform, issue_id: &str) -> Outcome {
    let strings = &["/rest/api/3/issue/", "/comment?orderBy=-created&maxResults=100&expand=properties"];
    ask(platform, "GET", strings, &[issue_id], None).await
}

/// Shows the ticket on the issue natively; `global_id` makes it the same link however often it is written.
pub(crate) async fn put_remote_link(
    platform: &impl Platform,
    issue_id: &str,
    global_id: &str,
    url: &str,
    title: &str,
) -> Outcome {
    let body = json!({
        "globalId": global_id,
        "application": json!({ "type": "com.chefstackz.zammad", "name": "Zammad" }),
        "relationship": "Zammad ticket",
        "object": json!({ "url": url, "title": title }),
    });
    ask(platform, "POST", &["/rest/api/3/issue/", "/remotelink"], &[issue_id], Some(body)).await
}

/// Removes it again.
pub(crate) async fn delete_remote_link(platform: &impl Platform, issue_id: &str, global_id: &str) -> Outcome {
    let strings = &["/rest/api/3/issue/", "/remotelink?globalId=", ""];
    ask(platform, "DELETE", strings, &[issue_id, global_id], None).await
}

/// Whether the user of this invocation has a permission, for an issue or (empty) for the site; asked anew every time.
pub(crate) async fn user_may(platform: &impl Platform, permission: &'static str, issue_id: &str) -> bool {
    let (strings, params): (&'static [&'static str], &[&str]) = if issue_id.is_empty() {
        (&["/rest/api/3/mypermissions?permissions=", ""], &[permission])
    } else {
        (&["/rest/api/3/mypermissions?permissions=", "&issueId=", ""], &[permission, issue_id])
    };
    let params = params.iter().map(|&param| param.to_owned()).collect();
    let call = JiraCall { principal: PrincipalKind::User, method: "GET", strings, params, body: None };
    let answer = outcome(platform.jira(call).await).unwrap_or_default();
    answer["permissions"][permission]["havePermission"] == json!(true)
}

/// The mark's value, if a comment or issue carries ours.
pub(crate) fn mark_of(comment: &Value) -> Option<&Value> {
    let properties = comment.get("properties")?.as_array()?;
    properties.iter().find(|property| property["key"] == MARK).map(|property| &property["value"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_status_means() {
        let answer = |status, retry_after| outcome(Ok(JiraAnswer { status, retry_after, ..JiraAnswer::default() }));
        let refused = |status, code| Err(Failed::Refused { status, code, body: Value::Null });
        assert_eq!(answer(201, None), Ok(Value::Null));
        assert_eq!(answer(404, None), Err(Failed::Gone));
        assert_eq!(answer(429, Some(7)), Err(Failed::Later { after_ms: 7_000, code: "jira-limited" }));
        assert_eq!(answer(429, Some(u32::MAX)), Err(Failed::Later { after_ms: 900_000, code: "jira-limited" }));
        assert_eq!(answer(503, None), Err(Failed::Later { after_ms: 5_000, code: "jira-unavailable" }));
        assert_eq!(answer(403, None), refused(403, "jira-forbidden"));
        assert_eq!(answer(400, None), refused(400, "jira-refused"));
        assert_eq!(answer(0, None), refused(0, "jira-refused"));
    }
}
