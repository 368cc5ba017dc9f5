use schema::settings::Deletion;
use schema::{Command, Settings, Side};
use serde_json::{Value, json};
use store::{
    BatchLimits, Effects, FactKind, Link, LinkState, NewMessage, ObjectKind, Origin, Provenance, RecheckCause,
    Settlement,
};

use super::*;
use crate::support::verdicts::errors;
use crate::support::{NOW, Setup, link, ticket};

const ID: &str = "01M3250V000000000000000001";

fn command(kind: &str, data: &Value) -> Command {
    let json = json!({ "id": ID, "kind": kind, "ticketId": 7, "issueId": "1007", "issueKey": "PROJ-7", "data": data });
    serde_json::from_value(json).unwrap()
}

fn comment() -> Value {
    json!({
        "commentId": "1", "author": { "accountId": "acc", "name": "Mia" },
        "createdAt": "2026-11-28T01:16:12.426Z", "updatedAt": "2026-11-28T01:16:12.426Z",
        "document": { "type": "doc", "version": 1, "content": [
            { "type": "paragraph", "content": [{ "type": "text", "text": "Please restart it" }] },
        ] },
    })
}

fn file() -> Value {
    json!({
        "attachmentId": "50", "name": "a.log", "size": 3, "author": { "accountId": "acc" },
        "createdAt": "2026-11-28T01:16:12.426Z",
    })
}

async fn linked(state: LinkState) -> Setup {
    let setup = Setup::new().await;
    setup.helpdesk.add_ticket(ticket(7));
    setup.link(vec![Link { state, ..link(7) }]).await;
    setup
}

async fn apply(setup: &Setup, settings: &Settings, command: &Command) -> Result<Applied, ApplyError> {
    let handler = setup.commands();
    Application { handler: &handler, settings, command, interrupted: false }.apply().await
}

/// Applies a command with default settings and returns why nothing was done, if so.
async fn skip_code(setup: &Setup, command: &Command) -> Option<&'static str> {
    apply(setup, &Settings::default(), command).await.unwrap().skipped
}

/// Every command against every state of the link.
#[tokio::test]
async fn the_state_of_the_link_decides_what_is_applied() {
    let snapshot = json!({
        "summary": "s", "statusId": "1", "status": "To Do", "statusCategory": "new", "updatedAt": "2026-11-28T01:16:12.426Z",
    });
    let all = [
        ("issue.changed", snapshot),
        ("comment.added", comment()),
        ("comment.changed", comment()),
        ("comment.removed", json!({ "commentId": "1" })),
        ("attachment.added", file()),
        ("issue.moved", json!({ "oldKey": "OLD-1" })),
        ("issue.gone", json!({ "reason": "deleted" })),
        ("link.removed", json!({})),
        ("refresh", json!({})),
    ];
    for (kind, data) in &all {
        let command = command(kind, data);
        let ended = skip_code(&linked(LinkState::Ended).await, &command).await;
        assert_eq!(ended, Some("not-linked"), "{kind}, ended");
        let content = kind.starts_with("comment.") || *kind == "attachment.added";
        let paused = skip_code(&linked(LinkState::Paused).await, &command).await;
        assert_eq!(paused, content.then_some("out-of-scope"), "{kind}, paused");
        let active = skip_code(&linked(LinkState::Active).await, &command).await;
        let expected = match *kind {
            "comment.removed" => Some("never-applied"),
            _ => None,
        };
        assert_eq!(active, expected, "{kind}, active");
    }
    assert_eq!(
        skip_code(&linked(LinkState::Active).await, &command("config.changed", &json!({ "etag": "2" }))).await,
        Some("with-the-reply")
    );
    let erase = command("erase", &json!({ "accountIds": ["acc"] }));
    assert_eq!(skip_code(&linked(LinkState::Ended).await, &erase).await, None, "it concerns no link");
}

/// Each setting that switches a direction off, and the follower's role.
#[tokio::test]
async fn settings_and_role_decide_whether_content_is_applied() {
    let default = Settings::default;
    let mut no_comments = default();
    no_comments.comments.to_zammad = false;
    let mut no_files = default();
    no_files.attachments.direction = schema::settings::Direction::ToJira;
    for (settings, follower, kind, data, expected) in [
        (default(), false, "comment.added", comment(), None),
        (no_comments, false, "comment.added", comment(), Some("comments-do-not-sync")),
        (default(), true, "comment.added", comment(), Some("follower")),
        (default(), false, "attachment.added", file(), None),
        (no_files, false, "attachment.added", file(), Some("files-do-not-sync")),
        (default(), true, "attachment.added", file(), Some("follower")),
    ] {
        let setup = linked(LinkState::Active).await;
        if follower {
            setup.link(vec![Link { issue_id: "1007".into(), created_at: NOW.plus(-1), ..link(6) }]).await;
        }
        let applied = apply(&setup, &settings, &command(kind, &data)).await.unwrap();
        assert_eq!(applied.skipped, expected, "{kind}, follower {follower}");
    }
}

