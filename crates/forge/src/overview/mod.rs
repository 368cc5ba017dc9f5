//! The resolver of the dashboard gadget and of the project page: counts over the linked issues of the projects that the calling
//! user may browse. Counts only, so it is the same in privacy mode.

mod totals;
mod visible;

use serde_json::Value;

use self::totals::{ProjectTotals, Top, Totals};
use self::visible::Visible;
use crate::input::is_project_key;
use crate::join::join3;
use crate::json::json;
use crate::platform::{Platform, PlatformError};
use crate::{contact, delivery, records, resolver};

/// Issues with the most waiting customers that are named.
const NAMED: usize = 10;
/// Characters of the longest project key.
const LONGEST_KEY: usize = 255;

/// Handles one resolver call `{"functionKey", "payload"}`; a refusal is `{"error": code}`.
///
/// - `overview.view` `{project?}`: counts of all projects that the user may browse, or of one of them
pub async fn overview(platform: &impl Platform, call: &Value) -> Value {
    let answer = answer(platform, call).await.unwrap_or_else(|code| json!({ "error": code }));
    resolver::finish(platform, "overview", answer).await
}

async fn answer(platform: &impl Platform, call: &Value) -> Result<Value, &'static str> {
    if call["functionKey"] != "overview.view" {
        return Err("unknown-function");
    }
    let Some(account_id) = platform.account_id() else { return Err("forbidden") };
    let project = match &call["payload"]["project"] {
        Value::Null => None,
        Value::String(key) if key.len() <= LONGEST_KEY && is_project_key(key) => Some(key.as_str()),
        _ => return Err("not-a-project"),
    };
    let totals = totals::current(platform).await.map_err(unavailable)?;
    let visible = visible::of_user(platform, &totals, project, account_id).await?;
    view(platform, &totals, &visible, project).await.map_err(unavailable)
}

fn unavailable(_: PlatformError) -> &'static str {
    "unavailable"
}

/// Returns `{now, at, complete, projects, issues, tickets, waitingCustomers, buckets, ages, top, drift?, oldestWaiting?, sidecar}`.
async fn view(
    platform: &impl Platform,
    totals: &Totals,
    visible: &Visible,
    project: Option<&str>,
) -> Result<Value, PlatformError> {
    let shown = totals.projects.iter().filter(|(key, _)| visible.projects.contains(*key));
    let chosen = shown.clone().filter(|(key, _)| project.is_none_or(|project| *key == project));
    let mut sum = ProjectTotals::default();
    for (_, of_project) in chosen {
        sum.add(of_project);
    }
    sum.top.retain(|top| visible.issues.contains(&top.issue_id));
    sum.top.truncate(NAMED);
    let named = |top: &Top| json!({ "key": top.issue_key, "waitingCustomers": top.waiting_customers });
    let read = join3(contact::read(platform), records::get::<Value>(platform, "drift"), delivery::oldest(platform));
    let (contact, drift, oldest) = read.await;
    let mut answer = json!({
        "now": platform.now(),
        "at": totals.at,
        "complete": totals.complete,
        "projects": shown.map(|(key, _)| key).collect::<Vec<_>>(),
        "issues": sum.issues,
        "tickets": sum.tickets,
        "buckets": sum.buckets,
        "ages": sum.ages,
        "top": sum.top.iter().map(named).collect::<Vec<_>>(),
        "sidecar": contact?.json(platform.now()),
    });
    if let Some(drift) = drift? {
        answer["drift"] = drift;
    }
    if let Some(oldest) = oldest? {
        answer["oldestWaiting"] = json!(oldest);
    }
    Ok(answer)
}
