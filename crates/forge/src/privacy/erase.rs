//! The erasure of a person, of a ticket, or of everything from the app's storage.

use std::collections::BTreeMap;

use schema::{Command, CommandBody, Erase, Nothing};
use serde_json::Value;

use super::people;
use super::scan::{Found, Scan};
use super::subject::Subject;
use crate::clear::{self, Deadlines};
use crate::config;
use crate::json::json;
use crate::links;
use crate::platform::{Platform, PlatformError, SetOptions};
use crate::stored::Lifetime;
use crate::{audit, commands, flag, person_erasure, records};

/// Listings of one call; the caller continues with the cursor.
const MAX_STEPS: usize = 60;
/// A resolver has 25 s.
const JIRA_MS: i64 = 8_000;
const ALL_MS: i64 = 18_000;

/// The records that were erased.
#[derive(Default)]
struct Erased {
    /// Records by kind.
    counts: BTreeMap<&'static str, usize>,
}

impl Erased {
    fn count(&mut self, kind: &'static str) {
        *self.counts.entry(kind).or_default() += 1;
    }
}

/// Erases `{accountId | ticketId | everything, confirm, cursor?}`; `confirm` repeats the id, or is `everything`. Returns
/// `{"done", "erased": {kind: count}, "cursor"?, ...}`; with a cursor, or if it is not done, it must be called again.
pub(crate) async fn erase(platform: &impl Platform, payload: &Value) -> Result<Value, PlatformError> {
    let Some(subject) = Subject::read(payload) else { return Ok(json!({ "error": "malformed" })) };
    if payload["confirm"] != subject.confirmation() {
        return Ok(json!({ "error": "not-confirmed" }));
    }
    let Some(mut scan) = Scan::at(payload["cursor"].as_str(), subject.is_person()) else {
        return Ok(json!({ "error": "malformed" }));
    };
    match subject {
        Subject::Everything => everything(platform).await,
        Subject::Person(account) => person(platform, &mut scan, &account).await,
        Subject::Ticket(ticket) => ticket_of(platform, &mut scan, ticket).await,
    }
}

/// Also the secrets and the settings, so the sidecar is not connected any more.
async fn everything(platform: &impl Platform) -> Result<Value, PlatformError> {
    let cleared = clear::everything(platform, &Deadlines::after(platform.now(), JIRA_MS, ALL_MS)).await;
    let mut answer = cleared.report();
    answer["done"] = cleared.is_complete().into();
    if cleared.is_complete() {
        audit::record(platform, "everything-erased", cleared.report()).await?;
    }
    Ok(answer)
}

/// Removes a person from every record, and asks the sidecar to erase them in the helpdesk.
async fn person(platform: &impl Platform, scan: &mut Scan, account: &str) -> Result<Value, PlatformError> {
    let mut erased = Erased::default();
    let cursor = person_in_storage(platform, scan, account, &mut erased).await?;
    let mut answer = json!({ "done": cursor.is_none(), "erased": erased.counts });
    let mut detail = json!({ "erased": erased.counts });
    match cursor {
        Some(cursor) => answer["cursor"] = cursor.into(),
        None => {
            let id = person_erasure::queue(platform, Erase { account_ids: vec![account.to_owned()] }).await?;
            (answer["commandId"], detail["commandId"]) = (json!(id), json!(id));
        }
    }
    audit::record(platform, "person-erased", detail).await?;
    Ok(answer)
}

/// Removes a person from some records; returns where to continue.
async fn person_in_storage(
    platform: &impl Platform,
    scan: &mut Scan,
    account: &str,
    erased: &mut Erased,
) -> Result<Option<String>, PlatformError> {
    for _ in 0..MAX_STEPS {
        let Some(Found { kind, records }) = scan.next(platform).await? else { return Ok(None) };
        for (key, mut value) in records {
            if !people::has_account(&value, account) || is_erasure(&value) {
                continue;
            }
            match kind.name {
                "settings" => forget_pair(platform, account).await?,
                name if name.starts_with("cache-") => platform.kv_delete(&key).await?,
                name => {
                    // Its lifetime begins anew.
                    let seconds = if let Lifetime::Seconds(seconds) = kind.lifetime { Some(seconds) } else { None };
                    if name == "settings-before" {
                        // Otherwise two erased people would be one person in them, and they could not be taken back.
                        people::remove_pairs(&mut value, account);
                    }
                    people::replace(&mut value, account, None);
                    rewrite(platform, &key, value, seconds).await?;
                }
            }
            erased.count(kind.name);
        }
    }
    Ok(scan.cursor())
}

/// Writes a changed record, unless it was deleted meanwhile: a command that was acknowledged must not come back.
async fn rewrite(
    platform: &impl Platform,
    key: &str,
    value: Value,
    ttl_seconds: Option<u32>,
) -> Result<(), PlatformError> {
    if platform.kv_get(key).await?.is_none() {
        return Ok(());
    }
    records::set(platform, key, value, SetOptions { ttl_seconds, fail_if_exists: false }).await
}

