//! The rate limit in the headers of Jira's responses. Their form is published, but was not seen on a real site yet.

use crate::platform::RateLimit;

/// The limits that Jira tells apart in `RateLimit-Reason`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limit {
    /// The points of the hour, of the whole app or of this site.
    Quota,
    /// Too many writes to one issue in a short time; other issues are not concerned.
    Issue,
    /// Too many requests to one endpoint in a second, or a reason that is not known.
    Burst,
}

/// Returns the limit that a 429 is about.
pub(super) fn limit_of(limit: &RateLimit) -> Limit {
    match limit.reason.as_deref() {
        Some(reason) if reason.contains("quota") => Limit::Quota,
        Some(reason) if reason.contains("per-issue") => Limit::Issue,
        _ => Limit::Burst,
    }
}

/// Returns the points that are left to all installations in this hour, if the headers say so: `"global-app-quota";r=1200;t=900`.
pub(super) fn rest_of_pool(limit: &RateLimit) -> Option<u32> {
    let text = limit.rest.as_deref().filter(|text| text.contains("global"))?;
    text.split([';', ',']).find_map(|part| part.trim().strip_prefix("r=")?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(reason: Option<&str>, rest: Option<&str>) -> RateLimit {
        RateLimit { reason: reason.map(str::to_owned), rest: rest.map(str::to_owned) }
    }

    #[test]
    fn reads_reason_and_rest() {
        for (reason, limit) in [
            (Some("jira-quota-global-based"), Limit::Quota),
            (Some("jira-quota-tenant-based"), Limit::Quota),
            (Some("jira-per-issue-on-write"), Limit::Issue),
            (Some("jira-burst-based"), Limit::Burst),
            (Some("anything"), Limit::Burst),
            (None, Limit::Burst),
        ] {
            assert_eq!(limit_of(&with(reason, None)), limit, "{reason:?}");
        }
        for (text, rest) in [
            ("\"global-app-quota\";r=1200;t=900", Some(1_200)),
            ("\"global-app-quota\"; r=0; t=1", Some(0)),
            ("\"tenant-quota\";r=5;t=1", None),
            ("\"global-app-quota\";r=x", None),
            ("", None),
        ] {
            assert_eq!(rest_of_pool(&with(None, Some(text))), rest, "{text}");
        }
    }
}
