//! Which transition to take next. Pure: from where the issue is, what is offered there, and what is known of the workflow.

use std::collections::VecDeque;

use schema::settings::StatusSelector;
use serde::{Deserialize, Serialize};

/// A status, by what decides: its id and its category's key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Status {
    pub(super) id: String,
    pub(super) category: String,
}

/// A way that was seen to lead from one status to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Edge {
    pub(super) from: String,
    pub(super) to: Status,
    /// Fields that must be filled in.
    pub(super) needs: Vec<String>,
}

/// A transition that can be taken now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Offer {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) to: Status,
    pub(super) to_name: String,
    /// Fields that must be filled in.
    pub(super) needs: Vec<String>,
}

/// What to do next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next<'a> {
    /// Take this one.
    Take(&'a Offer),
    /// The way is known, but this field must be filled in and nothing is configured for it.
    Fill(&'a str),
    /// Of no wanted status the category is known; ask which statuses the project has, and then again.
    Unknown,
    /// There is no way, or none is worth trying.
    Nothing,
}

/// Everything that a step is decided by.
pub(super) struct Task<'a> {
    pub(super) current: &'a Status,
    pub(super) offers: &'a [Offer],
    /// What leads from `current` is told by `offers` alone.
    pub(super) known: &'a [Edge],
    pub(super) any_of: &'a [StatusSelector],
    /// Statuses that this walk was in; none is entered again.
    pub(super) visited: &'a [String],
    /// How many steps may still be taken.
    pub(super) left: usize,
    /// Whether something is configured for a field.
    pub(super) filled: &'a dyn Fn(&str) -> bool,
}

impl<'a> Task<'a> {
    /// Along the shortest known way to the most preferred status; without one, on probation towards its category. `statuses`
    /// are the project's, once they were asked for.
    pub(super) fn next(&self, statuses: &[Status]) -> Next<'a> {
        let shortest = |fillable| self.any_of.iter().find_map(|wanted| self.first_step(wanted, fillable));
        if let Some((offer, _)) = shortest(true) {
            return Next::Take(offer);
        }
        if let Some((_, needs)) = shortest(false) {
            // What is missing there is the admin's to configure; trying other ways would leave the issue anywhere.
            return needs.iter().find(|field| !(self.filled)(field)).map_or(Next::Nothing, |field| Next::Fill(field));
        }
        match self.any_of.iter().find_map(|wanted| self.rank_of(wanted, statuses)) {
            Some(rank) => self.towards(rank).map_or(Next::Nothing, Next::Take),
            None if statuses.is_empty() => Next::Unknown,
            None => Next::Nothing,
        }
    }

    fn is_fillable(&self, needs: &[String]) -> bool {
        needs.iter().all(|field| (self.filled)(field))
    }

    fn is_open(&self, status: &Status) -> bool {
        !self.visited.contains(&status.id)
    }

    /// The first step of the shortest way to a status, and what must be filled in at the first place where something is
    /// missing.
    fn first_step(&self, wanted: &StatusSelector, fillable: bool) -> Option<(&'a Offer, &'a [String])> {
        let admits = |needs: &[String]| !fillable || self.is_fillable(needs);
        let missing = |before: &'a [String], needs: &'a [String]| if self.is_fillable(before) { needs } else { before };
        let mut reached: Vec<&str> = Vec::new();
        let mut open: VecDeque<(&'a Status, &'a Offer, &'a [String], usize)> = VecDeque::new();
        if self.left == 0 {
            return None;
        }
        for offer in self.offers.iter().filter(|offer| admits(&offer.needs) && self.is_open(&offer.to)) {
            open.push_back((&offer.to, offer, &offer.needs, 1));
        }
        while let Some((status, first, needs, steps)) = open.pop_front() {
            if wanted.means(&status.id, &status.category) {
                return Some((first, needs));
            }
            if steps == self.left || reached.contains(&status.id.as_str()) {
                continue;
            }
            reached.push(&status.id);
            let onward = self.known.iter().filter(|edge| edge.from == status.id && edge.from != self.current.id);
            for edge in onward.filter(|edge| admits(&edge.needs) && self.is_open(&edge.to)) {
                open.push_back((&edge.to, first, missing(needs, &edge.needs), steps + 1));
            }
        }
        None
    }

    /// How far along a wanted status is, if it is known at all.
    fn rank_of(&self, wanted: &StatusSelector, statuses: &[Status]) -> Option<u8> {
        if let Some(category) = &wanted.category {
            return Some(rank(category));
        }
        let known = self.known.iter().map(|edge| &edge.to).chain(statuses);
        known.into_iter().find(|status| wanted.means(&status.id, &status.category)).map(|status| rank(&status.category))
    }

    /// A transition to a status not seen yet that lies between here and there, the nearer to there the better.
    fn towards(&self, goal: u8) -> Option<&'a Offer> {
        if self.left == 0 {
            return None;
        }
        let here = rank(&self.current.category);
        let between = here.min(goal)..=here.max(goal);
        let worth = |offer: &&Offer| {
            self.is_fillable(&offer.needs) && self.is_open(&offer.to) && between.contains(&rank(&offer.to.category))
        };
        self.offers.iter().filter(worth).min_by_key(|offer| rank(&offer.to.category).abs_diff(goal))
    }
}

