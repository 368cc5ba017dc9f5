//! The issue property that marks linked issues, so that Jira's search finds those that changed, and people find issues by their
//! tickets. Users and other apps can read it, so it has counts, buckets and dates and nothing that anybody wrote. The manifest
//! declares it (`jira:entityProperty`); a search finds it only then.

use schema::time::rfc3339;
use serde_json::Value;

use crate::impact;
use crate::jira::{JiraResult, request};
use crate::json::json;
use crate::links::Link;
use crate::platform::Platform;

/// Key of the property. Without dots, which JQL would take for a path.
pub(crate) const PROPERTY: &str = "zammadlink";
/// The JQL clause of linked issues.
pub(crate) const IS_LINKED: &str = "issue.property[zammadlink].linked = 1";
/// Path of the property of one issue.
const OF_ISSUE: &[&str] = &["/rest/api/3/issue/", "/properties/zammadlink"];
/// Characters of the date in an RFC 3339 time.
const DATE: usize = 10;

/// Returns the value of the property for an issue with these links.
pub(crate) fn value(links: &[Link]) -> Value {
    let impact = impact::of(links);
    let mut value = json!({ "linked": 1, "tickets": impact.tickets, "waitingCustomers": impact.waiting_customers });
    if let Some(bucket) = impact.bucket {
        value["bucket"] = json!(bucket);
    }
    if let Some(oldest) = impact.oldest_open {
        value["oldestOpen"] = json!(rfc3339(oldest).chars().take(DATE).collect::<String>());
    }
    value
}

/// Returns the value for an issue that is created for one ticket.
pub(crate) fn value_of_new() -> Value {
    json!({ "linked": 1, "tickets": 1, "waitingCustomers": 0 })
}

/// Writes the property of an issue with these links.
pub(crate) async fn write(platform: &impl Platform, issue_id: &str, links: &[Link]) -> JiraResult {
    request(platform, "PUT", OF_ISSUE, &[issue_id], Some(value(links))).await
}

/// Brings the property up to date after a link was added or removed; an issue without links has none. Whether it worked does not
/// matter: `issues.read` marks every linked issue that has no mark, and a mark that stays is harmless, since the sidecar ignores
/// the issue.
pub(crate) async fn update(platform: &impl Platform, issue_id: &str, links: &[Link]) {
    if links.is_empty() {
        clear(platform, issue_id).await;
    } else {
        let _ = write(platform, issue_id, links).await;
    }
}

/// Marks several issues in one request. Jira carries it out later, and its answer is a redirect to the task, which is not followed.
pub(crate) async fn set_all(platform: &impl Platform, issues: &[(&str, &[Link])]) {
    let of_issue = |(id, links): &(&str, &[Link])| {
        let number: u64 = id.parse().ok()?;
        Some(json!({ "issueID": number, "properties": json!({ "zammadlink": value(links) }) }))
    };
    let rows: Vec<Value> = issues.iter().filter_map(of_issue).collect();
    if !rows.is_empty() {
        let body = json!({ "issues": rows });
        let _ = request(platform, "POST", &["/rest/api/3/issue/properties/multi"], &[], Some(body)).await;
    }
}

/// Removes the mark of an issue.
pub(crate) async fn clear(platform: &impl Platform, issue_id: &str) {
    let _ = request(platform, "DELETE", OF_ISSUE, &[issue_id], None).await;
}
