//! The subject of a trouble.

use std::fmt;

/// Something of a link that can be out of sync. In the database and in lists it is a text, by which a later finding about the
/// same subject replaces an earlier one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// A synced field, by its name.
    Field(String),
    /// A comment of an article.
    Article {
        /// Zammad's article id.
        id: u64,
        /// Number of the part, from 1.
        part: u32,
    },
    /// A file, by Zammad's attachment id.
    File(u64),
    /// A command of Forge that failed, by its id.
    Command(String),
    /// A comment or file in Jira that could not be erased, such as `comment 5`.
    NotErased(String),
    /// Whether the app can read the issue.
    Issue,
    /// The link itself.
    Link,
}

const ARTICLE: &str = "article:";
const FILE: &str = "file:";
const COMMAND: &str = "command:";
const NOT_ERASED: &str = "not-erased:";

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(name) => f.write_str(name),
            Self::Article { id, part } => write!(f, "{ARTICLE}{id}:{part}"),
            Self::File(id) => write!(f, "{FILE}{id}"),
            Self::Command(id) => write!(f, "{COMMAND}{id}"),
            Self::NotErased(what) => write!(f, "{NOT_ERASED}{what}"),
            Self::Issue => f.write_str("issue"),
            Self::Link => f.write_str("link"),
        }
    }
}

impl From<&str> for Subject {
    /// Reads the text of a subject. Every other text is the name of a field.
    fn from(text: &str) -> Self {
        let article = || {
            let (id, part) = text.strip_prefix(ARTICLE)?.split_once(':')?;
            Some(Self::Article { id: id.parse().ok()?, part: part.parse().ok()? })
        };
        let file = || Some(Self::File(text.strip_prefix(FILE)?.parse().ok()?));
        let command = || text.strip_prefix(COMMAND).map(|id| Self::Command(id.to_owned()));
        let not_erased = || text.strip_prefix(NOT_ERASED).map(|what| Self::NotErased(what.to_owned()));
        match text {
            "issue" => Self::Issue,
            "link" => Self::Link,
            _ => {
                article().or_else(file).or_else(command).or_else(not_erased).unwrap_or_else(|| Self::Field(text.into()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stored_text_is_read_back() {
        for (text, subject) in [
            ("title", Subject::Field("title".into())),
            ("custom:severity", Subject::Field("custom:severity".into())),
            ("article:10:2", Subject::Article { id: 10, part: 2 }),
            ("file:5", Subject::File(5)),
            ("command:01M3250V000000000000000001", Subject::Command("01M3250V000000000000000001".into())),
            ("not-erased:comment 5", Subject::NotErased("comment 5".into())),
            ("issue", Subject::Issue),
            ("link", Subject::Link),
        ] {
            assert_eq!(subject.to_string(), text);
            assert_eq!(Subject::from(text), subject);
        }
    }

    #[test]
    fn a_text_of_another_form_is_kept() {
        for text in ["article:10", "article:x:1", "file:x", ""] {
            assert_eq!(Subject::from(text), Subject::Field(text.into()));
        }
    }
}
