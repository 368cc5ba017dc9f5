//! Moves an issue to a status. Jira changes a status by transitions only, so several may be needed. [`plan`] selects each
//! transition; this module makes the requests and caches the known transitions of the workflow (docs/sync-rules.md).

mod plan;
mod reachable;

use std::collections::BTreeMap;

use schema::FieldRefusal;
use schema::settings::StatusSelector;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use self::plan::{Edge, Next, Offer, RESOLUTION, Status, Step};
pub(crate) use self::reachable::check;
use crate::config::Config;
use crate::issue::{Issue, text};
use crate::jira::{self, JiraError};
use crate::json::json;
use crate::platform::{Platform, SetOptions};
use crate::records;

/// Maximum number of transitions per message (docs/sync-rules.md).
const MAX_STEPS: usize = 4;
/// Maximum number of refused transitions per message.
const MAX_REFUSALS: usize = 4;
/// Lifetime of the cache of a workflow.
const CACHE_MS: i64 = 86_400_000;
/// Maximum number of cached transitions of a workflow.
const MAX_EDGES: usize = 400;

/// The result of [`reach`].
#[derive(Debug, Default)]
pub(crate) struct StatusChange {
    /// Whether the status of the issue has changed.
    pub(crate) moved: bool,
    /// Why no requested status was reached.
    pub(crate) refused: Option<FieldRefusal>,
}

/// Known transitions in the workflow of a project and issue type: ids, categories and required fields.
#[derive(Default, Serialize, Deserialize)]
struct WorkflowCache {
    /// When the cache expires, in milliseconds since the epoch.
    until: i64,
    edges: Vec<Edge>,
}

/// Moves an issue to one of these statuses; the first is preferred. If it names a resolution, the transition into it sets the
/// resolution.
///
/// # Errors
/// [`JiraError`] if a request failed. Some transitions may have been made; the next call continues from there.
pub(crate) async fn reach(
    platform: &impl Platform,
    config: &Config,
    issue: &Issue,
    any_of: &[StatusSelector],
) -> Result<StatusChange, JiraError> {
    let snapshot = &issue.snapshot;
    let mut current = Status { id: snapshot.status_id.clone(), category: snapshot.status_category.clone() };
    let mut name = snapshot.status.clone();
    let configured = &config.settings.fields.state.transition_fields;
    let names_resolution = any_of.iter().any(|wanted| wanted.resolution.is_some());
    let (key, mut cache) = read_cache(platform, issue).await?;
    let mut statuses = Vec::new();
    let mut known_offers = offers_of(issue);
    let (mut visited, mut blocked) = (vec![current.id.clone()], Vec::new());
    let (mut change, mut last) = (StatusChange::default(), None);
    while !any_of.iter().any(|wanted| wanted.matches(&current.id, &current.category)) {
        let mut offers = match known_offers.take() {
            Some(offers) => offers,
            None => offered(platform, &issue.id).await?,
        };
        extend_cache(platform, &key, &mut cache, &current, &offers).await?;
        offers.retain(|offer| !blocked.contains(&offer.id));
        let left = MAX_STEPS.saturating_sub(visited.len() - 1);
        let step = Step {
            current: &current,
            offers: &offers,
            known: &cache.edges,
            any_of,
            visited: &visited,
            left,
            is_configured: &|field| configured.contains_key(field) || (names_resolution && field == RESOLUTION),
        };
        let mut next = step.next(&statuses);
        if matches!(next, Next::NeedStatuses) {
            statuses = statuses_of(platform, issue).await?;
            next = step.next(&statuses);
        }
        let offer = match next {
            Next::Take(offer) => offer.clone(),
            Next::MissingField(field) => {
                change.refused = Some(refusal("field-required", field));
                break;
            }
            Next::NeedStatuses | Next::NoPath => {
                let names: Vec<&str> = offers.iter().map(|offer| offer.name.as_str()).collect();
                let no_path = || refusal("no-path", &format!("{name}: {}", names.join(", ")));
                change.refused = Some(last.unwrap_or_else(no_path));
                break;
            }
        };
        let resolution = resolution_for(&offer, any_of, configured);
        match make_transition(platform, issue, &offer, fields_for(&offer, configured, resolution)).await {
            Ok(_) => {
                change.moved = true;
                if resolution.is_some() && !offer.takes_resolution {
                    // The status is reached; the resolution is the one that the workflow sets.
                    change.refused = Some(refusal("not-on-screen", RESOLUTION));
                }
                visited.push(offer.to.id.clone());
                (current, name) = (offer.to, offer.to_name);
            }
            Err(JiraError::Forbidden) => {
                change.refused = Some(refusal("no-permission", &name));
                break;
            }
            Err(JiraError::Refused { body, .. }) => {
                let field = body["errors"].as_object().and_then(|errors| errors.keys().next());
                last = Some(match field {
                    Some(field) => refusal("field-required", field),
                    None => refusal("jira-refused", &offer.name),
                });
                blocked.push(offer.id);
                if blocked.len() == MAX_REFUSALS {
                    change.refused = last;
                    break;
                }
            }
            Err(error) => return Err(error),
        }
    }
    Ok(change)
}

/// Maximum characters of a refusal's detail.
const MAX_DETAIL: usize = 200;

fn refusal(code: &str, detail: &str) -> FieldRefusal {
    let detail = Some(detail.chars().take(MAX_DETAIL).collect());
    FieldRefusal { field: "status".to_owned(), code: code.to_owned(), detail }
}

