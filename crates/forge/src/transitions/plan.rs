//! Selects the next transition towards a requested status: a pure function of the current status, the transitions that Jira
//! offers there, and the known transitions of the workflow.

use std::collections::VecDeque;

use schema::settings::StatusSelector;
use serde::{Deserialize, Serialize};

/// Jira's id of the field with the resolution.
pub(super) const RESOLUTION: &str = "resolution";

/// A status: its id and the key of its category.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Status {
    pub(super) id: String,
    pub(super) category: String,
}

/// A known transition from one status to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Edge {
    pub(super) from: String,
    pub(super) to: Status,
    /// Fields that the transition requires.
    pub(super) needs: Vec<String>,
}

/// A transition that Jira offers from the current status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Offer {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) to: Status,
    pub(super) to_name: String,
    /// Fields that the transition requires.
    pub(super) needs: Vec<String>,
    /// Whether the transition has the field `resolution`, required or not.
    pub(super) takes_resolution: bool,
}

/// The next action.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next<'a> {
    /// Make this transition.
    Take(&'a Offer),
    /// A path is known, but this field is required and has no configured value.
    MissingField(&'a str),
    /// The category of no requested status is known: read the project's statuses and call again.
    NeedStatuses,
    /// No transition leads towards a requested status.
    NoPath,
}

/// The input of one decision.
pub(super) struct Step<'a> {
    pub(super) current: &'a Status,
    pub(super) offers: &'a [Offer],
    /// Known transitions; those from `current` are ignored in favour of `offers`.
    pub(super) known: &'a [Edge],
    pub(super) any_of: &'a [StatusSelector],
    /// Statuses that the issue has had during this message; none is entered again.
    pub(super) visited: &'a [String],
    /// Number of transitions that may still be made.
    pub(super) left: usize,
    /// Whether a value is configured for a field.
    pub(super) is_configured: &'a dyn Fn(&str) -> bool,
}

impl<'a> Step<'a> {
    /// Returns the first transition of the shortest known path to the most preferred status. Without a known path it returns a
    /// transition that leads towards the category of a requested status. `statuses`: the project's, if they were read.
    pub(super) fn next(&self, statuses: &[Status]) -> Next<'a> {
        let shortest = |fillable| self.any_of.iter().find_map(|wanted| self.first_step(wanted, fillable));
        if let Some((offer, _)) = shortest(true) {
            return Next::Take(offer);
        }
        if let Some((_, needs)) = shortest(false) {
            // The admin must configure this field. Another transition could leave the issue in an arbitrary status.
            return needs
                .iter()
                .find(|field| !(self.is_configured)(field))
                .map_or(Next::NoPath, |field| Next::MissingField(field));
        }
        match self.any_of.iter().find_map(|wanted| self.rank_of(wanted, statuses)) {
            Some(rank) => self.towards(rank).map_or(Next::NoPath, Next::Take),
            None if statuses.is_empty() => Next::NeedStatuses,
            None => Next::NoPath,
        }
    }

    /// Whether a known path leads to a requested status. `Err` has the required field without a configured value that blocks the
    /// only known paths, or `None` if there is no path.
    pub(super) fn path(&self) -> Result<(), Option<&'a str>> {
        let shortest = |fillable| self.any_of.iter().find_map(|wanted| self.first_step(wanted, fillable));
        match shortest(true) {
            Some(_) => Ok(()),
            None => Err(shortest(false)
                .and_then(|(_, needs)| needs.iter().find(|field| !(self.is_configured)(field)).map(String::as_str))),
        }
    }

    fn is_fillable(&self, needs: &[String]) -> bool {
        needs.iter().all(|field| (self.is_configured)(field))
    }

    fn is_open(&self, status: &Status) -> bool {
        !self.visited.contains(&status.id)
    }

    /// Returns the first transition of the shortest path to a status, and the required fields of the first transition on it
    /// that lacks a configured value. `fillable` ignores transitions with such fields.
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
            if wanted.matches(&status.id, &status.category) {
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

    /// Returns the rank of a requested status's category, if it is known.
    fn rank_of(&self, wanted: &StatusSelector, statuses: &[Status]) -> Option<u8> {
        if let Some(category) = &wanted.category {
            return Some(rank(category));
        }
        let known = self.known.iter().map(|edge| &edge.to).chain(statuses);
        known
            .into_iter()
            .find(|status| wanted.matches(&status.id, &status.category))
            .map(|status| rank(&status.category))
    }

    /// Returns the offered transition to a new status between the current and the requested category that is nearest to the
    /// requested one.
    fn towards(&self, goal: u8) -> Option<&'a Offer> {
        if self.left == 0 {
            return None;
        }
        let here = rank(&self.current.category);
        let between = here.min(goal)..=here.max(goal);
        let leads_towards = |offer: &&Offer| {
            self.is_fillable(&offer.needs) && self.is_open(&offer.to) && between.contains(&rank(&offer.to.category))
        };
        self.offers.iter().filter(leads_towards).min_by_key(|offer| rank(&offer.to.category).abs_diff(goal))
    }
}

