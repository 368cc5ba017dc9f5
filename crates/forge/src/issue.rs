//! Reads issues from Jira and converts them to the snapshot that the sidecar receives.

use std::collections::BTreeMap;

use schema::settings::{CustomField, Fields};
use schema::{Author, CatchUp, FixVersion, IssueFound, IssueSnapshot, LinkAnswer, NamedText};
use serde_json::Value;

use crate::config::Config;
use crate::jira::{self, JiraError, UNREADABLE};
use crate::json::{self, json};
use crate::platform::Platform;

/// Maximum bytes of a custom field's value as JSON: the limit of the wire format.
const MAX_VALUE_BYTES: usize = 20_480;
/// Maximum depth of a custom field's value. Formatted text is deeper, and no mapping uses it.
const MAX_VALUE_DEPTH: usize = 8;
/// Maximum number of labels, and of versions, in a snapshot; Jira has no limit.
const MAX_LIST: usize = 200;

/// An issue as read from Jira.
pub(crate) struct Issue {
    pub(crate) id: String,
    pub(crate) key: String,
    pub(crate) project_id: String,
    pub(crate) type_id: String,
    /// Whether its project is a service project.
    pub(crate) service: bool,
    /// The description, if it was read and is not empty.
    pub(crate) description: Option<Value>,
    /// The files, if they were read.
    pub(crate) files: Vec<Value>,
    /// The transitions from its status with their fields, if they were read.
    pub(crate) transitions: Option<Vec<Value>>,
    pub(crate) snapshot: IssueSnapshot,
}

impl Issue {
    /// Converts the issue to the answer of `issue.get`.
    pub(crate) fn issue_found(self, catch_up: Option<CatchUp>, linked: bool) -> Value {
        json!(IssueFound { issue_id: self.id, issue_key: self.key, snapshot: Some(self.snapshot), catch_up, linked })
    }

    /// Converts the issue to the answer of `link.requested`, `issue.create` and `issue.search`.
    pub(crate) fn link_answer(&self) -> LinkAnswer {
        LinkAnswer {
            issue_id: self.id.clone(),
            issue_key: self.key.clone(),
            snapshot: Some(self.snapshot.clone()),
            description: None,
        }
    }
}

/// Returns the names of the fields that a snapshot needs, separated by commas.
pub(crate) fn fields(config: &Config) -> String {
    let mut names = String::from(
        "summary,status,priority,assignee,reporter,labels,resolution,fixVersions,updated,project,issuetype",
    );
    for field in &config.settings.fields.custom {
        names.push(',');
        names.push_str(&field.jira);
    }
    names
}

/// Reads an issue by its id or key, without its description.
pub(crate) async fn read(platform: &impl Platform, config: &Config, issue: &str) -> Result<Issue, JiraError> {
    read_fields(platform, config, issue, &fields(config)).await
}

/// Reads an issue by its id or key, with its description.
pub(crate) async fn read_with_description(
    platform: &impl Platform,
    config: &Config,
    issue: &str,
) -> Result<Issue, JiraError> {
    read_fields(platform, config, issue, &["description,", &fields(config)].concat()).await
}

/// Reads an issue by its id or key, with its files.
pub(crate) async fn read_with_files(
    platform: &impl Platform,
    config: &Config,
    issue: &str,
) -> Result<Issue, JiraError> {
    read_fields(platform, config, issue, &["attachment,", &fields(config)].concat()).await
}

/// Reads an issue by its id, with the transitions from its status: one request instead of two.
pub(crate) async fn read_with_transitions(
    platform: &impl Platform,
    config: &Config,
    issue: &str,
) -> Result<Issue, JiraError> {
    let strings = &["/rest/api/3/issue/", "?expand=transitions,transitions.fields&fields=", ""];
    let response = jira::request(platform, "GET", strings, &[issue, &fields(config)], None).await?;
    from_response(&response, &config.settings.fields).ok_or(UNREADABLE)
}

