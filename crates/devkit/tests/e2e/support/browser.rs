//! Browser tests of forge-app/tests/browser/site against a running site.

use std::time::Duration;

use tokio::process::Command;

use super::LinkedSite;

/// A browser test opens some dozen pages, of which each takes seconds on a busy machine. nextest ends a test after five minutes.
const TAKES: Duration = Duration::from_secs(270);

/// Runs `<name>.ts` in Chromium, with the pages of the app embedded in Jira's page of an issue.
pub(crate) async fn passes(linked: &LinkedSite, name: &str) {
    passes_with(linked, name, &[]).await;
}

/// The same with further variables for the script.
pub(crate) async fn passes_with(linked: &LinkedSite, name: &str, more: &[(&str, String)]) {
    let site = &linked.site;
    site.embed_pages().await.unwrap();
    let ran = Command::new(site.built.node())
        .args(["--disable-warning=ExperimentalWarning", "--test", &format!("tests/browser/site/{name}.ts")])
        .current_dir(&site.built.app)
        .env("JIRA_URL", &site.jira.url)
        .env("EMULATOR_PAGES", format!("{}/__emulator/pages/{}", site.emulator.url, site.install_id))
        .env("ISSUE", &linked.issue_key)
        .env("ACCOUNT", &site.sample.engineers[0].account_id)
        .env("OTHER_ACCOUNT", &site.sample.engineers[1].account_id)
        .envs(more.iter().map(|(name, value)| (*name, value)))
        .kill_on_drop(true)
        .output();
    let ran = tokio::time::timeout(TAKES, ran).await.unwrap().unwrap();
    let output = String::from_utf8_lossy(&ran.stdout).into_owned() + &String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{output}");
}
