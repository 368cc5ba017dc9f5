//! The stored state of an article that was sent, as the fingerprint of its record: its last version, and whether it is missing
//! or was removed.

use std::fmt;

use schema::{CommentRef, UnixMs};
use store::Provenance;

/// Forms of the stored text. Rows with these exist, so they keep their spelling.
const DELETED: &str = "gone";
const ERASED: &str = "erased";
const MISSING: &str = "missing:";

/// Who could read an article when it was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Visibility {
    /// Customers too.
    Public,
    /// Agents only.
    Internal,
    /// The policies allow to send it no more.
    NotSent,
}

/// A version of an article: its visibility and the hash of its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) visibility: Visibility,
    pub(crate) text: String,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let visibility = match self.visibility {
            Visibility::Public => 'p',
            Visibility::Internal => 'i',
            Visibility::NotSent => '-',
        };
        write!(f, "{visibility}{}", self.text)
    }
}

impl From<&str> for Version {
    fn from(stored: &str) -> Self {
        let (visibility, text) = match (stored.strip_prefix('p'), stored.strip_prefix('i')) {
            (Some(text), _) => (Visibility::Public, text),
            (_, Some(text)) => (Visibility::Internal, text),
            // Without a letter it equals no version, and the article is compared anew.
            _ => (Visibility::NotSent, stored.strip_prefix('-').unwrap_or(stored)),
        };
        Self { visibility, text: text.to_owned() }
    }
}

/// The state of an article.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ArticleState {
    /// The ticket had it in this version when it was last looked at.
    Sent(Version),
    /// The ticket lacks it since this time; whether it was deleted is not certain yet.
    Missing { since: UnixMs, sent: Version },
    /// It was deleted, or may no longer be sent. So many of its comments were removed; `None` if an earlier version removed
    /// all of them.
    Deleted { comments: Option<usize> },
    /// Its comments and files were erased in Jira with its ticket. If the ticket is back, so are they.
    Erased,
}

impl fmt::Display for ArticleState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sent(version) => version.fmt(f),
            Self::Missing { since, sent } => write!(f, "{MISSING}{}:{sent}", since.0),
            Self::Deleted { comments: Some(comments) } => write!(f, "{DELETED}:{comments}"),
            Self::Deleted { comments: None } => f.write_str(DELETED),
            Self::Erased => f.write_str(ERASED),
        }
    }
}

impl From<&str> for ArticleState {
    fn from(stored: &str) -> Self {
        if stored == ERASED {
            return Self::Erased;
        }
        if let Some(comments) = stored.strip_prefix(DELETED) {
            return Self::Deleted { comments: comments.strip_prefix(':').and_then(|number| number.parse().ok()) };
        }
        let missing = stored.strip_prefix(MISSING).and_then(|rest| rest.split_once(':'));
        match missing.and_then(|(since, sent)| Some((since.parse().ok()?, sent))) {
            Some((since, sent)) => Self::Missing { since: UnixMs(since), sent: sent.into() },
            None => Self::Sent(stored.into()),
        }
    }
}

impl From<&Provenance> for ArticleState {
    fn from(record: &Provenance) -> Self {
        record.fingerprint.as_deref().unwrap_or_default().into()
    }
}

impl ArticleState {
    /// Whether the deletion was carried out for all comments that are known now: a comment may become known later, on the issue
    /// of another link.
    pub(crate) fn is_removed(&self, known: &[CommentRef]) -> bool {
        matches!(self, Self::Deleted { comments } if comments.is_none_or(|removed| removed >= known.len()))
    }

    /// The version that is in Jira, if one is.
    pub(crate) fn version(&self) -> Option<&Version> {
        match self {
            Self::Sent(version) | Self::Missing { sent: version, .. } => Some(version),
            Self::Deleted { .. } | Self::Erased => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn stored_forms_are_read_as_they_were_written() {
        let version = |visibility| Version { visibility, text: "0123abcd".into() };
        for (stored, state) in [
            ("p0123abcd", ArticleState::Sent(version(Visibility::Public))),
            ("i0123abcd", ArticleState::Sent(version(Visibility::Internal))),
            ("-0123abcd", ArticleState::Sent(version(Visibility::NotSent))),
            ("missing:5:p0123abcd", ArticleState::Missing { since: UnixMs(5), sent: version(Visibility::Public) }),
            ("gone:2", ArticleState::Deleted { comments: Some(2) }),
            ("gone", ArticleState::Deleted { comments: None }),
            ("erased", ArticleState::Erased),
        ] {
            assert_eq!(ArticleState::from(stored), state, "{stored}");
            assert_eq!(state.to_string(), stored);
        }
    }

    #[test]
    fn a_comment_that_became_known_later_is_still_to_be_removed() {
        let comment = |id: &str| CommentRef { issue_id: "1007".into(), comment_id: id.into() };
        let one = ArticleState::Deleted { comments: Some(1) };
        assert!(one.is_removed(&[comment("1")]));
        assert!(!one.is_removed(&[comment("1"), comment("2")]));
        let all = ArticleState::Deleted { comments: None };
        assert!(all.is_removed(&[comment("1"), comment("2")]), "of an earlier version");
        assert!(!ArticleState::from("p0123abcd").is_removed(&[]));
    }

    proptest! {
        #[test]
        fn any_stored_text_is_read(text in any::<String>()) {
            let state = ArticleState::from(text.as_str());
            prop_assert_eq!(ArticleState::from(state.to_string().as_str()), state);
        }
    }
}
