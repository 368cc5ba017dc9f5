//! Statuses and the ways between them.

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

/// One way from status to status.
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
    /// Who sees it and may take it: each of these must hold. None: whoever may transition issues.
    pub conditions: Vec<Holder>,
}

impl Transition {
    /// A way from some statuses (none: from any) to one, without screen and conditions.
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

    /// Its screen has this field, which must be filled in.
    #[must_use]
    pub fn requires(mut self, field: &str) -> Self {
        self.required.push(field.to_owned());
        self
    }

    /// Its screen has this field, too.
    #[must_use]
    pub fn offers(mut self, field: &str) -> Self {
        self.optional.push(field.to_owned());
        self
    }

    /// Only for those.
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

/// Statuses and the ways between them. An issue starts in the first status.
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

    /// From everywhere to everywhere, as new projects have it.
    #[must_use]
    pub fn open() -> Self {
        let statuses = Self::statuses();
        let ways = [11, 21, 31, 41].into_iter().zip(&statuses);
        let transitions = ways.map(|(id, to)| Transition::new(id, &to.name, &[], to.id));
        Self { transitions: transitions.collect(), statuses }
    }

    /// One step after the other, and the last one asks for a resolution.
    #[must_use]
    pub fn strict() -> Self {
        let way = |id, name: &str, from: Id, to: Id| Transition::new(id, name, &[from], to);
        Self {
            statuses: Self::statuses(),
            transitions: vec![
                way(11, "Start work", 10000, 3),
                way(21, "Ask for review", 3, 10001),
                way(31, "Put back", 3, 10000),
                way(41, "Approve", 10001, 10002).requires("resolution"),
                way(51, "Reject", 10001, 3),
                way(61, "Reopen", 10002, 10000),
            ],
        }
    }

    /// With one more way.
    #[must_use]
    pub fn with(mut self, way: Transition) -> Self {
        self.transitions.push(way);
        self
    }

    /// A status.
    #[must_use]
    pub fn status(&self, id: Id) -> Option<&Status> {
        self.statuses.iter().find(|status| status.id == id)
    }

    /// The ways that leave a status.
    pub fn leaving(&self, from: Id) -> impl Iterator<Item = &Transition> {
        self.transitions.iter().filter(move |way| way.from.is_empty() || way.from.contains(&from))
    }
}
