//! Reading JQL.

use std::collections::BTreeSet;

use super::{
    clause::Clause,
    moment::moment,
    property,
    query::{Order, Query},
};
use crate::jira_sim::api::error::Refusal;

const FIELDS: [&str; 17] = [
    "fixversion",
    "key",
    "issuekey",
    "issue",
    "id",
    "project",
    "issuetype",
    "type",
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
/// Of entity properties it may name those that are declared.
pub(super) fn parse(jql: &str, declared: &BTreeSet<String>) -> Result<Query, Refusal> {
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
    let clauses = parts.map(|part| clause(part, body, declared)).collect::<Result<_, _>>()?;
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

fn clause(part: &[String], whole: &str, declared: &BTreeSet<String>) -> Result<Clause, Refusal> {
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
    let property = property::named(field);
    let field = if property.is_some() { field.clone() } else { field.to_lowercase() };
    let known = property.map_or_else(|| FIELDS.contains(&field.as_str()), |(key, _)| declared.contains(key));
    if !known {
        let text = format!("Field '{field}' does not exist or you do not have permission to view it.");
        return Err(Refusal::message(400, text));
    }
    if values.is_empty() || !OPERATORS.contains(&operator.as_str()) {
        return Err(wrong());
    }
    if let ("created" | "updated", Some(value)) = (field.as_str(), values.first())
        && moment(value, 0).is_none()
    {
        let text = format!(
            "Date value '{value}' for field '{field}' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', \
             'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'."
        );
        return Err(Refusal::message(400, text));
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

    fn clause(field: &str, operator: &str, values: &[&str]) -> Clause {
        Clause {
            field: field.into(),
            operator: operator.into(),
            values: values.iter().map(|&value| value.to_owned()).collect(),
        }
    }

    fn read(jql: &str) -> Result<Query, Refusal> {
        parse(jql, &BTreeSet::from(["zammadlink".to_owned()]))
    }

    #[test]
    fn clauses_are_read() {
        let query = read(r#"project = "HELP" AND text ~ "printer \"x\"" AND key in (A-1, A-2) ORDER BY updated DESC"#);
        let query = query.unwrap();
        let wanted = [
            clause("project", "=", &["HELP"]),
            clause("text", "~", &["printer \"x\""]),
            clause("key", "in", &["A-1", "A-2"]),
        ];
        assert_eq!(query.clauses, wanted);
        assert_eq!(query.order, Order { field: "updated".into(), descending: true });
        assert_eq!(read("assignee is not EMPTY").unwrap().clauses, [clause("assignee", "is not", &["EMPTY"])]);
    }

    #[test]
    fn properties_keep_their_case_and_must_be_declared() {
        let query =
            read("issue.property[zammadlink].openTickets >= 1 AND updated >= -90m ORDER BY updated ASC").unwrap();
        let wanted =
            [clause("issue.property[zammadlink].openTickets", ">=", &["1"]), clause("updated", ">=", &["-90m"])];
        assert_eq!(query.clauses, wanted);
        assert_eq!(query.order, Order { field: "updated".into(), descending: false });
        assert_eq!(read("issue.property[other].linked = 1").unwrap_err().status, 400);
    }

    #[test]
    fn what_jira_refuses_is_refused() {
        assert!(read("ORDER BY created").is_err() && read("").is_err());
        assert!(read("nonsense = 1").is_err());
        assert!(read("updated >= yesterday").is_err() && read("updated >= -5x").is_err());
    }
}
