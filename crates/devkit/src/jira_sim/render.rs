//! JSON of the site's rows.

use serde_json::{Map, Value, json};

use super::{
    id::Id,
    site::{
        Attachment, Category, Comment, FIELDS, ISSUE_TYPES, Issue, PRIORITIES, Project, RESOLUTIONS, SecurityLevel,
        State, Status, User, Version,
    },
};
use crate::clock::{Millis, calendar};

/// Jira's own form of a time.
pub(super) fn time(at: Millis) -> String {
    let at = calendar(at);
    let (date, clock) = (at.date(), at.time());
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}+0000",
        date.year(),
        u8::from(date.month()),
        date.day(),
        clock.hour(),
        clock.minute(),
        clock.second(),
        clock.millisecond()
    )
}

/// An account.
pub(super) fn user(state: &State, row: &User) -> Value {
    let mut shown = json!({
        "self": format!("{}/rest/api/3/user?accountId={}", state.base, row.account_id),
        "accountId": row.account_id, "accountType": row.account_type, "displayName": row.display_name,
        "active": row.active, "timeZone": "Etc/UTC", "avatarUrls": {},
    });
    if let (Some(email), Some(map)) = (&row.email, shown.as_object_mut()) {
        map.insert("emailAddress".to_owned(), email.as_str().into());
    }
    shown
}

/// An account by its id; null if there is none.
pub(super) fn account(state: &State, id: &str) -> Value {
    state.users.get(id).map_or(Value::Null, |row| user(state, row))
}

pub(super) fn status(state: &State, row: &Status) -> Value {
    let (id, key, name, colour) = match row.category {
        Category::New => (2, "new", "To Do", "blue-gray"),
        Category::Indeterminate => (4, "indeterminate", "In Progress", "yellow"),
        Category::Done => (3, "done", "Done", "green"),
    };
    json!({"self": format!("{}/rest/api/3/status/{}", state.base, row.id), "id": row.id.to_string(), "name": row.name,
           "description": "", "statusCategory": {"id": id, "key": key, "name": name, "colorName": colour,
           "self": format!("{}/rest/api/3/statuscategory/{id}", state.base)}})
}

/// One of a fixed list (priority, resolution, issue type) by number.
fn named(state: &State, kind: &str, list: &[(Id, &str)], id: Id) -> Value {
    let found = list.iter().find(|(known, _)| *known == id);
    found.map_or(Value::Null, |(id, name)| {
        json!({"self": format!("{}/rest/api/3/{kind}/{id}", state.base), "id": id.to_string(), "name": name})
    })
}

pub(super) fn priority(state: &State, id: Id) -> Value {
    let mut shown = named(state, "priority", &PRIORITIES, id);
    if let Some(map) = shown.as_object_mut() {
        map.insert("iconUrl".to_owned(), format!("{}/images/icons/priorities/{id}.svg", state.base).into());
    }
    shown
}

pub(super) fn resolution(state: &State, id: Id) -> Value {
    let mut shown = named(state, "resolution", &RESOLUTIONS, id);
    if let Some(map) = shown.as_object_mut() {
        map.insert("description".to_owned(), "".into());
    }
    shown
}

pub(super) fn security_level(state: &State, level: &SecurityLevel) -> Value {
    json!({"self": format!("{}/rest/api/3/securitylevel/{}", state.base, level.id), "id": level.id.to_string(),
           "name": level.name, "description": ""})
}

pub(super) fn issue_type(state: &State, id: Id) -> Value {
    let mut shown = named(state, "issuetype", &ISSUE_TYPES, id);
    if let Some(map) = shown.as_object_mut() {
        map.insert("subtask".to_owned(), false.into());
        map.insert("description".to_owned(), "".into());
    }
    shown
}

/// A version, as a field of an issue shows it.
pub(super) fn version(state: &State, row: &Version) -> Value {
    let mut shown = json!({"self": format!("{}/rest/api/3/version/{}", state.base, row.id), "id": row.id.to_string(),
                           "description": "", "name": row.name, "archived": false, "released": row.released});
    if let (Some(date), Some(map)) = (&row.release_date, shown.as_object_mut()) {
        map.insert("releaseDate".to_owned(), date.as_str().into());
    }
    shown
}

pub(super) fn project(state: &State, row: &Project) -> Value {
    json!({"self": format!("{}/rest/api/3/project/{}", state.base, row.id), "id": row.id.to_string(), "key": row.key,
           "name": row.name, "projectTypeKey": row.kind.key(), "simplified": false, "style": "classic", "isPrivate": false,
           "avatarUrls": {}})
}

