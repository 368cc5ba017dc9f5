//! `issue.search`: agents look for an issue by key, id, URL, words or JQL. Issues and projects that are out of scope are not
//! returned. Answers of Jira are kept for some minutes, in a fixed number of records, since agents type the same words.

use schema::{IssueSearch, LinkAnswer, UnixMs};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::context::{Answer, MessageContext, NotApplied};
use super::link::{in_scope, not_found};
use crate::input::{is_project_key, issue_in};
use crate::issue::{self, Issue};
use crate::jira::{self, JiraError};
use crate::json::json;
use crate::platform::{Platform, SetOptions};
use crate::{links, records};

/// The text with which a search in JQL begins.
const JQL: &str = "jql:";
/// Number of records in which answers are kept; a new answer replaces another one.
const SLOTS: u64 = 64;
/// Lifetime of a kept answer.
const KEPT: SetOptions = SetOptions { ttl_seconds: Some(600), fail_if_exists: false };
const KEPT_MS: i64 = 600_000;

/// A kept answer.
#[derive(Serialize, Deserialize)]
struct Cached {
    /// Fingerprint of the question, with the settings that it depends on.
    question: String,
    until: UnixMs,
    issues: Vec<LinkAnswer>,
}

/// Reads the issue that a person named by key, id or URL.
pub(super) async fn find_issue(
    context: &MessageContext<'_, impl Platform>,
    text: &str,
    with_files: bool,
) -> Result<Issue, NotApplied> {
    let Some(key) = issue_in(text) else { return Err(NotApplied::rejected("not-an-issue")) };
    let read = match with_files {
        true => issue::read_with_files(context.platform, context.config, key).await,
        false => issue::read(context.platform, context.config, key).await,
    };
    let issue = match read {
        // Whether a linked issue was deleted is not known; any other one does not exist for the app.
        Err(JiraError::NotFound) if !links::of_issue(context.platform, key).await?.is_empty() => {
            return Err(NotApplied::NotFound);
        }
        other => other.map_err(not_found)?,
    };
    in_scope(context, &issue.key)?;
    Ok(issue)
}

/// Returns the issue of a key, id or URL. Any other text, and a key that no issue has, is a search in Jira.
pub(super) async fn search(context: &MessageContext<'_, impl Platform>, query: &IssueSearch) -> Answer {
    if issue_in(&query.query).is_some() {
        match find_issue(context, &query.query, false).await {
            Ok(issue) => return Ok(json!({ "issues": vec![issue.link_answer()] })),
            Err(NotApplied::Rejected { .. } | NotApplied::NotFound) => {}
            Err(error) => return Err(error),
        }
    }
    let Some(jql) = jql_of(context, &query.query) else { return Ok(json!({ "issues": Value::Array(Vec::new()) })) };
    let question = schema::fingerprint(&json!([&jql, &context.config.etag(), &query.limit.to_string()]));
    let slot = question.bytes().fold(0u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte))) % SLOTS;
    let key = format!("cache:search:{slot}");
    let now = context.platform.now();
    // A record that cannot be read is replaced.
    let kept: Option<Cached> = records::get(context.platform, &key).await.unwrap_or_default();
    if let Some(kept) = kept.filter(|kept| kept.question == question && kept.until.since(now) > 0) {
        return Ok(json!({ "issues": kept.issues }));
    }
    let issues = ask(context, &jql, query).await?;
    let cached = Cached { question, until: now.plus(KEPT_MS), issues };
    // Without it the next search asks Jira again.
    let _ = records::set(context.platform, &key, json!(cached), KEPT).await;
    Ok(json!({ "issues": cached.issues }))
}

/// Returns the JQL of a search, in the projects in scope; `None` if there is nothing to search for.
fn jql_of(context: &MessageContext<'_, impl Platform>, text: &str) -> Option<String> {
    let (condition, order) = match text.trim().get(..JQL.len()).filter(|start| start.eq_ignore_ascii_case(JQL)) {
        Some(_) => {
            let (condition, order) = split_order(text.trim().get(JQL.len()..).unwrap_or_default());
            (if condition.is_empty() { condition } else { format!("({condition})") }, order)
        }
        None => {
            let words: String = text.chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
            let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
            let condition = if words.is_empty() { words } else { format!("text ~ \"{words}\"") };
            (condition, "updated DESC".to_owned())
        }
    };
    if condition.is_empty() {
        return None;
    }
    let projects: Vec<&str> =
        context.config.settings.scope.projects.iter().map(String::as_str).filter(|key| is_project_key(key)).collect();
    // A condition that ends the parenthesis early finds more, and is filtered out of the answer.
    let scope =
        if projects.is_empty() { String::new() } else { format!(" AND project IN (\"{}\")", projects.join("\",\"")) };
    Some(format!("{condition}{scope} ORDER BY {order}"))
}

/// Divides JQL into its condition and what follows its last `ORDER BY` outside of quotes.
fn split_order(jql: &str) -> (String, String) {
    let lower = jql.to_ascii_lowercase();
    let outside = |at: &usize| lower.get(..*at).is_some_and(|before| before.matches('"').count() % 2 == 0);
    match lower.rmatch_indices("order by ").map(|(at, _)| at).find(outside) {
        Some(at) => (jql[..at].trim().to_owned(), jql[at + "order by ".len()..].trim().to_owned()),
        None => (jql.trim().to_owned(), "updated DESC".to_owned()),
    }
}

async fn ask(
    context: &MessageContext<'_, impl Platform>,
    jql: &str,
    query: &IssueSearch,
) -> Result<Vec<LinkAnswer>, NotApplied> {
    let names = issue::fields(context.config);
    let fields: Vec<&str> = names.split(',').collect();
    let body = json!({ "jql": jql, "maxResults": query.limit, "fields": fields });
    let page = match jira::request(context.platform, "POST", &["/rest/api/3/search/jql"], &[], Some(body)).await {
        Err(JiraError::Refused { status: 400, .. }) => return Err(NotApplied::rejected("jql-refused")),
        other => other?,
    };
    let rows = page["issues"].as_array().into_iter().flatten();
    let issues = rows.filter_map(|row| issue::from_response(row, &context.config.settings.fields));
    Ok(issues.filter(|issue| in_scope(context, &issue.key).is_ok()).map(|issue| issue.link_answer()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_is_divided_from_the_condition_outside_of_quotes() {
        for (jql, condition, order) in [
            ("status = Open", "status = Open", "updated DESC"),
            (" status = Open ORDER BY created ASC", "status = Open", "created ASC"),
            ("text ~ \"order by mail\"", "text ~ \"order by mail\"", "updated DESC"),
            ("text ~ \"order by mail\" Order By key", "text ~ \"order by mail\"", "key"),
            ("order by key", "", "key"),
            ("ä = \"İ\" order by key", "ä = \"İ\"", "key"),
        ] {
            assert_eq!(split_order(jql), (condition.to_owned(), order.to_owned()), "{jql}");
        }
    }
}