/// Whether a record is a request to erase people, which needs their ids until the sidecar has done it.
fn is_erasure(value: &Value) -> bool {
    let command = if value["command"].is_object() { &value["command"] } else { value };
    command["kind"] == "erase"
}

/// Removes a person from the map of people in the settings.
async fn forget_pair(platform: &impl Platform, account: &str) -> Result<(), PlatformError> {
    let before = config::load(platform).await?;
    let mut settings = before.settings.clone();
    settings.people.retain(|pair| pair.account_id != account);
    config::store(platform, &before, settings).await.map(drop)
}

/// Erases people whose accounts Atlassian has closed.
pub(super) async fn closed(platform: &impl Platform, accounts: &[String]) -> Result<(), PlatformError> {
    let mut erased = Erased::default();
    for account in accounts {
        let mut scan = Scan::new(true);
        while person_in_storage(platform, &mut scan, account, &mut erased).await?.is_some() {}
    }
    let id = person_erasure::queue(platform, Erase { account_ids: accounts.to_vec() }).await?;
    let detail = json!({ "accounts": accounts.len(), "erased": erased.counts, "commandId": id });
    audit::record(platform, "closed-accounts-erased", detail).await
}

/// Replaces the name of a person in the commands that wait, the only records with names that outlive a day.
pub(super) async fn rename(platform: &impl Platform, account: &str, name: &str) -> Result<(), PlatformError> {
    for prefix in [commands::QUEUED, commands::FAILED] {
        let mut cursor = None;
        loop {
            let page = platform.kv_query(prefix, 20, cursor).await?;
            for (key, stored) in page.items {
                let Ok(before) = records::unwrap_owned(platform, &key, stored) else { continue };
                let mut after = before.clone();
                people::replace(&mut after, account, Some(name));
                if after != before {
                    rewrite(platform, &key, after, None).await?;
                }
            }
            cursor = page.cursor;
            if cursor.is_none() {
                break;
            }
        }
    }
    Ok(())
}

/// Ends the links of a ticket, on its issues too, and deletes its records. Comments and files in Jira stay; they are erased when
/// the ticket is deleted in the helpdesk.
async fn ticket_of(platform: &impl Platform, scan: &mut Scan, ticket: u64) -> Result<Value, PlatformError> {
    let mut erased = Erased::default();
    let mut issues = Vec::new();
    for link in links::of_ticket(platform, ticket).await? {
        if !clear::remove_remote_link(platform, &link).await {
            return Err(PlatformError::new("JIRA_UNAVAILABLE"));
        }
        // Before the link is removed, so that an interrupted run is continued.
        let id = commands::id_of(platform.now(), 0, &["unlink", &link.issue_id, &ticket.to_string()]);
        let issue_id = Some(link.issue_id.clone());
        let body = CommandBody::LinkRemoved(Nothing {});
        commands::queue(platform, Command { id, ticket_id: Some(ticket), issue_id, issue_key: None, body }).await?;
        let left = links::remove(platform, ticket, &link.issue_id).await?;
        flag::update(platform, &link.issue_id, &left).await;
        erased.count("link-of-ticket");
        issues.push(link.issue_id);
    }
    let subject = Subject::Ticket(ticket);
    let mut is_complete = false;
    for _ in 0..MAX_STEPS {
        let Some(Found { kind, records }) = scan.next(platform).await? else {
            is_complete = true;
            break;
        };
        for (key, value) in records {
            if kind.name == "link-of-issue" {
                // An interrupted run may have removed the ticket's side of a link only.
                let of_ticket = value.as_array().into_iter().flatten().find(|link| link["ticketId"] == ticket);
                if let Some(issue_id) = of_ticket.and_then(|link| link["issueId"].as_str()) {
                    links::remove(platform, ticket, issue_id).await?;
                    erased.count(kind.name);
                }
            } else if may_delete(kind.name, &value) && subject.has(&key, &value) {
                platform.kv_delete(&key).await?;
                erased.count(kind.name);
            }
        }
    }
    let detail = json!({ "ticketId": ticket, "issueIds": issues, "erased": erased.counts });
    audit::record(platform, "ticket-erased", detail).await?;
    let mut answer = json!({ "done": is_complete, "erased": erased.counts, "issueIds": issues });
    if let Some(cursor) = scan.cursor().filter(|_| !is_complete) {
        answer["cursor"] = cursor.into();
    }
    Ok(answer)
}

/// Whether a record of this kind belongs to its ticket alone. The audit log has ids only and stays; the links have ended, and an
/// event for many tickets is for the others too.
fn may_delete(kind: &str, value: &Value) -> bool {
    match kind {
        "cache-ticket" | "file" | "written-text" | "command-failed" => true,
        "command" => value["kind"] != "link.removed" && value.get("fanOut").is_none(),
        _ => false,
    }
}
