//! The names of the synced fields, and the field in Jira that each of them is kept in step with.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use schema::settings::CustomField;
use schema::{JiraField, Settings};
use serde::{Deserialize, Serialize};

/// Declares [`FieldName`] with the stored names, so that no list of them is kept by hand.
macro_rules! field_names {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// A synced field. In the store and in lists it is its name: `title`, `custom:<attribute>`. Fields are ordered by name.
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(from = "String", into = "String")]
        pub enum FieldName {
            /// A custom attribute, by its name in Zammad.
            Custom(String),
            $($(#[$doc])* $variant,)*
            /// A name that this version does not know, from a store that a newer version wrote. It is kept and never synced.
            Unknown(String),
        }

        impl FieldName {
            /// Returns the fields of every link under these settings.
            pub(crate) fn all(settings: &Settings) -> Vec<Self> {
                let custom = settings.fields.custom.iter().map(|rule| Self::Custom(rule.zammad.clone()));
                [$(Self::$variant),*].into_iter().chain(custom).collect()
            }
        }

        impl fmt::Display for FieldName {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$variant => f.write_str($name),)*
                    Self::Custom(attribute) => write!(f, "{CUSTOM}{attribute}"),
                    Self::Unknown(name) => f.write_str(name),
                }
            }
        }

        impl FromStr for FieldName {
            type Err = Infallible;

            fn from_str(name: &str) -> Result<Self, Infallible> {
                Ok(match name {
                    $($name => Self::$variant,)*
                    _ => match name.strip_prefix(CUSTOM) {
                        Some(attribute) => Self::Custom(attribute.to_owned()),
                        None => Self::Unknown(name.to_owned()),
                    },
                })
            }
        }
    };
}

/// The names of custom attributes begin with this.
const CUSTOM: &str = "custom:";

field_names! {
    /// Customer and reporter.
    Customer = "customer",
    /// Owner and assignee.
    Owner = "owner",
    /// Priority.
    Priority = "priority",
    /// State and status.
    State = "state",
    /// Tags and labels.
    Tags = "tags",
    /// Title and summary.
    Title = "title",
}

impl FieldName {
    /// Returns the field in Jira; `None` if the settings map the attribute no longer.
    pub(crate) fn jira<'s>(&self, settings: &'s Settings) -> Option<JiraField<'s>> {
        Some(match self {
            Self::Title => JiraField::Summary,
            Self::State => JiraField::Status,
            Self::Priority => JiraField::Priority,
            Self::Owner => JiraField::Assignee,
            Self::Customer => JiraField::Reporter,
            Self::Tags => JiraField::Labels,
            Self::Custom(attribute) => JiraField::Custom(&custom_rule(attribute, settings)?.jira),
            Self::Unknown(_) => return None,
        })
    }

    /// Whether the ticket's value is written to an issue that was created for it. Jira itself sets the reporter of a new issue.
    pub(crate) const fn is_written_to_new_issue(&self) -> bool {
        match self {
            Self::Title | Self::State | Self::Priority | Self::Owner | Self::Tags | Self::Custom(_) => true,
            Self::Customer | Self::Unknown(_) => false,
        }
    }
}

/// Returns the settings of a custom attribute.
pub(crate) fn custom_rule<'s>(attribute: &str, settings: &'s Settings) -> Option<&'s CustomField> {
    settings.fields.custom.iter().find(|rule| rule.zammad == attribute)
}

impl From<String> for FieldName {
    fn from(name: String) -> Self {
        let Ok(field) = name.parse();
        field
    }
}

impl From<FieldName> for String {
    fn from(field: FieldName) -> Self {
        field.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_names_are_read_back() {
        for (name, field) in [
            ("title", FieldName::Title),
            ("state", FieldName::State),
            ("priority", FieldName::Priority),
            ("owner", FieldName::Owner),
            ("customer", FieldName::Customer),
            ("tags", FieldName::Tags),
            ("custom:severity", FieldName::Custom("severity".into())),
            ("custom:", FieldName::Custom(String::new())),
            ("of-a-newer-version", FieldName::Unknown("of-a-newer-version".into())),
        ] {
            assert_eq!(field.to_string(), name);
            assert_eq!(name.parse(), Ok(field.clone()));
            assert_eq!(serde_json::to_value(field).unwrap(), name);
        }
    }

    #[test]
    fn fields_are_ordered_by_name() {
        let settings: Settings = serde_json::from_str("{}").unwrap();
        let mut fields = FieldName::all(&settings);
        fields.push(FieldName::Custom("severity".into()));
        fields.sort();
        assert!(fields.iter().map(ToString::to_string).is_sorted(), "{fields:?}");
    }
}
