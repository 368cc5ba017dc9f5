//! The requests to Jira that more than one module makes, one function each (docs/platforms/forge.md §7), and the meaning of
//! a response's status.

use serde_json::Value;

use crate::json::json;
use crate::meter::Urgency;
use crate::platform::{JiraCall, JiraResponse, Platform, PlatformError, PrincipalKind, Upload};
use crate::points::{self, Limit};

/// Key of the property that marks a comment or an issue as written by the connector; its value has the message id.
pub(crate) const MARK: &str = "chefstackz.zammad";

/// Why a request to Jira has no usable result.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum JiraError {
    /// A temporary error; retry after `after_ms` milliseconds.
    Unavailable { after_ms: u32, cause: Unavailable },
    /// 404 or 410: deleted, or not visible to the caller.
    NotFound,
    /// 403: the caller lacks a permission; an admin may grant it.
    Forbidden,
    /// Jira refuses this request; a retry has the same result.
    Refused { status: u16, body: Value },
}

/// The cause of a temporary error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unavailable {
    /// Too many requests in a short time; Jira has not processed the request.
    RateLimited,
    /// Too many writes to one issue in a short time; Jira has not processed the request.
    IssueLimited,
    /// The points of this hour are used up, of the whole app, of the site or of this installation's share; the request was not
    /// processed, or not made.
    Quota,
    /// 401: Jira does not accept the app at the moment, as in the minutes after its installation.
    Unauthorized,
    /// A time-out or an error of Jira's server.
    Failing,
    /// A successful response without the expected content.
    Unreadable,
    /// The platform could not make the request.
    Platform,
}

impl Unavailable {
    /// Whether a write may have happened. Jira refuses a rate-limited or unauthorized request before it writes.
    pub(crate) const fn may_have_written(self) -> bool {
        !matches!(self, Self::RateLimited | Self::IssueLimited | Self::Quota | Self::Unauthorized)
    }

    /// The code on the wire and in logs.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::RateLimited => "jira-limited",
            Self::IssueLimited => "jira-issue-limit",
            Self::Quota => schema::codes::JIRA_QUOTA,
            Self::Unauthorized => FORBIDDEN,
            Self::Failing => "jira-unavailable",
            Self::Unreadable => "jira-unreadable",
            Self::Platform => "platform-error",
        }
    }
}

/// The code of a missing permission on the wire.
pub(crate) const FORBIDDEN: &str = schema::codes::JIRA_FORBIDDEN;
/// The code of a permanent refusal on the wire.
pub(crate) const REFUSED: &str = "jira-refused";

/// Path of an issue, of which only the project is read.
const OF_PROJECT: &[&str] = &["/rest/api/3/issue/", "?fields=project"];

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
        401 => unavailable(wait(60_000), Unavailable::Unauthorized),
        403 => Err(JiraError::Forbidden),
        429 => match points::limit_of(&response) {
            Limit::Quota => {
                // Until the next full hour at most.
                let seconds = response.retry_after.unwrap_or(600).clamp(1, 3_600);
                unavailable(seconds * 1_000, Unavailable::Quota)
            }
            Limit::Issue => unavailable(wait(2_000), Unavailable::IssueLimited),
            Limit::Burst => unavailable(wait(10_000), Unavailable::RateLimited),
        },
        408 | 500..=599 => unavailable(wait(5_000), Unavailable::Failing),
        // Jira itself redirects no request of the API. A refusal without Jira's JSON comes from something in front of Jira; only
        // those about the request's size may come from Jira, too.
        300..=399 => unavailable(wait(60_000), Unavailable::Failing),
        status if !response.body.is_object() && !matches!(status, 413..=415) => {
            unavailable(wait(60_000), Unavailable::Unreadable)
        }
        status => Err(JiraError::Refused { status, body: response.body }),
    }
}

/// The code of an error on the wire.
pub(crate) const fn code_of(error: &JiraError) -> &'static str {
    match error {
        JiraError::Forbidden => FORBIDDEN,
        JiraError::NotFound | JiraError::Refused { .. } => REFUSED,
        JiraError::Unavailable { cause, .. } => cause.code(),
    }
}

/// Returns an answer that has a part which Jira's answer to this request always has. Whatever else answers in Jira's place with a
/// status of success (a page of a proxy has no JSON at all) says nothing about what was asked, and has written nothing.
pub(crate) fn with_part(answer: Value, has_part: impl FnOnce(&Value) -> bool) -> JiraResult {
    if has_part(&answer) { Ok(answer) } else { Err(UNREADABLE) }
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
    let response = send(platform, JiraCall { principal: PrincipalKind::App, method, strings, params, body }).await?;
    // Jira answers a deletion with 204.
    if method == "DELETE" && response.status == 200 {
        return Err(UNREADABLE);
    }
    read_response(Ok(response))
}

/// Makes a request within the installation's share of the rate limit, and counts it.
pub(crate) async fn send(platform: &impl Platform, call: JiraCall) -> Result<JiraResponse, JiraError> {
    in_share(platform)?;
    let unavailable = |_| JiraError::Unavailable { after_ms: 5_000, cause: Unavailable::Platform };
    let (method, path) = (call.method, call.strings.first().copied().unwrap_or_default());
    let response = platform.jira(call).await.map_err(unavailable)?;
    points::count(platform, method, path, &response);
    Ok(response)
}

/// Checks that the installation has not used up its share of the rate limit.
fn in_share(platform: &impl Platform) -> Result<(), JiraError> {
    match platform.meter().wait_ms(Urgency::Change, platform.now()) {
        Some(after_ms) => Err(JiraError::Unavailable { after_ms, cause: Unavailable::Quota }),
        None => Ok(()),
    }
}

