//! `connector people`: users that are not mapped, with suggestions. A suggestion is used only after an admin has added it to the
//! map.

use std::collections::BTreeSet;
use std::fmt::Write;

use anyhow::Result;
use redaction::Privacy;
use store::{MatchedBy, Store, Suggestion};
use sync::{Detail, UnmappedPerson};

use super::{Names, plain, stored_settings};
use crate::app;
use crate::config::Config;
use crate::ticket::unmapped_person;

/// Most troubles and suggestions that are read.
const MOST: usize = 10_000;

/// The list as text: one line per suggestion, or per user without one.
///
/// # Errors
/// The store cannot be read.
pub async fn run(config: &Config, limit: usize) -> Result<String> {
    let store = app::open_store(&config.data_dir).await?;
    list(store.as_ref(), &Names::of(app::helpdesk(config)?), config.privacy, limit).await
}

/// [`run`] on an open store.
///
/// # Errors
/// The store cannot be read.
pub async fn list(store: &dyn Store, names: &Names, privacy: Privacy, limit: usize) -> Result<String> {
    let settings = stored_settings(store).await?;
    let unmapped: BTreeSet<UnmappedPerson> = store.troubles(MOST).await?.iter().filter_map(unmapped_person).collect();
    // An account that is mapped already belongs to nobody else.
    let has_pair = |one: &Suggestion| {
        let is =
            |pair: &schema::settings::Identity| pair.zammad == one.zammad_user || pair.account_id == one.account_id;
        settings.people.iter().any(is)
    };
    let mut suggestions = store.suggestions(MOST).await?;
    suggestions.retain(|one| !has_pair(one));
    let mut text = String::new();
    for person in unmapped.iter().take(limit) {
        let who = match person {
            UnmappedPerson::ZammadUser(id) => zammad_user(names, *id).await,
            UnmappedPerson::JiraAccount(id) => format!("Jira account {}", plain(id)),
        };
        let own: Vec<&Suggestion> = suggestions.iter().filter(|one| is_about(one, person)).collect();
        for one in &own {
            let by = if one.matched_by == MatchedBy::Email { "same e-mail" } else { "same name" };
            match person {
                UnmappedPerson::ZammadUser(_) => {
                    writeln!(text, "{who}: perhaps Jira account {} ({by})", plain(&one.account_id))?
                }
                UnmappedPerson::JiraAccount(_) => {
                    writeln!(text, "{who}: perhaps {} ({by})", zammad_user(names, one.zammad_user).await)?
                }
            }
        }
        match (own.is_empty(), person, privacy) {
            (false, ..) => {}
            (true, UnmappedPerson::ZammadUser(_), Privacy::On) => {
                writeln!(text, "{who}: not searched for in privacy mode")?
            }
            (true, ..) => writeln!(text, "{who}: no account found")?,
        }
    }
    match unmapped.len() {
        0 => text.push_str("no unmapped users\n"),
        all if all > limit => writeln!(text, "{} more; --limit shows them", all - limit)?,
        _ => {}
    }
    Ok(text)
}

/// An agent with name and id: what an admin looks for, and what the map has.
async fn zammad_user(names: &Names, id: u64) -> String {
    let user = Detail::Person(UnmappedPerson::ZammadUser(id));
    format!("Zammad {}", plain(&names.name_of(&user, None).await.unwrap_or_else(|| user.to_string())))
}

fn is_about(one: &Suggestion, person: &UnmappedPerson) -> bool {
    match person {
        UnmappedPerson::ZammadUser(id) => one.zammad_user == *id,
        UnmappedPerson::JiraAccount(id) => one.account_id == *id,
    }
}
