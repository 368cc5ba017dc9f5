//! An in-memory Zammad. It stores what it is given and fails on request; Zammad's own rules are `devkit`'s business.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use redaction::Sensitive;
use serde_json::{Value, json};
use zammad::{
    Article, ClientError, EditScreen, Group, Me, NewArticle, Priority, Said, State, Ticket, TicketChange, User,
};

use crate::ticket::Helpdesk;

/// The contents, open to the tests.
#[derive(Default)]
pub(crate) struct Contents {
    /// Tickets by id, as JSON.
    pub(crate) tickets: BTreeMap<u64, Value>,
    /// Articles of all tickets, as JSON, oldest first.
    pub(crate) articles: Vec<Value>,
    /// Tags by ticket.
    pub(crate) tags: BTreeMap<u64, BTreeSet<String>>,
    /// Target tickets of merges.
    pub(crate) merged_into: BTreeMap<u64, u64>,
    /// Who removed the owners of tickets, by ticket.
    pub(crate) owner_removed_by: BTreeMap<u64, u64>,
    /// Tickets that are linked in Zammad.
    pub(crate) linked: BTreeMap<u64, Vec<u64>>,
    /// Attachments by id.
    pub(crate) files: BTreeMap<u64, Vec<u8>>,
    /// Users by id; others have a generated name.
    pub(crate) users: BTreeMap<u64, Value>,
    /// Values that Zammad stores instead of what it is given, by attribute.
    pub(crate) overrides: BTreeMap<String, Value>,
    /// Attributes without which Zammad refuses every change of a ticket.
    pub(crate) demanded: BTreeSet<String>,
    /// The only values that Zammad accepts, by attribute: lists of texts.
    pub(crate) restricted: BTreeMap<String, Value>,
    /// States that need an attribute.
    pub(crate) demanded_in: BTreeSet<(u64, String)>,
    /// The bot; absent: user 3 with full access to group 2.
    pub(crate) me: Option<Value>,
    /// The groups; absent: group 2, "Support".
    pub(crate) groups: Option<Value>,
    /// The version; absent: a supported one.
    pub(crate) version: Option<String>,
    /// States besides those of a new Zammad.
    pub(crate) own_states: Vec<State>,
    /// The search for ids ignores its condition.
    pub(crate) finds_everything: bool,
    /// Errors of the next calls, by method.
    pub(crate) errors: BTreeMap<&'static str, VecDeque<ClientError>>,
    /// Every write, in order: method and body.
    pub(crate) writes: Vec<(&'static str, Value)>,
}

/// The helpdesk; clones share the contents.
#[derive(Clone, Default)]
pub(crate) struct MemoryHelpdesk(Arc<Mutex<Contents>>);

/// A ticket in group 2, state 2 (open), without owner.
pub(crate) fn ticket(id: u64) -> Value {
    json!({
        "id": id, "number": format!("500{id}"), "title": "Printer on fire", "group_id": 2, "group": "Support",
        "state_id": 2, "state": "open", "priority_id": 2, "priority": "2 normal", "owner_id": 1, "customer_id": 4,
        "updated_by_id": 3, "created_at": "2026-11-28T01:00:00.000Z", "updated_at": "2026-11-28T01:16:12.426Z",
        "article_ids": [],
    })
}

/// An internal note of an agent.
pub(crate) fn article(id: u64, ticket_id: u64, body: &str) -> Value {
    json!({
        "id": id, "ticket_id": ticket_id, "type": "note", "sender": "Agent", "from": "Nicole Braun", "subject": null,
        "body": body, "content_type": "text/html", "internal": true, "created_by_id": 3,
        "created_at": "2026-11-28T01:16:12.426Z", "updated_at": "2026-11-28T01:16:12.426Z", "attachments": [],
        "preferences": {},
    })
}

impl MemoryHelpdesk {
    /// The contents.
    pub(crate) fn contents(&self) -> MutexGuard<'_, Contents> {
        self.0.lock().unwrap()
    }

