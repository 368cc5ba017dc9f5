//! Tickets and their tags.

use std::collections::{BTreeMap, BTreeSet};

use redaction::Sensitive;
use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Client, MANY, ONE};
use crate::types::{EditScreen, Ticket, TicketChange};
use crate::{ClientError, Condition, Text};

/// A time before that of every ticket.
const EVER: &str = "1970-01-01T00:00:00.000Z";
/// Maximum number of tickets per page (docs/platforms/zammad.md §2).
const PAGE: u32 = 200;

impl Client {
    /// Returns a ticket.
    ///
    /// # Errors
    /// [`ClientError`]; a ticket that does not exist is [`crate::Reason::Gone`].
    pub async fn ticket(&self, id: u64) -> Result<Ticket, ClientError> {
        self.get("ticket", &format!("tickets/{id}?expand=true"), ONE).await
    }

    /// Changes a ticket and returns it as stored, which may differ from the request: see [`TicketChange`]. Idempotent.
    ///
    /// # Errors
    /// [`ClientError`]. After [`ClientError::Connect`] or a 4xx status nothing was written; after other errors the change may
    /// have been written.
    pub async fn update_ticket(&self, id: u64, change: &TicketChange) -> Result<Ticket, ClientError> {
        self.send_json("update-ticket", Method::PUT, &format!("tickets/{id}?expand=true"), change, ONE).await
    }

