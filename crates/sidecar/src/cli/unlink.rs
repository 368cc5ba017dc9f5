//! `connector unlink` and `connector relink`: ends a link, and brings an ended one back with what was written meanwhile.

use anyhow::{Result, bail};
use schema::{LinkEnded, MessageBody};
use store::{Effects, Link, LinkState, NewMessage, Store};

use super::{linked_ticket, row};
use crate::app;
use crate::config::Config;
use crate::env::Env;
use crate::ticket::facts::LINKS_UNKNOWN;
use crate::ticket::restore;

/// Links in one transaction.
const PAGE: usize = 100;

/// Ends the link between a ticket (by its number) and an issue (key or id). The running sidecar tells Forge.
///
/// # Errors
/// There is no such link, or the store cannot be used.
pub async fn unlink(config: &Config, ticket: &str, issue: &str) -> Result<String> {
    let store = app::open_store(&config.data_dir).await?;
    end(config, store.as_ref(), &Env::system(), ticket, issue).await
}

/// Requests an ended link again. Articles that were written since it ended are sent too.
///
/// # Errors
/// There is no such ended link, or the store cannot be used.
pub async fn relink(config: &Config, ticket: &str, issue: &str) -> Result<String> {
    let store = app::open_store(&config.data_dir).await?;
    revive(config, store.as_ref(), &Env::system(), ticket, issue).await
}

async fn end(config: &Config, store: &dyn Store, env: &Env, ticket: &str, issue: &str) -> Result<String> {
    let link = find(config, store, ticket, issue).await?;
    if link.state == LinkState::Ended {
        bail!("the link has ended already");
    }
    let ended = LinkEnded { issue_id: link.issue_id.clone(), reason: "asked".into() };
    store.append(vec![row(config, env, link.ticket_id, MessageBody::LinkRemoved(ended))?]).await?;
    let done = format!("ticket {} is no longer linked to {}", link.ticket_number, link.issue_key);
    let links = vec![Link { state: LinkState::Ended, ..link }];
    store.record(Effects { links, ..Effects::default() }).await?;
    Ok(done)
}

async fn revive(config: &Config, store: &dyn Store, env: &Env, ticket: &str, issue: &str) -> Result<String> {
    let link = find(config, store, ticket, issue).await?;
    if link.state != LinkState::Ended {
        bail!("the link has not ended");
    }
    store.append(restore_rows(config, store, env, &link).await?).await?;
    Ok(format!(
        "the link of ticket {} to {} is requested again; `connector troubles` shows if Forge refuses it",
        link.ticket_number, link.issue_key
    ))
}

/// Makes Forge know all links again, as after a new installation of the app, where it starts without any. Nothing is sent twice:
/// what Forge refused because it knew no link is sent again once it does.
///
/// # Errors
/// The store cannot be used.
pub async fn relink_all(config: &Config) -> Result<String> {
    let store = app::open_store(&config.data_dir).await?;
    restore_all(config, store.as_ref(), &Env::system()).await
}

async fn restore_all(config: &Config, store: &dyn Store, env: &Env) -> Result<String> {
    let (mut cursor, mut count) = (None, 0_usize);
    loop {
        let links = store.links_after(cursor, PAGE).await?;
        let Some(last) = links.last() else { break };
        cursor = Some((last.ticket_id, last.issue_id.clone()));
        count += links.len();
        let mut rows = Vec::new();
        for link in &links {
            rows.extend(restore_rows(config, store, env, link).await?);
        }
        store.append(rows).await?;
    }
    store.record(Effects { watermarks: vec![(LINKS_UNKNOWN.to_owned(), String::new())], ..Effects::default() }).await?;
    Ok(format!("{count} links are registered again with the Forge app; `connector troubles` shows if it refuses one"))
}