    /// Adds a ticket.
    pub(crate) fn add_ticket(&self, ticket: Value) {
        let id = ticket["id"].as_u64().unwrap();
        self.contents().tickets.insert(id, ticket);
    }

    /// Adds an article.
    pub(crate) fn add_article(&self, article: Value) {
        self.contents().articles.push(article);
    }

    /// The next call of `method` fails with HTTP `status`, in Zammad's own words.
    pub(crate) fn fail(&self, method: &'static str, status: u16) {
        let said = if status == 404 { Said::NotFound } else { Said::Other };
        self.fail_with_text(method, status, said);
    }

    /// The next call of `method` fails with HTTP `status` and this text.
    pub(crate) fn fail_with_text(&self, method: &'static str, status: u16, said: Said) {
        let error = ClientError::Status { operation: method, status, text: String::new(), said, retry_after: None };
        self.fail_with(method, error);
    }

    /// The next call of `method` fails with `error`.
    pub(crate) fn fail_with(&self, method: &'static str, error: ClientError) {
        self.contents().errors.entry(method).or_default().push_back(error);
    }

    /// The written articles' HTML, in order.
    pub(crate) fn notes(&self) -> Vec<String> {
        let writes = self.contents();
        let notes = writes.writes.iter().filter(|(method, _)| *method == "create_article");
        notes.map(|(_, body)| body["body"].as_str().unwrap().to_owned()).collect()
    }

    /// The bodies of the writes with `method`, in order.
    pub(crate) fn written(&self, method: &str) -> Vec<Value> {
        let contents = self.contents();
        contents.writes.iter().filter(|(name, _)| *name == method).map(|(_, body)| body.clone()).collect()
    }

    fn call(&self, method: &'static str) -> Result<MutexGuard<'_, Contents>, ClientError> {
        let mut contents = self.contents();
        match contents.errors.get_mut(method).and_then(VecDeque::pop_front) {
            Some(error) => Err(error),
            None => Ok(contents),
        }
    }
}

fn not_found(operation: &'static str) -> ClientError {
    ClientError::Status { operation, status: 404, text: String::new(), said: Said::NotFound, retry_after: None }
}

fn read<T: serde::de::DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).unwrap()
}

#[async_trait]
impl Helpdesk for MemoryHelpdesk {
    async fn ticket(&self, id: u64) -> Result<Ticket, ClientError> {
        self.call("ticket")?.tickets.get(&id).map(read).ok_or_else(|| not_found("ticket"))
    }

    async fn existing_tickets(&self, ids: &[u64]) -> Result<BTreeMap<u64, BTreeSet<u64>>, ClientError> {
        let contents = self.call("existing_tickets")?;
        let found = contents.tickets.keys().filter(|id| contents.finds_everything || ids.contains(id));
        let articles = |id: u64| {
            let of_ticket = contents.articles.iter().filter(|article| article["ticket_id"] == id);
            of_ticket.map(|article| article["id"].as_u64().unwrap()).collect()
        };
        Ok(found.map(|id| (*id, articles(*id))).collect())
    }

    async fn tickets_by_number(&self, number: &str) -> Result<Vec<Ticket>, ClientError> {
        let contents = self.call("tickets_by_number")?;
        Ok(contents.tickets.values().filter(|ticket| ticket["number"] == number).map(read).collect())
    }

    async fn tickets_changed_since(&self, since: &str, page: u32, per_page: u32) -> Result<Vec<Ticket>, ClientError> {
        let contents = self.call("tickets_changed_since")?;
        let mut changed: Vec<&Value> =
            contents.tickets.values().filter(|ticket| ticket["updated_at"].as_str().unwrap() > since).collect();
        changed.sort_by_key(|ticket| (ticket["updated_at"].as_str(), ticket["id"].as_u64()));
        let (skip, take) = ((page - 1) * per_page, per_page);
        Ok(changed.into_iter().skip(skip as usize).take(take as usize).map(read).collect())
    }

    async fn latest_change(&self) -> Result<Option<String>, ClientError> {
        let contents = self.call("latest_change")?;
        Ok(contents.tickets.values().filter_map(|ticket| ticket["updated_at"].as_str().map(str::to_owned)).max())
    }

