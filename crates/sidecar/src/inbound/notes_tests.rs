use schema::{Command, Settings};
use serde_json::{Value, json};
use store::LinkState;

use super::*;
use crate::support::{NOW, Setup, link, ticket};

const ID: &str = "01M3250V000000000000000001";
const EDITED: &str = "2026-11-28T02:00:00.000Z";

fn command(kind: &str, ticket_id: u64, data: &Value) -> Command {
    let json = json!({
        "id": ID, "kind": kind, "ticketId": ticket_id, "issueId": "1007", "issueKey": "PROJ-7", "data": data,
    });
    serde_json::from_value(json).unwrap()
}

fn comment(id: &str, updated_at: &str) -> Value {
    let text = json!({ "type": "paragraph", "content": [{ "type": "text", "text": "Please restart it" }] });
    json!({
        "commentId": id, "author": { "accountId": "acc", "name": "Mia" }, "createdAt": "2026-11-28T01:16:12.426Z",
        "updatedAt": updated_at, "document": { "type": "doc", "version": 1, "content": [text] },
    })
}

fn description() -> Value {
    let author = json!({ "accountId": "acc", "name": "Mia" });
    json!({ "document": comment("1", EDITED)["document"], "author": author, "at": EDITED })
}

/// Issue 1007 is linked with ticket 6 first, then with ticket 7.
async fn linked() -> Setup {
    let setup = Setup::new().await;
    for id in [6, 7] {
        setup.helpdesk.add_ticket(ticket(id));
    }
    setup.link(vec![older(LinkState::Active), link(7)]).await;
    setup
}

fn older(state: LinkState) -> Link {
    Link { issue_id: "1007".into(), created_at: NOW.plus(-1), state, ..link(6) }
}

/// Applies a command and stores its effects; returns why nothing was done.
async fn apply(setup: &Setup, settings: &Settings, command: &Command, interrupted: bool) -> Option<&'static str> {
    let handler = setup.commands();
    let applied = Application { handler: &handler, settings, command, interrupted }.apply().await.unwrap();
    setup.store.record(applied.effects).await.unwrap();
    applied.skipped
}

fn follower_comments() -> Settings {
    let mut settings = Settings::default();
    settings.followers.comments = true;
    settings
}

async fn record(setup: &Setup, side: Side, object: ObjectKind, id: &str) -> Option<Provenance> {
    setup.store.provenance(side, object, id).await.unwrap()
}

/// Both records name each other, so that either side's copy is recognised.
#[tokio::test]
async fn a_comment_and_its_note_are_recorded_with_each_other() {
    let setup = linked().await;
    apply(&setup, &Settings::default(), &command("comment.added", 6, &comment("1", EDITED)), false).await;
    let theirs = record(&setup, Side::Jira, ObjectKind::Comment, "1").await.unwrap();
    let note = theirs.mirror.clone().unwrap();
    let ours = record(&setup, Side::Zammad, ObjectKind::Article, &note).await.unwrap();
    assert_eq!((theirs.origin, ours.origin), (Origin::Theirs, Origin::Ours));
    assert_eq!((ours.mirror.as_deref(), ours.fingerprint), (Some("1"), None));
    assert_eq!(theirs.fingerprint, Some(fingerprint::of_version("1007", EDITED)));
    for record in [&theirs.carried_by, &ours.carried_by] {
        assert_eq!(record, ID);
    }
    assert_eq!((theirs.ticket_id, ours.ticket_id, theirs.at), (6, 6, NOW));
}

/// A follower's note has a record of its own, so that both tickets get each version.
#[tokio::test]
async fn a_follower_has_a_record_of_its_own() {
    let (setup, settings) = (linked().await, follower_comments());
    let first = comment("1", "2026-11-28T01:16:12.426Z");
    for (ticket, kind, data, skipped) in [
        (6, "comment.added", &first, None),
        (7, "comment.added", &first, None),
        (7, "comment.added", &first, Some("already-applied")),
        (7, "comment.changed", &comment("1", EDITED), None),
        (7, "comment.changed", &comment("1", EDITED), Some("already-applied")),
        (6, "comment.changed", &comment("1", EDITED), None),
    ] {
        let applied = apply(&setup, &settings, &command(kind, ticket, data), false).await;
        assert_eq!(applied, skipped, "{kind} ticket {ticket}");
    }
    assert_eq!(setup.helpdesk.notes().len(), 4);
    let own = record(&setup, Side::Jira, ObjectKind::Comment, "1@7").await.unwrap();
    assert_eq!((own.ticket_id, own.fingerprint), (7, Some(fingerprint::of_version("1007", EDITED))));
    assert_eq!(record(&setup, Side::Jira, ObjectKind::Comment, "1").await.unwrap().ticket_id, 6);
}

