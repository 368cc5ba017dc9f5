//! Who may see and do what. An account is its id; an empty one is an anonymous visitor.

use super::{
    issue::{Comment, Issue},
    people::Holder,
    permissions::{DefaultHolder, PERMISSIONS},
    project::Project,
    state::State,
};

impl State {
    fn is(&self, account: &str, holder: &Holder, project: &Project, issue: Option<&Issue>) -> bool {
        let user = self.users.get(account).filter(|user| user.active);
        let Some(user) = user else { return *holder == Holder::Anyone };
        match holder {
            Holder::Anyone | Holder::LoggedIn => true,
            Holder::Role(role) => user.roles.contains(role),
            Holder::Group(group) => user.groups.contains(group),
            Holder::Account(id) => id == account,
            Holder::Lead => project.lead == account,
            // For a project as a whole, every possible reporter or assignee counts as one, as in Jira.
            Holder::Reporter => issue.is_none_or(|issue| issue.reporter == account),
            Holder::Assignee => issue.is_none_or(|issue| issue.assignee.as_deref() == Some(account)),
        }
    }

    /// Whether an account administers the site.
    pub fn administers(&self, account: &str) -> bool {
        self.users.get(account).is_some_and(|user| user.active && user.admin)
    }

    /// Whether an account has a permission: a global one, or one in a project, or for one issue of it.
    pub fn may(&self, account: &str, permission: &str, project: &Project, issue: Option<&Issue>) -> bool {
        let known = PERMISSIONS.iter().find(|known| known.key == permission);
        if known.is_some_and(|known| known.default_holder == DefaultHolder::Site) {
            return self.administers(account);
        }
        if self.hidden_projects.contains(&project.key) && self.is_app(account) {
            return false;
        }
        project.permissions.holders(permission).iter().any(|holder| self.is(account, holder, project, issue))
    }

    fn is_app(&self, account: &str) -> bool {
        self.users.get(account).is_some_and(|user| user.account_type == "app")
    }

    /// Whether an account has a permission for an issue that it sees.
    pub fn may_with(&self, account: &str, permission: &str, issue: &Issue) -> bool {
        let project = self.projects.get(&issue.project);
        project.is_some_and(|project| self.may(account, permission, project, Some(issue)))
    }

    /// Whether an account may do all that a transition's conditions ask for.
    pub fn fulfils(&self, account: &str, conditions: &[Holder], issue: &Issue) -> bool {
        let project = self.projects.get(&issue.project);
        project.is_some_and(|project| conditions.iter().all(|holder| self.is(account, holder, project, Some(issue))))
    }

    /// Whether an account may see an issue: it browses the project, and is in the issue's security level.
    pub fn browses(&self, account: &str, issue: &Issue) -> bool {
        let Some(project) = self.projects.get(&issue.project) else { return false };
        if self.hidden_issues.contains(&issue.id) && self.is_app(account) {
            return false;
        }
        let level = issue.security.map(|id| project.security.iter().find(|level| level.id == id));
        let cleared = match level {
            None => true,
            Some(level) => level
                .is_some_and(|level| level.holders.iter().any(|holder| self.is(account, holder, project, Some(issue)))),
        };
        cleared && self.may(account, "BROWSE_PROJECTS", project, Some(issue))
    }

    /// Whether an account may see a comment. The app sees all of them, and must itself filter what it passes on.
    pub fn sees(&self, account: &str, comment: &Comment) -> bool {
        let Some(visibility) = &comment.visibility else { return true };
        self.is_app(account) || self.is_member(account, &visibility.kind, &visibility.value)
    }

    /// Whether an account is in a `role` or `group` of this name.
    pub fn is_member(&self, account: &str, kind: &str, name: &str) -> bool {
        self.users.get(account).is_some_and(|user| {
            let list = if kind == "group" { &user.groups } else { &user.roles };
            list.iter().any(|known| known == name)
        })
    }
}
