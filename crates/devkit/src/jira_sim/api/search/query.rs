//! JQL: clauses joined by AND, and an order.

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{
    clock::Millis,
    jira_sim::{
        adf,
        api::error::Refusal,
        site::{Category, Issue, State},
    },
};

/// Clauses that must all match, and the order of the results.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Query {
    clauses: Vec<Clause>,
    order: Order,
}

#[derive(Debug, PartialEq, Eq)]
struct Clause {
    field: String,
    operator: String,
    values: Vec<String>,
}

/// The sort key, and whether the greatest comes first.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Order {
    field: String,
    descending: bool,
}

impl Query {
    /// The issues that fit and that `account` may find, in order.
    pub fn find<'a>(&self, state: &'a State, account: &str) -> Vec<&'a Issue> {
        let fits = |issue: &&Issue| {
            !issue.archived
                && self.clauses.iter().all(|clause| clause.fits(state, issue))
                && state.browses(account, issue)
        };
        // A key or number needs no search, however many issues there are.
        let mut found: Vec<&Issue> = match self.clauses.iter().find(|clause| clause.names_issues()) {
            Some(clause) => {
                let mut named: Vec<&Issue> = clause.values.iter().filter_map(|name| state.issue(name)).collect();
                named.sort_by_key(|issue| issue.id);
                named.dedup_by_key(|issue| issue.id);
                named.into_iter().filter(fits).collect()
            }
            None => state.issues.values().filter(fits).collect(),
        };
        match self.order.field.as_str() {
            "created" => found.sort_by_key(|issue| issue.created),
            "updated" => found.sort_by_key(|issue| issue.updated),
            _ => {}
        }
        if self.order.descending {
            found.reverse();
        }
        found
    }
}

impl Clause {
    fn is_issue(&self) -> bool {
        matches!(self.field.as_str(), "key" | "issuekey" | "issue" | "id")
    }

    fn names_issues(&self) -> bool {
        self.is_issue() && matches!(self.operator.as_str(), "=" | "in")
    }

    fn fits(&self, state: &State, issue: &Issue) -> bool {
        if let "created" | "updated" = self.field.as_str() {
            let at = if self.field == "created" { issue.created } else { issue.updated };
            return self.compares(state.now, at);
        }
        let negated = matches!(self.operator.as_str(), "!=" | "not in" | "!~" | "is not");
        self.holds(state, issue) != negated
    }

    fn compares(&self, now: Millis, at: Millis) -> bool {
        let Some(wanted) = self.values.first().and_then(|text| moment(text, now)) else { return false };
        match self.operator.as_str() {
            ">" => at > wanted,
            ">=" => at >= wanted,
            "<" => at < wanted,
            "<=" => at <= wanted,
            _ => false,
        }
    }

    fn holds(&self, state: &State, issue: &Issue) -> bool {
        let equal = |found: &str| self.values.iter().any(|value| value.eq_ignore_ascii_case(found));
        let empty = self.operator.starts_with("is") && equal("empty");
        let status = || state.workflow(issue).and_then(|flow| flow.status(issue.status));
        match self.field.as_str() {
            "project" => {
                let project = state.projects.get(&issue.project);
                equal(&issue.project) || project.is_some_and(|row| equal(&row.name) || equal(&row.id.to_string()))
            }
            "status" => status().is_some_and(|status| equal(&status.name) || equal(&status.id.to_string())),
            "statuscategory" => status().is_some_and(|status| {
                equal(match status.category {
                    Category::New => "To Do",
                    Category::Indeterminate => "In Progress",
                    Category::Done => "Done",
                })
            }),
            "labels" if empty => issue.labels.is_empty(),
            "labels" => issue.labels.iter().any(|label| equal(label)),
            "assignee" if empty => issue.assignee.is_none(),
            "assignee" => issue.assignee.as_deref().is_some_and(equal),
            "resolution" if empty || equal("unresolved") => issue.resolution.is_none(),
            "fixversion" => issue.fix_versions.iter().any(|id| equal(&id.to_string())),
            "summary" => self.contained_in(&issue.summary.to_lowercase()),
            "text" => self.contained_in(&words(state, issue)),
            _ => equal(&issue.key) || equal(&issue.id.to_string()) || self.is_old_key(state, issue),
        }
    }

    fn is_old_key(&self, state: &State, issue: &Issue) -> bool {
        let leads_here = |name: &String| state.issue(name).is_some_and(|found| found.id == issue.id);
        self.is_issue() && self.values.iter().any(leads_here)
    }

    fn contained_in(&self, text: &str) -> bool {
        let value = self.values.first().map(|value| value.to_lowercase()).unwrap_or_default();
        value.split_whitespace().map(|word| word.trim_matches(['*', '"'])).all(|word| text.contains(word))
    }
}