async fn read_fields(platform: &impl Platform, config: &Config, issue: &str, fields: &str) -> Result<Issue, JiraError> {
    let strings = &["/rest/api/3/issue/", "?fields=", ""];
    let response = jira::request(platform, "GET", strings, &[issue, fields], None).await?;
    from_response(&response, &config.settings.fields).ok_or(UNREADABLE)
}

/// Converts an issue of Jira's API; `None` if a part is missing that every issue has.
pub(crate) fn from_response(response: &Value, configured: &Fields) -> Option<Issue> {
    let fields = &response["fields"];
    let (project, status) = (&fields["project"], &fields["status"]);
    let mut labels: Vec<String> = fields["labels"].as_array().into_iter().flatten().map(text).collect();
    let labels_truncated = labels.len() > MAX_LIST;
    if labels_truncated {
        // Always the same part, and first the labels that sync.
        let prefix = configured.tags.prefix.to_lowercase();
        labels.sort_by_cached_key(|label| (!label.to_lowercase().starts_with(&prefix), label.clone()));
        labels.truncate(MAX_LIST);
    }
    let mut snapshot = IssueSnapshot {
        summary: fields["summary"].as_str()?.to_owned(),
        status_id: status["id"].as_str()?.to_owned(),
        status: text(&status["name"]),
        status_category: text(&status["statusCategory"]["key"]),
        priority_id: fields["priority"]["id"].as_str().map(str::to_owned),
        priority: fields["priority"]["name"].as_str().map(str::to_owned),
        assignee: person(&fields["assignee"]),
        reporter: person(&fields["reporter"]),
        labels,
        labels_truncated,
        resolution: named(&fields["resolution"]),
        fix_versions: fields["fixVersions"].as_array().into_iter().flatten().take(MAX_LIST).map(version).collect(),
        fields: BTreeMap::new(),
        updated_at: fields["updated"].as_str()?.to_owned(),
        changelog_ids: Vec::new(),
    };
    for CustomField { jira, .. } in &configured.custom {
        let value = &fields[jira.as_str()];
        if value.is_null() {
            continue;
        }
        let fits = value.to_string().len() <= MAX_VALUE_BYTES && !json::is_deeper(value, MAX_VALUE_DEPTH);
        // A value that is too large is sent as `{}`, which is not empty and matches no mapping, so Zammad's value stays.
        snapshot.fields.insert(jira.clone(), if fits { value.clone() } else { json!({}) });
    }
    Some(Issue {
        id: response["id"].as_str()?.to_owned(),
        key: response["key"].as_str()?.to_owned(),
        project_id: text(&project["id"]),
        type_id: text(&fields["issuetype"]["id"]),
        service: is_service(project),
        files: fields["attachment"].as_array().cloned().unwrap_or_default(),
        transitions: response["transitions"].as_array().cloned(),
        description: Some(&fields["description"]).filter(|document| document.is_object()).cloned(),
        snapshot,
    })
}

/// Whether a project of Jira's API is a service project (Jira Service Management).
pub(crate) fn is_service(project: &Value) -> bool {
    project["projectTypeKey"] == "service_desk"
}

/// Converts an object of Jira's API with an id and a name, if there is one.
fn named(object: &Value) -> Option<NamedText> {
    let id = text(&object["id"]);
    (!id.is_empty()).then(|| NamedText { id, name: text(&object["name"]) })
}

fn version(version: &Value) -> FixVersion {
    FixVersion {
        id: text(&version["id"]),
        name: text(&version["name"]),
        released: version["released"] == json!(true),
        release_date: version["releaseDate"].as_str().map(str::to_owned),
    }
}

/// Converts a user of Jira's API, if there is one.
fn person(account: &Value) -> Option<Author> {
    account["accountId"].is_string().then(|| author(account))
}

/// Converts the author of something; Jira returns no user if the account is closed.
pub(crate) fn author(account: &Value) -> Author {
    Author {
        account_id: account["accountId"].as_str().unwrap_or("unknown").to_owned(),
        name: account["displayName"].as_str().map(str::to_owned),
    }
}

/// Returns an id as text; Jira's API has ids as texts and, in some places, as numbers.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}