    async fn merged_into(&self, ticket_id: u64) -> Result<Option<u64>, ClientError> {
        Ok(self.call("merged_into")?.merged_into.get(&ticket_id).copied())
    }

    async fn owner_removed_by(&self, ticket_id: u64) -> Result<Option<u64>, ClientError> {
        Ok(self.call("owner_removed_by")?.owner_removed_by.get(&ticket_id).copied())
    }

    async fn linked_tickets(&self, ticket_id: u64) -> Result<Vec<u64>, ClientError> {
        Ok(self.call("linked_tickets")?.linked.get(&ticket_id).cloned().unwrap_or_default())
    }

    async fn update_ticket(&self, id: u64, change: &TicketChange) -> Result<Ticket, ClientError> {
        let mut contents = self.call("update_ticket")?;
        let change = serde_json::to_value(change).unwrap();
        contents.writes.push(("update_ticket", change.clone()));
        let overrides = contents.overrides.clone();
        let (demanded, demanded_in) = (contents.demanded.clone(), contents.demanded_in.clone());
        let restricted = contents.restricted.clone();
        let ticket = contents.tickets.get_mut(&id).ok_or_else(|| not_found("update_ticket"))?;
        let empty = |name: &String| change[name].is_null() && ticket[name].is_null();
        let into = |(state, name): &(u64, String)| change["state_id"] == *state && empty(name);
        let excluded = |(name, values): (&String, &Value)| {
            !change[name].is_null() && !values.as_array().unwrap().contains(&change[name].to_string().into())
        };
        let is_incomplete = demanded.iter().any(empty) || demanded_in.iter().any(into);
        if is_incomplete || restricted.iter().any(excluded) {
            let said = Said::Other;
            let text = String::new();
            return Err(ClientError::Status { operation: "update_ticket", status: 422, text, said, retry_after: None });
        }
        for (name, value) in change.as_object().unwrap() {
            ticket[name] = overrides.get(name).unwrap_or(value).clone();
        }
        Ok(read(ticket))
    }

    async fn tags(&self, ticket_id: u64) -> Result<Vec<Sensitive<String>>, ClientError> {
        let contents = self.call("tags")?;
        Ok(contents.tags.get(&ticket_id).into_iter().flatten().cloned().map(Sensitive::new).collect())
    }

    async fn add_tag(&self, ticket_id: u64, tag: &Sensitive<String>) -> Result<(), ClientError> {
        let mut contents = self.call("add_tag")?;
        contents.writes.push(("add_tag", json!(tag.expose())));
        contents.tags.entry(ticket_id).or_default().insert(tag.expose().clone());
        Ok(())
    }

    async fn remove_tag(&self, ticket_id: u64, tag: &Sensitive<String>) -> Result<(), ClientError> {
        let mut contents = self.call("remove_tag")?;
        contents.writes.push(("remove_tag", json!(tag.expose())));
        contents.tags.entry(ticket_id).or_default().remove(tag.expose());
        Ok(())
    }

    async fn each_article(&self, ticket_id: u64, each: &mut (dyn FnMut(Article) + Send)) -> Result<(), ClientError> {
        let of_ticket: Vec<Value> = {
            let contents = self.call("articles")?;
            contents.articles.iter().filter(|article| article["ticket_id"] == ticket_id).cloned().collect()
        };
        of_ticket.into_iter().for_each(|article| each(Article::read(article).unwrap()));
        Ok(())
    }

    async fn article(&self, id: u64) -> Result<Article, ClientError> {
        let contents = self.call("article")?;
        let found = contents.articles.iter().find(|article| article["id"] == id);
        found.and_then(|article| Article::read(article.clone())).ok_or_else(|| not_found("article"))
    }

