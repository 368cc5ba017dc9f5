//! Search by JQL: as much of it as the connector sends. Ordering is always by key, newest first.

use serde_json::{Value, json};

use super::{
    adf,
    call::{Call, Reply, ok},
    entities::Issue,
    error::Refusal,
    render::{self, Wanted},
    state::State,
};

/// Issues on one page, unless asked otherwise, and at most.
const PAGE: usize = 50;
const MOST: usize = 5000;

/// The old address.
pub(super) fn removed(_: &mut Call<'_>, _: &[&str]) -> Reply {
    let text = "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. A full migration \
                guideline is available at https://developer.atlassian.com/changelog/#CHANGE-2046";
    Err(Refusal::message(410, text))
}

pub(super) fn jql(call: &mut Call<'_>, _: &[&str]) -> Reply {
    let asked = if call.inbound.body.is_empty() { call.inbound.query_values() } else { call.body()? };
    let text = |name: &str| asked.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let list = |name: &str| match asked.get(name) {
        Some(Value::Array(items)) => items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect(),
        Some(Value::String(names)) => vec![names.clone()],
        _ => Vec::new(),
    };
    let query = parse(&text("jql"))?;
    let most = match asked.get("maxResults") {
        Some(Value::Number(number)) => number.as_u64().and_then(|number| usize::try_from(number).ok()).unwrap_or(PAGE),
        Some(Value::String(number)) => number.parse().unwrap_or(PAGE),
        _ => PAGE,
    };
    let most = most.clamp(1, MOST);
    let token = text("nextPageToken");
    let start: usize = match token.as_str() {
        "" => 0,
        token => {
            let start = token.strip_prefix("page-").and_then(|start| start.parse().ok());
            start.ok_or_else(|| Refusal::message(400, "The provided next page token is invalid or expired."))?
        }
    };
    let mut wanted = Wanted::new(&list("fields"), &list("properties"));
    let id_only = wanted.fields.is_empty() || wanted.fields == ["id"];
    if id_only {
        wanted.fields.clear();
    }
    let state = &*call.state;
    let mut found: Vec<&Issue> = state.issues.values().filter(|issue| query.fits(state, issue)).collect();
    found.reverse();
    let total = found.len();
    let page = found.into_iter().skip(start).take(most).map(|issue| {
        if id_only {
            json!({"id": issue.id.to_string()})
        } else {
            render::issue(state, issue, &call.account, &wanted).into()
        }
    });
    let page: Vec<Value> = page.collect();
    let end = start + page.len();
    let mut answer = json!({"issues": page, "isLast": end >= total});
    if end < total
        && let Some(answer) = answer.as_object_mut()
    {
        answer.insert("nextPageToken".to_owned(), format!("page-{end}").into());
    }
    ok(200, answer)
}

/// Clauses that must all hold.
#[derive(Debug, PartialEq, Eq)]
struct Query(Vec<Clause>);

#[derive(Debug, PartialEq, Eq)]
struct Clause {
    field: String,
    operator: String,
    values: Vec<String>,
}

impl Query {
    fn fits(&self, state: &State, issue: &Issue) -> bool {
        self.0.iter().all(|clause| clause.fits(state, issue))
    }
}

impl Clause {
    fn fits(&self, state: &State, issue: &Issue) -> bool {
        let status = state.workflow(issue).and_then(|flow| flow.status(issue.status));
        let equal = |found: &str| self.values.iter().any(|value| value.eq_ignore_ascii_case(found));
        let words = || {
            let comments: String = state.comments_of(issue.id).map(|comment| adf::text(&comment.body)).collect();
            format!("{} {} {comments}", issue.summary, adf::text(&issue.description)).to_lowercase()
        };
        let contains = |text: &str| {
            let value = self.values.first().map(|value| value.to_lowercase()).unwrap_or_default();
            value.split_whitespace().map(|word| word.trim_matches(['*', '"'])).all(|word| text.contains(word))
        };
        let holds = match self.field.as_str() {
            "key" | "issuekey" | "issue" | "id" => equal(&issue.key) || equal(&issue.id.to_string()),
            "project" => {
                equal(&issue.project)
                    || state
                        .projects
                        .get(&issue.project)
                        .is_some_and(|row| equal(&row.name) || equal(&row.id.to_string()))
            }
            "status" => status.is_some_and(|status| equal(&status.name) || equal(&status.id.to_string())),
            "statuscategory" => status.is_some_and(|status| {
                equal(match status.category {
                    super::entities::Category::New => "To Do",
                    super::entities::Category::Indeterminate => "In Progress",
                    super::entities::Category::Done => "Done",
                })
            }),
            "labels" => issue.labels.iter().any(|label| equal(label)),
            "assignee" => issue.assignee.as_deref().is_some_and(equal),
            "summary" => contains(&issue.summary.to_lowercase()),
            "text" => contains(&words()),
            _ => true,
        };
        holds != matches!(self.operator.as_str(), "!=" | "not in" | "!~")
    }
}