/// Returns the transitions that the app may make from the issue's current status.
async fn offered(platform: &impl Platform, issue_id: &str) -> Result<Vec<Offer>, JiraError> {
    let strings = &["/rest/api/3/issue/", "/transitions?expand=transitions.fields"];
    let answer = jira::request(platform, "GET", strings, &[issue_id], None).await?;
    let answer = jira::with_part(answer, |answer| answer["transitions"].is_array())?;
    Ok(offers_in(answer["transitions"].as_array().into_iter().flatten()))
}

fn offers_in<'a>(rows: impl Iterator<Item = &'a Value>) -> Vec<Offer> {
    rows.filter(|row| row["isAvailable"] != json!(false)).map(offer).collect()
}

/// Returns the transitions that were read with the issue. `None` without their fields, which tell what a transition requires.
fn offers_of(issue: &Issue) -> Option<Vec<Offer>> {
    let rows = issue.transitions.as_ref()?;
    rows.iter().all(|row| row["fields"].is_object()).then(|| offers_in(rows.iter()))
}

fn offer(row: &Value) -> Offer {
    let required = row["fields"]
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(_, field)| field["required"] == json!(true) && field["hasDefaultValue"] != json!(true));
    Offer {
        id: text(&row["id"]),
        name: text(&row["name"]),
        to: Status { id: text(&row["to"]["id"]), category: text(&row["to"]["statusCategory"]["key"]) },
        to_name: text(&row["to"]["name"]),
        needs: required.map(|(name, _)| name.clone()).collect(),
        takes_resolution: row["fields"].get(RESOLUTION).is_some(),
    }
}

/// Returns the resolution to set by this transition: the one that the requested status names, or any of the named ones if a
/// transition before it requires a resolution and none is configured.
fn resolution_for<'a>(
    offer: &Offer,
    any_of: &'a [StatusSelector],
    configured: &BTreeMap<String, Value>,
) -> Option<&'a str> {
    let reached = any_of.iter().find(|wanted| wanted.matches(&offer.to.id, &offer.to.category));
    match reached {
        Some(wanted) => wanted.resolution.as_deref(),
        None if configured.contains_key(RESOLUTION) || !offer.needs.iter().any(|field| field == RESOLUTION) => None,
        None => any_of.iter().find_map(|wanted| wanted.resolution.as_deref()),
    }
}

/// Returns the values for the fields of a transition: what it requires, and the resolution of the requested status.
fn fields_for(offer: &Offer, configured: &BTreeMap<String, Value>, resolution: Option<&str>) -> Map<String, Value> {
    let required = configured.iter().filter(|(name, _)| offer.needs.contains(name));
    let mut fields: Map<String, Value> = required.map(|(name, value)| (name.clone(), value.clone())).collect();
    if let Some(id) = resolution.filter(|_| offer.takes_resolution) {
        fields.insert(RESOLUTION.to_owned(), json!({ "id": id }));
    }
    fields
}

async fn make_transition(
    platform: &impl Platform,
    issue: &Issue,
    offer: &Offer,
    fields: Map<String, Value>,
) -> jira::JiraResult {
    let mut body = json!({ "transition": json!({ "id": offer.id }) });
    if !fields.is_empty() {
        body["fields"] = fields.into();
    }
    jira::request(platform, "POST", &["/rest/api/3/issue/", "/transitions"], &[&issue.id], Some(body)).await
}

/// Returns the statuses of the issue's project and type.
async fn statuses_of(platform: &impl Platform, issue: &Issue) -> Result<Vec<Status>, JiraError> {
    let project = issue.key.rsplit_once('-').map_or(issue.key.as_str(), |(project, _)| project);
    let answer = jira::request(platform, "GET", &["/rest/api/3/project/", "/statuses"], &[project], None).await?;
    let types = answer.as_array().into_iter().flatten();
    let own = types.filter(|row| text(&row["id"]) == issue.type_id);
    let rows = own.filter_map(|row| row["statuses"].as_array()).flatten();
    Ok(rows.map(|row| Status { id: text(&row["id"]), category: text(&row["statusCategory"]["key"]) }).collect())
}

async fn read_cache(platform: &impl Platform, issue: &Issue) -> Result<(String, WorkflowCache), JiraError> {
    let key = format!("cache:wf:{}", schema::fingerprint(&json!([&issue.project_id, &issue.type_id])));
    let now = platform.now().0;
    // A cache that cannot be read is built again.
    let cached: Option<WorkflowCache> = records::get(platform, &key).await.unwrap_or_default();
    let empty = WorkflowCache { until: now + CACHE_MS, edges: Vec::new() };
    Ok((key, cached.filter(|cached| cached.until > now).unwrap_or(empty)))
}

/// Caches the transitions from the issue's current status. The cache's expiry does not change.
async fn extend_cache(
    platform: &impl Platform,
    key: &str,
    cache: &mut WorkflowCache,
    current: &Status,
    offers: &[Offer],
) -> Result<(), JiraError> {
    let edge = |offer: &Offer| Edge { from: current.id.clone(), to: offer.to.clone(), needs: offer.needs.clone() };
    let fresh: Vec<Edge> = offers.iter().filter(|offer| offer.to.id != current.id).map(edge).collect();
    let known = cache.edges.iter().filter(|edge| edge.from == current.id);
    if known.eq(&fresh) || cache.edges.len() + fresh.len() > MAX_EDGES {
        return Ok(());
    }
    cache.edges.retain(|edge| edge.from != current.id);
    cache.edges.extend(fresh);
    let seconds = u32::try_from((cache.until - platform.now().0) / 1_000).unwrap_or(1).max(1);
    let options = SetOptions { ttl_seconds: Some(seconds), fail_if_exists: false };
    // Without the cache the next message requests the transitions again.
    let _ = records::set(platform, key, json!(cache), options).await;
    Ok(())
}
