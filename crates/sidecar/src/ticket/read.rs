//! Reads a ticket from Zammad. Caches for ten minutes: users, ticket states, and for privacy mode the search for a ticket's
//! content in outgoing bytes.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use moka::future::Cache;
use redaction::{EgressCheck, Leak, Needle, Sensitive};
use schema::Settings;
use schema::settings::{Condition, Direction};
use schema::time::parse_rfc3339;
use schema::zammad_ids::NOBODY;
use sync::StateInfo;
use tokio::sync::{Semaphore, SemaphorePermit};
use url::Url;
use zammad::{Article, ClientError, Obstacle, Reason, Ticket, User, Verdict};

use super::Helpdesk;
use super::bodies::{self, Bodies};

/// Lifetime of cached entries; names and states change rarely.
const CACHE_LIFETIME: Duration = Duration::from_secs(600);

/// A ticket with its articles, as just read. Tags are read only if a setting depends on them.
pub(crate) struct TicketView {
    pub(crate) ticket: Ticket,
    pub(crate) articles: Arc<[Article]>,
    pub(crate) tags: BTreeSet<String>,
}

/// Reads tickets, users and states; caches the latter two.
pub struct TicketReader {
    helpdesk: Arc<dyn Helpdesk>,
    users: Cache<u64, Arc<User>>,
    states: Cache<(), Arc<[StateInfo]>>,
    bot: Cache<(), u64>,
    searches: Cache<u64, Arc<ContentSearch>>,
    public_addresses: Vec<String>,
    /// Held while a large text is made into a Jira document.
    large_texts: Semaphore,
}

/// Bytes of a text from which only one is made into a Jira document at a time.
const LARGE_TEXT: usize = 32 * 1024;

impl TicketReader {
    /// Creates a reader with empty caches.
    #[must_use]
    pub fn new(helpdesk: Arc<dyn Helpdesk>) -> Self {
        Self {
            helpdesk,
            public_addresses: Vec::new(),
            large_texts: Semaphore::new(1),
            users: Cache::builder().max_capacity(2_000).time_to_live(CACHE_LIFETIME).build(),
            states: Cache::builder().max_capacity(1).time_to_live(CACHE_LIFETIME).build(),
            bot: Cache::builder().max_capacity(1).time_to_live(CACHE_LIFETIME).build(),
            searches: Cache::builder()
                .max_capacity(CACHED_SEARCHES)
                .weigher(|_, search: &Arc<ContentSearch>| u32::try_from(search.size()).unwrap_or(u32::MAX))
                .time_to_live(CACHE_LIFETIME)
                .build(),
        }
    }

