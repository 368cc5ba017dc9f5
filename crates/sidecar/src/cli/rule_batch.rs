//! `connector rules resume` and `connector rules undo`: resumes a paused rule, and takes back the issues that a rule made.

use std::collections::BTreeMap;
use std::fmt::Write;

use anyhow::{Result, bail};
use schema::settings::StatusSelector;
use schema::time::rfc3339;
use schema::{FieldApply, LinkEnded, MessageBody, TargetStatus};
use store::{Effects, Link, LinkState, NewMessage, Store};

use super::{plain, row};
use crate::app;
use crate::config::Config;
use crate::env::Env;
use crate::ticket::brake::{self, Brake};
use crate::ticket::facts;

const HOUR_MS: i64 = 3_600_000;

/// Resumes a paused rule (by its id). Tickets that matched meanwhile are found at their next change.
///
/// # Errors
/// The rule is not paused, or the store cannot be used.
pub async fn resume(config: &Config, rule: &str) -> Result<String> {
    let store = app::open_store(&config.data_dir).await?;
    resume_in(store.as_ref(), rule).await
}

async fn resume_in(store: &dyn Store, rule: &str) -> Result<String> {
    let stored = brake::load(store, rule).await?;
    if stored.paused.is_none() {
        bail!("this rule is not paused");
    }
    let resumed = Brake { paused: None, made: 0, ..stored };
    store.record(Effects { watermarks: vec![brake::watermark(rule, &resumed)], ..Effects::default() }).await?;
    Ok(format!(
        "rule {} resumed; tickets that matched while it was paused get their issue at their next change",
        plain(rule)
    ))
}

/// Lists what a rule made in the last hours; with `confirmed`, moves these issues to a status of the category "done" and ends
/// their links. The running sidecar does the work.
///
/// # Errors
/// The store cannot be used.
pub async fn undo(config: &Config, rule: &str, hours: u32, confirmed: bool) -> Result<String> {
    let store = app::open_store(&config.data_dir).await?;
    undo_in(config, store.as_ref(), &Env::system(), rule, hours, confirmed).await
}

async fn undo_in(
    config: &Config,
    store: &dyn Store,
    env: &Env,
    rule: &str,
    hours: u32,
    confirmed: bool,
) -> Result<String> {
    let since = env.now().plus(-i64::from(hours) * HOUR_MS);
    let batch = brake::load(store, rule).await?.tickets.into_iter().filter(|(_, at)| *at >= since);
    let (mut text, mut rows, mut ended, mut unanswered) = (String::new(), Vec::new(), Vec::new(), 0_usize);
    for (ticket_id, at) in batch {
        let links = store.links_of_ticket(ticket_id).await?;
        unanswered += usize::from(links.iter().all(|link| link.created_at < at));
        for link in links.into_iter().filter(|link| link.state != LinkState::Ended && link.created_at >= at) {
            // An issue that a person linked meanwhile was not made by the rule.
            if !facts::is_created(&store.link_facts(ticket_id, &link.issue_id).await?) {
                continue;
            }
            writeln!(text, "{} {}, {}", plain(&link.ticket_number), plain(&link.issue_key), rfc3339(at))?;
            rows.extend(messages(config, env, &link)?);
            ended.push(Link { state: LinkState::Ended, ..link });
        }
    }
    let count = ended.len();
    if unanswered > 0 {
        writeln!(text, "{unanswered} tickets have no issue yet; repeat this when Jira has answered")?;
    }
    if !confirmed {
        writeln!(text, "{count} issues; repeat with --yes to close them and end their links")?;
        return Ok(text);
    }
    store.append(rows).await?;
    store.record(Effects { links: ended, ..Effects::default() }).await?;
    writeln!(
        text,
        "{count} issues are being closed, and their links end; `connector troubles` lists those that Jira refuses"
    )?;
    Ok(text)
}

/// Closes the issue, then ends the link.
fn messages(config: &Config, env: &Env, link: &Link) -> Result<[NewMessage; 2]> {
    let done = StatusSelector::of_category("done");
    let close = FieldApply {
        issue_id: link.issue_id.clone(),
        fields: BTreeMap::new(),
        status: Some(TargetStatus { any_of: vec![done] }),
        expected: BTreeMap::new(),
    };
    let end = LinkEnded { issue_id: link.issue_id.clone(), reason: "asked".into() };
    let row = |body| row(config, env, link.ticket_id, body);
    Ok([row(MessageBody::FieldApply(close))?, row(MessageBody::LinkRemoved(end))?])
}

#[cfg(test)]
mod tests {
    use store::FactKind;

    use super::*;
    use crate::support::{Setup, link};

    async fn with_batch(paused: bool) -> Setup {
        let setup = Setup::new().await;
        let now = setup.env.now();
        let brake = Brake {
            since: now,
            made: 2,
            paused: paused.then_some(now),
            tickets: vec![(7, now.plus(-HOUR_MS)), (8, now)],
        };
        // Ticket 7 was linked with a second issue by hand.
        let by_hand = Link { issue_id: "2007".into(), issue_key: "OPS-1".into(), ..link(7) };
        setup.link(vec![link(7), by_hand, link(8), link(9)]).await;
        let created = [link(7), link(8), link(9)];
        let facts = created.iter().map(|link| facts::Of::from(link).set(FactKind::Created, &"m")).collect();
        let watermarks = vec![brake::watermark("r", &brake)];
        setup.store.record(Effects { watermarks, facts, ..Effects::default() }).await.unwrap();
        setup
    }

    #[tokio::test]
    async fn a_paused_rule_goes_on_once() {
        let setup = with_batch(true).await;
        resume_in(setup.store.as_ref(), "r").await.unwrap();
        assert_eq!(brake::load(setup.store.as_ref(), "r").await.unwrap().paused, None);
        assert!(resume_in(setup.store.as_ref(), "r").await.is_err());
        assert!(resume_in(setup.store.as_ref(), "other").await.is_err());
    }

    #[tokio::test]
    async fn what_a_rule_made_is_listed_before_it_is_taken_back() {
        let setup = with_batch(false).await;
        let undo =
            |hours, confirmed| undo_in(setup.config.as_ref(), setup.store.as_ref(), &setup.env, "r", hours, confirmed);
        let listed = undo(24, false).await.unwrap();
        assert!(
            listed.contains("5007 PROJ-7")
                && listed.contains("5008 PROJ-8")
                && !listed.contains("PROJ-9")
                && !listed.contains("OPS-1"),
            "{listed}"
        );
        assert_eq!(setup.store.counts().await.unwrap().outbox, 0, "nothing is done yet");
        assert!(undo(0, false).await.unwrap().starts_with("5008 PROJ-8"), "only the last hours");
        undo(24, true).await.unwrap();
        assert_eq!(setup.store.counts().await.unwrap().outbox, 4);
        assert_eq!(setup.store.link_count().await.unwrap(), 2, "other links stay");
        assert!(undo(24, false).await.unwrap().starts_with("0 issues"));
    }
}
