//! What is read from Zammad for one ticket, and the short memory of it: names, states, and for privacy mode the search
//! for a ticket's content in what is about to leave.

use std::sync::Arc;
use std::time::Duration;

use moka::future::Cache;
use redaction::{EgressCheck, Needle, Sensitive};
use schema::Bucket;
use zammad::{Article, Client, ClientError, Ticket, User};

/// How long what was read is believed; names and states change rarely.
const BELIEVED: Duration = Duration::from_secs(600);

/// A ticket with its articles, as read just now.
pub(super) struct Source {
    pub(super) ticket: Ticket,
    pub(super) articles: Vec<Article>,
}

/// Reads tickets, users and states; remembers the latter two for ten minutes.
pub struct Sources {
    zammad: Client,
    users: Cache<u64, Arc<User>>,
    buckets: Cache<u64, Bucket>,
    checks: Cache<u64, Arc<EgressCheck>>,
}

impl Sources {
    /// Over a client.
    #[must_use]
    pub fn new(zammad: Client) -> Self {
        Self {
            zammad,
            users: Cache::builder().max_capacity(2_000).time_to_live(BELIEVED).build(),
            buckets: Cache::builder().max_capacity(500).time_to_live(BELIEVED).build(),
            checks: Cache::builder().max_capacity(500).time_to_live(BELIEVED).build(),
        }
    }

    /// The ticket as it is now.
    pub(super) async fn read(&self, ticket_id: u64) -> Result<Source, ClientError> {
        let ticket = self.zammad.ticket(ticket_id).await?;
        let articles = self.zammad.articles(ticket_id).await?;
        Ok(Source { ticket, articles })
    }

    /// A user's display name.
    pub(super) async fn name(&self, user_id: u64) -> Result<Option<Sensitive<String>>, ClientError> {
        Ok(full_name(&*self.user(user_id).await?))
    }

    pub(super) async fn user(&self, user_id: u64) -> Result<Arc<User>, ClientError> {
        if let Some(user) = self.users.get(&user_id).await {
            return Ok(user);
        }
        let user = Arc::new(self.zammad.user(user_id).await?);
        self.users.insert(user_id, Arc::clone(&user)).await;
        Ok(user)
    }

    /// The bucket of a state, by its type: names and ids are the customer's own.
    pub(super) async fn bucket(&self, state_id: u64) -> Result<Bucket, ClientError> {
        if let Some(bucket) = self.buckets.get(&state_id).await {
            return Ok(bucket);
        }
        for state in self.zammad.ticket_states().await? {
            self.buckets.insert(state.id, bucket_of(state.state_type_id)).await;
        }
        // A state that the list does not have (just made, or hidden from the bot) is shown as open rather than not at all.
        Ok(self.buckets.get(&state_id).await.unwrap_or(Bucket::Open))
    }

    /// The search for this ticket's content; reads the ticket if it was not read lately.
    pub(super) async fn check(&self, ticket_id: u64) -> Result<Arc<EgressCheck>, ClientError> {
        if let Some(check) = self.checks.get(&ticket_id).await {
            return Ok(check);
        }
        let source = self.read(ticket_id).await?;
        self.remember_check(&source).await
    }

    /// Compiles the search from what was read.
    pub(super) async fn remember_check(&self, source: &Source) -> Result<Arc<EgressCheck>, ClientError> {
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

fn needle(what: &'static str, text: &Sensitive<String>) -> Needle {
    Needle { what, text: text.clone() }
}

fn full_name(user: &User) -> Option<Sensitive<String>> {
    let part = |name: &Option<Sensitive<String>>| {
        name.as_ref().map(|name| name.expose().trim().to_owned()).unwrap_or_default()
    };
    let name = format!("{} {}", part(&user.firstname), part(&user.lastname)).trim().to_owned();
    if name.is_empty() || name == "-" { None } else { Some(Sensitive::new(name)) }
}

const fn bucket_of(state_type_id: u64) -> Bucket {
    match state_type_id {
        3 | 4 => Bucket::Pending,
        5..=7 => Bucket::Closed,
        _ => Bucket::Open,
    }
}
