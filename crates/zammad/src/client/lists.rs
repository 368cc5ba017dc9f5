//! Users, and the lists that tickets refer to.

use reqwest::Method;
use serde::Deserialize;

use super::{Client, MANY, ONE};
use crate::types::{Group, Me, Priority, State, User};
use crate::{ClientError, Text};

/// Most agents of one search.
const AGENTS: u32 = 50;

impl Client {
    /// The user of the token with the rights in groups.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn me(&self) -> Result<Me, ClientError> {
        self.get("me", "users/me", ONE).await
    }

    /// A user.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn user(&self, id: u64) -> Result<User, ClientError> {
        self.get("user", &format!("users/{id}"), ONE).await
    }

    /// At most 50 users with agent permissions whose login, name or address has `words` in it; inactive ones among them.
    /// The permission, not a role's name, makes the agent, and 6.1 shows roles to admins only (docs/platforms/zammad.md §4).
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn agents(&self, words: &Text) -> Result<Vec<User>, ClientError> {
        let operation = "agents";
        let limit = AGENTS.to_string();
        let query = [("query", words.as_str()), ("permissions", "ticket.agent"), ("limit", &limit)];
        self.call(operation, self.request(Method::GET, "users/search", operation)?.query(&query), MANY).await
    }

    /// All ticket states with their types, inactive ones too.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn ticket_states(&self) -> Result<Vec<State>, ClientError> {
        self.get("ticket-states", "ticket_states?per_page=500", ONE).await
    }

    /// All ticket priorities, inactive ones included.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn ticket_priorities(&self) -> Result<Vec<Priority>, ClientError> {
        self.get("ticket-priorities", "ticket_priorities?per_page=500", ONE).await
    }

    /// All groups, inactive ones included, also those without access for the bot. For naming groups in which the
    /// bot lacks rights, and those that are not in use.
    ///
    /// # Errors
    /// [`ClientError`]; 6.1 answers 403 to a token without `admin.group`, where group names come with tickets only.
    pub async fn groups(&self) -> Result<Vec<Group>, ClientError> {
        self.get("groups", "groups?per_page=1000", MANY).await
    }

    /// Zammad's version, without any permission.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn available(&self) -> Result<String, ClientError> {
        #[derive(Deserialize)]
        struct Available {
            app_version: String,
        }
        let available: Available = self.get("available", "available", ONE).await?;
        Ok(available.app_version)
    }

    /// Zammad's version, e.g. `6.5.1`; a branch name on builds from source. Needs the `admin` permission. Not called yet: for
    /// `connector check`.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn version(&self) -> Result<String, ClientError> {
        #[derive(Deserialize)]
        struct Version {
            version: String,
        }
        let version: Version = self.get("version", "version", ONE).await?;
        Ok(version.version)
    }
}
