//! The stored fingerprint of an article: what was sent of it, and whether it is missing or was removed.

use schema::{CommentRef, UnixMs};

/// Begins the fingerprint of an article that was deleted; the number of its comments that were removed follows.
const DELETED: &str = "gone";
/// Fingerprint of an article whose comments and files were erased in Jira with its ticket. If the ticket is back, so are they.
pub(crate) const ERASED: &str = "erased";
/// Prefix of the fingerprint of an article that is missing: `missing:<since, ms>:<fingerprint>`.
const MISSING: &str = "missing:";

/// The fingerprint of an article whose comments (so many) were removed.
pub(crate) fn deleted(comments: usize) -> String {
    format!("{DELETED}:{comments}")
}

/// The fingerprint of an article that is missing since this time.
pub(crate) fn missing_since(since: UnixMs, fingerprint: &str) -> String {
    format!("{MISSING}{}:{fingerprint}", since.0)
}

/// Since when an article is missing, and its fingerprint before; the second is all there is of an article that is not.
pub(crate) fn missing(fingerprint: &str) -> (Option<UnixMs>, &str) {
    let parts = fingerprint.strip_prefix(MISSING).and_then(|rest| rest.split_once(':'));
    match parts.and_then(|(since, before)| Some((since.parse().ok()?, before))) {
        Some((since, before)) => (Some(UnixMs(since)), before),
        None => (None, fingerprint),
    }
}

/// Whether the article was deleted, or may no longer be sent.
pub(crate) fn is_deleted(fingerprint: &str) -> bool {
    fingerprint.starts_with(DELETED)
}

/// Whether the deletion of an article was carried out, for all comments that are known now: a comment may become known later, on
/// the issue of another link.
pub(crate) fn is_removed(fingerprint: &str, comments: &[CommentRef]) -> bool {
    let Some(removed) = fingerprint.strip_prefix(DELETED) else {
        return false;
    };
    // Without a number, an earlier version removed it.
    removed
        .strip_prefix(':')
        .and_then(|number| number.parse().ok())
        .is_none_or(|number: usize| number >= comments.len())
}

/// Whether the ticket had the article when it was last looked at, and so should have it now.
pub(crate) fn is_expected(fingerprint: &str) -> bool {
    missing(fingerprint).0.is_none() && !is_deleted(fingerprint) && fingerprint != ERASED
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_article_is_expected_until_it_was_seen_missing() {
        let sent = "p0123abcd";
        assert!(is_expected(sent));
        for fingerprint in [&missing_since(UnixMs(5), sent), &deleted(2), "gone", ERASED] {
            assert!(!is_expected(fingerprint), "{fingerprint}");
        }
        assert_eq!(missing(&missing_since(UnixMs(5), sent)), (Some(UnixMs(5)), sent));
        assert_eq!(missing(sent), (None, sent));
    }

    #[test]
    fn a_comment_that_became_known_later_is_still_to_be_removed() {
        let comment = |id: &str| CommentRef { issue_id: "1007".into(), comment_id: id.into() };
        assert!(is_removed(&deleted(1), &[comment("1")]));
        assert!(!is_removed(&deleted(1), &[comment("1"), comment("2")]));
        assert!(is_removed("gone", &[comment("1"), comment("2")]), "of an earlier version");
        assert!(!is_removed("p0123abcd", &[]));
    }
}
