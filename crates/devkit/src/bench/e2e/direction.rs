//! The directions that are measured, and the report of their times.

use std::time::Duration;

use super::env::{Change, ChangeKind, Side};
use crate::bench::load::average;
use crate::bench::report::{percentile, print_line};

/// A kind of change, by the side it is made on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Direction {
    ArticleToComment,
    CommentToNote,
    TicketToIssue,
    IssueToTicket,
}

impl Direction {
    pub(super) const ALL: [Self; 4] =
        [Self::ArticleToComment, Self::CommentToNote, Self::TicketToIssue, Self::IssueToTicket];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::ArticleToComment => "article to comment",
            Self::CommentToNote => "comment to note",
            Self::TicketToIssue => "ticket field to issue field",
            Self::IssueToTicket => "issue field to ticket field",
        }
    }

    pub(super) const fn from(self) -> Side {
        match self {
            Self::ArticleToComment | Self::TicketToIssue => Side::Zammad,
            Self::CommentToNote | Self::IssueToTicket => Side::Jira,
        }
    }

    pub(super) const fn of(change: &Change) -> Self {
        match (change.side, change.field()) {
            (Side::Zammad, None) => Self::ArticleToComment,
            (Side::Jira, None) => Self::CommentToNote,
            (Side::Zammad, Some(_)) => Self::TicketToIssue,
            (Side::Jira, Some(_)) => Self::IssueToTicket,
        }
    }

    /// A change at an unchanged link: a text, or title, priority and state in turn.
    pub(super) fn change(self, link: usize, number: usize) -> Change {
        let kind = match (self, number % 3) {
            (Self::ArticleToComment | Self::CommentToNote, _) => ChangeKind::Text(format!("quiet text {number}.")),
            (_, 0) => ChangeKind::Title(format!("Quiet title {number}")),
            (_, 1) => ChangeKind::Priority(3),
            _ => ChangeKind::Closed(true),
        };
        Change { link, side: self.from(), kind }
    }
}

/// Prints the times of a direction.
pub(super) fn report(direction: Direction, mut times: Vec<Duration>) {
    times.sort();
    print_line(&format!(
        "  {}, {}: p50 {:.0} ms (goal 2000), p95 {:.0} (goal 5000), max {:.0}; load {}",
        direction.name(),
        times.len(),
        percentile(&times, 500),
        percentile(&times, 950),
        percentile(&times, 1_000),
        average()
    ));
}
