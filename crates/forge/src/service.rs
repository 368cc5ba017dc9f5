//! Service projects (Jira Service Management): which projects they are, and who can see their comments and files.

use schema::ServiceVisibility;
use serde_json::Value;

use crate::config::Config;
use crate::issue::is_service;
use crate::jira::{self, JiraError, UNREADABLE};
use crate::json::json;
use crate::links::Link;
use crate::platform::{Platform, SetOptions};
use crate::records;

/// Lifetime of the cached type of a project, which rarely changes.
const CACHED: SetOptions = SetOptions { ttl_seconds: Some(86_400), fail_if_exists: false };

/// Returns the key of the project of an issue key.
fn project_of(issue_key: &str) -> &str {
    issue_key.rsplit_once('-').map_or(issue_key, |(project, _)| project)
}

/// Whether the issue with this key is in a service project.
pub(crate) async fn has_issue(platform: &impl Platform, issue_key: &str) -> Result<bool, JiraError> {
    is_project(platform, project_of(issue_key)).await
}

/// Whether the project with this key is a service project.
pub(crate) async fn is_project(platform: &impl Platform, project: &str) -> Result<bool, JiraError> {
    let key = format!("cache:service:{project}");
    if let Ok(Some(cached)) = records::get::<bool>(platform, &key).await {
        return Ok(cached);
    }
    let answer = jira::request(platform, "GET", &["/rest/api/3/project/", ""], &[project], None).await;
    let service = match answer {
        Ok(found) => is_service(&jira::with_part(found, |project| project["projectTypeKey"].is_string())?),
        // The issue has moved, and the event of the move has not arrived.
        Err(JiraError::NotFound) => return Ok(false),
        Err(error) => return Err(error),
    };
    // Without the cache the next comment requests the project again.
    let _ = records::set(platform, &key, json!(service), CACHED).await;
    Ok(service)
}

/// Returns who can read a comment of Jira's API; `None` outside of service projects.
pub(crate) fn visibility_of(comment: &Value, service: bool) -> Option<ServiceVisibility> {
    service.then(|| ServiceVisibility {
        public: comment["jsdPublic"] == json!(true),
        by_customer: comment["author"]["accountType"] == "customer",
    })
}

/// Whether an admin has listed the project of this issue key as one with public comments.
fn is_listed(config: &Config, issue_key: &str) -> bool {
    config.settings.service_projects.public_comments.iter().any(|project| project == project_of(issue_key))
}

/// Whether comments of public articles may be public on the issue of this link. The key of a link may be out of date, so the
/// issue's project is read before a comment becomes public.
pub(crate) async fn allows_public(platform: &impl Platform, config: &Config, link: &Link) -> Result<bool, JiraError> {
    if !is_listed(config, &link.issue_key) {
        return Ok(false);
    }
    Ok(is_listed(config, &jira::key_of(platform, &link.issue_id).await?))
}

/// Whether a file may be added to the issue of this link; `internal` tells whether its article is. The portal of a service
/// project shows every attachment to the customer, so only files of public articles may be added there, and only where comments
/// may be public. The issue is read, since it may have moved to a service project.
pub(crate) async fn allows_file(
    platform: &impl Platform,
    config: &Config,
    link: &Link,
    internal: bool,
) -> Result<bool, JiraError> {
    let strings = &["/rest/api/3/issue/", "?fields=project"];
    let issue = jira::request(platform, "GET", strings, &[&link.issue_id], None).await?;
    let project = &issue["fields"]["project"];
    // An unknown type could be a service project.
    let (Some(key), true) = (issue["key"].as_str(), project["projectTypeKey"].is_string()) else {
        return Err(UNREADABLE);
    };
    Ok(!is_service(project) || (!internal && is_listed(config, key)))
}
