//! Who may be whom. Somebody who has no counterpart in the identity map is looked for on the other side, once a day: by
//! e-mail, and by name where that finds nobody. What is found is a suggestion; only an admin makes a pair of it.
//!
//! The question to Jira holds an agent's address or name, so in privacy mode it is not asked. Looking an engineer's name up
//! in Zammad stays inside and is always done.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use redaction::Privacy;
use schema::{Author, MessageBody, UnixMs, UserSearch, UsersFound};
use serde::{Deserialize, Serialize};
use store::{Effects, MatchedBy, Settlement, Store, Suggestion, TroubleRow};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use zammad::{Client, Text};

use super::{Failure, failed, is_ours, query};
use crate::env::Env;
use crate::health::Health;
use crate::outbound::{KnownIssue, full_name};

const NAME: &str = "people";
/// One person is looked for this often.
const AGAIN_MS: i64 = 86_400_000;
/// Troubles that are looked through.
const MOST: usize = 10_000;
/// The wire's limit of a question.
const LONGEST: usize = 255;
const REST: Duration = Duration::from_secs(60);
/// The same while Jira's answer is awaited.
const AWAITING: Duration = Duration::from_secs(2);

/// Somebody without a counterpart, as `Left::detail` of the merge names them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Person {
    /// Zammad's user.
    User(u64),
    /// Atlassian's account.
    Account(String),
}

impl Person {
    /// Of a trouble, if it is about somebody unknown.
    #[must_use]
    pub fn of(row: &TroubleRow) -> Option<Self> {
        if row.field != "owner" || row.code != sync::Reason::Unmapped.code() {
            return None;
        }
        match row.detail.as_deref()?.split_once(' ')? {
            ("user", id) => id.parse().ok().map(Self::User),
            ("account", id) => Some(Self::Account(id.to_owned())),
            _ => None,
        }
    }

    /// Where it is remembered when they were looked for.
    fn watermark(&self) -> String {
        match self {
            Self::User(id) => format!("person:user:{id}"),
            Self::Account(id) => format!("person:account:{id}"),
        }
    }
}

/// What was done about somebody.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Asked {
    at: UnixMs,
    /// Question that Jira has not answered: its message, and whether it is about a name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    open: Option<(String, bool)>,
}

/// The task.
pub struct People {
    /// Persistence.
    pub store: Arc<dyn Store>,
    /// Where agents are looked up.
    pub zammad: Client,
    /// Clock and randomness.
    pub env: Env,
    /// Told of failures.
    pub health: Arc<Health>,
    /// Rung when somebody unknown may have come up.
    pub wake: Arc<Notify>,
    /// Rung when the outbox has something new.
    pub outbox: Arc<Notify>,
    /// What may cross.
    pub privacy: Privacy,
    /// Whose lease it is.
    pub instance: String,
}

