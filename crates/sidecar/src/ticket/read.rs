//! What is read from Zammad for one ticket, and the short memory of it: names, states, and for privacy mode the search
//! for a ticket's content in what is about to leave.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use moka::future::Cache;
use redaction::{EgressCheck, Needle, Sensitive};
use schema::Settings;
use schema::settings::{Condition, Direction};
use sync::StateInfo;
use zammad::{Article, Client, ClientError, Ticket, User};

use crate::env::instant;

/// How long what was read is believed; names and states change rarely.
const BELIEVED: Duration = Duration::from_secs(600);

/// A ticket with its articles, as read just now. Tags only where something depends on them.
pub(crate) struct Source {
    pub(crate) ticket: Ticket,
    pub(crate) articles: Vec<Article>,
    pub(crate) tags: BTreeSet<String>,
}

/// Reads tickets, users and states; remembers the latter two for ten minutes.
pub struct Sources {
    zammad: Client,
    users: Cache<u64, Arc<User>>,
    states: Cache<(), Arc<Vec<StateInfo>>>,
    checks: Cache<u64, Arc<EgressCheck>>,
}

impl Sources {
    /// Over a client.
    #[must_use]
    pub fn new(zammad: Client) -> Self {
        Self {
            zammad,
            users: Cache::builder().max_capacity(2_000).time_to_live(BELIEVED).build(),
            states: Cache::builder().max_capacity(1).time_to_live(BELIEVED).build(),
            checks: Cache::builder().max_capacity(500).time_to_live(BELIEVED).build(),
        }
    }

    /// The ticket as it is now.
    pub(crate) async fn read(&self, ticket_id: u64, settings: &Settings) -> Result<Source, ClientError> {
        let ticket = self.zammad.ticket(ticket_id).await?;
        let articles = self.zammad.articles(ticket_id).await?;
        let tags = if needs_tags(settings) { self.zammad.tags(ticket_id).await? } else { Vec::new() };
        Ok(Source { ticket, articles, tags: tags.into_iter().map(Sensitive::into_inner).collect() })
    }

    /// A user's display name.
    pub(crate) async fn name(&self, user_id: u64) -> Result<Option<Sensitive<String>>, ClientError> {
        Ok(full_name(&*self.user(user_id).await?))
    }

    async fn user(&self, user_id: u64) -> Result<Arc<User>, ClientError> {
        if let Some(user) = self.users.get(&user_id).await {
            return Ok(user);
        }
        let user = Arc::new(self.zammad.user(user_id).await?);
        self.users.insert(user_id, Arc::clone(&user)).await;
        Ok(user)
    }

    /// All states with their types: names and ids are the customer's own.
    pub(crate) async fn states(&self) -> Result<Arc<Vec<StateInfo>>, ClientError> {
        if let Some(states) = self.states.get(&()).await {
            return Ok(states);
        }
        let states = self.zammad.ticket_states().await?.into_iter();
        let states = states.map(|state| StateInfo { id: state.id, type_id: state.state_type_id, active: state.active });
        let states: Arc<Vec<StateInfo>> = Arc::new(states.collect());
        self.states.insert((), Arc::clone(&states)).await;
        Ok(states)
    }

    /// The bytes of a file, at most `most`.
    pub(crate) async fn file(&self, ticket: u64, article: u64, id: u64, most: usize) -> Result<Vec<u8>, ClientError> {
        self.zammad.attachment(ticket, article, id, most).await
    }

    /// The search for this ticket's content; reads the ticket if it was not read lately.
    pub(crate) async fn check(&self, ticket_id: u64) -> Result<Arc<EgressCheck>, ClientError> {
        if let Some(check) = self.checks.get(&ticket_id).await {
            return Ok(check);
        }
        let source = self.read(ticket_id, &Settings::default()).await?;
        self.remember_check(&source).await
    }

    /// Compiles the search from what was read.
    pub(crate) async fn remember_check(&self, source: &Source) -> Result<Arc<EgressCheck>, ClientError> {
        let mut needles = vec![needle("title", &source.ticket.title)];
        let (owner, customer) = (source.ticket.owner_id, source.ticket.customer_id);
        // User 1 is the system's own `-`.
        for id in [owner, customer].into_iter().filter(|id| *id > 1) {
            let user = self.user(id).await?;
            needles.extend(full_name(&user).as_ref().map(|name| needle("name", name)));
            needles.extend(
                [Some(&user.login), user.email.as_ref()].into_iter().flatten().map(|text| needle("email", text)),
            );
        }
        for article in &source.articles {
            needles.push(needle("body", &article.body));
            needles.extend(article.subject.as_ref().map(|subject| needle("title", subject)));
            let people = [&article.from, &article.to, &article.cc, &article.created_by];
            needles.extend(people.into_iter().flatten().map(|text| needle("name", text)));
            needles.extend(article.attachments.iter().map(|file| needle("file-name", &file.filename)));
        }
        let check = Arc::new(EgressCheck::new(&needles));
        self.checks.insert(source.ticket.id, Arc::clone(&check)).await;
        Ok(check)
    }
}

/// One more call to Zammad for each visit, so only where a setting depends on tags.
fn needs_tags(settings: &Settings) -> bool {
    let by_rule = |condition: &Condition| matches!(condition, Condition::Tag(_));
    settings.fields.tags.direction != Direction::Off
        || settings.comments.only_tagged.is_some()
        || settings.rules.iter().any(|rule| rule.enabled && rule.when.iter().any(by_rule))
}

/// The fields that sync, as the merge takes them.
pub(crate) fn reading(source: &Source, states: &[StateInfo]) -> sync::Ticket {
    let ticket = &source.ticket;
    let state = states.iter().find(|state| state.id == ticket.state_id);
    sync::Ticket {
        title: ticket.title.expose().clone(),
        state: ticket.state_id,
        // A state that the list does not have (just made, or hidden from the bot) has no type, and so no counterpart.
        state_type: state.map_or(0, |state| state.type_id),
        priority: ticket.priority_id,
        owner: (ticket.owner_id > 1).then_some(ticket.owner_id),
        group: ticket.group_id,
        customer: ticket.customer_id,
        tags: source.tags.clone(),
        attributes: ticket.attributes.expose().clone().into_iter().collect(),
        changed_at: instant(&ticket.updated_at).unwrap_or_default(),
    }
}

fn needle(what: &'static str, text: &Sensitive<String>) -> Needle {
    Needle { what, text: text.clone() }
}

/// First and last name; `None` where there is none to tell.
pub(crate) fn full_name(user: &User) -> Option<Sensitive<String>> {
    let part = |name: &Option<Sensitive<String>>| {
        name.as_ref().map(|name| name.expose().trim().to_owned()).unwrap_or_default()
    };
    let name = format!("{} {}", part(&user.firstname), part(&user.lastname)).trim().to_owned();
    if name.is_empty() || name == "-" { None } else { Some(Sensitive::new(name)) }
}