/// The order of the categories: new, in progress, done.
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
        let needs: Vec<String> = needs.iter().map(|&field| field.to_owned()).collect();
        let takes_resolution = needs.iter().any(|field| field == RESOLUTION);
        Offer { id: format!("to-{to}"), name: to.into(), to: status(to), to_name: to.into(), needs, takes_resolution }
    }

    fn edge(from: &str, to: &str, needs: &[&str]) -> Edge {
        Edge { from: from.into(), to: status(to), needs: needs.iter().map(|&field| field.to_owned()).collect() }
    }

    /// Returns the next action from status `n1` as text.
    fn next(offers: &[Offer], known: &[Edge], any_of: &[StatusSelector], left: usize) -> String {
        let current = status("n1");
        let visited = [current.id.clone()];
        let is_configured = |field: &str| field == "resolution";
        let (current, visited, is_configured) = (&current, &visited, &is_configured);
        let step = Step { current, offers, known, any_of, visited, left, is_configured };
        match step.next(&[]) {
            Next::Take(offer) => offer.to.id.clone(),
            Next::MissingField(field) => format!("missing {field}"),
            Next::NeedStatuses => "need statuses".into(),
            Next::NoPath => "no path".into(),
        }
    }

    fn by_id(id: &str) -> StatusSelector {
        StatusSelector::of_id(id)
    }

    #[test]
    fn prefers_a_direct_transition_then_a_known_path_then_the_category() {
        let done = [StatusSelector::of_category("done")];
        assert_eq!(next(&[offer("i1", &[]), offer("d1", &["resolution"])], &[], &done, 4), "d1");
        assert_eq!(next(&[offer("d1", &[]), offer("d2", &[])], &[], &[by_id("d2"), by_id("d1")], 4), "d2", "preferred");
        let known = [edge("i2", "d1", &[]), edge("i1", "i2", &[]), edge("n1", "d1", &[])];
        assert_eq!(next(&[offer("i1", &[]), offer("i3", &[])], &known, &done, 4), "i1");
        assert_eq!(
            next(&[offer("i1", &[])], &known, &done, 2),
            "i1",
            "too far on the known path, but towards the category"
        );
        assert_eq!(next(&[offer("n2", &[]), offer("i1", &[])], &[], &done, 4), "i1", "towards the goal");
        assert_eq!(
            next(&[offer("d1", &[])], &[], &[StatusSelector::of_category("new")], 4),
            "no path",
            "past the goal"
        );
        assert_eq!(next(&[offer("i1", &[])], &[], &done, 0), "no path");
    }

    #[test]
    fn names_a_missing_field_and_tries_no_other_transition() {
        let done = [StatusSelector::of_category("done")];
        assert_eq!(
            next(&[offer("d1", &["resolution", "customfield_1"]), offer("i1", &[])], &[], &done, 4),
            "missing customfield_1"
        );
        let known = [edge("i1", "d1", &["customfield_2"])];
        assert_eq!(next(&[offer("i1", &[])], &known, &done, 4), "missing customfield_2");
        let around = [edge("i1", "i2", &[]), edge("i2", "d1", &[])];
        assert_eq!(
            next(&[offer("d1", &["x"]), offer("i1", &[])], &around, &done, 4),
            "i1",
            "unless a path around it is known"
        );
    }

    #[test]
    fn needs_the_projects_statuses_before_it_moves_towards_an_unknown_one() {
        assert_eq!(next(&[offer("i1", &[])], &[], &[by_id("d9")], 4), "need statuses");
    }
}
