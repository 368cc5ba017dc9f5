//! Searches accounts for users that are not in the map of users, once a day: by e-mail, and by name if that finds none. The
//! findings are suggestions; only an admin adds a pair to the map.
//!
//! A search in Jira contains an agent's address or name, so it is not made in privacy mode. A search in Zammad stays inside the
//! network and is always made.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use redaction::Privacy;
use schema::{Author, MessageBody, UnixMs, UserSearch, UsersFound};
use serde::{Deserialize, Serialize};
use store::{Effects, MatchedBy, Settlement, Store, Suggestion, TroubleRow};
use sync::UnmappedPerson;
use tokio::sync::Notify;

use super::periodic::{Periodic, holds_lease};
use super::{ReconcileError, question};
use crate::env::Env;
use crate::health::Health;
use crate::ticket::{Helpdesk, KnownIssue, full_name, unmapped_person};

/// Lease and name in logs.
const NAME: &str = "people";
/// Time between two searches for one person.
const REPEAT_MS: i64 = 86_400_000;
/// Most troubles that are read.
const MOST_TROUBLES: usize = 10_000;
/// Longest query on the wire, in characters.
const LONGEST_QUERY: usize = 255;
const PAUSE: Duration = Duration::from_secs(60);
/// The pause while an answer of Jira is awaited.
const PAUSE_AWAITING: Duration = Duration::from_secs(2);

/// The name of the watermark that holds the state of the search for a person.
fn watermark(person: &UnmappedPerson) -> String {
    match person {
        UnmappedPerson::ZammadUser(id) => format!("person:user:{id}"),
        UnmappedPerson::JiraAccount(id) => format!("person:account:{id}"),
    }
}

/// The stored state of the search for one person.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Asked {
    at: UnixMs,
    /// The open question to Jira: message id, and whether it searches by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    open: Option<(String, bool)>,
}

/// The task; run it with [`super::run`].
pub struct People {
    /// Persistence.
    pub store: Arc<dyn Store>,
    /// Finds agents.
    pub helpdesk: Arc<dyn Helpdesk>,
    /// Clock and randomness.
    pub env: Env,
    /// Receives failures.
    pub health: Arc<Health>,
    /// Notified when a field is out of sync, perhaps because a user is not mapped.
    pub trouble_found: Arc<Notify>,
    /// To notify when the outbox has new messages.
    pub outbox_ready: Arc<Notify>,
    /// Privacy mode.
    pub privacy: Privacy,
    /// Name of this instance, the holder of the lease.
    pub instance: String,
}

impl Periodic for People {
    const NAME: &'static str = NAME;

    async fn step(&mut self) -> Result<Duration, ReconcileError> {
        let awaiting = self.search().await?;
        Ok(if awaiting { PAUSE_AWAITING } else { PAUSE })
    }

    async fn woken(&self) {
        self.trouble_found.notified().await;
    }

    fn env(&self) -> &Env {
        &self.env
    }

    fn health(&self) -> &Health {
        &self.health
    }
}

impl People {
    /// Searches for every person that is due. Returns whether an answer of Jira is awaited.
    ///
    /// # Errors
    /// [`ReconcileError`]; the remaining persons are searched for in the next step.
    pub async fn search(&self) -> Result<bool, ReconcileError> {
        if !holds_lease(&self.store, NAME, &self.instance, &self.env).await? {
            return Ok(false);
        }
        let rows = self.store.troubles(MOST_TROUBLES).await?;
        let unknown: BTreeMap<UnmappedPerson, &TroubleRow> =
            rows.iter().filter_map(|row| Some((unmapped_person(row)?, row))).collect();
        let mut awaiting = false;
        for (person, row) in unknown {
            let mark = watermark(&person);
            let known = self.store.watermark(&mark).await?;
            let before: Asked = known.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default();
            let due = self.env.now().since(before.at) >= REPEAT_MS;
            let after = match person {
                UnmappedPerson::ZammadUser(id) => self.user(id, before, due).await?,
                UnmappedPerson::JiraAccount(id) if due => Some(self.account(&id, row).await?),
                UnmappedPerson::JiraAccount(_) => None,
            };
            let Some(after) = after else { continue };
            awaiting |= after.open.is_some();
            let json = serde_json::to_string(&after).unwrap_or_default();
            self.store.record(Effects { watermarks: vec![(mark, json)], ..Effects::default() }).await?;
        }
        Ok(awaiting)
    }