/// Adds a file to an issue.
pub(crate) async fn upload(platform: &impl Platform, file: Upload<'_>) -> JiraResult {
    in_share(platform)?;
    platform.meter().count_file();
    read_response(platform.jira_upload(file).await)
}

/// Reads the bytes of an attachment, in base64; a larger one is refused with the status 413.
pub(crate) async fn download(platform: &impl Platform, attachment_id: &str, max_bytes: u64) -> JiraResult {
    in_share(platform)?;
    platform.meter().count_file();
    read_response(platform.jira_download(attachment_id, max_bytes).await)
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

/// Reads the current key of an issue, which shows that the app can see the issue.
pub(crate) async fn key_of(platform: &impl Platform, issue_id: &str) -> Result<String, JiraError> {
    let issue = request(platform, "GET", OF_PROJECT, &[issue_id], None).await?;
    issue["key"].as_str().map(str::to_owned).ok_or(UNREADABLE)
}

/// Reads the app's own account, which every app can do: if this fails, an earlier 404 says nothing about its issue.
pub(crate) async fn own_account(platform: &impl Platform) -> JiraResult {
    match request(platform, "GET", &["/rest/api/3/myself"], &[], None).await {
        Err(JiraError::NotFound) => Err(UNREADABLE),
        other => with_part(other?, |account| account["accountId"].is_string()),
    }
}

/// Whether the user of this invocation has a permission now, for an issue or, if `issue_id` is empty, for the site.
pub(crate) async fn user_may(platform: &impl Platform, permission: &'static str, issue_id: &str) -> bool {
    has(platform, PrincipalKind::User, permission, issue_id).await == Ok(true)
}

/// Whether the user of this invocation has a permission for an issue now.
///
/// # Errors
/// [`JiraError::NotFound`] if the user cannot see the issue at all.
pub(crate) async fn user_has(
    platform: &impl Platform,
    permission: &'static str,
    issue_id: &str,
) -> Result<bool, JiraError> {
    has(platform, PrincipalKind::User, permission, issue_id).await
}

/// Reads an issue as the user of this invocation, which shows that the user may browse it, and returns the key of its project.
pub(crate) async fn project_as_user(platform: &impl Platform, issue_id: &str) -> Result<String, JiraError> {
    let (strings, params) = (OF_PROJECT, vec![issue_id.to_owned()]);
    let asked = JiraCall { principal: PrincipalKind::User, method: "GET", strings, params, body: None };
    let issue = read_response(Ok(send(platform, asked).await?))?;
    issue["fields"]["project"]["key"].as_str().map(str::to_owned).ok_or(UNREADABLE)
}

/// Whether the app does not have a permission for an issue. False if Jira does not say.
pub(crate) async fn app_lacks(platform: &impl Platform, permission: &'static str, issue_id: &str) -> bool {
    has(platform, PrincipalKind::App, permission, issue_id).await == Ok(false)
}

async fn has(
    platform: &impl Platform,
    principal: PrincipalKind,
    permission: &'static str,
    issue_id: &str,
) -> Result<bool, JiraError> {
    let (strings, params): (&'static [&'static str], &[&str]) = if issue_id.is_empty() {
        (&["/rest/api/3/mypermissions?permissions=", ""], &[permission])
    } else {
        (&["/rest/api/3/mypermissions?permissions=", "&issueId=", ""], &[permission, issue_id])
    };
    let params = params.iter().map(|&param| param.to_owned()).collect();
    let asked = JiraCall { principal, method: "GET", strings, params, body: None };
    let permissions = read_response(Ok(send(platform, asked).await?))?;
    permissions["permissions"][permission]["havePermission"].as_bool().ok_or(UNREADABLE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_every_status_to_its_error() {
        let response =
            |status, retry_after| read_response(Ok(JiraResponse { status, retry_after, ..JiraResponse::default() }));
        let unavailable = |after_ms, cause| Err(JiraError::Unavailable { after_ms, cause });
        let said = |status: u16| {
            let body = json!({ "errorMessages": json!(["error text"]) });
            let refused = Err(JiraError::Refused { status, body: body.clone() });
            (read_response(Ok(JiraResponse { status, body, ..JiraResponse::default() })), refused)
        };
        assert_eq!(response(201, None), Ok(Value::Null));
        assert_eq!(response(404, None), Err(JiraError::NotFound));
        assert_eq!(response(429, Some(7)), unavailable(7_000, Unavailable::RateLimited));
        assert_eq!(response(429, Some(u32::MAX)), unavailable(900_000, Unavailable::RateLimited));
        assert_eq!(response(503, None), unavailable(5_000, Unavailable::Failing));
        assert_eq!(response(401, None), unavailable(60_000, Unavailable::Unauthorized));
        assert_eq!(response(403, None), Err(JiraError::Forbidden));
        for status in [400, 409, 422] {
            let (is, refused) = said(status);
            assert_eq!(is, refused, "{status}");
            assert_eq!(response(status, None), unavailable(60_000, Unavailable::Unreadable), "{status}, but a page");
        }
        assert_eq!(response(413, None), Err(JiraError::Refused { status: 413, body: Value::Null }));
        assert_eq!(response(302, None), unavailable(60_000, Unavailable::Failing));
        assert_eq!(read_response(Err(PlatformError::new("X"))), unavailable(5_000, Unavailable::Platform));
    }
}
