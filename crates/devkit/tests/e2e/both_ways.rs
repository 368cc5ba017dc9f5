//! Sync of articles and comments in both directions, and content that must not be sent.

use serde_json::{Value, json};

use crate::support::{LinkedSite, eventually, eventually_async};

#[tokio::test(flavor = "multi_thread")]
async fn an_article_becomes_a_comment_and_a_comment_an_internal_note() {
    let env = LinkedSite::start().await;
    let before = env.site.zammad.articles(env.ticket).len();
    env.article(env.ticket, "<p>The <b>blue</b> printer burns.</p>", false).await;
    eventually("the comment", || env.mirrored().len() == 1).await;
    let comment = &env.mirrored()[0];
    assert!(
        comment.contains("The blue printer burns.") && comment.contains("public") && comment.contains("Amira Haddad"),
        "{comment}"
    );

    env.comment(&env.issue_key, "Firmware 2.1 fixes it.", json!({})).await;
    eventually("the note", || env.noted().len() == 1).await;
    let articles = env.site.zammad.articles(env.ticket);
    let note = articles.last().unwrap();
    assert!(note.internal && note.body.contains("Firmware 2.1 fixes it."), "{}", note.body);

    // Neither came back as an echo, once everything has been handled.
    env.site.zammad.deliveries_done().await;
    env.site.jira.deliveries_done().await;
    env.site.emulator.idle().await.unwrap();
    eventually_async("empty queues", || async {
        env.readiness().await.1["queue"] == json!({ "inbox": 0, "outbox": 0, "dead": 0, "oldestMs": null })
    })
    .await;
    assert_eq!(env.site.zammad.articles(env.ticket).len(), before + 2);
    assert_eq!(env.mirrored().len(), 1);
    assert!(env.violations().await.is_empty(), "{:?}", env.violations().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn content_from_before_the_link_is_not_sent() {
    let env = LinkedSite::start().await;
    assert!(!env.site.zammad.articles(env.ticket).is_empty(), "the sample has written something");
    env.article(env.ticket, "after", true).await;
    eventually("the comment", || !env.mirrored().is_empty()).await;
    assert_eq!(env.mirrored().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn restricted_comments_never_leave_jira_and_edits_and_deletions_follow_as_notes() {
    let env = LinkedSite::start().await;
    let restricted =
        json!({ "visibility": { "type": "role", "value": "Administrators", "identifier": "Administrators" } });
    env.comment(&env.issue_key, "CANARY salary list", restricted).await;
    let open = env.comment(&env.issue_key, "open words", json!({})).await;
    eventually("the note", || env.noted().len() == 1).await;
    let document = json!({ "type": "doc", "version": 1, "content": [{ "type": "paragraph", "content": [{ "type": "text", "text": "better words" }] }] });
    env.jira("PUT", &format!("issue/{}/comment/{open}", env.issue_key), &json!({ "body": document })).await;
    eventually("the edit", || env.noted().len() == 2).await;
    env.jira("DELETE", &format!("issue/{}/comment/{open}", env.issue_key), &Value::Null).await;
    eventually("the tombstone", || env.noted().len() == 3).await;
    let notes = env.noted();
    assert!(
        notes[1].contains("better words") && notes[1].contains("edited") && notes[2].contains("deleted"),
        "{notes:?}"
    );
    let stored = env.site.emulator.stored(&env.site.install_id).await.unwrap().to_string();
    assert!(!notes.concat().contains("CANARY") && !stored.contains("CANARY"));
}

#[tokio::test(flavor = "multi_thread")]
async fn link_reports_why_it_refuses() {
    let env = LinkedSite::start().await;
    let missing = env.site.link(env.ticket, "NONE-1").await.unwrap_err().to_string();
    assert!(missing.contains("issue-not-found"), "{missing}");
    let unknown = env.site.link(999_999, "NONE-1").await.unwrap_err().to_string();
    assert!(unknown.contains("no ticket with this number") || unknown.contains("empty"), "{unknown}");
}

/// Lost, late, doubled and reordered notifications end in the same comments (ARCHITECTURE.md, invariant 3).
#[tokio::test(flavor = "multi_thread")]
async fn jira_events_doubled_and_reordered_make_each_note_once() {
    let env = LinkedSite::start().await;
    env.site.emulator.fault(json!({ "target": "events", "duplicate": 10, "reorder": 5 })).await.unwrap();
    for number in 0..10 {
        env.comment(&env.issue_key, &format!("comment number {number}."), json!({})).await;
    }
    eventually("ten notes", || env.noted().len() >= 10).await;
    env.site.emulator.idle().await.unwrap();
    env.article(env.ticket, "afterwards", true).await;
    eventually("a later article", || !env.mirrored().is_empty()).await;
    let notes = env.noted();
    for number in 0..10 {
        assert_eq!(notes.iter().filter(|note| note.contains(&format!("number {number}."))).count(), 1, "{notes:?}");
    }
    assert_eq!(notes.len(), 10);
}
