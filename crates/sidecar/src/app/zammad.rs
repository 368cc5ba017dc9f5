//! The HTTP client of Zammad as a [`Helpdesk`].

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use async_trait::async_trait;
use redaction::Sensitive;
use schema::zammad_ids::NOBODY;
use time::OffsetDateTime;
use zammad::{
    Article, Client, ClientConfig, ClientError, Condition, EditScreen, Group, Me, NewArticle, Priority, State, Text,
    Ticket, TicketChange, User, Verdict,
};

use crate::config::Config;
use crate::env::Env;
use crate::ticket::Helpdesk;

/// Two are enough to notice that a number is not unique.
const BY_NUMBER: u32 = 2;

pub(super) fn client(config: &Config) -> Result<Client> {
    let mut builder = zammad::http_client_builder();
    for certificate in config.extra_certificates.clone() {
        builder = builder.add_root_certificate(certificate);
    }
    let http = builder.build().context("the HTTP client cannot be built")?;
    let settings = ClientConfig { base_url: config.zammad_url.clone(), token: config.zammad_token.clone() };
    Client::new(&settings, http, now).map_err(anyhow::Error::msg)
}

fn now() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(Env::system().now().seconds()).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

#[async_trait]
impl Helpdesk for Client {
    async fn ticket(&self, id: u64) -> Result<Ticket, ClientError> {
        Self::ticket(self, id).await
    }

    async fn existing_tickets(&self, ids: &[u64]) -> Result<BTreeMap<u64, BTreeSet<u64>>, ClientError> {
        Self::existing_tickets(self, ids).await
    }

    async fn tickets_by_number(&self, number: &str) -> Result<Vec<Ticket>, ClientError> {
        let Some(number) = Text::new(number) else { return Ok(Vec::new()) };
        self.search_tickets(&Condition::ticket_field_is("number", &number), 1, BY_NUMBER).await
    }

    async fn tickets_changed_since(&self, since: &str, page: u32, per_page: u32) -> Result<Vec<Ticket>, ClientError> {
        let Some(since) = Text::new(since) else { return Ok(Vec::new()) };
        self.changed_since(&since, page, per_page).await
    }

    async fn latest_change(&self) -> Result<Option<String>, ClientError> {
        Self::latest_change(self).await
    }

    async fn merged_into(&self, ticket_id: u64) -> Result<Option<u64>, ClientError> {
        Self::merged_into(self, ticket_id).await
    }

    async fn owner_removed_by(&self, ticket_id: u64) -> Result<Option<u64>, ClientError> {
        let change = self.last_owner_change(ticket_id).await?;
        Ok(change.filter(|(_, owner)| owner.is_none_or(|owner| owner == NOBODY)).map(|(by, _)| by))
    }

    async fn linked_tickets(&self, ticket_id: u64) -> Result<Vec<u64>, ClientError> {
        Self::linked_tickets(self, ticket_id).await
    }

    async fn update_ticket(&self, id: u64, change: &TicketChange) -> Result<Ticket, ClientError> {
        Self::update_ticket(self, id, change).await
    }

    async fn tags(&self, ticket_id: u64) -> Result<Vec<Sensitive<String>>, ClientError> {
        Self::tags(self, ticket_id).await
    }

    async fn add_tag(&self, ticket_id: u64, tag: &Sensitive<String>) -> Result<(), ClientError> {
        Self::add_tag(self, ticket_id, tag).await
    }

    async fn remove_tag(&self, ticket_id: u64, tag: &Sensitive<String>) -> Result<(), ClientError> {
        Self::remove_tag(self, ticket_id, tag).await
    }

    async fn each_article(&self, ticket_id: u64, each: &mut (dyn FnMut(Article) + Send)) -> Result<(), ClientError> {
        Self::each_article(self, ticket_id, each).await
    }

    async fn article(&self, id: u64) -> Result<Article, ClientError> {
        Self::article(self, id).await
    }

    async fn create_article(&self, article: &NewArticle) -> Result<Article, ClientError> {
        Self::create_article(self, article).await
    }

    async fn attachment(&self, ticket: u64, article: u64, id: u64, most: usize) -> Result<Vec<u8>, ClientError> {
        Self::attachment(self, ticket, article, id, most).await
    }

    async fn edit_screen(&self, id: u64, change: &TicketChange) -> Result<EditScreen, ClientError> {
        Self::edit_screen(self, id, change).await
    }

    async fn me(&self) -> Result<Me, ClientError> {
        Self::me(self).await
    }

    async fn groups(&self) -> Result<Vec<Group>, ClientError> {
        Self::groups(self).await
    }

    async fn user(&self, id: u64) -> Result<User, ClientError> {
        Self::user(self, id).await
    }

    async fn find_agents(&self, words: &str) -> Result<Vec<User>, ClientError> {
        let Some(words) = Text::new(words) else { return Ok(Vec::new()) };
        self.agents(&words).await
    }

    async fn all_agents(&self) -> Result<Vec<User>, ClientError> {
        Self::all_agents(self).await
    }

    async fn ticket_states(&self) -> Result<Vec<State>, ClientError> {
        Self::ticket_states(self).await
    }

    async fn ticket_priorities(&self) -> Result<Vec<Priority>, ClientError> {
        Self::ticket_priorities(self).await
    }

    async fn version(&self) -> Result<String, ClientError> {
        // Admins may read it; everybody else gets the mark of Zammad's web pages, which on some builds is the version too.
        match Self::version(self).await {
            Err(error) if matches!(error.verdict(), Verdict::GiveUp(_) | Verdict::Wait(_)) => self.available().await,
            version => version,
        }
    }
}
