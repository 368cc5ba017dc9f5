//! Fields as clients send them, checked before anything is written.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{call::Call, error::Refusal};
use crate::jira_sim::{
    adf,
    change::changed,
    id::Id,
    site::{FIELDS, ISSUE_TYPES, Issue, PRIORITIES, Project, RESOLUTIONS, State, field_name},
};

/// Longest summary.
const SUMMARY_LENGTH: usize = 255;

/// One change of a field, checked.
#[derive(Clone, Debug)]
pub(super) enum Edit {
    /// Summary.
    Summary(String),
    /// A document, or nothing.
    Description(Value),
    /// Priority's number.
    Priority(Id),
    /// An account, or none.
    Assignee(Option<String>),
    /// An account.
    Reporter(String),
    /// All labels.
    Labels(BTreeSet<String>),
    /// One more label.
    AddLabel(String),
    /// One label less.
    RemoveLabel(String),
    /// Numbers of all versions that it is fixed in.
    FixVersions(BTreeSet<Id>),
    /// One more version.
    AddFixVersion(Id),
    /// One version less.
    RemoveFixVersion(Id),
    /// Security level's number, or none.
    Security(Option<Id>),
    /// Resolution's number, or none.
    Resolution(Option<Id>),
    /// Status's number; only transitions make this.
    Status(Id),
    /// A field that nothing here depends on.
    Other(String, Value),
}

fn by_id_or_name(list: &[(Id, &str)], value: &Value) -> Option<Id> {
    let id = value.get("id").and_then(|id| id.as_str().map(str::to_owned).or_else(|| Some(id.as_u64()?.to_string())));
    let name = value.get("name").and_then(Value::as_str);
    let found = list.iter().find(|(number, known)| match (&id, name) {
        (Some(id), _) => *id == number.to_string(),
        (None, Some(name)) => known.eq_ignore_ascii_case(name),
        (None, None) => false,
    });
    found.map(|(number, _)| *number)
}

/// The issue type that a value names.
pub(super) fn issue_type(value: &Value) -> Option<Id> {
    by_id_or_name(&ISSUE_TYPES, value)
}

/// Where fields are set: on the screen for a new issue of this project, or on that for this issue.
pub(super) struct Screen<'a> {
    pub project: &'a Project,
    pub issue: Option<&'a Issue>,
}

/// Whether a screen has a field and this account may set it.
pub(super) fn can_set(call: &Call<'_>, screen: &Screen<'_>, name: &str) -> bool {
    let screens = &screen.project.screens;
    let known =
        FIELDS.iter().any(|field| field.key == name && field.on_screens) || call.state.custom_fields.contains_key(name);
    let (lacks, usual) = match screen.issue {
        None => (&screens.create_lacks, "CREATE_ISSUES"),
        Some(_) => (&screens.edit_lacks, "EDIT_ISSUES"),
    };
    let special = match name {
        "assignee" => Some("ASSIGN_ISSUES"),
        "reporter" => Some("MODIFY_REPORTER"),
        "security" => Some("SET_ISSUE_SECURITY"),
        _ => None,
    };
    let may = |permission: &str| call.state.may(&call.account, permission, screen.project, screen.issue);
    let overridden = screen.issue.is_some() && call.flag("overrideScreenSecurity");
    known && (overridden || !lacks.contains(name)) && may(usual) && special.is_none_or(may)
}

/// The edits that `fields` asks for.
pub(super) fn edits(call: &Call<'_>, screen: &Screen<'_>, fields: &Map<String, Value>) -> Result<Vec<Edit>, Refusal> {
    let settable = |name: &str| if can_set(call, screen, name) { Ok(()) } else { Err(Refusal::not_on_screen(name)) };
    let one =
        |(name, value): (&String, &Value)| settable(name).and_then(|()| edit(call.state, screen.project, name, value));
    fields.iter().map(one).collect()
}

/// Refuses if one of these fields has no value.
pub(super) fn nothing_missing<'a>(
    mut required: impl Iterator<Item = &'a str>,
    given: &Map<String, Value>,
) -> Result<(), Refusal> {
    match required.find(|name| given.get(*name).is_none_or(Value::is_null)) {
        Some(name) => Err(Refusal::field(name, format!("{} is required.", field_name(name)))),
        None => Ok(()),
    }
}

/// The edit that a value of `assignee` asks for: an account that can be assigned, or none.
pub(super) fn assignee(state: &State, project: &Project, value: &Value) -> Result<Edit, Refusal> {
    let account = value.get("accountId").or_else(|| value.get("id"));
    let account = match account {
        Some(Value::Null) => return Ok(Edit::Assignee(None)),
        // The project's default assignee; here there is none.
        Some(Value::String(account)) if account == "-1" => return Ok(Edit::Assignee(None)),
        Some(Value::String(account)) if state.users.contains_key(account) => account,
        _ => return Err(Refusal::field("assignee", "Specify a valid value for the user")),
    };
    if !state.may(account, "ASSIGNABLE_USER", project, None) {
        return Err(Refusal::field("assignee", format!("User '{account}' cannot be assigned issues.")));
    }
    Ok(Edit::Assignee(Some(account.clone())))
}