/// One field of an issue, as `viewer` sees it.
fn field(state: &State, issue: &Issue, name: &str, viewer: &str) -> Value {
    match name {
        "summary" => issue.summary.as_str().into(),
        "description" => issue.description.clone(),
        "status" => {
            let row = state.workflow(issue).and_then(|flow| flow.status(issue.status));
            row.map_or(Value::Null, |row| status(state, row))
        }
        "issuetype" => issue_type(state, issue.issue_type),
        "project" => state.projects.get(&issue.project).map_or(Value::Null, |row| project(state, row)),
        "priority" => priority(state, issue.priority),
        "resolution" => issue.resolution.map_or(Value::Null, |id| resolution(state, id)),
        "resolutiondate" => issue.resolved.map(time).into(),
        "assignee" => issue.assignee.as_deref().map_or(Value::Null, |id| account(state, id)),
        "reporter" => account(state, &issue.reporter),
        "creator" => account(state, &issue.creator),
        "security" => {
            let levels = state.projects.get(&issue.project).map_or(&[][..], |row| &row.security);
            let level = levels.iter().find(|level| Some(level.id) == issue.security);
            level.map_or(Value::Null, |level| security_level(state, level))
        }
        "labels" => issue.labels.iter().map(String::as_str).collect::<Vec<_>>().into(),
        "created" => time(issue.created).into(),
        "updated" | "statuscategorychangedate" => time(issue.updated).into(),
        "fixVersions" => {
            let project = state.projects.get(&issue.project);
            let versions = project.into_iter().flat_map(|row| &row.versions);
            versions.filter(|row| issue.fix_versions.contains(&row.id)).map(|row| version(state, row)).collect()
        }
        "components" | "issuelinks" | "subtasks" => json!([]),
        "attachment" => state.attachments_of(issue.id).map(|file| attachment(state, file)).collect(),
        "comment" => {
            let rows = state.comments_of(issue.id).filter(|row| state.sees(viewer, row));
            let rows: Vec<Value> = rows.map(|row| comment(state, row, false)).collect();
            let total = rows.len();
            json!({"comments": rows, "maxResults": total, "total": total, "startAt": 0,
                   "self": format!("{}/rest/api/3/issue/{}/comment", state.base, issue.id)})
        }
        other => issue.other.get(other).cloned().unwrap_or(Value::Null),
    }
}

/// An issue with the requested fields.
pub(super) fn issue(state: &State, issue: &Issue, viewer: &str, wanted: &Wanted) -> Map<String, Value> {
    let mut shown = Map::new();
    shown.insert("expand".into(), "renderedFields,names,schema,operations,editmeta,changelog".into());
    shown.insert("id".into(), issue.id.to_string().into());
    shown.insert("self".into(), format!("{}/rest/api/3/issue/{}", state.base, issue.id).into());
    shown.insert("key".into(), issue.key.as_str().into());
    if !wanted.fields.is_empty() {
        let custom = state.custom_fields.keys().map(String::as_str);
        let names = FIELDS.iter().map(|field| field.key).chain(custom).filter(|name| wanted.takes(name));
        let fields = names.map(|name| (name.to_owned(), field(state, issue, name, viewer)));
        shown.insert("fields".into(), fields.collect());
    }
    if !wanted.properties.is_empty() {
        let takes = |key: &String| wanted.properties.iter().any(|name| name == key || name == "*all");
        let found = issue.properties.iter().filter(|(key, _)| takes(key));
        shown.insert("properties".into(), found.map(|(key, value)| (key.clone(), value.clone())).collect());
    }
    shown
}

/// The requested parts of an issue.
#[derive(Clone, Debug, Default)]
pub(super) struct Wanted {
    /// Names, `*all`, `*navigable`, `-name`.
    pub fields: Vec<String>,
    /// Keys of entity properties.
    pub properties: Vec<String>,
}

impl Wanted {
    /// Reads lists, or commas between names.
    pub fn new(fields: &[String], properties: &[String]) -> Self {
        let split = |list: &[String]| {
            let names = list.iter().flat_map(|item| item.split(',')).map(|name| name.trim().to_owned());
            names.filter(|name| !name.is_empty()).collect()
        };
        Self { fields: split(fields), properties: split(properties) }
    }

    fn takes(&self, name: &str) -> bool {
        let out = self.fields.iter().any(|wanted| wanted.strip_prefix('-') == Some(name));
        let only_out = self.fields.iter().all(|wanted| wanted.starts_with('-'));
        let all = self.fields.iter().any(|wanted| wanted == "*all");
        let navigable = self.fields.iter().any(|wanted| wanted == "*navigable");
        let heavy = matches!(name, "comment" | "attachment");
        !out && (only_out || all || (navigable && !heavy) || self.fields.iter().any(|wanted| wanted == name))
    }
}

pub(super) fn comment(state: &State, row: &Comment, properties: bool) -> Value {
    let mut shown = json!({
        "self": format!("{}/rest/api/3/issue/{}/comment/{}", state.base, row.issue, row.id),
        "id": row.id.to_string(),
        "author": account(state, &row.author),
        "body": row.body,
        "updateAuthor": account(state, &row.update_author),
        "created": time(row.created),
        "updated": time(row.updated),
        "jsdPublic": row.jsd_public,
    });
    if let Some(map) = shown.as_object_mut() {
        if let Some(visibility) = &row.visibility {
            let shown = json!({"type": visibility.kind, "value": visibility.value, "identifier": visibility.value});
            map.insert("visibility".into(), shown);
        }
        if properties {
            let list = row.properties.iter().map(|(key, value)| json!({"key": key, "value": value}));
            map.insert("properties".into(), list.collect());
        }
    }
    shown
}

pub(super) fn attachment(state: &State, file: &Attachment) -> Value {
    json!({"self": format!("{}/rest/api/3/attachment/{}", state.base, file.id), "id": file.id.to_string(),
           "filename": file.filename, "author": account(state, &file.author), "created": time(file.created),
           "size": file.data.len(), "mimeType": file.mime_type,
           "content": format!("{}/rest/api/3/attachment/content/{}", state.base, file.id)})
}
