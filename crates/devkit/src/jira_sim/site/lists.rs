//! Lists that are the same on every simulated site: types, priorities, resolutions, fields.

use crate::jira_sim::id::Id;

/// Issue types: number, name.
pub const ISSUE_TYPES: [(Id, &str); 4] = [(10001, "Task"), (10002, "Bug"), (10003, "Story"), (10004, "Epic")];
/// Priorities: number, name.
pub const PRIORITIES: [(Id, &str); 5] = [(1, "Highest"), (2, "High"), (3, "Medium"), (4, "Low"), (5, "Lowest")];
/// Resolutions: number, name.
pub const RESOLUTIONS: [(Id, &str); 4] =
    [(10000, "Done"), (10001, "Won't Do"), (10002, "Duplicate"), (10003, "Cannot Reproduce")];

/// A field that issues have.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Key, which of a system field is the id too.
    pub key: &'static str,
    /// Name.
    pub name: &'static str,
    /// Type of its value.
    pub kind: &'static str,
    /// Type of the items, if its value is a list.
    pub items: Option<&'static str>,
    /// Whether screens may have it; the others are set by Jira, or by a transition.
    pub on_screens: bool,
}

const fn field(key: &'static str, name: &'static str, kind: &'static str, on_screens: bool) -> Field {
    Field { key, name, kind, items: None, on_screens }
}

const fn list(key: &'static str, name: &'static str, items: &'static str, on_screens: bool) -> Field {
    Field { key, name, kind: "array", items: Some(items), on_screens }
}

/// System fields.
pub const FIELDS: [Field; 23] = [
    field("summary", "Summary", "string", true),
    field("description", "Description", "string", true),
    field("issuetype", "Issue Type", "issuetype", false),
    field("project", "Project", "project", false),
    field("status", "Status", "status", false),
    field("statuscategorychangedate", "Status Category Changed", "datetime", false),
    field("priority", "Priority", "priority", true),
    field("resolution", "Resolution", "resolution", false),
    field("resolutiondate", "Resolved", "datetime", false),
    field("assignee", "Assignee", "user", true),
    field("reporter", "Reporter", "user", true),
    field("creator", "Creator", "user", false),
    field("security", "Security Level", "securitylevel", true),
    field("duedate", "Due date", "date", true),
    field("created", "Created", "datetime", false),
    field("updated", "Updated", "datetime", false),
    field("comment", "Comment", "comments-page", false),
    list("labels", "Labels", "string", true),
    list("attachment", "Attachment", "attachment", false),
    list("fixVersions", "Fix versions", "version", true),
    list("components", "Components", "component", false),
    list("issuelinks", "Linked Issues", "issuelinks", false),
    list("subtasks", "Sub-tasks", "issuelinks", false),
];

/// A field's name; its key if it has none.
#[must_use]
pub fn field_name(key: &str) -> &str {
    FIELDS.iter().find(|field| field.key == key).map_or(key, |field| field.name)
}
