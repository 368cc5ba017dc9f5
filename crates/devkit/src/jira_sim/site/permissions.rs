//! Permission schemes: who may do what in a project.

use std::collections::BTreeMap;

use serde::Serialize;

use super::people::{APP_ROLE, Holder};

/// A permission as `mypermissions` shows it.
#[derive(Clone, Copy, Debug)]
pub struct Permission {
    /// Key.
    pub key: &'static str,
    /// Number.
    pub id: u32,
    /// Name.
    pub name: &'static str,
    /// Who has it by default.
    pub default_holder: DefaultHolder,
}

/// Who has a permission unless a scheme changes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DefaultHolder {
    /// Administrators of the site; a global permission, not one of a project.
    Site,
    /// Everybody who has logged in.
    LoggedIn,
    /// Members of the project role `Administrators`.
    Administrators,
}

const fn permission(key: &'static str, id: u32, name: &'static str, default_holder: DefaultHolder) -> Permission {
    Permission { key, id, name, default_holder }
}

/// The permissions that the simulator checks, with Jira's own numbers.
pub const PERMISSIONS: [Permission; 22] = {
    use DefaultHolder::{Administrators, LoggedIn, Site};
    [
        permission("ADMINISTER", 0, "Administer Jira", Site),
        permission("SYSTEM_ADMIN", 44, "System Administer", Site),
        permission("BROWSE_PROJECTS", 10, "Browse Projects", LoggedIn),
        permission("CREATE_ISSUES", 11, "Create Issues", LoggedIn),
        permission("EDIT_ISSUES", 12, "Edit Issues", LoggedIn),
        permission("ASSIGN_ISSUES", 13, "Assign Issues", LoggedIn),
        permission("ADD_COMMENTS", 15, "Add Comments", LoggedIn),
        permission("DELETE_ISSUES", 16, "Delete Issues", Administrators),
        permission("ASSIGNABLE_USER", 17, "Assignable User", LoggedIn),
        permission("CREATE_ATTACHMENTS", 19, "Create Attachments", LoggedIn),
        permission("LINK_ISSUES", 21, "Link Issues", LoggedIn),
        permission("ADMINISTER_PROJECTS", 23, "Administer Projects", Administrators),
        permission("MOVE_ISSUES", 25, "Move Issues", LoggedIn),
        permission("SET_ISSUE_SECURITY", 26, "Set Issue Security", Administrators),
        permission("MODIFY_REPORTER", 30, "Modify Reporter", Administrators),
        permission("EDIT_ALL_COMMENTS", 34, "Edit All Comments", Administrators),
        permission("EDIT_OWN_COMMENTS", 35, "Edit Own Comments", LoggedIn),
        permission("DELETE_ALL_COMMENTS", 36, "Delete All Comments", Administrators),
        permission("DELETE_OWN_COMMENTS", 37, "Delete Own Comments", LoggedIn),
        permission("DELETE_ALL_ATTACHMENTS", 38, "Delete All Attachments", Administrators),
        permission("DELETE_OWN_ATTACHMENTS", 39, "Delete Own Attachments", LoggedIn),
        permission("TRANSITION_ISSUES", 46, "Transition Issues", LoggedIn),
    ]
};

/// Who holds each permission of a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PermissionScheme(BTreeMap<String, Vec<Holder>>);

impl Default for PermissionScheme {
    /// As a new site has it: anonymous visitors may nothing, apps everything.
    fn default() -> Self {
        let of_projects = PERMISSIONS.iter().filter(|permission| permission.default_holder != DefaultHolder::Site);
        let rows = of_projects.map(|permission| {
            let people = match permission.default_holder {
                DefaultHolder::LoggedIn => Holder::LoggedIn,
                _ => Holder::Role("Administrators".to_owned()),
            };
            (permission.key.to_owned(), vec![people, Holder::Role(APP_ROLE.to_owned())])
        });
        Self(rows.collect())
    }
}

impl PermissionScheme {
    /// Grants the permission only to these; to nobody if the list is empty.
    #[must_use]
    pub fn only(mut self, permission: &str, holders: &[Holder]) -> Self {
        self.0.insert(permission.to_owned(), holders.to_vec());
        self
    }

    /// Who has it.
    #[must_use]
    pub fn holders(&self, permission: &str) -> &[Holder] {
        self.0.get(permission).map_or(&[], Vec::as_slice)
    }
}