#[tokio::test]
async fn a_comment_becomes_an_internal_note_with_mark_and_provenance() {
    let setup = linked(LinkState::Active).await;
    let applied = apply(&setup, &Settings::default(), &command("comment.added", &comment())).await.unwrap();
    let note = &setup.helpdesk.written("create_article")[0];
    let html = note["body"].as_str().unwrap();
    assert!(html.contains("Mia") && html.contains("PROJ-7") && html.contains("Please restart it"), "{html}");
    assert!(html.contains("28 Nov 2026, 01:16 UTC"), "{html}");
    assert_eq!(note["internal"], true);
    assert_eq!(note["preferences"]["connector"], json!({ "comment": "1", "command": ID }));
    let recorded: Vec<_> = applied.effects.provenance.iter().map(|one| (one.side, one.object, one.origin)).collect();
    assert_eq!(
        recorded,
        [(Side::Jira, ObjectKind::Comment, Origin::Theirs), (Side::Zammad, ObjectKind::Article, Origin::Ours)]
    );
}

/// The record of a comment decides whether it is written again.
#[tokio::test]
async fn a_recorded_comment_is_written_again_only_if_it_changed() {
    let edited = |time: &str| {
        let mut comment = comment();
        comment["updatedAt"] = time.into();
        comment
    };
    let setup = linked(LinkState::Active).await;
    let first = apply(&setup, &Settings::default(), &command("comment.added", &comment())).await.unwrap();
    setup.store.record(first.effects).await.unwrap();
    let again = command("comment.added", &comment());
    assert_eq!(skip_code(&setup, &again).await, Some("already-applied"));
    let same = command("comment.changed", &comment());
    assert_eq!(skip_code(&setup, &same).await, Some("already-applied"));
    let later = command("comment.changed", &edited("2026-11-28T02:00:00.000Z"));
    assert_eq!(skip_code(&setup, &later).await, None);
    assert!(setup.helpdesk.notes()[1].contains("edited"), "{:?}", setup.helpdesk.notes());

    let ours = Provenance {
        side: Side::Jira,
        object: ObjectKind::Comment,
        id: "1".into(),
        origin: Origin::Ours,
        mirror: Some("10".into()),
        fingerprint: None,
        ticket_id: 7,
        carried_by: "m".into(),
        at: NOW,
    };
    let setup = linked(LinkState::Active).await;
    setup.store.record(Effects { provenance: vec![ours], ..Effects::default() }).await.unwrap();
    assert_eq!(skip_code(&setup, &same).await, Some("our-own"));
}

#[tokio::test]
async fn a_removed_comment_gets_one_note_unless_the_policy_ignores_it() {
    let removed = command("comment.removed", &json!({ "commentId": "1" }));
    for (policy, notes) in [(Deletion::Tombstone, 2), (Deletion::Delete, 2), (Deletion::Ignore, 1)] {
        let setup = linked(LinkState::Active).await;
        let mut settings = Settings::default();
        settings.comments.deletions = policy;
        let first = apply(&setup, &settings, &command("comment.added", &comment())).await.unwrap();
        setup.store.record(first.effects).await.unwrap();
        for _ in 0..2 {
            let applied = apply(&setup, &settings, &removed).await.unwrap();
            setup.store.record(applied.effects).await.unwrap();
        }
        assert_eq!(setup.helpdesk.notes().len(), notes, "{policy:?}");
    }
}

#[tokio::test]
async fn only_the_newest_snapshot_is_stored() {
    let snapshot = |time: &str| json!({ "summary": "s", "statusId": "1", "status": "To Do", "statusCategory": "new", "updatedAt": time });
    let setup = linked(LinkState::Active).await;
    let newer = command("issue.changed", &snapshot("2026-11-28T02:00:00.000+0000"));
    let applied = apply(&setup, &Settings::default(), &newer).await.unwrap();
    assert_eq!(applied.effects.facts[0].kind, FactKind::Issue);
    assert_eq!(applied.effects.rechecks[0].cause, RecheckCause::Command(ID.into()));
    setup.store.record(applied.effects).await.unwrap();
    let older = command("issue.changed", &snapshot("2026-11-28T01:00:00.000+0000"));
    assert_eq!(skip_code(&setup, &older).await, Some("older-than-known"));
}