fn words(state: &State, issue: &Issue) -> String {
    let comments: String = state.comments_of(issue.id).map(|comment| adf::text(&comment.body)).collect();
    format!("{} {} {comments}", issue.summary, adf::text(&issue.description)).to_lowercase()
}

/// `-5m`, `2026-11-26` or `2026-11-26 14:05`.
fn moment(text: &str, now: Millis) -> Option<Millis> {
    let unit = match text.chars().last()? {
        'm' => 60_000,
        'h' => 3_600_000,
        'd' => 86_400_000,
        'w' => 604_800_000,
        _ => {
            let (date, clock) = text.split_once(' ').unwrap_or((text, "00:00"));
            let at = format!("{}T{clock}:00Z", date.replace('/', "-"));
            return Some(OffsetDateTime::parse(&at, &Rfc3339).ok()?.unix_timestamp() * 1_000);
        }
    };
    let count: Millis = text.get(..text.len() - 1)?.parse().ok()?;
    Some(now + count * unit)
}

const FIELDS: [&str; 15] = [
    "fixversion",
    "key",
    "issuekey",
    "issue",
    "id",
    "project",
    "status",
    "statuscategory",
    "labels",
    "assignee",
    "resolution",
    "summary",
    "text",
    "updated",
    "created",
];
const OPERATORS: [&str; 12] = ["=", "!=", "~", "!~", "in", "not in", "is", "is not", ">", ">=", "<", "<="];

/// Reads `field op value AND ... ORDER BY field`. A query without any restriction is refused, as Jira does.
pub(super) fn parse(jql: &str) -> Result<Query, Refusal> {
    let unbounded = || {
        let text = "Unbounded JQL queries are not allowed here. Please add a search restriction to your query.";
        Refusal::message(400, text)
    };
    // Lower case of ASCII only, so that places in it are places in the query.
    let end = jql.to_ascii_lowercase().find("order by").unwrap_or(jql.len());
    let (body, order) = jql.split_at(end);
    let body = body.trim();
    if body.is_empty() {
        return Err(unbounded());
    }
    let tokens = tokens(body);
    let parts = tokens.split(|token| token.eq_ignore_ascii_case("and"));
    let clauses = parts.map(|part| clause(part, body)).collect::<Result<_, _>>()?;
    Ok(Query { clauses, order: sorted(order) })
}

/// The first of the fields to sort by; the newest first where there is none.
fn sorted(order: &str) -> Order {
    let first = order.split(',').next().unwrap_or_default().to_lowercase();
    let mut words = first.split_whitespace().skip(2);
    let field = words.next().unwrap_or_default().to_owned();
    let descending = field.is_empty() || words.next() == Some("desc");
    Order { field, descending }
}

fn clause(part: &[String], whole: &str) -> Result<Clause, Refusal> {
    let wrong =
        || Refusal::message(400, format!("Error in the JQL Query: '{whole}' cannot be read by this simulator."));
    let (field, rest) = part.split_first().ok_or_else(wrong)?;
    let is = |word: &String, wanted: &str| word.eq_ignore_ascii_case(wanted);
    let (operator, values) = match rest {
        [not, list, values @ ..] if is(not, "not") && is(list, "in") => ("not in".to_owned(), values),
        [verb, not, values @ ..] if is(verb, "is") && is(not, "not") => ("is not".to_owned(), values),
        [operator, values @ ..] => (operator.to_lowercase(), values),
        [] => return Err(wrong()),
    };
    let field = field.to_lowercase();
    if !FIELDS.contains(&field.as_str()) {
        let text = format!("Field '{field}' does not exist or you do not have permission to view it.");
        return Err(Refusal::message(400, text));
    }
    if values.is_empty() || !OPERATORS.contains(&operator.as_str()) {
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
        assert_eq!(query.clauses, wanted);
        assert_eq!(query.order, Order { field: "updated".into(), descending: true });
        assert_eq!(parse("assignee is not EMPTY").unwrap().clauses, [clause("assignee", "is not", &["EMPTY"])]);
    }

    #[test]
    fn a_query_without_restriction_is_refused() {
        assert!(parse("ORDER BY created").is_err() && parse("").is_err());
        assert!(parse("nonsense = 1").is_err());
    }

    #[test]
    fn reads_absolute_and_relative_times() {
        assert_eq!(moment("-5m", 1_000_000), Some(700_000));
        assert_eq!(moment("1970-01-02", 0), Some(86_400_000));
        assert_eq!(moment("1970/01/01 01:30", 0), Some(5_400_000));
        assert_eq!(moment("yesterday", 0), None);
    }
}
