//! `connector retry`: tries again what was given up (messages that Forge did not take, changes from Jira that Zammad did not
//! take, tickets that could not be processed) and what waits.

use anyhow::{Result, bail};
use schema::{AckStatus, UnixMs};
use store::{AckRow, Effects, Recheck, RecheckCause, Store, Subject};

use crate::app;
use crate::config::Config;
use crate::env::Env;
use crate::ticket::facts::LinkKey;

/// Most entries of each kind in one run.
const MOST: usize = 10_000;

/// Queues one undelivered message or failed command (by its id), or all messages and tickets that were given up; the running
/// sidecar does the work. Returns a line about it.
///
/// # Errors
/// The store cannot be used, or there is no undelivered message and no failed command with this id.
pub async fn run(config: &Config, id: Option<&str>) -> Result<String> {
    let store = app::open_store(&config.data_dir).await?;
    retry(store.as_ref(), id, Env::system().now()).await
}

/// Gives a command up that failed or waits: it is no longer listed here and in Jira, and later commands of its ticket go on.
///
/// # Errors
/// The store cannot be used, or no such command is listed.
pub async fn skip(config: &Config, id: &str) -> Result<String> {
    let store = app::open_store(&config.data_dir).await?;
    decide(store.as_ref(), id.trim(), AckStatus::Dropped, Env::system().now()).await?;
    Ok("the change from Jira is given up".to_owned())
}

/// Tells Forge what becomes of a failed command.
async fn decide(store: &dyn Store, id: &str, status: AckStatus, now: UnixMs) -> Result<()> {
    let subject = Subject::Command(id.to_owned());
    let Some(listed) = store.troubles(MOST).await?.into_iter().find(|row| row.subject == subject) else {
        bail!(
            "there is no undelivered message and no failed or waiting change from Jira with this id; `connector troubles` lists \
             them"
        )
    };
    let of = LinkKey { ticket_id: listed.ticket_id, issue_id: &listed.issue_id };
    let effects = Effects { troubles: vec![of.trouble(subject, None, None, now)], ..Effects::default() };
    let ack = AckRow { command_id: id.to_owned(), status, code: None };
    Ok(store.finish_command(ack, effects, now).await?)
}

/// [`run`] on an open store.
///
/// # Errors
/// As [`run`].
pub async fn retry(store: &dyn Store, id: Option<&str>, now: UnixMs) -> Result<String> {
    if let Some(id) = id.map(str::trim) {
        if store.replay(id, now).await? {
            return Ok("the message is sent again".to_owned());
        }
        decide(store, id, AckStatus::Retry, now).await?;
        return Ok("the change from Jira is tried again".to_owned());
    }
    let mut messages = 0;
    for letter in store.dead_letters(MOST).await? {
        messages += usize::from(store.replay(&letter.id, now).await?);
    }
    let abandoned = store.abandoned_tickets(MOST).await?;
    let recheck = |ticket_id| {
        // The time makes the cause unique, so that a second run asks again.
        let cause = RecheckCause::Backfill("retry".to_owned(), now);
        Recheck { ticket_id, cause, not_before: None, at: now }
    };
    let rechecks = abandoned.iter().map(|row| recheck(row.ticket_id)).collect();
    store.record(Effects { rechecks, ..Effects::default() }).await?;
    let waiting = store.retry_all_tickets(now).await?;
    let postponed = store.retry_all_messages(now).await?;
    let tickets = u64::try_from(abandoned.len())? + waiting;
    Ok(match (messages, tickets, postponed) {
        (0, 0, 0) => "nothing was given up, nothing waits".to_owned(),
        (_, _, 0) => format!("tried again: {messages} messages, {tickets} tickets"),
        _ => format!(
            "tried again: {messages} messages, {tickets} tickets, and messages of {postponed} tickets that waited"
        ),
    })
}

#[cfg(test)]
mod tests {
    use store::{BatchLimits, NewMessage, Notification, Settlement};

    use super::*;
    use crate::support::{Setup, link};