#[tokio::test]
async fn a_moved_issue_keeps_its_link_under_the_new_key() {
    let setup = linked(LinkState::Active).await;
    let mut moved = command("issue.moved", &json!({ "oldKey": "PROJ-7" }));
    moved.issue_key = Some("NEW-1".into());
    let applied = apply(&setup, &Settings::default(), &moved).await.unwrap();
    assert_eq!(
        (applied.effects.links[0].issue_key.as_str(), applied.effects.links[0].state),
        ("NEW-1", LinkState::Active)
    );
}

/// The ticket numbers that an engineer may type, with the answers.
#[tokio::test]
async fn a_link_request_is_answered_with_a_reason_or_sent() {
    let requested = |number: &str| {
        let data = json!({ "ticketNumber": number, "requestedBy": { "accountId": "acc" } });
        let mut command = command("link.requested", &data);
        command.ticket_id = None;
        command
    };
    for (number, groups, expected) in [
        (" ", vec![], Err("no-number")),
        ("99", vec![], Err("ticket-not-found")),
        ("5007", vec![9], Err("group-out-of-scope")),
        (" 5007 ", vec![2], Ok(1)),
    ] {
        let setup = linked(LinkState::Ended).await;
        let mut settings = Settings::default();
        settings.scope.groups = groups;
        let result = match apply(&setup, &settings, &requested(number)).await {
            Ok(_) => Ok(setup.store.counts().await.unwrap().outbox),
            Err(ApplyError::Rejected(code)) => Err(code),
            Err(error) => panic!("{error:?}"),
        };
        assert_eq!(result, expected, "{number:?}");
    }
}

/// "Does not exist or you do not have permission" is not "deleted": the link rests, is listed, and comes back by itself.
#[tokio::test]
async fn an_issue_that_cannot_be_read_keeps_its_link() {
    let setup = linked(LinkState::Active).await;
    let no_access = command("issue.gone", &json!({ "reason": "no-access" }));
    let applied = apply(&setup, &Settings::default(), &no_access).await.unwrap();
    assert!(applied.effects.facts.is_empty() && applied.effects.links.is_empty());
    let trouble = &applied.effects.troubles[0];
    assert_eq!((&trouble.subject, trouble.code.as_deref()), (&Subject::Issue, Some("issue-no-access")));
    let snapshot = json!({
        "summary": "s", "statusId": "1", "status": "To Do", "statusCategory": "new", "updatedAt": "2026-11-28T01:16:12.426Z",
    });
    let back = apply(&setup, &Settings::default(), &command("issue.changed", &snapshot)).await.unwrap();
    assert_eq!((&back.effects.troubles[0].subject, &back.effects.troubles[0].code), (&Subject::Issue, &None));
}

#[tokio::test]
async fn a_changed_description_becomes_an_internal_note() {
    let setup = linked(LinkState::Active).await;
    let author = json!({ "accountId": "acc", "name": "Mia" });
    let change = json!({
        "document": comment()["document"], "author": author, "at": "2026-11-28T01:16:12.426Z",
    });
    apply(&setup, &Settings::default(), &command("description.changed", &change)).await.unwrap();
    let note = &setup.helpdesk.written("create_article")[0];
    let html = note["body"].as_str().unwrap();
    assert!(html.contains("description changed") && html.contains("Please restart it"), "{html}");
    assert_eq!(note["internal"], true);
}

/// With `followers.comments` each ticket of an issue has a note of its own for every comment.
#[tokio::test]
async fn a_follower_gets_comments_if_the_admin_wants_that() {
    let setup = linked(LinkState::Active).await;
    setup.helpdesk.add_ticket(ticket(6));
    setup.link(vec![Link { issue_id: "1007".into(), created_at: NOW.plus(-1), ..link(6) }]).await;
    let mut settings = Settings::default();
    settings.followers.comments = true;
    let mut to_primary = command("comment.added", &comment());
    to_primary.ticket_id = Some(6);
    let mut tombstone = command("comment.removed", &json!({ "commentId": "1" }));
    for number in [1, 2] {
        for command in [&to_primary, &command("comment.added", &comment())] {
            let applied = apply(&setup, &settings, command).await.unwrap();
            assert_eq!(applied.skipped, (number == 2).then_some("already-applied"));
            setup.store.record(applied.effects).await.unwrap();
        }
    }
    let tickets = |setup: &Setup| -> Vec<u64> {
        let written = setup.helpdesk.written("create_article");
        written.iter().map(|note| note["ticket_id"].as_u64().unwrap()).collect()
    };
    assert_eq!(tickets(&setup), [6, 7]);
    for ticket in [6, 7] {
        tombstone.ticket_id = Some(ticket);
        let applied = apply(&setup, &settings, &tombstone).await.unwrap();
        assert_eq!(applied.skipped, None);
        setup.store.record(applied.effects).await.unwrap();
    }
    assert_eq!(tickets(&setup), [6, 7, 6, 7]);
    // Without the setting a deleted comment is told only where it was written.
    let setup = linked(LinkState::Active).await;
    setup.link(vec![Link { issue_id: "1007".into(), created_at: NOW.plus(-1), ..link(6) }]).await;
    let applied = apply(&setup, &Settings::default(), &to_primary).await.unwrap();
    setup.store.record(applied.effects).await.unwrap();
    tombstone.ticket_id = Some(7);
    assert_eq!(apply(&setup, &Settings::default(), &tombstone).await.unwrap().skipped, Some("never-applied"));
}