/// Reads `field op value AND ...`, ignoring ORDER BY. A query without any restriction is refused, as Jira does.
fn parse(jql: &str) -> Result<Query, Refusal> {
    let unbounded = || {
        let text = "Unbounded JQL queries are not allowed here. Please add a search restriction to your query.";
        Refusal::message(400, text)
    };
    let lower = jql.to_lowercase();
    let end = lower.find("order by").unwrap_or(jql.len());
    let body = jql.get(..end).unwrap_or_default().trim();
    if body.is_empty() {
        return Err(unbounded());
    }
    let tokens = tokens(body);
    let mut clauses = Vec::new();
    for part in tokens.split(|token| token.eq_ignore_ascii_case("and")) {
        clauses.push(clause(part, body)?);
    }
    Ok(Query(clauses))
}

fn clause(part: &[String], whole: &str) -> Result<Clause, Refusal> {
    let wrong =
        || Refusal::message(400, format!("Error in the JQL Query: '{whole}' cannot be read by this simulator."));
    let (field, rest) = part.split_first().ok_or_else(wrong)?;
    let (operator, values) = match rest {
        [not, list, values @ ..] if not.eq_ignore_ascii_case("not") && list.eq_ignore_ascii_case("in") => {
            ("not in".to_owned(), values)
        }
        [operator, values @ ..] => (operator.to_lowercase(), values),
        [] => return Err(wrong()),
    };
    let field = field.to_lowercase();
    let known = [
        "key",
        "issuekey",
        "issue",
        "id",
        "project",
        "status",
        "statuscategory",
        "labels",
        "assignee",
        "summary",
        "text",
        "updated",
        "created",
    ];
    if !known.contains(&field.as_str()) {
        let text = format!("Field '{field}' does not exist or you do not have permission to view it.");
        return Err(Refusal::message(400, text));
    }
    if values.is_empty() || !["=", "!=", "~", "!~", "in", "not in", ">", ">=", "<", "<="].contains(&operator.as_str()) {
        return Err(wrong());
    }
    Ok(Clause { field, operator, values: values.to_vec() })
}

/// Words, quoted texts and operators; brackets and commas of lists fall away.
fn tokens(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' | '\'' => {
                let mut word = String::new();
                while let Some(inner) = letters.next() {
                    match inner {
                        '\\' => word.extend(letters.next()),
                        inner if inner == letter => break,
                        inner => word.push(inner),
                    }
                }
                found.push(word);
            }
            '=' | '~' | '!' | '<' | '>' => {
                let mut operator = String::from(letter);
                operator.extend(letters.next_if(|next| matches!(next, '=' | '~')));
                found.push(operator);
            }
            letter if letter.is_whitespace() || matches!(letter, '(' | ')' | ',') => {}
            letter => {
                let mut word = String::from(letter);
                while let Some(next) = letters.next_if(|next| !next.is_whitespace() && !"()=,~!<>\"".contains(*next)) {
                    word.push(next);
                }
                found.push(word);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clauses_are_read() {
        let query = parse(r#"project = "HELP" AND text ~ "printer \"x\"" AND key in (A-1, A-2) ORDER BY updated DESC"#)
            .unwrap();
        let clause = |field: &str, operator: &str, values: &[&str]| Clause {
            field: field.into(),
            operator: operator.into(),
            values: values.iter().map(|&value| value.to_owned()).collect(),
        };
        let wanted = [
            clause("project", "=", &["HELP"]),
            clause("text", "~", &["printer \"x\""]),
            clause("key", "in", &["A-1", "A-2"]),
        ];
        assert_eq!(query, Query(wanted.into()));
    }

    #[test]
    fn a_query_without_restriction_is_refused() {
        assert!(parse("ORDER BY created").is_err() && parse("").is_err());
        assert!(parse("nonsense = 1").is_err());
    }
}
