//! Users, and the lists that tickets refer to.

use reqwest::Method;
use serde::Deserialize;

use super::{Client, MANY, ONE};
use crate::types::{Group, Me, Priority, State, User};
use crate::{ClientError, Text};

/// Maximum number of agents per search.
const AGENTS: u32 = 50;

impl Client {
    /// Returns the user of the token with its permissions in groups.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn me(&self) -> Result<Me, ClientError> {
        self.get("me", "users/me", ONE).await
    }

    /// Returns the user with this id.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn user(&self, id: u64) -> Result<User, ClientError> {
        self.get("user", &format!("users/{id}"), ONE).await
    }

    /// Returns at most 50 users with agent permissions whose login, name or e-mail address contains `words`, inactive ones
    /// included. Searches by permission, since role names differ and 6.1 shows roles to admins only
    /// (docs/platforms/zammad.md §4).
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn agents(&self, words: &Text) -> Result<Vec<User>, ClientError> {
        let operation = "agents";
        let limit = AGENTS.to_string();
        let query = [("query", words.as_str()), ("permissions", "ticket.agent"), ("limit", &limit)];
        self.call(operation, self.request(Method::GET, "users/search", operation)?.query(&query), MANY).await
    }

    /// Returns users with agent permissions, inactive ones included: at most 500, or as many as Zammad lists at once.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn all_agents(&self) -> Result<Vec<User>, ClientError> {
        // An empty query lists everybody, in 6.1 too, which refuses a request without one.
        self.get("agents", "users/search?query=&permissions=ticket.agent&limit=500", MANY).await
    }

    /// Returns all ticket states with their types, inactive ones included; at most 500.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn ticket_states(&self) -> Result<Vec<State>, ClientError> {
        self.get("ticket-states", "ticket_states?per_page=500", ONE).await
    }

    /// Returns all ticket priorities, inactive ones included; at most 500.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn ticket_priorities(&self) -> Result<Vec<Priority>, ClientError> {
        self.get("ticket-priorities", "ticket_priorities?per_page=500", ONE).await
    }

    /// Returns all groups, also inactive ones and those that the bot cannot access; at most 1,000. For the names of groups
    /// that are inactive or in which the bot lacks permissions.
    ///
    /// # Errors
    /// [`ClientError`]; 6.1 answers 403 to a token without `admin.group`. Group names are then known from tickets only.
    pub async fn groups(&self) -> Result<Vec<Group>, ClientError> {
        self.get("groups", "groups?per_page=1000", MANY).await
    }

    /// Returns the mark of Zammad's web pages from `available`, which needs no permission. On some builds it is the version.
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

    /// Returns Zammad's version, e.g. `6.5.1`; a branch name on builds from source. Needs the `admin` permission.
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