async fn restore_rows(config: &Config, store: &dyn Store, env: &Env, link: &Link) -> Result<Vec<NewMessage>> {
    let facts = store.link_facts(link.ticket_id, &link.issue_id).await?;
    let messages = restore(&config.zammad_public_url, link, &facts, None);
    messages.into_iter().map(|body| row(config, env, link.ticket_id, body)).collect()
}

/// The link with this ticket number and issue key or id.
async fn find(config: &Config, store: &dyn Store, ticket: &str, issue: &str) -> Result<Link> {
    let issue = issue.trim();
    let Some(id) = linked_ticket(config, store, ticket).await? else {
        bail!("no link of such a ticket is known; check the number")
    };
    let links = store.links_of_ticket(id).await?;
    let is_meant = |link: &Link| link.issue_key.eq_ignore_ascii_case(issue) || link.issue_id == issue;
    match links.into_iter().find(is_meant) {
        Some(link) => Ok(link),
        None => bail!("the ticket has no link to this issue; give the issue's key, such as PROJ-7"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::support::{Setup, link};

    async fn outbox(setup: &Setup) -> u64 {
        setup.store.counts().await.unwrap().outbox
    }

    #[tokio::test]
    async fn a_ticket_is_understood_as_people_paste_it() {
        for (text, expected) in [
            ("#5007", Ok(Some(7))),
            ("https://help.example/#ticket/zoom/7", Ok(Some(7))),
            ("https://help.example/#ticket/zoom/8", Ok(None)),
            ("https://other.example/#ticket/zoom/7", Err("another server")),
            ("the printer", Err("neither a ticket number")),
        ] {
            let setup = Setup::new().await;
            setup.link(vec![link(7)]).await;
            let found = linked_ticket(&setup.config, setup.store.as_ref(), text).await;
            match expected {
                Ok(ticket) => assert_eq!(found.unwrap(), ticket, "{text}"),
                Err(words) => assert!(found.unwrap_err().to_string().contains(words), "{text}"),
            }
        }
    }

    #[tokio::test]
    async fn a_link_ends_and_comes_back() {
        let setup = Setup::new().await;
        setup.link(vec![link(7)]).await;
        let (config, store, env) = (setup.config.as_ref(), setup.store.as_ref(), &setup.env);
        let done = end(config, store, env, " 5007 ", "proj-7").await.unwrap();
        assert_eq!(done, "ticket 5007 is no longer linked to PROJ-7");
        assert_eq!(setup.store.links_of_ticket(7).await.unwrap()[0].state, LinkState::Ended);
        assert_eq!(outbox(&setup).await, 1);
        assert!(end(config, store, env, "5007", "PROJ-7").await.is_err(), "it has ended already");
        revive(config, store, env, "5007", "1007").await.unwrap();
        assert_eq!(outbox(&setup).await, 3, "the link, and the question what was written meanwhile");
    }

    /// The Forge app was installed anew and knows none of 250 links.
    #[tokio::test]
    async fn all_links_are_registered_again() {
        let setup = Setup::new().await;
        setup.link((1..=250).map(link).collect()).await;
        setup.link(vec![Link { state: LinkState::Ended, ..link(251) }]).await;
        let done = restore_all(setup.config.as_ref(), setup.store.as_ref(), &setup.env).await.unwrap();
        assert!(done.starts_with("250 links are registered again"), "{done}");
        assert_eq!(outbox(&setup).await, 500);
    }

    #[tokio::test]
    async fn what_is_not_there_is_said() {
        let setup = Setup::new().await;
        setup.link(vec![link(7)]).await;
        let (config, store, env) = (setup.config.as_ref(), setup.store.as_ref(), &setup.env);
        for (ticket, issue, text) in
            [("1", "PROJ-7", "no link of such a ticket"), ("5007", "PROJ-8", "no link to this issue")]
        {
            assert!(end(config, store, env, ticket, issue).await.unwrap_err().to_string().contains(text));
        }
        assert!(revive(config, store, env, "5007", "PROJ-7").await.is_err(), "it has not ended");
        assert_eq!(outbox(&setup).await, 0);
    }
}
