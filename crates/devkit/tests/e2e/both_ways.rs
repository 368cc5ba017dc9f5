//! The path itself, both ways, and what must not travel on it.

use serde_json::{Value, json};

use crate::kit::{Linked, eventually, eventually_async};

#[tokio::test(flavor = "multi_thread")]
async fn an_article_becomes_a_comment_and_a_comment_an_internal_note() {
    let world = Linked::start().await;
    let before = world.site.zammad.articles(world.ticket).len();
    world.article(world.ticket, "<p>The <b>blue</b> printer burns.</p>", false).await;
    eventually("the comment", || world.mirrored().len() == 1).await;
    let comment = &world.mirrored()[0];
    assert!(
        comment.contains("The blue printer burns.") && comment.contains("public") && comment.contains("Amira Haddad"),
        "{comment}"
    );

    world.comment(&world.issue_key, "Firmware 2.1 fixes it.", json!({})).await;
    eventually("the note", || world.noted().len() == 1).await;
    let articles = world.site.zammad.articles(world.ticket);
    let note = articles.last().unwrap();
    assert!(note.internal && note.body.contains("Firmware 2.1 fixes it."), "{}", note.body);

    // Neither came back as an echo, once everything has been handled.
    world.site.zammad.deliveries_done().await;
    world.site.jira.deliveries_done().await;
    world.site.emulator.idle().await.unwrap();
    eventually_async("empty queues", || async {
        world.readiness().await.1["queue"] == json!({ "inbox": 0, "outbox": 0, "dead": 0, "oldestMs": null })
    })
    .await;
    assert_eq!(world.site.zammad.articles(world.ticket).len(), before + 2);
    assert_eq!(world.mirrored().len(), 1);
    assert!(world.violations().await.is_empty(), "{:?}", world.violations().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_before_the_link_is_not_sent() {
    let world = Linked::start().await;
    assert!(!world.site.zammad.articles(world.ticket).is_empty(), "the story has written something");
    world.article(world.ticket, "after", true).await;
    eventually("the comment", || !world.mirrored().is_empty()).await;
    assert_eq!(world.mirrored().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn restricted_comments_never_leave_jira_and_edits_and_deletions_follow_as_notes() {
    let world = Linked::start().await;
    let restricted =
        json!({ "visibility": { "type": "role", "value": "Administrators", "identifier": "Administrators" } });
    world.comment(&world.issue_key, "CANARY salary list", restricted).await;
    let open = world.comment(&world.issue_key, "open words", json!({})).await;
    eventually("the note", || world.noted().len() == 1).await;
    let document = json!({ "type": "doc", "version": 1, "content": [{ "type": "paragraph", "content": [{ "type": "text", "text": "better words" }] }] });
    world.jira("PUT", &format!("issue/{}/comment/{open}", world.issue_key), &json!({ "body": document })).await;
    eventually("the edit", || world.noted().len() == 2).await;
    world.jira("DELETE", &format!("issue/{}/comment/{open}", world.issue_key), &Value::Null).await;
    eventually("the tombstone", || world.noted().len() == 3).await;
    let notes = world.noted();
    assert!(
        notes[1].contains("better words") && notes[1].contains("edited") && notes[2].contains("deleted"),
        "{notes:?}"
    );
    let stored = world.site.emulator.stored(&world.site.install_id).await.unwrap().to_string();
    assert!(!notes.concat().contains("CANARY") && !stored.contains("CANARY"));
}

#[tokio::test(flavor = "multi_thread")]
async fn link_refuses_in_plain_words() {
    let world = Linked::start().await;
    let missing = world.site.link(world.ticket, "NONE-1").await.unwrap_err().to_string();
    assert!(missing.contains("issue-not-found"), "{missing}");
    let unknown = world.site.link(999_999, "NONE-1").await.unwrap_err().to_string();
    assert!(unknown.contains("no ticket with this number") || unknown.contains("empty"), "{unknown}");
}

/// Lost, late, doubled and reordered doorbells end in the same comments (ARCHITECTURE.md, invariant 3).
#[tokio::test(flavor = "multi_thread")]
async fn jira_events_doubled_and_reordered_make_each_note_once() {
    let world = Linked::start().await;
    world.site.emulator.fault(json!({ "target": "events", "duplicate": 10, "reorder": 5 })).await.unwrap();
    for number in 0..10 {
        world.comment(&world.issue_key, &format!("comment number {number}."), json!({})).await;
    }
    eventually("ten notes", || world.noted().len() >= 10).await;
    world.site.emulator.idle().await.unwrap();
    world.article(world.ticket, "afterwards", true).await;
    eventually("a later article", || !world.mirrored().is_empty()).await;
    let notes = world.noted();
    for number in 0..10 {
        assert_eq!(notes.iter().filter(|note| note.contains(&format!("number {number}."))).count(), 1, "{notes:?}");
    }
    assert_eq!(notes.len(), 10);
}