impl People {
    /// Looks until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let mut failures = 0;
        loop {
            let look = tokio::select! {
                look = self.look() => look,
                () = stop.cancelled() => return,
            };
            let wait = match look {
                Ok(awaiting) => {
                    failures = 0;
                    if awaiting { AWAITING } else { REST }
                }
                Err(failure) => {
                    failures += 1;
                    failed(NAME, &failure, failures, &self.health, &self.env)
                }
            };
            tokio::select! {
                () = self.wake.notified(), if failures == 0 => {}
                () = tokio::time::sleep(wait) => {}
                () = stop.cancelled() => return,
            }
        }
    }

    /// Looks for everybody whose turn it is; says whether an answer of Jira's is awaited.
    ///
    /// # Errors
    /// [`Failure`]; who was not looked for is the next time.
    pub async fn look(&self) -> Result<bool, Failure> {
        if !is_ours(&self.store, NAME, &self.instance, &self.env).await? {
            return Ok(false);
        }
        let rows = self.store.troubles(MOST).await?;
        let unknown: BTreeMap<Person, &TroubleRow> =
            rows.iter().filter_map(|row| Some((Person::of(row)?, row))).collect();
        let mut awaiting = false;
        for (person, row) in unknown {
            let mark = person.watermark();
            let known = self.store.watermark(&mark).await?;
            let before: Asked = known.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default();
            let due = self.env.now().since(before.at) >= AGAIN_MS;
            let after = match person {
                Person::User(id) => self.user(id, before, due).await?,
                Person::Account(id) if due => Some(self.account(&id, row).await?),
                Person::Account(_) => None,
            };
            let Some(after) = after else { continue };
            awaiting |= after.open.is_some();
            let json = serde_json::to_string(&after).unwrap_or_default();
            self.store.record(Effects { watermarks: vec![(mark, json)], ..Effects::default() }).await?;
        }
        Ok(awaiting)
    }

    /// An agent, in Jira. `None`: nothing to do about them now.
    async fn user(&self, id: u64, before: Asked, due: bool) -> Result<Option<Asked>, Failure> {
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
        let how = if *by_name { MatchedBy::Name } else { MatchedBy::Email };
        if *by_name {
            // Jira finds whoever's name has the words in it.
            let name = full_name(&self.zammad.user(id).await?);
            found.retain(|author| name.as_ref().is_some_and(|name| same(author.name.as_deref(), name.expose())));
        } else if found.is_empty() {
            return Ok(Some(Asked { at: before.at, ..self.ask(id, true).await? }));
        }
        let suggestion =
            |Author { account_id, .. }| Suggestion { zammad_user: id, account_id, how, at: self.env.now() };
        self.store.suggest(found.into_iter().map(suggestion).collect()).await?;
        Ok(Some(Asked { open: None, ..before }))
    }

    /// Asks Jira for a user's address, or for the name if there is none or `by_name` says so.
    async fn ask(&self, id: u64, by_name: bool) -> Result<Asked, Failure> {
        let at = self.env.now();
        let user = self.zammad.user(id).await?;
        let email = user.email.as_ref().filter(|email| !by_name && !email.expose().trim().is_empty());
        let by_name = email.is_none();
        let Some(words) = email.cloned().or_else(|| full_name(&user)) else { return Ok(Asked { at, open: None }) };
        let query = words.expose().trim().chars().take(LONGEST).collect();
        let body = MessageBody::UserSearch(UserSearch { query, project: None });
        let message = query::message(body, None, self.privacy, &self.env)?;
        let open = Some((message.id.clone(), by_name));
        self.store.append(vec![message]).await?;
        self.outbox.notify_one();
        Ok(Asked { at, open })
    }

    /// An engineer, among Zammad's agents.
    async fn account(&self, id: &str, row: &TroubleRow) -> Result<Asked, Failure> {
        let asked = Asked { at: self.env.now(), open: None };
        let bases = self.store.bases(row.ticket_id, &row.issue_id).await?;
        let issue = bases.get("issue").and_then(|json| KnownIssue::read(json));
        let assignee = issue.and_then(|issue| issue.snapshot.assignee).filter(|assignee| assignee.account_id == id);
        let Some(name) = assignee.and_then(|assignee| assignee.name) else { return Ok(asked) };
        // Zammad compares each of its columns with the words as a whole, so one word finds more than all of them.
        let longest = name.split_whitespace().max_by_key(|word| word.chars().count()).and_then(Text::new);
        let Some(longest) = longest else { return Ok(asked) };
        let agents = self.zammad.agents(&longest).await?.into_iter().filter(|agent| agent.active);
        let same = agents.filter(|agent| full_name(agent).is_some_and(|own| same(Some(&name), own.expose())));
        let suggestions = same.map(|agent| Suggestion {
            zammad_user: agent.id,
            account_id: id.to_owned(),
            how: MatchedBy::Name,
            at: asked.at,
        });
        self.store.suggest(suggestions.collect()).await?;
        Ok(asked)
    }
}

/// The same name, but for case and blanks.
fn same(one: Option<&str>, other: &str) -> bool {
    let plain = |name: &str| name.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>();
    one.is_some_and(|one| plain(one) == plain(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_unknown_people_are_looked_for() {
        let row = |field: &str, code: &str, detail: &str| TroubleRow {
            ticket_id: 1,
            issue_id: "1".into(),
            field: field.into(),
            code: code.into(),
            detail: Some(detail.into()),
            since: UnixMs(0),
            at: UnixMs(0),
        };
        assert_eq!(Person::of(&row("owner", "unmapped", "user 7")), Some(Person::User(7)));
        assert_eq!(Person::of(&row("owner", "unmapped", "account a:b")), Some(Person::Account("a:b".into())));
        assert_eq!(Person::of(&row("owner", "owner-without-access", "user 7")), None);
        assert_eq!(Person::of(&row("priority", "unmapped", "user 7")), None);
        assert_eq!(Person::of(&row("owner", "unmapped", "user x")), None);
    }

    #[test]
    fn names_are_compared_without_case_and_blanks() {
        assert!(same(Some("Amira  HADDAD "), "amira haddad") && same(Some("Łukasz Ø"), "łukasz ø"));
        assert!(!same(Some("Amira"), "Amira Haddad") && !same(None, "Amira"));
    }
}
