//! A ticket.

use redaction::Sensitive;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::AttributeName;

/// A ticket as `GET /tickets/:id?expand=true` returns it (docs/platforms/zammad.md §2). Times have the form
/// `2025-01-22T10:46:58.255Z`.
#[derive(Clone, Debug, Deserialize)]
pub struct Ticket {
    /// Id.
    pub id: u64,
    /// Public number, a text.
    pub number: String,
    /// Title, at most 250 characters.
    pub title: Sensitive<String>,
    /// Group id.
    pub group_id: u64,
    /// Group name.
    #[serde(default)]
    pub group: Option<String>,
    /// State id. Admins can change states; only the type of a state has a fixed meaning.
    pub state_id: u64,
    /// State name.
    #[serde(default)]
    pub state: Option<String>,
    /// Until when a pending state waits; `None` in any other state.
    #[serde(default)]
    pub pending_time: Option<String>,
    /// Priority id.
    pub priority_id: u64,
    /// Priority name.
    #[serde(default)]
    pub priority: Option<String>,
    /// Owner's user id; 1 is nobody.
    pub owner_id: u64,
    /// Owner's login.
    #[serde(default)]
    pub owner: Option<Sensitive<String>>,
    /// Customer's user id.
    pub customer_id: u64,
    /// Customer's login.
    #[serde(default)]
    pub customer: Option<Sensitive<String>>,
    /// Who changed it last.
    pub updated_by_id: u64,
    /// When it was made.
    pub created_at: String,
    /// When it changed last, in milliseconds; several tickets may have the same time.
    pub updated_at: String,
    /// Ids of its articles.
    #[serde(default)]
    pub article_ids: Vec<u64>,
    /// All other attributes by name, including those that an admin has added; see [`Ticket::attribute`].
    #[serde(flatten)]
    pub attributes: Sensitive<Map<String, Value>>,
}

impl Ticket {
    /// Returns the value of an attribute that an admin has added: a text, boolean, number, list, or an object with `value`
    /// and `label` (external data source). `None` if the ticket has no such attribute; an empty one is [`Value::Null`].
    #[must_use]
    pub fn attribute(&self, name: &AttributeName) -> Option<&Value> {
        self.attributes.expose().get(name.as_str())
    }
}
