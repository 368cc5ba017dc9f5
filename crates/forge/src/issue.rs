//! An issue as Jira shows it, and the snapshot that the sidecar gets of it.

use std::collections::BTreeMap;

use schema::settings::CustomField;
use schema::{Author, CatchUp, IssueFound, IssueSnapshot, LinkAnswer};
use serde_json::Value;

use crate::json::{self, json};

use crate::config::Config;
use crate::jira::{self, Failed, UNREADABLE};
use crate::platform::Platform;

/// Largest value of a custom field that travels (the wire's limit, in bytes of JSON).
const LARGEST_VALUE: usize = 20_480;
/// Deepest value of a custom field that travels. Texts with layout are deeper, and no mapping takes them.
const VALUE_LEVELS: usize = 8;
/// Most labels that travel; Jira has no limit of its own.
const MOST_LABELS: usize = 200;

/// An issue that was read.
pub(crate) struct Issue {
    pub(crate) id: String,
    pub(crate) key: String,
    pub(crate) project_id: String,
    pub(crate) type_id: String,
    pub(crate) snapshot: IssueSnapshot,
}

impl Issue {
    /// What the sidecar gets of an issue that it asked for.
    pub(crate) fn found(self, catch_up: Option<CatchUp>) -> Value {
        json!(IssueFound { issue_id: self.id, issue_key: self.key, snapshot: Some(self.snapshot), catch_up })
    }

    /// What the sidecar gets of a found issue.
    pub(crate) fn answer(&self) -> Value {
        json!(LinkAnswer {
            issue_id: self.id.clone(),
            issue_key: self.key.clone(),
            snapshot: Some(self.snapshot.clone()),
        })
    }
}

/// The fields that a snapshot needs, with commas between.
pub(crate) fn fields(config: &Config) -> String {
    let mut names = String::from("summary,status,priority,assignee,reporter,labels,updated,project,issuetype");
    for field in &config.settings.fields.custom {
        names.push(',');
        names.push_str(&field.jira);
    }
    names
}

/// Reads an issue by its id or key.
pub(crate) async fn read(platform: &impl Platform, config: &Config, issue: &str) -> Result<Issue, Failed> {
    let strings = &["/rest/api/3/issue/", "?fields=", ""];
    let found = jira::ask(platform, "GET", strings, &[issue, &fields(config)], None).await?;
    of(&found, &config.settings.fields.custom).ok_or(UNREADABLE)
}

/// The issue in an answer of Jira; `None` if the answer lacks what every issue has.
pub(crate) fn of(shown: &Value, custom: &[CustomField]) -> Option<Issue> {
    let fields = &shown["fields"];
    let (project, status) = (&fields["project"], &fields["status"]);
    let mut snapshot = IssueSnapshot {
        summary: fields["summary"].as_str()?.to_owned(),
        status_id: status["id"].as_str()?.to_owned(),
        status: text(&status["name"]),
        status_category: text(&status["statusCategory"]["key"]),
        priority_id: fields["priority"]["id"].as_str().map(str::to_owned),
        priority: fields["priority"]["name"].as_str().map(str::to_owned),
        assignee: person(&fields["assignee"]),
        reporter: person(&fields["reporter"]),
        labels: fields["labels"].as_array().into_iter().flatten().map(text).take(MOST_LABELS).collect(),
        fields: BTreeMap::new(),
        updated_at: fields["updated"].as_str()?.to_owned(),
        changelog_ids: Vec::new(),
    };
    for CustomField { jira, .. } in custom {
        let value = &fields[jira.as_str()];
        if value.is_null() {
            continue;
        }
        let travels = value.to_string().len() <= LARGEST_VALUE && !json::is_deeper(value, VALUE_LEVELS);
        // What does not travel is not empty either: nothing of the mapping fits on this, and the other side stays as it is.
        snapshot.fields.insert(jira.clone(), if travels { value.clone() } else { json!({}) });
    }
    Some(Issue {
        id: shown["id"].as_str()?.to_owned(),
        key: shown["key"].as_str()?.to_owned(),
        project_id: text(&project["id"]),
        type_id: text(&fields["issuetype"]["id"]),
        snapshot,
    })
}

/// Somebody, if an account is named there.
fn person(account: &Value) -> Option<Author> {
    account["accountId"].is_string().then(|| author(account))
}

/// Who did something; Jira names nobody where the account is gone.
pub(crate) fn author(account: &Value) -> Author {
    Author {
        account_id: account["accountId"].as_str().unwrap_or("unknown").to_owned(),
        name: account["displayName"].as_str().map(str::to_owned),
    }
}

/// Ids come as texts, in some places as numbers.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}
