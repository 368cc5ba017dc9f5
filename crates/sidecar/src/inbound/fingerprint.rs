//! Fingerprints of mirrored comments: the issue, and when the comment was changed last or that it was deleted.

/// End of the fingerprint of a deleted comment.
const DELETED: &str = "@gone";

/// The fingerprint of a comment as it was at `updated_at`.
pub(super) fn of_version(issue_id: &str, updated_at: &str) -> String {
    format!("{issue_id}@{updated_at}")
}

/// The fingerprint of a deleted comment.
pub(super) fn of_deleted(issue_id: &str) -> String {
    format!("{issue_id}{DELETED}")
}

/// Whether the fingerprint is of a comment on this issue that is not known to be deleted.
pub(super) fn exists_on(fingerprint: &str, issue_id: &str) -> bool {
    fingerprint.strip_prefix(issue_id).is_some_and(|rest| rest.starts_with('@')) && !fingerprint.ends_with(DELETED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_exists_on_its_own_issue_until_it_is_deleted() {
        assert!(exists_on(&of_version("10007", "2026-11-28T01:16:12.426Z"), "10007"));
        assert!(!exists_on(&of_version("10007", "2026-11-28T01:16:12.426Z"), "1000"));
        assert!(!exists_on(&of_deleted("10007"), "10007"));
    }
}
