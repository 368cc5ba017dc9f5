//! Changes that an administrator makes to a site: people, projects, schemes, and the removal of rows.

use super::{
    people::User,
    permissions::PermissionScheme,
    project::{Project, ProjectType, Screens, SecurityLevel, Version},
    state::State,
    workflow::Workflow,
};
use crate::jira_sim::id::Id;

impl State {
    /// Adds a person, who is in the project role `Developers` and the group `jira-software-users`; an administrator
    /// also in `Administrators` and `site-admins`. The API token is the account id with `token-` before it.
    pub fn add_user(&mut self, account_id: &str, name: &str, email: &str, admin: bool) {
        let names = |usual: &str, more: &str| {
            let more = Some(more).filter(|_| admin);
            [Some(usual), more].into_iter().flatten().map(str::to_owned).collect()
        };
        let user = User {
            account_id: account_id.to_owned(),
            display_name: name.to_owned(),
            email: Some(email.to_owned()).filter(|email| !email.is_empty()),
            account_type: "atlassian",
            active: true,
            admin,
            roles: names("Developers", "Administrators"),
            groups: names("jira-software-users", "site-admins"),
            api_token: Some(format!("token-{account_id}")),
        };
        self.users.insert(account_id.to_owned(), user);
    }

    /// Adds a customer of the service projects.
    pub fn add_customer(&mut self, account_id: &str, name: &str) {
        let user = User {
            account_id: account_id.to_owned(),
            display_name: name.to_owned(),
            account_type: "customer",
            active: true,
            ..User::default()
        };
        self.users.insert(user.account_id.clone(), user);
    }

    /// Adds a project with the usual permissions, full screens and no security levels.
    pub fn add_project(&mut self, key: &str, name: &str, lead: &str, workflow: Workflow) {
        let id = self.next_id();
        let project = Project {
            id,
            key: key.to_owned(),
            name: name.to_owned(),
            kind: ProjectType::default(),
            lead: lead.to_owned(),
            workflow,
            permissions: PermissionScheme::default(),
            screens: Screens::default(),
            security: Vec::new(),
            versions: Vec::new(),
            last_issue: 0,
        };
        self.projects.insert(project.key.clone(), project);
    }

    /// Replaces a project's permission scheme.
    pub fn set_permissions(&mut self, project: &str, scheme: PermissionScheme) {
        if let Some(project) = self.projects.get_mut(project) {
            project.permissions = scheme;
        }
    }

    /// Replaces a project's screens.
    pub fn set_screens(&mut self, project: &str, screens: Screens) {
        if let Some(project) = self.projects.get_mut(project) {
            project.screens = screens;
        }
    }

    /// Gives a project a further level of issue security.
    pub fn add_security_level(&mut self, project: &str, level: SecurityLevel) {
        if let Some(project) = self.projects.get_mut(project) {
            project.security.push(level);
        }
    }

    /// Changes what a project is for: a service project has a portal.
    pub fn set_project_type(&mut self, project: &str, kind: ProjectType) {
        if let Some(project) = self.projects.get_mut(project) {
            project.kind = kind;
        }
    }

    /// Gives a project a further version, not yet released. Its number, if there is such a project.
    pub fn add_version(&mut self, project: &str, name: &str) -> Option<Id> {
        if !self.projects.contains_key(project) {
            return None;
        }
        let id = self.next_id();
        let row = Version { id, name: name.to_owned(), released: false, release_date: None };
        self.projects.get_mut(project)?.versions.push(row);
        Some(id)
    }

    /// Releases a version on this day (`yyyy-mm-dd`). Returns whether it exists.
    pub fn release_version(&mut self, id: Id, date: &str) -> bool {
        let found = self.version_mut(id);
        found.map(|row| (row.released, row.release_date) = (true, Some(date.to_owned()))).is_some()
    }

    pub(in crate::jira_sim) fn version_mut(&mut self, id: Id) -> Option<&mut Version> {
        self.projects.values_mut().flat_map(|project| &mut project.versions).find(|row| row.id == id)
    }

    /// Takes an issue out of the app's sight, or lets it see the issue again: for the app it is then like one that does
    /// not exist, for people nothing changes. Returns whether there is such an issue.
    pub fn hide_issue(&mut self, id_or_key: &str, hidden: bool) -> bool {
        let Some(id) = self.issue(id_or_key).map(|issue| issue.id) else { return false };
        if hidden {
            self.hidden_issues.insert(id);
        } else {
            self.hidden_issues.remove(&id);
        }
        true
    }

    /// The same for a whole project.
    pub fn hide_project(&mut self, project: &str, hidden: bool) -> bool {
        if hidden {
            self.hidden_projects.insert(project.to_owned());
        } else {
            self.hidden_projects.remove(project);
        }
        self.projects.contains_key(project)
    }

    /// The key that the next issue of a project gets.
    pub(in crate::jira_sim) fn next_key(&mut self, project: &str) -> Option<String> {
        let project = self.projects.get_mut(project)?;
        project.last_issue += 1;
        Some(format!("{}-{}", project.key, project.last_issue))
    }

    /// Removes an issue and all rows that belong to it.
    pub(in crate::jira_sim) fn remove_issue(&mut self, id: Id) {
        self.issues.remove(&id);
        self.keys.retain(|_, known| *known != id);
        for comment in self.issue_comments.remove(&id).unwrap_or_default() {
            self.comments.remove(&comment);
        }
        for file in self.issue_attachments.remove(&id).unwrap_or_default() {
            self.attachments.remove(&file);
        }
        for link in self.issue_links.remove(&id).unwrap_or_default() {
            self.remote_links.remove(&link);
        }
    }
}
