//! `connector people`: who has no counterpart, and who they may be. Ids only; nothing of it is used until an admin confirms
//! a pair.

use std::collections::BTreeSet;
use std::fmt::Write;

use anyhow::{Context, Result};
use redaction::Privacy;
use schema::Settings;
use store::{MatchedBy, Store, Suggestion};

use super::plain;
use crate::app;
use crate::config::Config;
use crate::reconcile::Person;

/// Suggestions that are looked through.
const MOST: usize = 10_000;

/// Lists as text, one line for each suggestion, or for somebody without one.
///
/// # Errors
/// The store cannot be read.
pub async fn run(config: &Config, limit: usize) -> Result<String> {
    let store = app::open_store(&config.data_dir).await?;
    list(store.as_ref(), config.privacy, limit).await
}

/// [`run`] on a store that is open.
///
/// # Errors
/// The store cannot be read.
pub async fn list(store: &dyn Store, privacy: Privacy, limit: usize) -> Result<String> {
    let settings = store.settings().await?.map(|(_, json)| serde_json::from_str::<Settings>(&json));
    let settings = settings.transpose().context("the settings are of another version")?.unwrap_or_default();
    let unknown: BTreeSet<Person> = store.troubles(MOST).await?.iter().filter_map(Person::of).collect();
    // Whoever has a counterpart already is nobody else's.
    let has_pair = |one: &Suggestion| {
        let is =
            |pair: &schema::settings::Identity| pair.zammad == one.zammad_user || pair.account_id == one.account_id;
        settings.people.iter().any(is)
    };
    let mut suggestions = store.suggestions(MOST).await?;
    suggestions.retain(|one| !has_pair(one));
    let mut text = String::new();
    for person in unknown.iter().take(limit) {
        let who = match person {
            Person::User(id) => format!("Zammad user {id}"),
            Person::Account(id) => format!("Jira account {}", plain(id)),
        };
        let own: Vec<&Suggestion> = suggestions.iter().filter(|one| is_about(one, person)).collect();
        for one in &own {
            let how = if one.how == MatchedBy::Email { "email" } else { "name" };
            match person {
                Person::User(_) => writeln!(text, "{who}: perhaps Jira account {} ({how})", plain(&one.account_id))?,
                Person::Account(_) => writeln!(text, "{who}: perhaps Zammad user {} ({how})", one.zammad_user)?,
            }
        }
        match (own.is_empty(), person, privacy) {
            (false, ..) => {}
            (true, Person::User(_), Privacy::On) => writeln!(text, "{who}: not looked for in privacy mode")?,
            (true, ..) => writeln!(text, "{who}: nobody found")?,
        }
    }
    match unknown.len() {
        0 => text.push_str("everybody who was needed has a counterpart\n"),
        all if all > limit => writeln!(text, "{} more; --limit shows them", all - limit)?,
        _ => {}
    }
    Ok(text)
}

fn is_about(one: &Suggestion, person: &Person) -> bool {
    match person {
        Person::User(id) => one.zammad_user == *id,
        Person::Account(id) => one.account_id == *id,
    }
}
