//! Codes of Forge's results by which the sidecar decides what to do next. The other codes are only listed.

/// The app cannot read the linked issue.
pub const ISSUE_NO_ACCESS: &str = "issue-no-access";
/// The app lacks a permission in Jira.
pub const JIRA_FORBIDDEN: &str = "jira-forbidden";
/// The installation has used its share of Jira's rate limit, or the app all of it; until the next full hour.
pub const JIRA_QUOTA: &str = "jira-quota";
/// The licence of the app is not active: nothing is written until it is.
pub const LICENCE_INACTIVE: &str = "licence-inactive";
/// Forge knows no such link.
pub const NOT_LINKED: &str = "not-linked";