/// The edit that a field's value asks for, wherever it is set.
pub(super) fn edit(state: &State, project: &Project, name: &str, value: &Value) -> Result<Edit, Refusal> {
    let refused = |text: &str| Refusal::field(name, text);
    match name {
        "summary" => summary(value),
        "description" if value.is_null() || adf::is_document(value) => Ok(Edit::Description(value.clone())),
        "description" => {
            Err(refused("Operation value must be an Atlassian Document (see the Atlassian Document Format)"))
        }
        "priority" => {
            let found = by_id_or_name(&PRIORITIES, value);
            found.map(Edit::Priority).ok_or_else(|| refused("Specify a valid 'id' or 'name' for Priority"))
        }
        "resolution" if value.is_null() => Ok(Edit::Resolution(None)),
        "resolution" => {
            let found = by_id_or_name(&RESOLUTIONS, value).map(|id| Edit::Resolution(Some(id)));
            found.ok_or_else(|| refused("Specify a valid 'id' or 'name' for Resolution"))
        }
        "assignee" if value.is_null() => Ok(Edit::Assignee(None)),
        "assignee" => assignee(state, project, value),
        "reporter" => {
            let account = value.get("accountId").or_else(|| value.get("id")).and_then(Value::as_str);
            let account = account.filter(|account| state.users.contains_key(*account));
            Ok(Edit::Reporter(account.ok_or_else(|| refused("The reporter specified is not a user."))?.to_owned()))
        }
        "security" if value.is_null() => Ok(Edit::Security(None)),
        "security" => {
            let levels: Vec<(Id, &str)> =
                project.security.iter().map(|level| (level.id, level.name.as_str())).collect();
            let found = by_id_or_name(&levels, value).map(|id| Edit::Security(Some(id)));
            found.ok_or_else(|| refused("Security level with this id or name does not exist."))
        }
        "labels" => {
            let list = value.as_array().ok_or_else(|| refused("data was not an array"))?;
            list.iter().map(label).collect::<Result<_, _>>().map(Edit::Labels)
        }
        "fixVersions" => {
            let list = value.as_array().ok_or_else(|| refused("data was not an array"))?;
            list.iter().map(|value| version(project, value)).collect::<Result<_, _>>().map(Edit::FixVersions)
        }
        "duedate" if !value.is_null() && !value.as_str().is_some_and(is_date) => {
            Err(refused("Error parsing date string. The expected format is yyyy-MM-dd."))
        }
        name if name != "duedate" && !value.is_null() && !value.is_string() => {
            Err(refused("Operation value must be a string"))
        }
        name => Ok(Edit::Other(name.to_owned(), value.clone())),
    }
}

/// The version of a project that a value names.
fn version(project: &Project, value: &Value) -> Result<Id, Refusal> {
    let known: Vec<(Id, &str)> = project.versions.iter().map(|row| (row.id, row.name.as_str())).collect();
    by_id_or_name(&known, value).ok_or_else(|| {
        let name = value.get("name").or_else(|| value.get("id")).and_then(Value::as_str).unwrap_or_default();
        Refusal::field("fixVersions", format!("Version name '{name}' is not valid"))
    })
}

fn is_date(text: &str) -> bool {
    let digits = |part: &str, count: usize| part.len() == count && part.bytes().all(|byte| byte.is_ascii_digit());
    matches!(text.split('-').collect::<Vec<_>>().as_slice(),
             [year, month, day] if digits(year, 4) && digits(month, 2) && digits(day, 2))
}

fn summary(value: &Value) -> Result<Edit, Refusal> {
    let refused = |text: &str| Err(Refusal::field("summary", text));
    let Some(text) = value.as_str() else { return refused("Operation value must be a string") };
    if text.trim().is_empty() {
        return refused("You must specify a summary of the issue.");
    }
    if text.contains(['\n', '\r']) {
        return refused("The summary is invalid because it contains newline characters.");
    }
    if text.chars().count() > SUMMARY_LENGTH {
        return refused("Summary can't exceed 255 characters.");
    }
    Ok(Edit::Summary(text.to_owned()))
}

fn label(value: &Value) -> Result<String, Refusal> {
    let text = value.as_str().ok_or_else(|| Refusal::field("labels", "string expected at index 0"))?;
    if text.is_empty() || text.contains(' ') {
        let text = format!("The label '{text}' contains spaces which is invalid.");
        return Err(Refusal::field("labels", text));
    }
    Ok(text.to_owned())
}