    /// Searches for an agent in Jira. `None` if there is nothing to do now.
    async fn user(&self, id: u64, before: Asked, due: bool) -> Result<Option<Asked>, ReconcileError> {
        if self.privacy == Privacy::On {
            return Ok(None);
        }
        let Some((message, by_name)) = &before.open else {
            return if due { Ok(Some(self.ask(id, false).await?)) } else { Ok(None) };
        };
        let found = match self.store.settled(message).await? {
            Some(Settlement::Done { result }) => {
                result.and_then(|json| serde_json::from_str::<UsersFound>(&json).ok()).map(|found| found.users)
            }
            Some(Settlement::Dead { .. }) => None,
            Some(Settlement::Retry { .. }) | None if due => None,
            Some(Settlement::Retry { .. }) | None => return Ok(Some(before)),
        };
        let mut found = found.unwrap_or_default();
        let matched_by = if *by_name { MatchedBy::Name } else { MatchedBy::Email };
        if *by_name {
            // Jira finds every user whose name contains the words.
            let name = full_name(&self.helpdesk.user(id).await?);
            found.retain(|author| name.as_ref().is_some_and(|name| same(author.name.as_deref(), name.expose())));
        } else if found.is_empty() {
            return Ok(Some(Asked { at: before.at, ..self.ask(id, true).await? }));
        }
        let suggestion =
            |Author { account_id, .. }| Suggestion { zammad_user: id, account_id, matched_by, at: self.env.now() };
        self.store.suggest(found.into_iter().map(suggestion).collect()).await?;
        Ok(Some(Asked { open: None, ..before }))
    }

    /// Asks Jira for a user's address, or for the name if there is no address or `by_name` is set.
    async fn ask(&self, id: u64, by_name: bool) -> Result<Asked, ReconcileError> {
        let at = self.env.now();
        let user = self.helpdesk.user(id).await?;
        let email = user.email.as_ref().filter(|email| !by_name && !email.expose().trim().is_empty());
        let by_name = email.is_none();
        let Some(words) = email.cloned().or_else(|| full_name(&user)) else { return Ok(Asked { at, open: None }) };
        let query = words.expose().trim().chars().take(LONGEST_QUERY).collect();
        let body = MessageBody::UserSearch(UserSearch { query, project: None });
        let message = question::message(body, None, self.privacy, &self.env)?;
        let open = Some((message.id.clone(), by_name));
        self.store.append(vec![message]).await?;
        self.outbox_ready.notify_one();
        Ok(Asked { at, open })
    }

    /// Searches for an engineer among Zammad's agents.
    async fn account(&self, id: &str, row: &TroubleRow) -> Result<Asked, ReconcileError> {
        let asked = Asked { at: self.env.now(), open: None };
        let issue = KnownIssue::of(&self.store.link_facts(row.ticket_id, &row.issue_id).await?);
        let assignee = issue.and_then(|issue| issue.snapshot.assignee).filter(|assignee| assignee.account_id == id);
        let Some(name) = assignee.and_then(|assignee| assignee.name) else { return Ok(asked) };
        // Zammad compares each column with the whole text, so one word finds more users than the full name.
        let longest = name.split_whitespace().max_by_key(|word| word.chars().count());
        let Some(longest) = longest else { return Ok(asked) };
        let agents = self.helpdesk.find_agents(longest).await?.into_iter().filter(|agent| agent.active);
        let same = agents.filter(|agent| full_name(agent).is_some_and(|own| same(Some(&name), own.expose())));
        let suggestions = same.map(|agent| Suggestion {
            zammad_user: agent.id,
            account_id: id.to_owned(),
            matched_by: MatchedBy::Name,
            at: asked.at,
        });
        self.store.suggest(suggestions.collect()).await?;
        Ok(asked)
    }
}

/// Whether two names are equal except for case and blanks.
fn same(one: Option<&str>, other: &str) -> bool {
    let plain = |name: &str| name.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>();
    one.is_some_and(|one| plain(one) == plain(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_without_case_and_blanks() {
        assert!(same(Some("Amira  HADDAD "), "amira haddad") && same(Some("Łukasz Ø"), "łukasz ø"));
        assert!(!same(Some("Amira"), "Amira Haddad") && !same(None, "Amira"));
    }
}
