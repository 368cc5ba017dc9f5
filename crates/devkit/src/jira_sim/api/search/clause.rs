//! One clause of a query.

use super::{moment::moment, property};
use crate::{
    clock::Millis,
    jira_sim::{
        adf,
        site::{Category, ISSUE_TYPES, Issue, State},
    },
};

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Clause {
    /// In lower case, unless it is an entity property.
    pub field: String,
    pub operator: String,
    pub values: Vec<String>,
}

impl Clause {
    fn is_issue(&self) -> bool {
        matches!(self.field.as_str(), "key" | "issuekey" | "issue" | "id")
    }

    /// Whether it says which issues fit by their keys or numbers.
    pub fn names_issues(&self) -> bool {
        self.is_issue() && matches!(self.operator.as_str(), "=" | "in")
    }

    pub fn fits(&self, state: &State, issue: &Issue) -> bool {
        if let "created" | "updated" = self.field.as_str() {
            let at = if self.field == "created" { issue.created } else { issue.updated };
            return self.compares(state.now, at);
        }
        if let Some(property) = property::named(&self.field) {
            return property::fits(issue, property, &self.operator, &self.values);
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
            "issuetype" | "type" => {
                equal(&issue.issue_type.to_string())
                    || ISSUE_TYPES.iter().any(|(id, name)| *id == issue.issue_type && equal(name))
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
    // Only new comments are hidden from an index that lags; edited and deleted ones are as they are now.
    let known = state.issues.horizon(state.now);
    let comments = state.comments_of(issue.id).filter(|comment| comment.created <= known);
    let comments: String = comments.map(|comment| adf::text(&comment.body)).collect();
    format!("{} {} {comments}", issue.summary, adf::text(&issue.description)).to_lowercase()
}
