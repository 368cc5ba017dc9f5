//! Accounts, and who holds what.

use serde::Serialize;

/// The project role of apps.
pub const APP_ROLE: &str = "atlassian-addons-project-access";

/// An account.
#[derive(Clone, Debug, Default, Serialize)]
pub struct User {
    /// Account id.
    pub account_id: String,
    /// Name shown.
    pub display_name: String,
    /// Address, if its owner shows it.
    pub email: Option<String>,
    /// `atlassian`, `app` or `customer`.
    pub account_type: &'static str,
    /// Whether the account works.
    pub active: bool,
    /// May administer the site.
    pub admin: bool,
    /// Project roles (in every project), which restricted comments and permissions may name.
    pub roles: Vec<String>,
    /// Groups, which restricted comments and permissions may name.
    pub groups: Vec<String>,
    /// An API token, for Basic authentication together with the address.
    #[serde(skip)]
    pub api_token: Option<String>,
}

impl User {
    /// Whether it is a customer of the service projects, who sees their portals only.
    #[must_use]
    pub fn is_customer(&self) -> bool {
        self.account_type == "customer"
    }
}

/// Who may do something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Holder {
    /// Everybody, without logging in.
    Anyone,
    /// Everybody who has logged in, apps too.
    LoggedIn,
    /// Members of a project role.
    Role(String),
    /// Members of a group.
    Group(String),
    /// One account.
    Account(String),
    /// The project's lead.
    Lead,
    /// The reporter.
    Reporter,
    /// The assignee.
    Assignee,
}
