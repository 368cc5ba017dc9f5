//! Service projects (Jira Service Management): which projects they are, and who can read their comments.

use schema::ServiceVisibility;
use serde_json::Value;

use crate::config::Config;
use crate::issue::is_service;
use crate::jira::{self, JiraError};
use crate::json::json;
use crate::links::Link;
use crate::platform::{Platform, SetOptions};
use crate::records;

/// The type of a project changes rarely.
const CACHED: SetOptions = SetOptions { ttl_seconds: Some(86_400), fail_if_exists: false };

/// Returns the key of the project of an issue key.
fn project_of(issue_key: &str) -> &str {
    issue_key.rsplit_once('-').map_or(issue_key, |(project, _)| project)
}

/// Whether the issue with this key is in a service project.
pub(crate) async fn has_issue(platform: &impl Platform, issue_key: &str) -> Result<bool, JiraError> {
    let project = project_of(issue_key);
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

/// Whether comments of public articles may be public on the issue of this link. The key of a link may be out of date, so the
/// issue's project is read before a comment becomes public.
pub(crate) async fn allows_public(platform: &impl Platform, config: &Config, link: &Link) -> Result<bool, JiraError> {
    let allowed = |issue_key: &str| {
        config.settings.service_projects.public_comments.iter().any(|project| project == project_of(issue_key))
    };
    if !allowed(&link.issue_key) {
        return Ok(false);
    }
    Ok(allowed(&jira::key_of(platform, &link.issue_id).await?))
}