/// The primary link ended: the follower's notes are still known, and new comments are recorded as of any primary link.
#[tokio::test]
async fn a_follower_that_became_primary_keeps_its_records() {
    let (setup, settings) = (linked().await, follower_comments());
    apply(&setup, &settings, &command("comment.added", 7, &comment("1", EDITED)), false).await;
    setup.link(vec![older(LinkState::Ended)]).await;
    let again = apply(&setup, &settings, &command("comment.added", 7, &comment("1", EDITED)), false).await;
    assert_eq!(again, Some("already-applied"));
    apply(&setup, &settings, &command("comment.added", 7, &comment("2", EDITED)), false).await;
    assert!(record(&setup, Side::Jira, ObjectKind::Comment, "2").await.is_some());
    assert!(record(&setup, Side::Jira, ObjectKind::Comment, "2@7").await.is_none());
}

#[test]
fn a_recorded_id_names_the_comment_of_jira() {
    for id in ["10042", "1"] {
        assert_eq!(comment_id(id), id);
        assert_eq!(comment_id(&id_at_follower(id, 7)), id);
    }
    assert_ne!(id_at_follower("1", 7), id_at_follower("1", 8));
}

/// A note may have been written before the process died. Only an interrupted command has to look for it.
#[tokio::test]
async fn an_interrupted_command_writes_no_second_note() {
    let mark = |command: &str| json!({ "connector": { "comment": "1", "command": command } });
    for (name, interrupted, preferences, written) in [
        ("first attempt", false, mark(ID), 1),
        ("second attempt, written", true, mark(ID), 0),
        ("second attempt, not written", true, json!({}), 1),
        ("a note of another command", true, mark("01M3250V000000000000000009"), 1),
    ] {
        for (kind, data) in [("comment.added", comment("1", EDITED)), ("description.changed", description())] {
            let setup = linked().await;
            let mut note = crate::support::article(10, 6, "<p>Mia</p>");
            note["preferences"] = preferences.clone();
            setup.helpdesk.add_article(note);
            assert_eq!(apply(&setup, &Settings::default(), &command(kind, 6, &data), interrupted).await, None);
            assert_eq!(setup.helpdesk.notes().len(), written, "{name}: {kind}");
            let note = if written == 0 { "10" } else { "1001" };
            let ours = record(&setup, Side::Zammad, ObjectKind::Article, note).await;
            assert_eq!(ours.map(|ours| ours.origin), Some(Origin::Ours), "{name}: {kind}");
        }
    }
}

/// The description belongs to the issue's oldest ticket, whatever the followers get besides.
#[tokio::test]
async fn a_description_becomes_a_note_of_the_primary_ticket() {
    let mut off = Settings::default();
    off.comments.to_zammad = false;
    for (ticket, settings, skipped) in [
        (6, Settings::default(), None),
        (6, off, Some("comments-do-not-sync")),
        (7, Settings::default(), Some("follower")),
        (7, follower_comments(), Some("follower")),
    ] {
        let setup = linked().await;
        let applied = apply(&setup, &settings, &command("description.changed", ticket, &description()), false).await;
        assert_eq!(applied, skipped, "ticket {ticket}");
        assert_eq!(setup.helpdesk.notes().len(), usize::from(skipped.is_none()));
    }
    let setup = linked().await;
    apply(&setup, &Settings::default(), &command("description.changed", 6, &description()), false).await;
    let note = &setup.helpdesk.written("create_article")[0];
    assert_eq!(note["preferences"]["connector"], json!({ "description": "1007", "command": ID }));
    let ours = record(&setup, Side::Zammad, ObjectKind::Article, "1000").await.unwrap();
    assert_eq!((ours.mirror.as_deref(), ours.ticket_id), (Some("1007"), 6));
}

/// The record of a deleted comment is kept, so that its deletion is noted once.
#[tokio::test]
async fn a_deleted_comment_is_recorded_as_deleted() {
    let setup = linked().await;
    let removed = command("comment.removed", 6, &json!({ "commentId": "1" }));
    assert_eq!(apply(&setup, &Settings::default(), &removed, false).await, Some("never-applied"));
    apply(&setup, &Settings::default(), &command("comment.added", 6, &comment("1", EDITED)), false).await;
    assert_eq!(apply(&setup, &Settings::default(), &removed, false).await, None);
    let theirs = record(&setup, Side::Jira, ObjectKind::Comment, "1").await.unwrap();
    assert_eq!(theirs.fingerprint, Some(fingerprint::of_deleted("1007")));
    assert_eq!((theirs.origin, theirs.mirror.as_deref()), (Origin::Theirs, Some("1000")), "the first note stays known");
    let tombstone = record(&setup, Side::Zammad, ObjectKind::Article, "1001").await.unwrap();
    assert_eq!((tombstone.origin, tombstone.mirror.as_deref()), (Origin::Ours, Some("1")));
    assert!(setup.helpdesk.notes()[1].contains("deleted or restricted"), "{:?}", setup.helpdesk.notes());
    assert_eq!(apply(&setup, &Settings::default(), &removed, false).await, Some("already-applied"));
}
