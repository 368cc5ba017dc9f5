//! Moving an issue to a status, which Jira lets be done by transitions only. [`plan`] picks each step; this asks, takes it,
//! and remembers which way leads where.

mod plan;

use schema::FieldRefusal;
use schema::settings::StatusSelector;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::json::json;

use self::plan::{Edge, Next, Offer, Status, Task};
use crate::config::Config;
use crate::issue::{Issue, text};
use crate::jira::{self, Failed};
use crate::platform::{Platform, SetOptions};
use crate::records;

/// Most transitions of one walk (docs/sync-rules.md).
const MOST_STEPS: usize = 4;
/// Most transitions that Jira may refuse in one walk.
const MOST_REFUSALS: usize = 4;
/// Caches expire by themselves within a day (policy §3).
const REMEMBERED_MS: i64 = 86_400_000;
/// A workflow with more ways than this is not remembered any further.
const MOST_EDGES: usize = 400;

/// What became of a walk.
#[derive(Debug, Default)]
pub(crate) struct Walk {
    /// Whether the issue has another status now.
    pub(crate) moved: bool,
    /// Why it did not get where it should.
    pub(crate) refused: Option<FieldRefusal>,
}

/// Which ways lead where in the workflow of a project and issue type: ids, categories and required fields.
#[derive(Default, Serialize, Deserialize)]
struct Learned {
    /// When all of it is forgotten, in milliseconds.
    until: i64,
    edges: Vec<Edge>,
}

/// Moves an issue to any of these statuses, the first being preferred. The issue is in none of them.
///
/// # Errors
/// What keeps Jira from answering; the walk may then have begun, and goes on from there the next time.
pub(crate) async fn reach(
    platform: &impl Platform,
    config: &Config,
    issue: &Issue,
    any_of: &[StatusSelector],
) -> Result<Walk, Failed> {
    let snapshot = &issue.snapshot;
    let mut current = Status { id: snapshot.status_id.clone(), category: snapshot.status_category.clone() };
    let mut name = snapshot.status.clone();
    let filling = &config.settings.fields.state.transition_fields;
    let (key, mut learned) = recall(platform, issue).await?;
    let mut statuses = Vec::new();
    let (mut visited, mut blocked) = (vec![current.id.clone()], Vec::new());
    let (mut walk, mut last) = (Walk::default(), None);
    while !any_of.iter().any(|wanted| wanted.means(&current.id, &current.category)) {
        let mut offers = offered(platform, &issue.id).await?;
        learn(platform, &key, &mut learned, &current, &offers).await?;
        offers.retain(|offer| !blocked.contains(&offer.id));
        let left = MOST_STEPS.saturating_sub(visited.len() - 1);
        let task = Task {
            current: &current,
            offers: &offers,
            known: &learned.edges,
            any_of,
            visited: &visited,
            left,
            filled: &|field| filling.contains_key(field),
        };
        let mut next = task.next(&statuses);
        if matches!(next, Next::Unknown) {
            statuses = statuses_of(platform, issue).await?;
            next = task.next(&statuses);
        }
        let offer = match next {
            Next::Take(offer) => offer.clone(),
            Next::Fill(field) => {
                walk.refused = Some(refusal("field-required", field));
                break;
            }
            Next::Unknown | Next::Nothing => {
                let names: Vec<&str> = offers.iter().map(|offer| offer.name.as_str()).collect();
                let no_path = || refusal("no-path", &format!("{name}: {}", names.join(", ")));
                walk.refused = Some(last.unwrap_or_else(no_path));
                break;
            }
        };
        match take(platform, issue, &offer, filling.iter()).await {
            Ok(_) => {
                walk.moved = true;
                visited.push(offer.to.id.clone());
                (current, name) = (offer.to, offer.to_name);
            }
            Err(Failed::Refused { status: 401 | 403, .. }) => {
                walk.refused = Some(refusal("no-permission", &name));
                break;
            }
            Err(Failed::Refused { body, .. }) => {
                let field = body["errors"].as_object().and_then(|errors| errors.keys().next());
                last = Some(match field {
                    Some(field) => refusal("field-required", field),
                    None => refusal("jira-refused", &offer.name),
                });
                blocked.push(offer.id);
                if blocked.len() == MOST_REFUSALS {
                    walk.refused = last;
                    break;
                }
            }
            Err(failed) => return Err(failed),
        }
    }
    Ok(walk)
}

