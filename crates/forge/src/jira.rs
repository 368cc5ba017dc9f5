//! The requests to Jira that more than one module makes, one function each (docs/platforms/forge.md §7), and the meaning of
//! a response's status.

use serde_json::Value;

use crate::json::json;
use crate::platform::{JiraCall, JiraResponse, Platform, PlatformError, PrincipalKind};

/// Key of the property that marks a comment or an issue as written by the connector; its value has the message id.
pub(crate) const MARK: &str = "chefstackz.zammad";

/// Why a request to Jira has no usable result.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum JiraError {
    /// A temporary error; retry after `after_ms` milliseconds.
    Unavailable { after_ms: u32, cause: Unavailable },
    /// 404 or 410: deleted, or not visible to the caller.
    NotFound,
    /// Jira refuses this request; a retry has the same result.
    Refused { status: u16, code: &'static str, body: Value },
}

/// The cause of a temporary error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unavailable {
    /// The rate limit; Jira has not processed the request.
    RateLimited,
    /// A time-out or an error of Jira's server.
    Failing,
    /// A successful response without the expected content.
    Unreadable,
    /// The platform could not make the request.
    Platform,
}

impl Unavailable {
    /// The code on the wire and in logs.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::RateLimited => "jira-limited",
            Self::Failing => "jira-unavailable",
            Self::Unreadable => "jira-unreadable",
            Self::Platform => "platform-error",
        }
    }
}

pub(crate) type JiraResult = Result<Value, JiraError>;

/// A response that cannot be read is treated like a missing one.
pub(crate) const UNREADABLE: JiraError = JiraError::Unavailable { after_ms: 5_000, cause: Unavailable::Unreadable };

/// Returns the body of a successful response, or the error that its status means.
pub(crate) fn read_response(response: Result<JiraResponse, PlatformError>) -> JiraResult {
    let unavailable = |after_ms, cause| Err(JiraError::Unavailable { after_ms, cause });
    let Ok(response) = response else { return unavailable(5_000, Unavailable::Platform) };
    let wait = |default: u32| response.retry_after.map_or(default, |seconds| seconds.clamp(1, 900) * 1_000);
    match response.status {
        200..=299 => Ok(response.body),
        404 | 410 => Err(JiraError::NotFound),
        status @ (401 | 403) => Err(JiraError::Refused { status, code: "jira-forbidden", body: response.body }),
        429 => unavailable(wait(10_000), Unavailable::RateLimited),
        408 | 500..=599 => unavailable(wait(5_000), Unavailable::Failing),
        status => Err(JiraError::Refused { status, code: "jira-refused", body: response.body }),
    }
}

/// Makes a request as the app. `strings` and `params` are the path: see [`JiraCall`].
pub(crate) async fn request(
    platform: &impl Platform,
    method: &'static str,
    strings: &'static [&'static str],
    params: &[&str],
    body: Option<Value>,
) -> JiraResult {
    let params = params.iter().map(|&param| param.to_owned()).collect();
    read_response(platform.jira(JiraCall { principal: PrincipalKind::App, method, strings, params, body }).await)
}

/// Writes the remote link that shows the ticket on the issue. A repeated write with the same `global_id` updates the link.
pub(crate) async fn put_remote_link(
    platform: &impl Platform,
    issue_id: &str,
    global_id: &str,
    url: &str,
    title: &str,
) -> JiraResult {
    let body = json!({
        "globalId": global_id,
        "application": json!({ "type": "com.chefstackz.zammad", "name": "Zammad" }),
        "relationship": "Zammad ticket",
        "object": json!({ "url": url, "title": title }),
    });
    request(platform, "POST", &["/rest/api/3/issue/", "/remotelink"], &[issue_id], Some(body)).await
}

/// Deletes the remote link.
pub(crate) async fn delete_remote_link(platform: &impl Platform, issue_id: &str, global_id: &str) -> JiraResult {
    let strings = &["/rest/api/3/issue/", "/remotelink?globalId=", ""];
    request(platform, "DELETE", strings, &[issue_id, global_id], None).await
}

/// Whether the user of this invocation has a permission now, for an issue or, if `issue_id` is empty, for the site.
pub(crate) async fn user_may(platform: &impl Platform, permission: &'static str, issue_id: &str) -> bool {
    let (strings, params): (&'static [&'static str], &[&str]) = if issue_id.is_empty() {
        (&["/rest/api/3/mypermissions?permissions=", ""], &[permission])
    } else {
        (&["/rest/api/3/mypermissions?permissions=", "&issueId=", ""], &[permission, issue_id])
    };
    let params = params.iter().map(|&param| param.to_owned()).collect();
    let call = JiraCall { principal: PrincipalKind::User, method: "GET", strings, params, body: None };
    let permissions = read_response(platform.jira(call).await).unwrap_or_default();
    permissions["permissions"][permission]["havePermission"] == json!(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_every_status_to_its_error() {
        let response =
            |status, retry_after| read_response(Ok(JiraResponse { status, retry_after, ..JiraResponse::default() }));
        let unavailable = |after_ms, cause| Err(JiraError::Unavailable { after_ms, cause });
        let refused = |status, code| Err(JiraError::Refused { status, code, body: Value::Null });
        assert_eq!(response(201, None), Ok(Value::Null));
        assert_eq!(response(404, None), Err(JiraError::NotFound));
        assert_eq!(response(429, Some(7)), unavailable(7_000, Unavailable::RateLimited));
        assert_eq!(response(429, Some(u32::MAX)), unavailable(900_000, Unavailable::RateLimited));
        assert_eq!(response(503, None), unavailable(5_000, Unavailable::Failing));
        assert_eq!(response(403, None), refused(403, "jira-forbidden"));
        assert_eq!(response(400, None), refused(400, "jira-refused"));
        assert_eq!(response(0, None), refused(0, "jira-refused"));
        assert_eq!(read_response(Err(PlatformError::new("X"))), unavailable(5_000, Unavailable::Platform));
    }
}
