//! The names of one field: its name in the base and the id of its Jira field.

use schema::Settings;

/// Returns Jira's field id for a field of the base; a field without a mapping keeps its name.
pub(crate) fn jira_field_id<'a>(field: &'a str, settings: &'a Settings) -> &'a str {
    match field {
        "title" => "summary",
        "state" => "status",
        "owner" => "assignee",
        "customer" => "reporter",
        "tags" => "labels",
        other => {
            let attribute = other.strip_prefix("custom:").unwrap_or(other);
            let rules = &settings.fields.custom;
            rules.iter().find(|rule| rule.zammad == attribute).map_or(other, |rule| rule.jira.as_str())
        }
    }
}