    async fn create_article(&self, new: &NewArticle) -> Result<Article, ClientError> {
        let mut contents = self.call("create_article")?;
        let id = 1_000 + contents.articles.len() as u64;
        let mut stored = article(id, new.ticket_id, new.html.expose());
        stored["internal"] = new.internal.into();
        stored["preferences"] = json!({ "connector": new.mark });
        let files: Vec<&str> = new.attachments.iter().map(|file| file.filename.expose().as_str()).collect();
        let mut written = stored.clone();
        written["files"] = json!(files);
        contents.writes.push(("create_article", written));
        contents.articles.push(stored.clone());
        Ok(read(&stored))
    }

    async fn attachment(&self, _: u64, _: u64, id: u64, most: usize) -> Result<Vec<u8>, ClientError> {
        let contents = self.call("attachment")?;
        let bytes = contents.files.get(&id).cloned().ok_or_else(|| not_found("attachment"))?;
        if bytes.len() > most {
            return Err(ClientError::TooLarge { operation: "attachment" });
        }
        Ok(bytes)
    }

    async fn edit_screen(&self, _: u64, change: &TicketChange) -> Result<EditScreen, ClientError> {
        let contents = self.call("edit_screen")?;
        let state = serde_json::to_value(change).unwrap()["state_id"].as_u64();
        let always = contents.demanded.iter();
        let names =
            always.chain(contents.demanded_in.iter().filter(|(id, _)| state == Some(*id)).map(|(_, name)| name));
        let mandatory: serde_json::Map<String, Value> = names.map(|name| (name.clone(), true.into())).collect();
        let values = &contents.restricted;
        Ok(read(&json!({ "mandatory": mandatory, "visibility": {}, "restrict_values": values })))
    }

    async fn me(&self) -> Result<Me, ClientError> {
        let contents = self.call("me")?;
        let me = json!({ "id": 3, "active": true, "group_ids": { "2": ["full"] } });
        Ok(read(contents.me.as_ref().unwrap_or(&me)))
    }

    async fn groups(&self) -> Result<Vec<Group>, ClientError> {
        let contents = self.call("groups")?;
        let groups = json!([{ "id": 2, "name": "Support", "active": true }]);
        Ok(read(contents.groups.as_ref().unwrap_or(&groups)))
    }

    async fn user(&self, id: u64) -> Result<User, ClientError> {
        let contents = self.call("user")?;
        let generated = json!({
            "id": id, "login": format!("user{id}@customer.example"), "firstname": "User", "lastname": format!("No{id}"),
            "email": format!("user{id}@customer.example"), "active": true,
        });
        Ok(read(contents.users.get(&id).unwrap_or(&generated)))
    }

    async fn find_agents(&self, words: &str) -> Result<Vec<User>, ClientError> {
        let contents = self.call("find_agents")?;
        let found = |user: &&Value| ["firstname", "lastname"].iter().any(|name| user[*name] == words);
        Ok(contents.users.values().filter(found).map(read).collect())
    }

    async fn all_agents(&self) -> Result<Vec<User>, ClientError> {
        Ok(self.call("all_agents")?.users.values().map(read).collect())
    }

    /// The states of a new Zammad: ids equal types, except 4 (closed) and 7 (pending close).
    async fn ticket_states(&self) -> Result<Vec<State>, ClientError> {
        drop(self.call("ticket_states")?);
        let states = [
            (1, "new", 1),
            (2, "open", 2),
            (3, "pending reminder", 3),
            (4, "closed", 5),
            (5, "merged", 6),
            (7, "pending close", 4),
        ];
        let state =
            |(id, name, state_type_id): (u64, &str, u64)| State { id, name: name.into(), state_type_id, active: true };
        let own: Vec<State> = self.contents().own_states.clone();
        Ok(states.map(state).into_iter().chain(own).collect())
    }

    async fn ticket_priorities(&self) -> Result<Vec<Priority>, ClientError> {
        drop(self.call("ticket_priorities")?);
        let priority = |(id, name): (u64, &str)| Priority { id, name: name.into(), active: true };
        Ok([(1, "1 low"), (2, "2 normal"), (3, "3 high"), (4, "4 very high")].map(priority).into())
    }

    async fn version(&self) -> Result<String, ClientError> {
        Ok(self.call("version")?.version.clone().unwrap_or_else(|| "7.3.0".into()))
    }
}