/// Every call of every command with every error of Zammad: the error is returned as it is, since `admit` decides by it, and
/// nothing was sent.
#[tokio::test]
async fn every_error_of_zammad_is_returned() {
    let wanted = |ticket: &str| json!({ "ticketNumber": ticket, "requestedBy": { "accountId": "acc" } });
    let description = json!({ "document": comment()["document"], "author": { "accountId": "acc" }, "at": "2026-11-28T01:16:12.426Z" });
    let address = "https://help.example/#ticket/zoom/7";
    for (kind, data, interrupted, method) in [
        ("comment.added", comment(), false, "create_article"),
        ("comment.added", comment(), true, "articles"),
        ("comment.changed", comment(), false, "create_article"),
        ("comment.removed", json!({ "commentId": "9" }), false, "create_article"),
        ("description.changed", description.clone(), false, "create_article"),
        ("description.changed", description, true, "articles"),
        ("link.requested", wanted("5007"), false, "tickets_by_number"),
        ("link.requested", wanted(address), false, "ticket"),
        ("link.requested", wanted("5007"), false, "articles"),
    ] {
        let setup = linked(LinkState::Active).await;
        let known = Provenance {
            side: Side::Jira,
            object: ObjectKind::Comment,
            id: "9".into(),
            origin: Origin::Theirs,
            mirror: Some("10".into()),
            fingerprint: Some("1007@t".into()),
            ticket_id: 7,
            carried_by: "m".into(),
            at: NOW,
        };
        setup.store.record(Effects { provenance: vec![known], ..Effects::default() }).await.unwrap();
        for error in errors(method) {
            setup.helpdesk.fail_with(method, error.clone());
            let (handler, settings, command) = (setup.commands(), Settings::default(), command(kind, &data));
            let application = Application { handler: &handler, settings: &settings, command: &command, interrupted };
            let answer = application.apply().await;
            let is_unknown_ticket = method == "ticket" && error.code() == "zammad-gone";
            let is_expected = match &answer {
                Err(ApplyError::Rejected("ticket-not-found")) => is_unknown_ticket,
                Err(ApplyError::Zammad(returned)) => *returned == error && !is_unknown_ticket,
                _ => false,
            };
            assert!(is_expected, "{kind} {method} {error:?}: {answer:?}");
            assert_eq!((setup.helpdesk.notes().len(), setup.store.counts().await.unwrap().outbox), (0, 0), "{kind}");
        }
    }
}

/// The panel's values have expired, or somebody asks whether a cause has passed.
#[tokio::test]
async fn a_refresh_sends_the_values_again_and_lets_nothing_wait() {
    let setup = linked(LinkState::Active).await;
    let hash = LinkKey::from(&link(7)).set(FactKind::PanelHash, &"known");
    setup.store.record(Effects { facts: vec![hash], ..Effects::default() }).await.unwrap();
    let message = NewMessage {
        id: ID.into(),
        ticket_id: 7,
        kind: "article.added".into(),
        body: "{}".into(),
        dedup_key: None,
        created_at: NOW,
    };
    setup.store.append(vec![message]).await.unwrap();
    let limits = BatchLimits { messages: 9, bytes: 9_999, per_ticket: 9 };
    let batch = setup.store.claim(NOW, 1_000, limits).await.unwrap();
    let later = Settlement::Retry { at: NOW.plus(900_000), code: "jira-forbidden".into() };
    setup.store.settle(&batch, vec![(ID.into(), later)], Effects::default(), NOW).await.unwrap();
    let applied = apply(&setup, &Settings::default(), &command("refresh", &json!({}))).await.unwrap();
    assert_eq!(applied.effects.rechecks[0].cause, RecheckCause::Command(ID.into()));
    setup.store.record(applied.effects).await.unwrap();
    let facts = setup.store.link_facts(7, "1007").await.unwrap();
    assert_eq!(facts.get::<String>(&FactKind::PanelHash), None);
    assert_eq!(setup.store.claim(NOW, 1_000, limits).await.unwrap().rows.len(), 1, "due now");
}