/// New, in progress, done.
fn rank(category: &str) -> u8 {
    match category {
        "new" => 0,
        "done" => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(id: &str) -> Status {
        let category = match id.as_bytes()[0] {
            b'n' => "new",
            b'd' => "done",
            _ => "indeterminate",
        };
        Status { id: id.into(), category: category.into() }
    }

    fn offer(to: &str, needs: &[&str]) -> Offer {
        let needs = needs.iter().map(|&field| field.to_owned()).collect();
        Offer { id: format!("to-{to}"), name: to.into(), to: status(to), to_name: to.into(), needs }
    }

    fn edge(from: &str, to: &str, needs: &[&str]) -> Edge {
        Edge { from: from.into(), to: status(to), needs: needs.iter().map(|&field| field.to_owned()).collect() }
    }

    /// What is next from `n1` towards these, as words.
    fn next(offers: &[Offer], known: &[Edge], any_of: &[StatusSelector], left: usize) -> String {
        let current = status("n1");
        let visited = [current.id.clone()];
        let filled = |field: &str| field == "resolution";
        let (current, visited, filled) = (&current, &visited, &filled);
        let task = Task { current, offers, known, any_of, visited, left, filled };
        match task.next(&[]) {
            Next::Take(offer) => offer.to.id.clone(),
            Next::Fill(field) => format!("fill {field}"),
            Next::Unknown => "unknown".into(),
            Next::Nothing => "nothing".into(),
        }
    }

    fn by_id(id: &str) -> StatusSelector {
        StatusSelector { id: Some(id.into()), category: None }
    }

    #[test]
    fn straight_then_by_a_known_way_then_on_probation() {
        let done = [StatusSelector::of_category("done")];
        assert_eq!(next(&[offer("i1", &[]), offer("d1", &["resolution"])], &[], &done, 4), "d1");
        assert_eq!(next(&[offer("d1", &[]), offer("d2", &[])], &[], &[by_id("d2"), by_id("d1")], 4), "d2", "preferred");
        let known = [edge("i2", "d1", &[]), edge("i1", "i2", &[]), edge("n1", "d1", &[])];
        assert_eq!(next(&[offer("i1", &[]), offer("i3", &[])], &known, &done, 4), "i1");
        assert_eq!(next(&[offer("i1", &[])], &known, &done, 2), "i1", "too far by what is known, but worth a try");
        assert_eq!(next(&[offer("n2", &[]), offer("i1", &[])], &[], &done, 4), "i1", "towards the goal");
        assert_eq!(
            next(&[offer("d1", &[])], &[], &[StatusSelector::of_category("new")], 4),
            "nothing",
            "past the goal"
        );
        assert_eq!(next(&[offer("i1", &[])], &[], &done, 0), "nothing");
    }

    #[test]
    fn what_is_not_configured_is_named_and_nothing_is_tried_instead() {
        let done = [StatusSelector::of_category("done")];
        assert_eq!(
            next(&[offer("d1", &["resolution", "customfield_1"]), offer("i1", &[])], &[], &done, 4),
            "fill customfield_1"
        );
        let known = [edge("i1", "d1", &["customfield_2"])];
        assert_eq!(next(&[offer("i1", &[])], &known, &done, 4), "fill customfield_2");
        let around = [edge("i1", "i2", &[]), edge("i2", "d1", &[])];
        assert_eq!(
            next(&[offer("d1", &["x"]), offer("i1", &[])], &around, &done, 4),
            "i1",
            "unless a way around is known"
        );
    }

    #[test]
    fn a_status_that_nobody_has_seen_is_asked_for_before_anything_moves() {
        assert_eq!(next(&[offer("i1", &[])], &[], &[by_id("d9")], 4), "unknown");
    }
}
