//! The stored spelling of enumerations. The schema's CHECK constraints allow only these values, so reading needs no error case;
//! a fact of an unknown kind was written by a later version and is skipped.

use schema::{AckStatus, Side};

use crate::{FactKind, LinkState, MatchedBy, ObjectKind, Origin};

/// A side, as stored.
pub(super) fn side_name(side: Side) -> &'static str {
    match side {
        Side::Zammad => "zammad",
        Side::Jira => "jira",
    }
}

/// A side, as read.
pub(super) fn side(stored: &str) -> Side {
    if stored == "zammad" { Side::Zammad } else { Side::Jira }
}

/// The state of a link, as stored.
pub(super) fn link_state_name(state: LinkState) -> &'static str {
    match state {
        LinkState::Active => "active",
        LinkState::Paused => "paused",
        LinkState::Ended => "ended",
    }
}

/// The state of a link, as read.
pub(super) fn link_state(stored: &str) -> LinkState {
    match stored {
        "active" => LinkState::Active,
        "paused" => LinkState::Paused,
        _ => LinkState::Ended,
    }
}

/// The origin of an object, as stored.
pub(super) fn origin_name(origin: Origin) -> &'static str {
    match origin {
        Origin::Ours => "ours",
        Origin::Theirs => "theirs",
    }
}

/// The origin of an object, as read.
pub(super) fn origin(stored: &str) -> Origin {
    if stored == "ours" { Origin::Ours } else { Origin::Theirs }
}

/// The kind of an object, as stored.
pub(super) fn object_name(object: ObjectKind) -> &'static str {
    match object {
        ObjectKind::Article => "article",
        ObjectKind::ArticlePart => "part",
        ObjectKind::Mail => "mail",
        ObjectKind::Comment => "comment",
        ObjectKind::File => "file",
    }
}

/// The reason of a suggestion, as stored; their alphabetical order is the order of listing.
pub(super) fn matched_by_name(matched_by: MatchedBy) -> &'static str {
    match matched_by {
        MatchedBy::Email => "email",
        MatchedBy::Name => "name",
    }
}

/// The reason of a suggestion, as read.
pub(super) fn matched_by(stored: &str) -> MatchedBy {
    if stored == "email" { MatchedBy::Email } else { MatchedBy::Name }
}

/// A failed command that is delivered once more.
pub(super) const RETRY: &str = "retry";

/// The status of an acknowledgement, as stored.
pub(super) fn ack_name(status: AckStatus) -> &'static str {
    match status {
        AckStatus::Done => "done",
        AckStatus::Skipped => "skipped",
        AckStatus::Failed => "failed",
        AckStatus::Retry => RETRY,
        AckStatus::Dropped => "dropped",
    }
}

/// The status of an acknowledgement, as read.
pub(super) fn ack(stored: &str) -> AckStatus {
    match stored {
        "done" => AckStatus::Done,
        "skipped" => AckStatus::Skipped,
        RETRY => AckStatus::Retry,
        "dropped" => AckStatus::Dropped,
        _ => AckStatus::Failed,
    }
}

const ANNOUNCED_FILE: &str = "file:";
/// Also part of a query and of the index in migration 0003.
const TICKET_MISSING: &str = "missing";

/// The kind of a fact, as stored.
pub(super) fn fact_name(kind: &FactKind) -> String {
    match kind {
        FactKind::Issue => "issue".into(),
        FactKind::Memory => "memory".into(),
        FactKind::ApplyResult => "answered".into(),
        FactKind::IssueGone => "gone".into(),
        FactKind::TicketMissing => TICKET_MISSING.into(),
        FactKind::DoneNotes => "done".into(),
        FactKind::PanelHash => "snapshot".into(),
        FactKind::CaughtUpTo => "caught-up".into(),
        FactKind::HeardUpTo => "heard".into(),
        FactKind::Merge => "merge".into(),
        FactKind::Created => "created".into(),
        FactKind::EarlierArticles => "earlier".into(),
        FactKind::AnnouncedFile(id) => format!("{ANNOUNCED_FILE}{id}"),
    }
}

/// The kind of a fact, as read; `None` for one of a later version.
pub(super) fn fact(stored: &str) -> Option<FactKind> {
    Some(match stored {
        "issue" => FactKind::Issue,
        "memory" => FactKind::Memory,
        "answered" => FactKind::ApplyResult,
        "gone" => FactKind::IssueGone,
        TICKET_MISSING => FactKind::TicketMissing,
        "done" => FactKind::DoneNotes,
        "snapshot" => FactKind::PanelHash,
        "caught-up" => FactKind::CaughtUpTo,
        "heard" => FactKind::HeardUpTo,
        "merge" => FactKind::Merge,
        "created" => FactKind::Created,
        "earlier" => FactKind::EarlierArticles,
        other => FactKind::AnnouncedFile(other.strip_prefix(ANNOUNCED_FILE)?.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_is_read_back() {
        for one in [Side::Zammad, Side::Jira] {
            assert_eq!(side(side_name(one)), one);
        }
        for one in [LinkState::Active, LinkState::Paused, LinkState::Ended] {
            assert_eq!(link_state(link_state_name(one)), one);
        }
        for one in [Origin::Ours, Origin::Theirs] {
            assert_eq!(origin(origin_name(one)), one);
        }
        for one in [MatchedBy::Email, MatchedBy::Name] {
            assert_eq!(matched_by(matched_by_name(one)), one);
        }
        for one in [AckStatus::Done, AckStatus::Skipped, AckStatus::Failed, AckStatus::Retry, AckStatus::Dropped] {
            assert_eq!(ack(ack_name(one)), one);
        }
    }

    /// Written by earlier versions: the spelling must not change.
    #[test]
    fn facts_keep_their_stored_spelling() {
        for (kind, name) in [
            (FactKind::Issue, "issue"),
            (FactKind::Memory, "memory"),
            (FactKind::ApplyResult, "answered"),
            (FactKind::IssueGone, "gone"),
            (FactKind::TicketMissing, "missing"),
            (FactKind::DoneNotes, "done"),
            (FactKind::PanelHash, "snapshot"),
            (FactKind::CaughtUpTo, "caught-up"),
            (FactKind::HeardUpTo, "heard"),
            (FactKind::Merge, "merge"),
            (FactKind::Created, "created"),
            (FactKind::EarlierArticles, "earlier"),
            (FactKind::AnnouncedFile("a:b".into()), "file:a:b"),
        ] {
            assert_eq!((fact_name(&kind).as_str(), fact(name)), (name, Some(kind)));
        }
        assert_eq!(fact("of a later version"), None);
    }
}
