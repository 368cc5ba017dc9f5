//! Looks people up in the identity map of the settings.

use crate::policy::Policy;

/// Returns the Atlassian account id of a Zammad user.
pub(super) fn account_of<'a>(user: u64, policy: &Policy<'a>) -> Option<&'a str> {
    let pair = policy.settings.people.iter().find(|person| person.zammad == user);
    pair.map(|person| person.account_id.as_str())
}

/// Returns the Zammad user id of an Atlassian account.
pub(super) fn user_of(account: &str, policy: &Policy<'_>) -> Option<u64> {
    policy.settings.people.iter().find(|person| person.account_id == account).map(|person| person.zammad)
}
