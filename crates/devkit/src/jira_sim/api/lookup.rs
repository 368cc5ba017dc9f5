//! The issue that an address names, and checks that several resources need.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{call::Call, error::Refusal};
use crate::jira_sim::{id::Id, site::Issue};

/// The issue of an address, if this account sees it.
pub(super) fn found<'a>(call: &'a Call<'_>, path: &[&str]) -> Result<&'a Issue, Refusal> {
    let issue = call.state.issue(path.get(1).copied().unwrap_or_default());
    issue.filter(|issue| call.state.browses(&call.account, issue)).ok_or_else(Refusal::no_issue)
}

/// The id of that issue.
pub(super) fn found_id(call: &Call<'_>, path: &[&str]) -> Result<Id, Refusal> {
    found(call, path).map(|issue| issue.id)
}

/// The issue of an address, if it can be changed at all; an archived one is refused with this status, which differs
/// from operation to operation.
pub(super) fn changeable<'a>(call: &'a Call<'_>, path: &[&str], refusal: u16) -> Result<&'a Issue, Refusal> {
    let issue = found(call, path)?;
    if issue.archived {
        // The text of a real site is not known.
        return Err(Refusal::message(refusal, format!("Issue {} is archived and cannot be changed.", issue.key)));
    }
    Ok(issue)
}

/// Refuses an account without this permission for the issue.
pub(super) fn permitted(call: &Call<'_>, issue: &Issue, permission: &str, refusal: Refusal) -> Result<(), Refusal> {
    if call.state.may_with(&call.account, permission, issue) { Ok(()) } else { Err(refusal) }
}

/// The properties that a body sets.
pub(super) fn properties_in(body: &Map<String, Value>) -> BTreeMap<String, Value> {
    let list = body.get("properties").and_then(Value::as_array).into_iter().flatten();
    list.filter_map(|item| Some((item.get("key")?.as_str()?.to_owned(), item.get("value")?.clone()))).collect()
}