/// The edits that `update` asks for: operations on a field. Comments are handled elsewhere.
pub(super) fn updates(call: &Call<'_>, screen: &Screen<'_>, update: &Map<String, Value>) -> Result<Vec<Edit>, Refusal> {
    let mut found = Vec::new();
    for (name, operations) in update.iter().filter(|(name, _)| *name != "comment") {
        if !can_set(call, screen, name) {
            return Err(Refusal::not_on_screen(name));
        }
        for operation in operations.as_array().into_iter().flatten() {
            for (verb, value) in operation.as_object().into_iter().flatten() {
                found.push(match (name.as_str(), verb.as_str()) {
                    ("labels", "add") => Edit::AddLabel(label(value)?),
                    ("labels", "remove") => Edit::RemoveLabel(label(value)?),
                    ("fixVersions", "add") => Edit::AddFixVersion(version(screen.project, value)?),
                    ("fixVersions", "remove") => Edit::RemoveFixVersion(version(screen.project, value)?),
                    (name, "set") => edit(call.state, screen.project, name, value)?,
                    (name, verb) => {
                        let text =
                            format!("Field with id '{name}' and name '{name}' does not support operation '{verb}'");
                        return Err(Refusal::field(name, text));
                    }
                });
            }
        }
    }
    Ok(found)
}

/// Makes one edit.
pub(super) fn apply(state: &State, issue: &mut Issue, edit: Edit) {
    match edit {
        Edit::Summary(text) => issue.summary = text,
        Edit::Description(document) => issue.description = document,
        Edit::Priority(id) => issue.priority = id,
        Edit::Assignee(account) => issue.assignee = account,
        Edit::Reporter(account) => issue.reporter = account,
        Edit::Labels(labels) => issue.labels = labels,
        Edit::AddLabel(label) => {
            issue.labels.insert(label);
        }
        Edit::RemoveLabel(label) => {
            issue.labels.remove(&label);
        }
        Edit::FixVersions(versions) => issue.fix_versions = versions,
        Edit::AddFixVersion(id) => {
            issue.fix_versions.insert(id);
        }
        Edit::RemoveFixVersion(id) => {
            issue.fix_versions.remove(&id);
        }
        Edit::Security(id) => issue.security = id,
        Edit::Resolution(id) => {
            issue.resolution = id;
            issue.resolved = id.map(|_| state.now);
        }
        Edit::Status(id) => issue.status = id,
        Edit::Other(name, value) => {
            issue.other.insert(name, value);
        }
    }
}

/// The changed fields as items of a changelog.
pub(super) fn changelog(state: &State, before: &Issue, after: &Issue) -> Vec<Value> {
    let mut items = Vec::new();
    let mut compare = |field: &str, from: (Value, Value), to: (Value, Value)| {
        if from != to {
            items.push(changed(field, from, to));
        }
    };
    let text = |value: &str| (Value::Null, Value::from(value));
    let status = |issue: &Issue| {
        let name = state.workflow(issue).and_then(|flow| flow.status(issue.status)).map(|status| status.name.clone());
        (Value::from(issue.status.to_string()), Value::from(name))
    };
    let person = |account: Option<&str>| {
        let name = account.and_then(|id| state.users.get(id)).map(|user| user.display_name.clone());
        (Value::from(account), Value::from(name))
    };
    let listed = |list: &[(Id, &str)], id: Option<Id>| {
        let name = list.iter().find(|(known, _)| Some(*known) == id).map(|(_, name)| *name);
        (Value::from(id.map(|id| id.to_string())), Value::from(name))
    };
    let labels = |issue: &Issue| text(&issue.labels.iter().cloned().collect::<Vec<_>>().join(" "));
    compare("summary", text(&before.summary), text(&after.summary));
    compare("description", text(&adf::text(&before.description)), text(&adf::text(&after.description)));
    compare("status", status(before), status(after));
    compare("priority", listed(&PRIORITIES, Some(before.priority)), listed(&PRIORITIES, Some(after.priority)));
    compare("resolution", listed(&RESOLUTIONS, before.resolution), listed(&RESOLUTIONS, after.resolution));
    compare("assignee", person(before.assignee.as_deref()), person(after.assignee.as_deref()));
    compare("reporter", person(Some(&before.reporter)), person(Some(&after.reporter)));
    compare("labels", labels(before), labels(after));
    let versions = |issue: &Issue| {
        let known = state.projects.get(&issue.project).map_or(&[][..], |project| &project.versions);
        let chosen: Vec<_> = known.iter().filter(|row| issue.fix_versions.contains(&row.id)).collect();
        let join = |texts: Vec<String>| Value::from((!texts.is_empty()).then(|| texts.join(", ")));
        let ids = chosen.iter().map(|row| row.id.to_string()).collect();
        (join(ids), join(chosen.iter().map(|row| row.name.clone()).collect()))
    };
    compare("fixVersions", versions(before), versions(after));
    let level = |issue: &Issue| {
        let levels = state.projects.get(&issue.project).map_or(&[][..], |project| &project.security);
        let level = levels.iter().find(|level| Some(level.id) == issue.security);
        (Value::from(level.map(|level| level.id.to_string())), Value::from(level.map(|level| level.name.clone())))
    };
    compare("security", level(before), level(after));
    for (name, value) in &after.other {
        let old = before.other.get(name).cloned().unwrap_or(Value::Null);
        compare(name, (Value::Null, old), (Value::Null, value.clone()));
    }
    items
}
