//! The fields of an issue that are synced, by Jira's ids.

/// A field of an issue. On the wire it is its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JiraField<'a> {
    /// Summary.
    Summary,
    /// Status, with the resolution where the settings name one.
    Status,
    /// Priority.
    Priority,
    /// Assignee.
    Assignee,
    /// Reporter.
    Reporter,
    /// Labels.
    Labels,
    /// A custom field, by its id, such as `customfield_10050`.
    Custom(&'a str),
}

impl<'a> JiraField<'a> {
    /// Returns Jira's id of the field, as it is on the wire.
    #[must_use]
    pub const fn id(self) -> &'a str {
        match self {
            Self::Summary => "summary",
            Self::Status => "status",
            Self::Priority => "priority",
            Self::Assignee => "assignee",
            Self::Reporter => "reporter",
            Self::Labels => "labels",
            Self::Custom(id) => id,
        }
    }
}

impl<'a> From<&'a str> for JiraField<'a> {
    /// Reads Jira's id of a field. Every other id is one of a custom field.
    fn from(id: &'a str) -> Self {
        let fixed = [Self::Summary, Self::Status, Self::Priority, Self::Assignee, Self::Reporter, Self::Labels];
        fixed.into_iter().find(|field| field.id() == id).unwrap_or(Self::Custom(id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_back_every_id() {
        for id in ["summary", "status", "priority", "assignee", "reporter", "labels"] {
            let field = JiraField::from(id);
            assert!(!matches!(field, JiraField::Custom(_)), "{id}");
            assert_eq!(field.id(), id);
        }
        assert_eq!(JiraField::from("customfield_10050"), JiraField::Custom("customfield_10050"));
    }
}