    /// Waits, before a large article is made into Jira documents, until no other one is.
    pub(crate) async fn turn_of(&self, article: &Article) -> Option<SemaphorePermit<'_>> {
        if article.body.expose().len() < LARGE_TEXT { None } else { self.large_texts.acquire().await.ok() }
    }

    /// Exempts Zammad's address as people reach it from the search for content: messages link to tickets.
    #[must_use]
    pub fn with_public_address(mut self, zammad: &Url) -> Self {
        let address = zammad.as_str().trim_end_matches('/').to_owned();
        self.public_addresses = vec![format!("{address}/#ticket/zoom/"), address];
        self
    }

    /// Reads a ticket with its articles, of whose bodies `bodies` are kept, and its tags if `settings` depend on them.
    pub(crate) async fn read(
        &self,
        ticket_id: u64,
        settings: &Settings,
        bodies: Bodies,
    ) -> Result<TicketView, ClientError> {
        // First, so that the ticket is as new as its articles: Zammad's note of a merge must not be read of a ticket that looks
        // as if it were not merged.
        let articles = bodies::read(self.helpdesk.as_ref(), ticket_id, bodies).await?.into();
        let ticket = self.helpdesk.ticket(ticket_id).await?;
        let tags = if needs_tags(settings) { self.helpdesk.tags(ticket_id).await? } else { Vec::new() };
        Ok(TicketView { ticket, articles, tags: tags.into_iter().map(Sensitive::into_inner).collect() })
    }

    /// The bot's user id.
    pub(crate) async fn bot(&self) -> Result<u64, ClientError> {
        if let Some(id) = self.bot.get(&()).await {
            return Ok(id);
        }
        let id = self.helpdesk.me().await?.id;
        self.bot.insert((), id).await;
        Ok(id)
    }

    /// Whether Zammad answers a plain question about the bot itself at this moment.
    pub(crate) async fn is_server_well(&self) -> bool {
        self.helpdesk.me().await.is_ok()
    }

    /// A user's display name.
    pub(crate) async fn user_name(&self, user_id: u64) -> Result<Option<Sensitive<String>>, ClientError> {
        match self.user(user_id).await {
            Ok(user) => Ok(full_name(&user)),
            Err(error) if is_without_user(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// A user.
    pub(crate) async fn user(&self, user_id: u64) -> Result<Arc<User>, ClientError> {
        if let Some(user) = self.users.get(&user_id).await {
            return Ok(user);
        }
        let user = Arc::new(self.helpdesk.user(user_id).await?);
        self.users.insert(user_id, Arc::clone(&user)).await;
        Ok(user)
    }

    /// All states with their types. Names and ids are the customer's own; only the type has a fixed meaning.
    pub(crate) async fn states(&self) -> Result<Arc<[StateInfo]>, ClientError> {
        if let Some(states) = self.states.get(&()).await {
            return Ok(states);
        }
        let states = self.helpdesk.ticket_states().await?.into_iter();
        let states = states.map(|state| StateInfo { id: state.id, type_id: state.state_type_id, active: state.active });
        let states: Arc<[StateInfo]> = states.collect();
        self.states.insert((), Arc::clone(&states)).await;
        Ok(states)
    }

    /// [`TicketReader::states`], read again if the cached list lacks this one: an admin may have just added it.
    pub(crate) async fn states_with(&self, state_id: u64) -> Result<Arc<[StateInfo]>, ClientError> {
        let states = self.states().await?;
        if states.iter().any(|state| state.id == state_id) {
            return Ok(states);
        }
        self.states.invalidate(&()).await;
        self.states().await
    }

    /// The bytes of an attachment; more than `most` are an error.
    pub(crate) async fn attachment(
        &self,
        ticket: u64,
        article: u64,
        id: u64,
        most: usize,
    ) -> Result<Vec<u8>, ClientError> {
        self.helpdesk.attachment(ticket, article, id, most).await
    }

    /// Searches outgoing bytes for the content of a ticket. Of a ticket that is not larger than usual, the content is kept for
    /// ten minutes or until [`TicketReader::forget_content`]; that of larger ones is read anew, one article at a time.
    pub(crate) async fn find_content(&self, ticket_id: u64, bytes: &[&[u8]]) -> Result<Option<Leak>, ClientError> {
        let leak = |check: &EgressCheck| bytes.iter().find_map(|bytes| check.check(bytes).err());
        if let Some(search) = self.searches.get(&ticket_id).await {
            return Ok(search.parts.iter().find_map(leak));
        }
        let of_ticket = self.ticket_texts(ticket_id).await?;
        let mut search = ContentSearch::default();
        let (mut found, mut is_small) = (None, true);
        let mut add = |needles: &[Needle]| {
            let check = EgressCheck::new(needles).with_public_addresses(&self.public_addresses);
            found = found.take().or_else(|| leak(&check));
            is_small = is_small && search.size() + check.size() <= LARGEST_SEARCH;
            if is_small { search.parts.push(check) } else { search.parts.clear() }
        };
        add(&of_ticket);
        self.helpdesk.each_article(ticket_id, &mut |article| add(&article_texts(&article))).await?;
        if is_small {
            self.searches.insert(ticket_id, Arc::new(search)).await;
        }
        Ok(found)
    }

    /// Forgets the content of a ticket that may have changed.
    pub(crate) async fn forget_content(&self, ticket_id: u64) {
        self.searches.invalidate(&ticket_id).await;
    }

    /// The texts of a ticket and of its people.
    async fn ticket_texts(&self, ticket_id: u64) -> Result<Vec<Needle>, ClientError> {
        let ticket = self.helpdesk.ticket(ticket_id).await?;
        let mut needles = vec![needle("title", &ticket.title)];
        for id in [ticket.owner_id, ticket.customer_id].into_iter().filter(|id| *id != NOBODY) {
            let user = match self.user(id).await {
                Ok(user) => user,
                // Deleted for data protection, or not shown to the bot: nothing of this user can be sent.
                Err(error) if is_without_user(&error) => continue,
                Err(error) => return Err(error),
            };
            needles.extend(full_name(&user).as_ref().map(|name| needle("name", name)));
            needles.extend(
                [Some(&user.login), user.email.as_ref()].into_iter().flatten().map(|text| needle("email", text)),
            );
        }
        Ok(needles)
    }
}

/// Bytes of memory that the content of one ticket may take to be kept, and that of all.
const LARGEST_SEARCH: usize = 1024 * 1024;
const CACHED_SEARCHES: u64 = 8 * 1024 * 1024;

/// The content of a ticket, to be searched for.
#[derive(Default)]
struct ContentSearch {
    parts: Vec<EgressCheck>,
}

impl ContentSearch {
    fn size(&self) -> usize {
        self.parts.iter().map(EgressCheck::size).sum()
    }
}

/// The texts of an article.
fn article_texts(article: &Article) -> Vec<Needle> {
    let mut needles = vec![needle("body", &article.body)];
    needles.extend(article.subject.as_ref().map(|subject| needle("title", subject)));
    let people = [&article.from, &article.to, &article.cc, &article.created_by];
    needles.extend(people.into_iter().flatten().map(|text| needle("name", text)));
    needles.extend(article.attachments.iter().map(|file| needle("file-name", &file.filename)));
    needles
}

/// Whether the answer means that the bot can learn nothing of this user, which costs the name and not the ticket: the user was
/// deleted, is hidden from the bot, or cannot be read.
pub(crate) fn is_without_user(error: &ClientError) -> bool {
    matches!(error.verdict(), Verdict::GiveUp(Reason::Gone) | Verdict::Wait(Obstacle::NoAccess | Obstacle::Unreadable))
}

/// Tags cost one more call per visit, so they are read only if a setting depends on them.
fn needs_tags(settings: &Settings) -> bool {
    let by_rule = |condition: &Condition| matches!(condition, Condition::Tag(_));
    settings.fields.tags.direction != Direction::Off
        || settings.comments.only_tagged.is_some()
        || settings.rules.iter().any(|rule| rule.enabled && rule.when.iter().any(by_rule))
}

/// The synced fields of a ticket as the merge takes them.
pub(crate) fn merge_input(view: &TicketView, states: &[StateInfo]) -> sync::Ticket {
    let ticket = &view.ticket;
    let state = states.iter().find(|state| state.id == ticket.state_id);
    sync::Ticket {
        title: ticket.title.expose().clone(),
        state: ticket.state_id,
        owner_taken_away: false,
        // A state that is hidden from the bot has no type and is not mapped.
        state_type: state.map_or(0, |state| state.type_id),
        priority: ticket.priority_id,
        owner: (ticket.owner_id != NOBODY).then_some(ticket.owner_id),
        group: ticket.group_id,
        customer: ticket.customer_id,
        tags: view.tags.clone(),
        attributes: ticket.attributes.expose().clone().into_iter().collect(),
        changed_at: parse_rfc3339(&ticket.updated_at).unwrap_or_default(),
    }
}

fn needle(what: &'static str, text: &Sensitive<String>) -> Needle {
    Needle { what, text: text.clone() }
}

/// First and last name; `None` if both are empty or `-`.
pub(crate) fn full_name(user: &User) -> Option<Sensitive<String>> {
    let part = |name: &Option<Sensitive<String>>| {
        name.as_ref().map(|name| name.expose().trim().to_owned()).unwrap_or_default()
    };
    let name = format!("{} {}", part(&user.firstname), part(&user.lastname)).trim().to_owned();
    if name.is_empty() || name == "-" { None } else { Some(Sensitive::new(name)) }
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;
