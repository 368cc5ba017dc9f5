//! The issue property that marks linked issues, so that Jira's search finds those that changed. Users and other apps can read it,
//! so it has nothing but the mark. The manifest declares it (`jira:entityProperty`); a search finds it only then.

use serde_json::Value;

use crate::jira::request;
use crate::json::json;
use crate::links;
use crate::platform::Platform;

/// Key of the property. Without dots, which JQL would take for a path.
pub(crate) const PROPERTY: &str = "zammadlink";
/// The JQL clause of linked issues.
pub(crate) const IS_LINKED: &str = "issue.property[zammadlink].linked = 1";

/// Returns the value of the property.
pub(crate) fn value() -> Value {
    json!({ "linked": 1 })
}

/// Marks an issue as linked. Whether it worked does not matter: `issues.read` marks every linked issue that has no mark.
pub(crate) async fn set(platform: &impl Platform, issue_id: &str) {
    let strings = &["/rest/api/3/issue/", "/properties/zammadlink"];
    let _ = request(platform, "PUT", strings, &[issue_id], Some(value())).await;
}

/// Marks several issues in one request. Jira carries it out later, and its answer is a redirect to the task, which is not followed.
pub(crate) async fn set_all(platform: &impl Platform, issue_ids: &[&str]) {
    let numbers: Vec<u64> = issue_ids.iter().filter_map(|id| id.parse().ok()).collect();
    if !numbers.is_empty() {
        let body = json!({ "entitiesIds": numbers, "properties": json!({ "zammadlink": value() }) });
        let _ = request(platform, "POST", &["/rest/api/3/issue/properties"], &[], Some(body)).await;
    }
}

/// Removes the mark of an issue that has no link any more. A mark that stays is harmless: the sidecar ignores the issue.
pub(crate) async fn clear_if_unlinked(platform: &impl Platform, issue_id: &str) {
    if links::of_issue(platform, issue_id).await.is_ok_and(|links| links.is_empty()) {
        clear(platform, issue_id).await;
    }
}

/// Removes the mark of an issue.
pub(crate) async fn clear(platform: &impl Platform, issue_id: &str) {
    let _ = request(platform, "DELETE", &["/rest/api/3/issue/", "/properties/zammadlink"], &[issue_id], None).await;
}