    /// Returns the attributes that are mandatory when this ticket is edited, with the values of a change already entered: they
    /// may depend on those, such as on the state. Agent permissions suffice.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn edit_screen(&self, id: u64, change: &TicketChange) -> Result<EditScreen, ClientError> {
        #[derive(Serialize)]
        struct Entered<'a> {
            id: u64,
            #[serde(flatten)]
            change: &'a TicketChange,
        }
        let body = json!({
            "event": "core_workflow", "request_id": "connector", "class_name": "Ticket", "screen": "edit",
            "params": Entered { id, change },
        });
        self.send_json("edit-screen", Method::POST, "core_workflows/perform", &body, MANY).await
    }

    /// Returns the tickets that match a condition, lowest id first, at most 200 per page; `page` counts from 1. Zammad
    /// searches its database and not Elasticsearch, so earlier writes are always found.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn search_tickets(
        &self,
        condition: &Condition,
        page: u32,
        per_page: u32,
    ) -> Result<Vec<Ticket>, ClientError> {
        self.search("search-tickets", condition, (page, per_page), &["id"], "asc").await
    }

    /// Returns the tickets that changed at or after `time` (in Zammad's form), sorted by the time of the change and then by
    /// id, at most 200 per page; `page` counts from 1. A ticket that changes between two calls moves to the end, so the next
    /// page by number would skip a ticket: continue from the time of the last ticket instead.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn changed_since(&self, time: &Text, page: u32, per_page: u32) -> Result<Vec<Ticket>, ClientError> {
        let condition = Condition::updated_after(time);
        self.search("changed-tickets", &condition, (page, per_page), &["updated_at", "id"], "asc").await
    }

    /// Returns the time of the latest change of any ticket, by Zammad's clock; `None` if the bot can see no ticket.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn latest_change(&self) -> Result<Option<String>, ClientError> {
        let Some(ever) = Text::new(EVER) else { return Ok(None) };
        let condition = Condition::updated_after(&ever);
        let newest = self.search("latest-change", &condition, (1, 1), &["updated_at", "id"], "desc").await?;
        Ok(newest.into_iter().next().map(|ticket| ticket.updated_at))
    }

    /// Returns which of these tickets exist and are visible to the bot, each with the ids of its articles. Ids after the first
    /// 200 are ignored. One request from Zammad 6.5 on; older versions take two, the second of which costs them a multiple.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn existing_tickets(&self, ids: &[u64]) -> Result<BTreeMap<u64, BTreeSet<u64>>, ClientError> {
        /// As little as needed, so that no odd value of one ticket spoils the answer.
        #[derive(Deserialize)]
        struct Row {
            id: u64,
            article_ids: BTreeSet<u64>,
        }
        /// The answer to a search without `expand`.
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Found {
            Rows(Vec<Row>),
            /// Of 6.1 and 6.4, without the ids of articles.
            Ids {
                tickets: Vec<u64>,
            },
        }
        const OPERATION: &str = "existing-tickets";
        let ids = &ids[..ids.len().min(PAGE as usize)];
        let Some(condition) = Condition::id_is_one_of(ids) else { return Ok(BTreeMap::new()) };
        let mut body = json!({ "condition": condition.to_json(), "page": 1, "per_page": PAGE });
        // Without `expand` Zammad does not look up the names that belong to each ticket's ids.
        let rows = match self.send_json(OPERATION, Method::POST, "tickets/search", &body, MANY).await? {
            Found::Rows(rows) => rows,
            Found::Ids { tickets } if tickets.is_empty() => Vec::new(),
            Found::Ids { .. } => {
                body["expand"] = true.into();
                self.send_json(OPERATION, Method::POST, "tickets/search", &body, MANY).await?
            }
        };
        Ok(rows.into_iter().map(|row| (row.id, row.article_ids)).collect())
    }

    async fn search(
        &self,
        operation: &'static str,
        condition: &Condition,
        (page, per_page): (u32, u32),
        sort_by: &[&str],
        order: &str,
    ) -> Result<Vec<Ticket>, ClientError> {
        let body: Value = json!({
            "expand": true, "condition": condition.to_json(), "page": page.max(1), "per_page": per_page.clamp(1, PAGE),
            "sort_by": sort_by, "order_by": vec![order; sort_by.len()],
        });
        self.send_json(operation, Method::POST, "tickets/search", &body, MANY).await
    }

    /// Returns the ticket into which this one was merged: Zammad links a merged ticket as a child of the target
    /// (docs/platforms/zammad.md §2). `None` if there is no such link, or more than one.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn merged_into(&self, ticket_id: u64) -> Result<Option<u64>, ClientError> {
        let links = self.links(ticket_id).await?;
        // `link_type` is the role of the other ticket.
        let mut parents = links
            .into_iter()
            .filter(|link| link.link_type.as_deref() == Some("parent") && link.link_object_value != ticket_id);
        Ok(parents.next().filter(|_| parents.next().is_none()).map(|parent| parent.link_object_value))
    }

    /// Returns the tickets that are linked with this one, in any way.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn linked_tickets(&self, ticket_id: u64) -> Result<Vec<u64>, ClientError> {
        Ok(self.links(ticket_id).await?.into_iter().map(|link| link.link_object_value).collect())
    }

    /// Returns the last change of the ticket's owner: who made it, and the new owner (`None` or 1 for nobody). `None` if the
    /// history has no such change. The form of the history is not verified (docs/platforms/zammad.md §2).
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn last_owner_change(&self, ticket_id: u64) -> Result<Option<(u64, Option<u64>)>, ClientError> {
        /// As little as needed; entries of other forms are passed over.
        #[derive(Deserialize)]
        struct History {
            history: Vec<Value>,
        }
        let found: History = self.get("history", &format!("ticket_history/{ticket_id}"), MANY).await?;
        let of_owner = |entry: &&Value| entry["object"] == "Ticket" && entry["attribute"] == "owner";
        let last = found.history.iter().rev().find(of_owner);
        Ok(last.and_then(|entry| Some((entry["created_by_id"].as_u64()?, entry["id_to"].as_u64()))))
    }

    async fn links(&self, ticket_id: u64) -> Result<Vec<TicketLink>, ClientError> {
        #[derive(Deserialize)]
        struct Links {
            links: Vec<TicketLink>,
        }
        let path = format!("links?link_object=Ticket&link_object_value={ticket_id}");
        Ok(self.get::<Links>("links", &path, ONE).await?.links)
    }

    /// Returns a ticket's tags.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn tags(&self, ticket_id: u64) -> Result<Vec<Sensitive<String>>, ClientError> {
        #[derive(Deserialize)]
        struct Tags {
            tags: Vec<Sensitive<String>>,
        }
        let tags: Tags = self.get("tags", &format!("tags?object=Ticket&o_id={ticket_id}"), ONE).await?;
        Ok(tags.tags)
    }

    /// Adds a tag; succeeds if the ticket already has it. Tags are case-sensitive. Zammad runs no trigger for a change of
    /// tags, so no webhook is sent.
    ///
    /// # Errors
    /// [`ClientError`]; 6.5 refuses a comma or `*` in a tag, 6.1 stores it. 403 also if the creation of tags is disabled.
    pub async fn add_tag(&self, ticket_id: u64, tag: &Sensitive<String>) -> Result<(), ClientError> {
        self.tag("add-tag", Method::POST, "tags/add", ticket_id, tag).await
    }

    /// Removes a tag; succeeds if the ticket does not have it.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn remove_tag(&self, ticket_id: u64, tag: &Sensitive<String>) -> Result<(), ClientError> {
        self.tag("remove-tag", Method::DELETE, "tags/remove", ticket_id, tag).await
    }

    async fn tag(
        &self,
        operation: &'static str,
        method: Method,
        path: &str,
        ticket_id: u64,
        tag: &Sensitive<String>,
    ) -> Result<(), ClientError> {
        let body = json!({ "object": "Ticket", "o_id": ticket_id, "item": tag.expose() });
        let _done: Value = self.send_json(operation, method, path, &body, ONE).await?;
        Ok(())
    }
}

/// A link between two tickets of Zammad.
#[derive(Deserialize)]
struct TicketLink {
    /// The role of the other ticket.
    #[serde(default)]
    link_type: Option<String>,
    link_object_value: u64,
}
