//! `issues.changed` and `issues.read`: which linked issues changed, and the state of many at once. They find changes of which no
//! event told, for about one point of Jira's rate limit an issue (docs/capacity.md).

use std::collections::{BTreeMap, BTreeSet};

use schema::time::{parse_rfc3339, rfc3339};
use schema::{ChangedIssue, ChangedIssues, IssueState, IssuesChanged, IssuesFound, IssuesRead, KnownLink, UnixMs};
use serde_json::Value;

use super::context::{Answer, MessageContext, NotApplied};
use super::link::in_scope;
use crate::flag;
use crate::input::is_number;
use crate::issue::{self, text};
use crate::jira;
use crate::join::join_all;
use crate::json::json;
use crate::links::{self, AT_ONCE, Link};
use crate::meter::Urgency;
use crate::platform::Platform;

/// Events arrive up to some minutes late; a change is looked for only after this time, so that it is not taken for a lost one.
const EVENT_DELAY_MS: i64 = 300_000;
/// Jira's search index lags behind; each search begins this much before the last one ended.
const INDEX_LAG_MS: i64 = 1_200_000;
const MINUTE_MS: i64 = 60_000;
/// Issues on a page of the search, and the most pages of one question.
const PAGE: u32 = 100;
const MAX_PAGES: usize = 10;

/// Answers `issues.changed`. The period is given in minutes before now, since JQL reads a date in the time zone of the app's user.
pub(super) async fn changed(context: &MessageContext<'_, impl Platform>, query: &IssuesChanged) -> Answer {
    let now = context.platform.now();
    let since = parse_rfc3339(&query.since).ok_or(NotApplied::rejected("not-a-time"))?;
    let until = now.plus(-EVENT_DELAY_MS);
    let mut answer = ChangedIssues { issues: Vec::new(), until: query.since.clone(), more: false, wait_ms: None };
    if until.since(since) <= 0 {
        return Ok(json!(answer));
    }
    if let Some(wait_ms) = context.platform.meter().wait_ms(Urgency::Background, now) {
        answer.wait_ms = Some(wait_ms);
        return Ok(json!(answer));
    }
    let first = (now.since(since) + INDEX_LAG_MS + MINUTE_MS - 1) / MINUTE_MS;
    let last = EVENT_DELAY_MS / MINUTE_MS;
    let jql =
        [flag::IS_LINKED, &format!(" AND updated >= \"-{first}m\" AND updated <= \"-{last}m\" ORDER BY updated ASC")]
            .concat();
    let mut token = Value::Null;
    for page_number in 1..=MAX_PAGES {
        let mut body = json!({ "jql": jql, "maxResults": PAGE, "fields": ["updated"] });
        if !token.is_null() {
            body["nextPageToken"] = token;
        }
        let page = jira::request(context.platform, "POST", &["/rest/api/3/search/jql"], &[], Some(body)).await?;
        let mut page = jira::with_part(page, |page| page["issues"].is_array())?;
        let rows = page["issues"].as_array().into_iter().flatten();
        let found =
            rows.map(|row| ChangedIssue { issue_id: text(&row["id"]), updated_at: text(&row["fields"]["updated"]) });
        let before = answer.issues.len();
        answer.issues.extend(found);
        context.platform.meter().count_background(1 + answer.issues.len() - before);
        token = crate::json::take(&mut page, "nextPageToken");
        if token.is_null() {
            break;
        }
        answer.more = page_number == MAX_PAGES;
    }
    answer.until = rfc3339(until);
    Ok(json!(answer))
}

/// Answers `issues.read`. Issues for which the reply has no room are left out, and asked for again.
pub(super) async fn read(context: &MessageContext<'_, impl Platform>, query: &IssuesRead) -> Answer {
    let (platform, config) = (context.platform, context.config);
    let mut answer = IssuesFound { issues: Vec::new(), missing: Vec::new(), unlinked: Vec::new(), wait_ms: None };
    if let Some(wait_ms) = platform.meter().wait_ms(Urgency::Background, platform.now()) {
        answer.wait_ms = Some(wait_ms);
        return Ok(json!(answer));
    }
    // The oldest known time of each issue: its links may have been told different states.
    let mut known: BTreeMap<&str, Option<UnixMs>> = BTreeMap::new();
    for link in query.links.iter().filter(|link| is_number(&link.issue_id)) {
        let at = link.updated_at.as_deref().and_then(parse_rfc3339);
        known.entry(&link.issue_id).and_modify(|oldest| *oldest = (*oldest).min(at)).or_insert(at);
    }
    if known.is_empty() {
        return Ok(json!(answer));
    }
    let ids: Vec<&str> = known.keys().copied().collect();
    let stored = stored_links(platform, &ids).await?;
    let is_unlinked = |link: &KnownLink| {
        let links = stored.get(link.issue_id.as_str());
        links.is_none_or(|links| links.iter().all(|stored| stored.ticket_id != link.ticket_id))
    };
    let places = query.links.iter().zip(0..).filter(|(link, _)| is_unlinked(link));
    answer.unlinked = places.map(|(_, place)| place).collect();

    let names = issue::fields(config);
    let fields: Vec<&str> = names.split(',').collect();
    let body = json!({ "issueIdsOrKeys": ids, "fields": fields, "properties": [flag::PROPERTY] });
    let found = jira::request(platform, "POST", &["/rest/api/3/issue/bulkfetch"], &[], Some(body)).await?;
    let found = jira::with_part(found, |found| found["issues"].is_array())?;
    let rows = found["issues"].as_array().map(Vec::as_slice).unwrap_or_default();
    platform.meter().count_background(1 + rows.len());
    let mut returned = BTreeSet::new();
    let mut unmarked = Vec::new();
    for row in rows {
        // One that cannot be read counts as missing, so that it does not hold up the others.
        let Some(issue) = issue::from_response(row, &config.settings.fields) else { continue };
        let Some((&id, at)) = known.get_key_value(issue.id.as_str()) else { continue };
        if in_scope(context, &issue.key).is_err() {
            continue;
        }
        returned.insert(id);
        let links = stored.get(id).map(Vec::as_slice).unwrap_or_default();
        if !links.is_empty() && row["properties"][flag::PROPERTY]["linked"].is_null() {
            unmarked.push((id, links));
        }
        if links.iter().any(|link| link.issue_key != issue.key) {
            links::set_key(platform, id, &issue.key).await?;
        }
        let updated_at = issue.snapshot.updated_at.clone();
        let is_known = !query.all_fields && at.is_some() && parse_rfc3339(&updated_at) == *at;
        let snapshot = (!is_known).then_some(issue.snapshot);
        let state = IssueState { issue_id: issue.id, issue_key: issue.key, updated_at, snapshot };
        if context.budget.take(json!(state).to_string().len()) {
            answer.issues.push(state);
        }
    }
    flag::set_all(platform, &unmarked).await;
    answer.missing = ids.into_iter().filter(|id| !returned.contains(id)).map(str::to_owned).collect();
    Ok(json!(answer))
}

/// Returns the links of several issues.
async fn stored_links<'i>(
    platform: &impl Platform,
    ids: &[&'i str],
) -> Result<BTreeMap<&'i str, Vec<Link>>, NotApplied> {
    let mut stored = BTreeMap::new();
    for ids in ids.chunks(AT_ONCE) {
        let read = join_all(ids.iter().map(|id| links::of_issue(platform, id))).await;
        for (id, links) in ids.iter().zip(read) {
            stored.insert(*id, links?);
        }
    }
    Ok(stored)
}
