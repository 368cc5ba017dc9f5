//! Statuses and the transitions between them.

use serde::Serialize;

use super::people::Holder;
use crate::jira_sim::id::Id;

/// A status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Status {
    /// Number.
    pub id: Id,
    /// Name.
    pub name: String,
    /// Category.
    pub category: Category,
}

/// A status category.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Category {
    /// To Do.
    New,
    /// In Progress.
    Indeterminate,
    /// Done.
    Done,
}

/// A transition from one status to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Transition {
    /// Number.
    pub id: Id,
    /// Name.
    pub name: String,
    /// Statuses it leaves from; none: from any.
    pub from: Vec<Id>,
    /// Status it leads to.
    pub to: Id,
    /// Further fields on its screen.
    pub optional: Vec<String>,
    /// Fields that its screen requires.
    pub required: Vec<String>,
    /// Conditions that an account must all meet to perform it. Empty: every account that may transition issues.
    pub conditions: Vec<Holder>,
}

impl Transition {
    /// A transition from some statuses (none: from any) to one, without screen and conditions.
    #[must_use]
    pub fn new(id: Id, name: &str, from: &[Id], to: Id) -> Self {
        Self {
            id,
            name: name.to_owned(),
            from: from.to_vec(),
            to,
            optional: Vec::new(),
            required: Vec::new(),
            conditions: Vec::new(),
        }
    }

    /// Puts a field on the transition's screen that must be filled in.
    #[must_use]
    pub fn requires(mut self, field: &str) -> Self {
        self.required.push(field.to_owned());
        self
    }

    /// Puts an optional field on the transition's screen.
    #[must_use]
    pub fn offers(mut self, field: &str) -> Self {
        self.optional.push(field.to_owned());
        self
    }

    /// Requires this of the account.
    #[must_use]
    pub fn only_for(mut self, holder: Holder) -> Self {
        self.conditions.push(holder);
        self
    }

    /// The fields of its screen, and whether each is required.
    pub fn screen(&self) -> impl Iterator<Item = (&str, bool)> {
        let required = self.required.iter().map(|name| (name.as_str(), true));
        required.chain(self.optional.iter().map(|name| (name.as_str(), false)))
    }
}

/// Statuses and the transitions between them. An issue starts in the first status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Workflow {
    /// Statuses.
    pub statuses: Vec<Status>,
    /// Transitions.
    pub transitions: Vec<Transition>,
}

impl Workflow {
    fn statuses() -> Vec<Status> {
        [
            (10000, "To Do", Category::New),
            (3, "In Progress", Category::Indeterminate),
            (10001, "In Review", Category::Indeterminate),
            (10002, "Done", Category::Done),
        ]
        .map(|(id, name, category)| Status { id, name: name.to_owned(), category })
        .to_vec()
    }

    /// Every status can be reached from every other, as in new projects.
    #[must_use]
    pub fn open() -> Self {
        let statuses = Self::statuses();
        let transitions = [11, 21, 31, 41].into_iter().zip(&statuses);
        let transitions = transitions.map(|(id, to)| Transition::new(id, &to.name, &[], to.id));
        Self { transitions: transitions.collect(), statuses }
    }

    /// The statuses follow one after the other, and the last one requires a resolution.
    #[must_use]
    pub fn strict() -> Self {
        let transition = |id, name: &str, from: Id, to: Id| Transition::new(id, name, &[from], to);
        Self {
            statuses: Self::statuses(),
            transitions: vec![
                transition(11, "Start work", 10000, 3),
                transition(21, "Ask for review", 3, 10001),
                transition(31, "Put back", 3, 10000),
                transition(41, "Approve", 10001, 10002).requires("resolution"),
                transition(51, "Reject", 10001, 3),
                transition(61, "Reopen", 10002, 10000),
            ],
        }
    }

    /// Adds a transition.
    #[must_use]
    pub fn with(mut self, transition: Transition) -> Self {
        self.transitions.push(transition);
        self
    }

    /// A status.
    #[must_use]
    pub fn status(&self, id: Id) -> Option<&Status> {
        self.statuses.iter().find(|status| status.id == id)
    }

    /// The transitions from a status.
    pub fn leaving(&self, from: Id) -> impl Iterator<Item = &Transition> {
        self.transitions.iter().filter(move |transition| transition.from.is_empty() || transition.from.contains(&from))
    }
}
