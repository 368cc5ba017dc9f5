//! Which statuses of a project can be reached from which, tried on its issues: the workflow itself may be read by administrators
//! only. One issue in each status shows the transitions that the app may make from there.

use schema::settings::{Settings, StatusSelector};
use serde_json::Value;

use super::plan::{Edge, Offer, Status, Step};
use super::{MAX_STEPS, RESOLUTION, offered};
use crate::issue::text;
use crate::jira::{self, JiraError};
use crate::join::join_all;
use crate::json::json;
use crate::platform::Platform;

/// Maximum number of statuses of an issue type that are looked at: each takes a search and a read.
const MAX_STATUSES: usize = 25;
/// Statuses that are looked at at the same time.
const AT_ONCE: usize = 5;

/// A status of an issue type, and the transitions from there, if an issue is in it.
struct From {
    status: Status,
    name: String,
    offers: Option<Vec<Offer>>,
}

/// Returns `{blocked:[{from, to, reason, field?}], unknown:[status], issueType}` for the statuses of one issue type of a project,
/// as `GET project/<key>/statuses` describes it. `blocked` are the statuses that the settings want and that cannot be reached from
/// `from` in [`MAX_STEPS`] transitions: `no-path`, or `field-required` with the field that has no configured value. `unknown` are
/// statuses that no issue is in, so nothing is known of their transitions. `to` is the status's id or category.
pub(crate) async fn check(
    platform: &impl Platform,
    project: &str,
    issue_type: &Value,
    settings: &Settings,
) -> Result<Value, JiraError> {
    let rows: Vec<&Value> = issue_type["statuses"].as_array().into_iter().flatten().take(MAX_STATUSES).collect();
    let mut all = Vec::new();
    for part in rows.chunks(AT_ONCE) {
        let found = join_all(part.iter().map(|row| look(platform, project, &issue_type["id"], row))).await;
        all.extend(found.into_iter().collect::<Result<Vec<_>, _>>()?);
    }
    let known: Vec<Edge> = all.iter().flat_map(edges).collect();
    let pairs = settings.fields.state.pairs.iter().filter(|pair| pair.direction.to_jira());
    let mut wanted: Vec<StatusSelector> = Vec::new();
    for selector in pairs.map(|pair| StatusSelector { resolution: None, ..pair.jira.clone() }) {
        // Another check names the statuses that the project does not have at all.
        let exists = all.iter().any(|from| selector.matches(&from.status.id, &from.status.category));
        if exists && !wanted.contains(&selector) {
            wanted.push(selector);
        }
    }
    let mut blocked = Vec::new();
    for from in &all {
        for to in wanted.iter().filter(|to| !to.matches(&from.status.id, &from.status.category)) {
            blocked.extend(obstacle(from, to, &known, settings));
        }
    }
    let unknown: Vec<&str> = all.iter().filter(|from| from.offers.is_none()).map(|from| from.name.as_str()).collect();
    Ok(json!({ "issueType": text(&issue_type["name"]), "blocked": blocked, "unknown": unknown }))
}

/// Finds an issue in the status and reads its transitions.
async fn look(platform: &impl Platform, project: &str, type_id: &Value, row: &Value) -> Result<From, JiraError> {
    let status = Status { id: text(&row["id"]), category: text(&row["statusCategory"]["key"]) };
    let jql =
        format!("project = \"{project}\" AND issuetype = {} AND status = {}", plain(&text(type_id)), plain(&status.id));
    let body = json!({ "jql": jql, "fields": ["summary"], "maxResults": 1 });
    let found = jira::request(platform, "POST", &["/rest/api/3/search/jql"], &[], Some(body)).await?;
    let offers = match found["issues"].as_array().and_then(|issues| issues.first()) {
        Some(issue) => match offered(platform, &text(&issue["id"])).await {
            Ok(offers) => Some(offers),
            // It was deleted in between.
            Err(JiraError::NotFound) => None,
            Err(error) => return Err(error),
        },
        None => None,
    };
    Ok(From { status, name: text(&row["name"]), offers })
}

/// Ids come from Jira and become part of a query, so nothing but letters and digits does.
fn plain(id: &str) -> String {
    id.chars().filter(char::is_ascii_alphanumeric).collect()
}

fn edges(from: &From) -> Vec<Edge> {
    let edge = |offer: &Offer| Edge { from: from.status.id.clone(), to: offer.to.clone(), needs: offer.needs.clone() };
    from.offers.iter().flatten().map(edge).collect()
}

fn obstacle(from: &From, to: &StatusSelector, known: &[Edge], settings: &Settings) -> Option<Value> {
    let configured = &settings.fields.state.transition_fields;
    let names_resolution = settings.fields.state.pairs.iter().any(|pair| pair.jira.resolution.is_some());
    let step = Step {
        current: &from.status,
        offers: from.offers.as_deref()?,
        known,
        any_of: std::slice::from_ref(to),
        visited: std::slice::from_ref(&from.status.id),
        left: MAX_STEPS,
        is_configured: &|field| configured.contains_key(field) || (names_resolution && field == RESOLUTION),
    };
    let target = to.id.as_ref().or(to.category.as_ref());
    match step.path() {
        Ok(()) => None,
        Err(None) => Some(json!({ "from": from.name, "to": target, "reason": "no-path" })),
        Err(Some(field)) => {
            Some(json!({ "from": from.name, "to": target, "reason": "field-required", "field": field }))
        }
    }
}
