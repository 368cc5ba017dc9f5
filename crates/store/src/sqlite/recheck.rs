//! The stored form of rechecks: a key in the column that holds `X-Zammad-Delivery` for webhooks.

use crate::{Recheck, RecheckCause};

/// Prefix of the keys, so that none equals a delivery id.
const OWN: &str = "own:";
/// The prefixes of [`cause`] for rechecks that a comparison caused.
pub(super) const COMPARISONS: [&str; 2] = ["drift:", "look:"];

/// Returns the key under which a recheck is stored; the same for the same ticket and cause.
pub(super) fn key(recheck: &Recheck) -> String {
    let ticket = recheck.ticket_id;
    match &recheck.cause {
        RecheckCause::Answered(message) => format!("{OWN}answer:{message}"),
        RecheckCause::IssueRead(message) => format!("{OWN}look:{message}"),
        RecheckCause::Command(command) => format!("{OWN}command:{command}"),
        RecheckCause::Paced(id) => format!("{OWN}paced:{id}"),
        RecheckCause::Merged(message) => format!("{OWN}merged:{message}"),
        RecheckCause::Missing(asked) => format!("{OWN}missing:{ticket}:{}", asked.0),
        RecheckCause::Sweep(updated_at) => format!("{OWN}sweep:{ticket}:{updated_at}"),
        RecheckCause::Drift(round) => format!("{OWN}drift:{ticket}:{}", round.0),
        RecheckCause::Backfill(issue, pass) => format!("{OWN}backfill:{ticket}:{issue}:{}", pass.0),
    }
}

/// Returns the key of a recheck without the prefix (cause, ticket, ids); `None` for the delivery id of a webhook.
pub(super) fn cause(delivery: &str) -> Option<&str> {
    delivery.strip_prefix(OWN)
}

#[cfg(test)]
mod tests {
    use schema::UnixMs;

    use super::*;

    /// Stored by earlier versions and compared with [`COMPARISONS`]: the spelling must not change.
    #[test]
    fn keys_keep_their_stored_spelling() {
        let key_of = |cause| key(&Recheck { ticket_id: 7, cause, not_before: None, at: UnixMs(0) });
        assert_eq!(key_of(RecheckCause::Answered("m".into())), "own:answer:m");
        assert_eq!(key_of(RecheckCause::IssueRead("m".into())), "own:look:m");
        assert_eq!(key_of(RecheckCause::Command("c".into())), "own:command:c");
        assert_eq!(key_of(RecheckCause::Paced("p".into())), "own:paced:p");
        assert_eq!(key_of(RecheckCause::Merged("m".into())), "own:merged:m");
        assert_eq!(key_of(RecheckCause::Missing(UnixMs(9))), "own:missing:7:9");
        assert_eq!(key_of(RecheckCause::Sweep("t".into())), "own:sweep:7:t");
        assert_eq!(key_of(RecheckCause::Drift(UnixMs(9))), "own:drift:7:9");
        assert_eq!(key_of(RecheckCause::Backfill("10".into(), UnixMs(9))), "own:backfill:7:10:9");
        assert_eq!(cause("own:drift:7:9"), Some("drift:7:9"));
        assert_eq!(cause("0f8fad5b-d9cb-469f-a165-70867728950e"), None);
    }
}
