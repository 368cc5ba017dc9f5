//! The Jira requests this app makes, one function each (contracts/forge.md §7), and what an answer means.

use schema::UnixMs;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::platform::{JiraAnswer, JiraCall, Platform, PlatformError, PrincipalKind};

/// Marks a comment as ours: property key, its value names the message.
pub(crate) const MARK: &str = "chefstackz.zammad";

/// What an answer of Jira means for the message or event that asked.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Outcome {
    /// 2xx.
    Ok(Value),
    /// Not now: busy, limited, or failing on its side.
    Later { after_ms: u32, code: &'static str },
    /// 404: gone, or not ours to see.
    Gone,
    /// Jira refuses this very request.
    Refused(&'static str),
}

pub(crate) fn outcome(answer: Result<JiraAnswer, PlatformError>) -> Outcome {
    let Ok(answer) = answer else { return Outcome::Later { after_ms: 5_000, code: "platform-error" } };
    let wait = |default: u32| answer.retry_after.map_or(default, |seconds| seconds.clamp(1, 900) * 1_000);
    match answer.status {
        200..=299 => Outcome::Ok(answer.body),
        404 | 410 => Outcome::Gone,
        401 | 403 => Outcome::Refused("jira-forbidden"),
        429 => Outcome::Later { after_ms: wait(10_000), code: "jira-limited" },
        408 | 500..=599 => Outcome::Later { after_ms: wait(5_000), code: "jira-unavailable" },
        _ => Outcome::Refused("jira-refused"),
    }
}

fn call(method: &'static str, strings: Vec<&'static str>, params: Vec<&str>, body: Option<Value>) -> JiraCall {
    let params = params.into_iter().map(str::to_owned).collect();
    JiraCall { principal: PrincipalKind::App, method, strings, params, body }
}

/// The synced fields of an issue.
pub(crate) async fn read(platform: &impl Platform, issue: &str) -> Outcome {
    let fields = "summary,status,priority,assignee,updated";
    let strings = vec!["/rest/api/3/issue/", "?fields=", ""];
    outcome(platform.jira(call("GET", strings, vec![issue, fields], None)).await)
}

/// One comment with its properties.
pub(crate) async fn comment(platform: &impl Platform, issue_id: &str, comment_id: &str) -> Outcome {
    let strings = vec!["/rest/api/3/issue/", "/comment/", "?expand=properties"];
    outcome(platform.jira(call("GET", strings, vec![issue_id, comment_id], None)).await)
}

/// Writes a comment, marked with the message that asked for it.
pub(crate) async fn add_comment(platform: &impl Platform, issue_id: &str, document: Value, mark: Value) -> Outcome {
    let body = json!({ "body": document, "properties": [{ "key": MARK, "value": mark }] });
    let strings = vec!["/rest/api/3/issue/", "/comment"];
    outcome(platform.jira(call("POST", strings, vec![issue_id], Some(body))).await)
}

/// The newest comments with their properties.
pub(crate) async fn newest_comments(platform: &impl Platform, issue_id: &str) -> Outcome {
    let strings = vec!["/rest/api/3/issue/", "/comment?orderBy=-created&maxResults=100&expand=properties"];
    outcome(platform.jira(call("GET", strings, vec![issue_id], None)).await)
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
        "application": { "type": "com.chefstackz.zammad", "name": "Zammad" },
        "relationship": "Zammad ticket",
        "object": { "url": url, "title": title },
    });
    let strings = vec!["/rest/api/3/issue/", "/remotelink"];
    outcome(platform.jira(call("POST", strings, vec![issue_id], Some(body))).await)
}

/// Removes it again.
pub(crate) async fn delete_remote_link(platform: &impl Platform, issue_id: &str, global_id: &str) -> Outcome {
    let strings = vec!["/rest/api/3/issue/", "/remotelink?globalId=", ""];
    outcome(platform.jira(call("DELETE", strings, vec![issue_id, global_id], None)).await)
}

/// Whether the user of this invocation administers Jira; asked anew every time.
pub(crate) async fn user_is_admin(platform: &impl Platform) -> bool {
    let strings = vec!["/rest/api/3/mypermissions?permissions=ADMINISTER"];
    let call = JiraCall { principal: PrincipalKind::User, ..call("GET", strings, vec![], None) };
    match outcome(platform.jira(call).await) {
        Outcome::Ok(body) => body["permissions"]["ADMINISTER"]["havePermission"] == json!(true),
        _ => false,
    }
}

/// The mark's value, if a comment carries ours.
pub(crate) fn mark_of(comment: &Value) -> Option<&Value> {
    let properties = comment.get("properties")?.as_array()?;
    properties.iter().find(|property| property["key"] == MARK).map(|property| &property["value"])
}

/// Jira's times come as `2026-11-24T09:15:30.123+0100`, the platform's as RFC 3339.
pub(crate) fn instant(text: &str) -> Option<UnixMs> {
    let colon_missing =
        text.len() > 5 && text.is_char_boundary(text.len() - 5) && text[text.len() - 5..].starts_with(['+', '-']);
    let rfc = if colon_missing {
        let (time, offset) = text.split_at(text.len() - 2);
        format!("{time}:{offset}")
    } else {
        text.to_owned()
    };
    let at = OffsetDateTime::parse(&rfc, &Rfc3339).ok()?;
    i64::try_from(at.unix_timestamp_nanos() / 1_000_000).ok().map(UnixMs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_time() {
        assert_eq!(instant("2026-11-24T09:15:30.123+0100"), Some(UnixMs(1_795_508_130_123)));
        assert_eq!(instant("2026-11-24T08:15:30.123Z"), Some(UnixMs(1_795_508_130_123)));
        assert_eq!(instant("2026-11-24T08:15:30+00:00"), Some(UnixMs(1_795_508_130_000)));
        for bad in ["", "+0100", "yesterday", "2026-11-24", "é0100", "2026-13-24T09:15:30.123+0100"] {
            assert_eq!(instant(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_a_status_means() {
        let answer = |status, retry_after| outcome(Ok(JiraAnswer { status, retry_after, body: Value::Null }));
        assert_eq!(answer(201, None), Outcome::Ok(Value::Null));
        assert_eq!(answer(404, None), Outcome::Gone);
        assert_eq!(answer(429, Some(7)), Outcome::Later { after_ms: 7_000, code: "jira-limited" });
        assert_eq!(answer(429, Some(u32::MAX)), Outcome::Later { after_ms: 900_000, code: "jira-limited" });
        assert_eq!(answer(503, None), Outcome::Later { after_ms: 5_000, code: "jira-unavailable" });
        assert_eq!(answer(403, None), Outcome::Refused("jira-forbidden"));
        assert_eq!(answer(400, None), Outcome::Refused("jira-refused"));
        assert_eq!(answer(0, None), Outcome::Refused("jira-refused"));
    }
}
