//! The value or attributes because of which a field is left as it is.

use std::fmt;
use std::str::FromStr;

/// A person of one side whose account on the other side is unknown.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum UnmappedPerson {
    /// A Zammad user, by id.
    ZammadUser(u64),
    /// A Jira user, by Atlassian account id.
    JiraAccount(String),
}

/// Why a field is left as it is, in detail. Ids and names of attributes, never text of a ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Detail {
    /// A person without a pair in the identity map.
    Person(UnmappedPerson),
    /// A state of Zammad without a mapping, by id.
    State(u64),
    /// A priority of Zammad without a mapping, by id.
    Priority(u64),
    /// A status of Jira without a mapping, by id.
    Status(String),
    /// A priority of Jira without a mapping, by id.
    JiraPriority(String),
    /// Attributes of the ticket, by name: a mapped one whose value has no mapping, or those that Zammad demands or restricts.
    Attributes(Vec<String>),
}

/// A text that names no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAValue;

impl Detail {
    /// Returns what the value is and its id, as they are listed; `None` for attributes.
    #[must_use]
    pub fn kind_and_id(&self) -> Option<(&'static str, String)> {
        Some(match self {
            Self::Person(UnmappedPerson::ZammadUser(id)) => ("user", id.to_string()),
            Self::Person(UnmappedPerson::JiraAccount(id)) => ("account", id.clone()),
            Self::State(id) => ("state", id.to_string()),
            Self::Priority(id) => ("priority", id.to_string()),
            Self::Status(id) => ("status", id.clone()),
            Self::JiraPriority(id) => ("Jira priority", id.clone()),
            Self::Attributes(_) => return None,
        })
    }
}

impl From<UnmappedPerson> for Detail {
    fn from(person: UnmappedPerson) -> Self {
        Self::Person(person)
    }
}

impl fmt::Display for Detail {
    /// The form in which the store keeps it: `user 7`, `state 17`, `category, severity`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self, self.kind_and_id()) {
            (_, Some((kind, id))) => write!(f, "{kind} {id}"),
            (Self::Attributes(names), None) => f.write_str(&names.join(", ")),
            (_, None) => Ok(()),
        }
    }
}

impl FromStr for Detail {
    type Err = NotAValue;

    /// Reads the stored form of a value.
    ///
    /// # Errors
    /// [`NotAValue`] for every other text: nothing tells names of attributes from other details.
    fn from_str(text: &str) -> Result<Self, NotAValue> {
        let (kind, id) = text.rsplit_once(' ').filter(|(_, id)| !id.is_empty()).ok_or(NotAValue)?;
        let number = || id.parse().map_err(|_| NotAValue);
        Ok(match kind {
            "user" => Self::Person(UnmappedPerson::ZammadUser(number()?)),
            "account" => Self::Person(UnmappedPerson::JiraAccount(id.to_owned())),
            "state" => Self::State(number()?),
            "priority" => Self::Priority(number()?),
            "status" => Self::Status(id.to_owned()),
            "Jira priority" => Self::JiraPriority(id.to_owned()),
            _ => return Err(NotAValue),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stored_form_is_read_back() {
        for (text, detail) in [
            ("user 7", Detail::Person(UnmappedPerson::ZammadUser(7))),
            ("account 557058:f5b1", Detail::Person(UnmappedPerson::JiraAccount("557058:f5b1".into()))),
            ("state 17", Detail::State(17)),
            ("priority 4", Detail::Priority(4)),
            ("status 10001", Detail::Status("10001".into())),
            ("Jira priority 4", Detail::JiraPriority("4".into())),
        ] {
            assert_eq!(detail.to_string(), text);
            assert_eq!(text.parse(), Ok(detail));
        }
        assert_eq!(Detail::Attributes(vec!["category".into(), "severity".into()]).to_string(), "category, severity");
    }

    #[test]
    fn every_other_text_is_refused() {
        for text in ["", "user", "user ", "user x", "user -1", "account ", "state x", "severity", "a, b", "file 5"] {
            assert_eq!(text.parse::<Detail>(), Err(NotAValue), "{text}");
        }
    }
}