    #[tokio::test]
    async fn an_abandoned_ticket_is_processed_again() {
        let setup = Setup::new().await;
        setup.link(vec![link(7)]).await;
        let now = setup.env.now();
        let notification = Notification { delivery: "d".into(), ticket_id: 7, article_id: None, received_at: now };
        setup.store.receive(notification).await.unwrap();
        let lease = setup.store.lease_ticket(now, 90_000).await.unwrap().unwrap();
        setup.store.abandon_ticket(&lease, now, "zammad-refused").await.unwrap();
        assert_eq!(setup.store.lease_ticket(now, 90_000).await.unwrap(), None);
        assert_eq!(retry(setup.store.as_ref(), None, now).await.unwrap(), "tried again: 0 messages, 1 tickets");
        assert!(setup.store.lease_ticket(now, 90_000).await.unwrap().is_some());
    }

    /// Forge may ask for a pause of minutes, such as for an issue that the app cannot read.
    #[tokio::test]
    async fn a_message_that_waits_is_sent_at_once() {
        let setup = Setup::new().await;
        let now = setup.env.now();
        let waiting = NewMessage {
            id: "m".into(),
            ticket_id: 7,
            kind: "article.added".into(),
            body: "{}".into(),
            dedup_key: None,
            created_at: now,
        };
        setup.store.append(vec![waiting]).await.unwrap();
        let limits = BatchLimits { messages: 9, bytes: 999, per_ticket: 9 };
        let batch = setup.store.claim(now, 90_000, limits).await.unwrap();
        let later = Settlement::Retry { at: now.plus(300_000), code: "issue-no-access".into() };
        setup.store.settle(&batch, vec![("m".into(), later)], Effects::default(), now).await.unwrap();
        let said = retry(setup.store.as_ref(), None, now).await.unwrap();
        assert_eq!(said, "tried again: 0 messages, 0 tickets, and messages of 1 tickets that waited");
        assert_eq!(setup.store.claim(now, 90_000, limits).await.unwrap().rows.len(), 1);
    }

    #[tokio::test]
    async fn a_undone_command_is_delivered_again_or_given_up() {
        const ID: &str = "01M3250V000000000000000001";
        for (status, is_retry) in [(AckStatus::Retry, true), (AckStatus::Dropped, false)] {
            let setup = Setup::new().await;
            let (store, now) = (setup.store.as_ref(), setup.env.now());
            let of = LinkKey { ticket_id: 7, issue_id: "1007" };
            let troubles = vec![of.trouble(Subject::Command(ID.to_owned()), Some("zammad-refused"), None, now)];
            let ack = |status| AckRow { command_id: ID.into(), status, code: None };
            store.claim_command(ID, now, 1_000).await.unwrap();
            store
                .finish_command(ack(AckStatus::Failed), Effects { troubles, ..Effects::default() }, now)
                .await
                .unwrap();
            store.acks_delivered(&[ID.to_owned()]).await.unwrap();
            decide(store, ID, status, now).await.unwrap();
            assert_eq!(store.pending_acks(10).await.unwrap(), [ack(status)]);
            assert!(store.troubles(10).await.unwrap().is_empty());
            store.acks_delivered(&[ID.to_owned()]).await.unwrap();
            let claim = store.claim_command(ID, now, 1_000).await.unwrap();
            assert_eq!(claim == store::Claim::Interrupted, is_retry, "{claim:?}");
            assert!(decide(store, ID, status, now).await.is_err(), "it is not listed any more");
        }
    }

    #[tokio::test]
    async fn nothing_and_unknown_ids_are_said() {
        let setup = Setup::new().await;
        let now = setup.env.now();
        assert_eq!(retry(setup.store.as_ref(), None, now).await.unwrap(), "nothing was given up, nothing waits");
        let error = retry(setup.store.as_ref(), Some("01M3250V000000000000000001"), now).await.unwrap_err();
        assert!(error.to_string().contains("connector troubles"));
    }
}
