//! The modelled customers. What is assumed here, and only here: how many links and changes, when people work, what they change.

use std::ops::Range;

/// A kind of customer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Customer {
    pub(crate) name: &'static str,
    pub(crate) links: usize,
    /// Changes of linked tickets and issues in a working day.
    pub(crate) changes: usize,
}

/// The two customers of docs/capacity.md.
pub(crate) const QUIET: Customer = Customer { name: "quiet", links: 500, changes: 50 };
pub(crate) const BUSY: Customer = Customer { name: "busy", links: 5_000, changes: 1_000 };

/// One link in this many is open; all changes are made there.
pub(crate) const OPEN: usize = 10;
/// Changes of one link follow each other in sessions of three or four, this long apart.
const APART_MS: i64 = 90_000;
/// The working hours.
const WORK: Range<i64> = 8 * 3_600_000..17 * 3_600_000;
const DAY_MS: i64 = 86_400_000;
/// Somebody opens the panel of every other issue this long before the first comment of a session.
const PANEL_BEFORE_MS: i64 = 20_000;

/// An act of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Article,
    Comment,
    TicketState,
    TicketTitle,
    IssueStatus,
    IssueSummary,
    OpenPanel,
}

/// The kinds of changes with their parts in a hundred.
const MIX: [(What, u32); 6] = [
    (What::Article, 40),
    (What::Comment, 30),
    (What::IssueStatus, 8),
    (What::IssueSummary, 7),
    (What::TicketState, 10),
    (What::TicketTitle, 5),
];

/// One act of a day.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Act {
    /// Milliseconds since midnight.
    pub(crate) at: i64,
    /// The place of the link among all.
    pub(crate) link: usize,
    pub(crate) what: What,
    /// The moment for which the wait of this change counts.
    pub(crate) moment: &'static str,
}

/// The moments whose waits are compared with the goals.
pub(crate) const IN_SESSION: &str = "in a session";
pub(crate) const AFTER_PANEL: &str = "first of a session, working hours, panel opened before";
pub(crate) const OUT_OF_THE_BLUE: &str = "first of a session, working hours";
pub(crate) const AT_NIGHT: &str = "first of a session, outside of them";

/// The same numbers in every run (SplitMix64).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (x ^ (x >> 31)) % limit.max(1)
    }

    fn what(&mut self) -> What {
        let mut place = u32::try_from(self.below(100)).unwrap_or(0);
        for (what, part) in MIX {
            if place < part {
                return what;
            }
            place -= part;
        }
        What::Article
    }
}

/// The acts of a working day, in order.
pub(crate) fn working_day(customer: Customer, random: &mut Random) -> Vec<Act> {
    let mut acts: Vec<Act> = Vec::new();
    let mut changes = 0;
    while changes < customer.changes {
        let at_night = random.below(20) == 0;
        let start = if at_night {
            let outside = i64::try_from(random.below(15 * 3_600_000)).unwrap_or(0);
            if outside < WORK.start { outside } else { outside + WORK.end - WORK.start }
        } else {
            WORK.start + i64::try_from(random.below((WORK.end - WORK.start).unsigned_abs())).unwrap_or(0)
        };
        let link = usize::try_from(random.below((customer.links / OPEN) as u64)).unwrap_or(0) * OPEN;
        let length = 3 + usize::from(random.below(3) == 0);
        let panel = random.below(2) == 0;
        for number in 0..length.min(customer.changes - changes) {
            let what = random.what();
            let moment = match (number, at_night, panel) {
                (1.., ..) => IN_SESSION,
                (0, true, _) => AT_NIGHT,
                (0, false, true) => AFTER_PANEL,
                (0, false, false) => OUT_OF_THE_BLUE,
            };
            let at = start + APART_MS * i64::try_from(number).unwrap_or(0);
            let is_jira = matches!(what, What::Comment | What::IssueStatus | What::IssueSummary);
            if number == 0 && panel && is_jira {
                acts.push(Act { at: (at - PANEL_BEFORE_MS).max(0), link, what: What::OpenPanel, moment });
            }
            acts.push(Act { at: at.min(DAY_MS - 1), link, what, moment });
            changes += 1;
        }
    }
    acts.sort_by_key(|act| act.at);
    acts
}
