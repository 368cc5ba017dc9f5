//! Many issues, for measurements on a large site.

use serde_json::json;

use super::SampleError;
use crate::jira_sim::{JiraSim, Workflow};

/// Creates a project LOAD with this many issues; does nothing for zero.
///
/// # Errors
/// [`SampleError::Refused`] if an issue is not taken.
pub fn seed_many_issues(jira: &JiraSim, issues: u64) -> Result<(), SampleError> {
    if issues == 0 {
        return Ok(());
    }
    let account = "712020:5b10a284-4c20-4165-9000-0000000000f0";
    let mut state = jira.state();
    state.add_user(account, "Lou Load", "lou.load@engineering.example", false);
    state.add_project("LOAD", "Load", account, Workflow::open());
    drop(state);
    for number in 0..issues {
        let summary = format!("Issue {number} of many");
        let fields = json!({"project": {"key": "LOAD"}, "issuetype": {"name": "Task"}, "summary": summary});
        let made = jira.request_without_events(account, "POST", "/rest/api/3/issue", &json!({"fields": fields}));
        made.map_err(|answer| SampleError::Refused { step: summary, answer })?;
    }
    Ok(())
}
