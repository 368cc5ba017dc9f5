//! Names for the ids in lists, for the operator's own terminal. They are read from Zammad and from the issue's last snapshot when a
//! list is printed, also in privacy mode, and neither stored nor logged.

use std::sync::Arc;

use redaction::Sensitive;
use schema::Author;
use sync::{Detail, Issue, UnmappedPerson};
use tokio::sync::OnceCell;

use crate::ticket::{Helpdesk, full_name};

/// Ids and names.
type Listed = Vec<(u64, String)>;

/// The names of Zammad's objects. Each list is read once, when it is needed.
#[derive(Default)]
pub struct Names {
    helpdesk: Option<Arc<dyn Helpdesk>>,
    states: OnceCell<Listed>,
    priorities: OnceCell<Listed>,
}

impl Names {
    /// Reads names from this Zammad. Where it does not answer, lists show ids.
    #[must_use]
    pub fn of(helpdesk: Arc<dyn Helpdesk>) -> Self {
        Self { helpdesk: Some(helpdesk), ..Self::default() }
    }

    /// The value that a trouble is about with its name: state 17 is `state "waiting for vendor" (17)`. `None` if the name is not
    /// known, or attributes are listed.
    pub(super) async fn name_of(&self, detail: &Detail, issue: Option<&Issue>) -> Option<String> {
        let snapshot = issue.map(|issue| &issue.snapshot);
        let name = match detail {
            Detail::State(id) => named(self.states().await, *id),
            Detail::Priority(id) => named(self.priorities().await, *id),
            Detail::Person(UnmappedPerson::ZammadUser(id)) => self.user(*id).await,
            Detail::Person(UnmappedPerson::JiraAccount(id)) => {
                let people = snapshot.into_iter().flat_map(|issue| [&issue.assignee, &issue.reporter]).flatten();
                people.filter(|person| person.account_id == *id).find_map(|Author { name, .. }| name.clone())
            }
            Detail::Status(id) => snapshot.filter(|issue| issue.status_id == *id).map(|issue| issue.status.clone()),
            Detail::JiraPriority(id) => {
                snapshot.filter(|issue| issue.priority_id.as_ref() == Some(id)).and_then(|issue| issue.priority.clone())
            }
            Detail::Attributes(_) => None,
        };
        let (kind, id) = detail.kind_and_id()?;
        name.filter(|name| !name.is_empty()).map(|name| format!("{kind} \"{name}\" ({id})"))
    }

    async fn states(&self) -> &Listed {
        let read = || async {
            let Some(helpdesk) = &self.helpdesk else { return Listed::new() };
            let states = helpdesk.ticket_states().await.unwrap_or_default();
            states.into_iter().map(|state| (state.id, state.name)).collect()
        };
        self.states.get_or_init(read).await
    }

    async fn priorities(&self) -> &Listed {
        let read = || async {
            let Some(helpdesk) = &self.helpdesk else { return Listed::new() };
            let priorities = helpdesk.ticket_priorities().await.unwrap_or_default();
            priorities.into_iter().map(|priority| (priority.id, priority.name)).collect()
        };
        self.priorities.get_or_init(read).await
    }

    async fn user(&self, id: u64) -> Option<String> {
        let user = self.helpdesk.as_ref()?.user(id).await.ok()?;
        full_name(&user).map(Sensitive::into_inner)
    }
}

fn named(listed: &Listed, id: u64) -> Option<String> {
    listed.iter().find(|(known, _)| *known == id).map(|(_, name)| name.clone())
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use zammad::State;

    use super::*;
    use crate::support::MemoryHelpdesk;

    fn helpdesk() -> MemoryHelpdesk {
        let helpdesk = MemoryHelpdesk::default();
        let own = State { id: 17, name: "waiting for vendor".into(), state_type_id: 3, active: true };
        helpdesk.contents().own_states.push(own);
        helpdesk
    }

    fn issue() -> Issue {
        let snapshot = serde_json::from_value(json!({
            "summary": "s", "statusId": "10001", "status": "In Review", "statusCategory": "indeterminate",
            "priorityId": "4", "priority": "Low", "assignee": { "accountId": "712020:ab", "name": "Mia Krystof" },
            "updatedAt": "2026-11-28T01:16:12.426Z",
        }));
        Issue { snapshot: snapshot.unwrap(), changed_at: schema::UnixMs(1) }
    }

    #[tokio::test]
    async fn ids_get_the_names_that_people_know() {
        let (names, issue) = (Names::of(Arc::new(helpdesk())), issue());
        for (detail, expected) in [
            ("state 17", Some("state \"waiting for vendor\" (17)")),
            ("state 4", Some("state \"closed\" (4)")),
            ("state 99", None),
            ("priority 4", Some("priority \"4 very high\" (4)")),
            ("Jira priority 4", Some("Jira priority \"Low\" (4)")),
            ("Jira priority 5", None),
            ("user 8", Some("user \"User No8\" (8)")),
            ("account 712020:ab", Some("account \"Mia Krystof\" (712020:ab)")),
            ("account 712020:cd", None),
            ("status 10001", Some("status \"In Review\" (10001)")),
            ("status 10002", None),
        ] {
            assert_eq!(names.name_of(&detail.parse().unwrap(), Some(&issue)).await.as_deref(), expected, "{detail}");
        }
        assert_eq!(names.name_of(&Detail::Status("10001".into()), None).await, None);
        assert_eq!(names.name_of(&Detail::Attributes(vec!["category".into()]), None).await, None);
    }

    #[tokio::test]
    async fn without_zammad_there_are_only_ids() {
        let helpdesk = helpdesk();
        for method in ["ticket_states", "ticket_priorities", "user"] {
            helpdesk.fail(method, 503);
        }
        for names in [Names::of(Arc::new(helpdesk)), Names::default()] {
            for detail in [Detail::State(17), Detail::Priority(4), Detail::Person(UnmappedPerson::ZammadUser(8))] {
                assert_eq!(names.name_of(&detail, None).await, None);
            }
        }
    }
}
