//! A person who has no pair in the identity map.

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

/// A text that names no person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAPerson;

impl fmt::Display for UnmappedPerson {
    /// The form in which the store keeps it: `user 7`, `account 5b10ac8d`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ZammadUser(id) => write!(f, "user {id}"),
            Self::JiraAccount(id) => write!(f, "account {id}"),
        }
    }
}

impl FromStr for UnmappedPerson {
    type Err = NotAPerson;

    /// Reads the stored form.
    ///
    /// # Errors
    /// [`NotAPerson`] for every other text.
    fn from_str(text: &str) -> Result<Self, NotAPerson> {
        match text.split_once(' ') {
            Some(("user", id)) => id.parse().map(Self::ZammadUser).map_err(|_| NotAPerson),
            Some(("account", id)) if !id.is_empty() => Ok(Self::JiraAccount(id.to_owned())),
            _ => Err(NotAPerson),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_back_the_stored_form() {
        for (text, person) in [
            ("user 7", UnmappedPerson::ZammadUser(7)),
            ("account 557058:f5b1", UnmappedPerson::JiraAccount("557058:f5b1".into())),
        ] {
            assert_eq!(person.to_string(), text);
            assert_eq!(text.parse(), Ok(person));
        }
    }

    #[test]
    fn refuses_every_other_text() {
        for text in ["", "user", "user ", "user x", "user -1", "account ", "priority 3", "state 4", "severity"] {
            assert_eq!(text.parse::<UnmappedPerson>(), Err(NotAPerson), "{text}");
        }
    }
}