/// The longest detail that the wire's reader takes for granted.
const DETAIL: usize = 200;

fn refusal(code: &str, detail: &str) -> FieldRefusal {
    let detail = Some(detail.chars().take(DETAIL).collect());
    FieldRefusal { field: "status".to_owned(), code: code.to_owned(), detail }
}

/// The transitions that this app may take from where the issue is.
async fn offered(platform: &impl Platform, issue_id: &str) -> Result<Vec<Offer>, Failed> {
    let strings = &["/rest/api/3/issue/", "/transitions?expand=transitions.fields"];
    let answer = jira::ask(platform, "GET", strings, &[issue_id], None).await?;
    let rows = answer["transitions"].as_array().into_iter().flatten();
    Ok(rows.filter(|row| row["isAvailable"] != json!(false)).map(offer).collect())
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
    }
}

async fn take<'f>(
    platform: &impl Platform,
    issue: &Issue,
    offer: &Offer,
    filling: impl Iterator<Item = (&'f String, &'f Value)>,
) -> jira::Outcome {
    let mut fields = Map::new();
    for (name, value) in filling.filter(|(name, _)| offer.needs.contains(name)) {
        fields.insert(name.clone(), value.clone());
    }
    let mut body = json!({ "transition": json!({ "id": offer.id }) });
    if !fields.is_empty() {
        body["fields"] = fields.into();
    }
    jira::ask(platform, "POST", &["/rest/api/3/issue/", "/transitions"], &[&issue.id], Some(body)).await
}

/// The statuses that the project has for this type of issue.
async fn statuses_of(platform: &impl Platform, issue: &Issue) -> Result<Vec<Status>, Failed> {
    let project = issue.key.rsplit_once('-').map_or(issue.key.as_str(), |(project, _)| project);
    let answer = jira::ask(platform, "GET", &["/rest/api/3/project/", "/statuses"], &[project], None).await?;
    let types = answer.as_array().into_iter().flatten();
    let own = types.filter(|row| text(&row["id"]) == issue.type_id);
    let rows = own.filter_map(|row| row["statuses"].as_array()).flatten();
    Ok(rows.map(|row| Status { id: text(&row["id"]), category: text(&row["statusCategory"]["key"]) }).collect())
}

async fn recall(platform: &impl Platform, issue: &Issue) -> Result<(String, Learned), Failed> {
    let key = format!("cache:wf:{}", schema::print(&json!([&issue.project_id, &issue.type_id])));
    let now = platform.now().0;
    // What cannot be read is learned anew.
    let known: Option<Learned> = records::get(platform, &key).await.unwrap_or_default();
    let fresh = Learned { until: now + REMEMBERED_MS, edges: Vec::new() };
    Ok((key, known.filter(|known| known.until > now).unwrap_or(fresh)))
}

/// Remembers what leads away from where the issue is. The time at which all is forgotten stays.
async fn learn(
    platform: &impl Platform,
    key: &str,
    learned: &mut Learned,
    current: &Status,
    offers: &[Offer],
) -> Result<(), Failed> {
    let edge = |offer: &Offer| Edge { from: current.id.clone(), to: offer.to.clone(), needs: offer.needs.clone() };
    let fresh: Vec<Edge> = offers.iter().filter(|offer| offer.to.id != current.id).map(edge).collect();
    let known = learned.edges.iter().filter(|edge| edge.from == current.id);
    if known.eq(&fresh) || learned.edges.len() + fresh.len() > MOST_EDGES {
        return Ok(());
    }
    learned.edges.retain(|edge| edge.from != current.id);
    learned.edges.extend(fresh);
    let seconds = u32::try_from((learned.until - platform.now().0) / 1_000).unwrap_or(1).max(1);
    let options = SetOptions { ttl_seconds: Some(seconds), fail_if_exists: false };
    // Only a cache: without it the next walk asks again.
    let _ = records::set(platform, key, json!(learned), options).await;
    Ok(())
}
