//! The calls that the sidecar makes to Zammad. `app/zammad.rs` implements them with the HTTP client; tests use an in-memory
//! helpdesk.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use redaction::Sensitive;
use zammad::{Article, ClientError, EditScreen, Group, Me, NewArticle, Priority, State, Ticket, TicketChange, User};

/// Zammad, as the bot user sees it. Every method fails with [`ClientError`], whose verdict says whether a retry may help.
#[async_trait]
pub trait Helpdesk: Send + Sync {
    /// A ticket by id.
    async fn ticket(&self, id: u64) -> Result<Ticket, ClientError>;

    /// Which of these tickets (at most 200 ids) exist and may be seen by the bot, each with the ids of its articles. A missing
    /// one was deleted, or is in a group without access for the bot.
    async fn existing_tickets(&self, ids: &[u64]) -> Result<BTreeMap<u64, BTreeSet<u64>>, ClientError>;

    /// The tickets with this public number that the bot may see: none or one, two if Zammad is inconsistent.
    async fn tickets_by_number(&self, number: &str) -> Result<Vec<Ticket>, ClientError>;

    /// The tickets changed after `since` (a time as Zammad writes it), longest ago first, of equal times the lowest id
    /// first. `page` counts from 1; a page has at most 200 tickets.
    async fn tickets_changed_since(&self, since: &str, page: u32, per_page: u32) -> Result<Vec<Ticket>, ClientError>;

    /// When any ticket changed last, by Zammad's clock; `None` if the bot sees no ticket.
    async fn latest_change(&self) -> Result<Option<String>, ClientError>;

    /// The ticket into which this one was merged; `None` if Zammad shows no single one.
    async fn merged_into(&self, ticket_id: u64) -> Result<Option<u64>, ClientError>;

    /// Who removed the owner of this ticket last; `None` if its history does not say so.
    async fn owner_removed_by(&self, ticket_id: u64) -> Result<Option<u64>, ClientError>;

    /// The tickets that are linked with this one in Zammad, in any way.
    async fn linked_tickets(&self, ticket_id: u64) -> Result<Vec<u64>, ClientError>;

    /// Changes a ticket and returns it as stored, which may differ from what was asked (see [`TicketChange`]).
    async fn update_ticket(&self, id: u64, change: &TicketChange) -> Result<Ticket, ClientError>;

    /// The attributes that Zammad demands when this ticket is changed like this.
    async fn edit_screen(&self, id: u64, change: &TicketChange) -> Result<EditScreen, ClientError>;

    /// The tags of a ticket.
    async fn tags(&self, ticket_id: u64) -> Result<Vec<Sensitive<String>>, ClientError>;

    /// Adds a tag; succeeds if the ticket has it already.
    async fn add_tag(&self, ticket_id: u64, tag: &Sensitive<String>) -> Result<(), ClientError>;

    /// Removes a tag; succeeds if the ticket does not have it.
    async fn remove_tag(&self, ticket_id: u64, tag: &Sensitive<String>) -> Result<(), ClientError>;

    /// Passes all articles of a ticket that the bot may read to `each`, oldest first, one at a time: a ticket may be larger than
    /// this process may be.
    async fn each_article(&self, ticket_id: u64, each: &mut (dyn FnMut(Article) + Send)) -> Result<(), ClientError>;

    /// One article.
    async fn article(&self, id: u64) -> Result<Article, ClientError>;

    /// Writes an article with its files, all or nothing, and returns it as stored.
    async fn create_article(&self, article: &NewArticle) -> Result<Article, ClientError>;

    /// The bytes of an attachment; more than `most` bytes are an error.
    async fn attachment(&self, ticket: u64, article: u64, id: u64, most: usize) -> Result<Vec<u8>, ClientError>;

    /// The bot itself, with its rights in groups.
    async fn me(&self) -> Result<Me, ClientError>;

    /// All groups, inactive ones included. Fails with Zammad 6.1 unless the bot is an admin.
    async fn groups(&self) -> Result<Vec<Group>, ClientError>;

    /// A user by id.
    async fn user(&self, id: u64) -> Result<User, ClientError>;

    /// At most 50 users with agent permission whose login, name or e-mail contains `words`, inactive ones included.
    async fn find_agents(&self, words: &str) -> Result<Vec<User>, ClientError>;

    /// Users with agent permission, inactive ones included, at most 500.
    async fn all_agents(&self) -> Result<Vec<User>, ClientError>;

    /// All ticket states, inactive ones included.
    async fn ticket_states(&self) -> Result<Vec<State>, ClientError>;

    /// All ticket priorities, inactive ones included.
    async fn ticket_priorities(&self) -> Result<Vec<Priority>, ClientError>;

    /// Zammad's version.
    async fn version(&self) -> Result<String, ClientError>;
}

#[cfg(test)]
#[path = "helpdesk_tests.rs"]
mod tests;
