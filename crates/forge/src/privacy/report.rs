//! The report to Atlassian about the people whose data the app stores (docs/platforms/forge.md §6.4), at least every seven days.
//! The app stores account ids; names are only in commands that wait for the sidecar, and in caches of a day.

use std::collections::BTreeMap;

use schema::UnixMs;
use serde::{Deserialize, Serialize};

use super::erase;
use super::people::{self, ERASED};
use super::scan::Scan;
use super::subject::is_account;
use crate::jira::{self, JiraError};
use crate::json::json;
use crate::platform::{AccountState, Platform, PlatformError, SetOptions};
use crate::records;

/// Record with the time of the last complete report.
const KEY: &str = "reported";
/// A report is made after six days, so that a day on which it fails does not make it late.
const EVERY_MS: i64 = 6 * 86_400_000;
/// Accounts of one call of the platform.
const BATCH: usize = 90;

#[derive(Serialize, Deserialize)]
struct Reported {
    at: UnixMs,
    accounts: usize,
}

/// Makes the report if it is due.
///
/// # Errors
/// Storage or the report failed. It is due again the next day.
pub(crate) async fn if_due(platform: &impl Platform) -> Result<(), PlatformError> {
    let last: Option<Reported> = records::get(platform, KEY).await?;
    let now = platform.now();
    if last.as_ref().is_some_and(|last| (0..EVERY_MS).contains(&now.since(last.at))) {
        return Ok(());
    }
    let accounts = collect(platform).await?;
    let accounts: Vec<(String, UnixMs)> = accounts.into_iter().collect();
    for batch in accounts.chunks(BATCH) {
        let states = platform.report_accounts(batch).await?;
        let of = |state: AccountState| {
            let those = states.iter().filter(move |(_, is)| *is == state);
            those.map(|(account, _)| account.clone()).filter(|account| is_account(account)).collect::<Vec<_>>()
        };
        let closed = of(AccountState::Closed);
        if !closed.is_empty() {
            erase::closed(platform, &closed).await?;
        }
        for account in of(AccountState::Updated) {
            refresh(platform, &account).await?;
        }
    }
    records::set(platform, KEY, json!(Reported { at: now, accounts: accounts.len() }), SetOptions::default()).await
}

/// Returns every account in storage, with the oldest time at which something about it was stored, as far as the records tell.
async fn collect(platform: &impl Platform) -> Result<BTreeMap<String, UnixMs>, PlatformError> {
    let mut accounts: BTreeMap<String, UnixMs> = BTreeMap::new();
    let mut scan = Scan::new(true);
    while let Some(found) = scan.next(platform).await? {
        for (_, value) in found.records {
            let at = value["at"].as_i64().map_or_else(|| platform.now(), UnixMs);
            people::each_account(&value, &mut |account| {
                if is_account(account) && account != ERASED && account != "unknown" {
                    let oldest = accounts.entry(account.to_owned()).or_insert(at);
                    *oldest = (*oldest).min(at);
                }
            });
        }
    }
    Ok(accounts)
}

/// Reads the name of a person again, and replaces the stored one.
async fn refresh(platform: &impl Platform, account: &str) -> Result<(), PlatformError> {
    match jira::request(platform, "GET", &["/rest/api/3/user?accountId=", ""], &[account], None).await {
        Ok(user) => match user["displayName"].as_str() {
            Some(name) => erase::rename(platform, account, name).await,
            None => Ok(()),
        },
        Err(JiraError::Unavailable { .. }) => Err(PlatformError::new("JIRA_UNAVAILABLE")),
        // The app may not see the account, so it has no newer name.
        Err(_) => Ok(()),
    }
}
