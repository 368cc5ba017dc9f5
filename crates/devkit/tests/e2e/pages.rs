//! The app's pages in a browser: the panel inside Jira's page of an issue, and the admin page at its own address.

use serde_json::Value;

use crate::support::{LinkedSite, browser};

#[tokio::test]
async fn the_panel_and_the_admin_page_are_shown_in_both_languages_and_themes() {
    let linked = LinkedSite::start().await;
    browser::passes(&linked, "pages").await;
    assert_clean(&linked).await;
}

#[tokio::test]
async fn every_tab_of_the_admin_page_is_readable_and_saves() {
    let linked = LinkedSite::start().await;
    browser::passes(&linked, "admin").await;
    assert_eq!(linked.admin("settings.get", Value::Null).await["value"]["comments"]["toJira"], "internal");
    assert_clean(&linked).await;
}

/// An engineer links another ticket to the issue and ends that link.
#[tokio::test]
async fn an_engineer_links_and_unlinks_in_the_panel() {
    let linked = LinkedSite::start().await;
    let other = linked.site.zammad.ticket(linked.site.sample.tickets[1]).unwrap().number;
    let numbers = [("TICKET_NUMBER", linked.now().number), ("OTHER_NUMBER", other)];
    browser::passes_with(&linked, "panel", &numbers).await;
    assert_clean(&linked).await;
}

/// Nothing that the platform would not allow was tried.
async fn assert_clean(linked: &LinkedSite) {
    let log = linked.site.emulator.log().await.unwrap();
    let violations: Vec<&Value> = log.iter().filter(|entry| entry["kind"] == "violation").collect();
    assert!(violations.is_empty(), "{violations:?}");
}
