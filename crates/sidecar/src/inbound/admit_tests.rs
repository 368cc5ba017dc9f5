use schema::{AckStatus, Command};
use serde_json::{Value, json};
use zammad::{Obstacle, Reason, Said, Verdict};

use crate::health::ZammadState;
use crate::support::verdicts::{RETRY, errors, row};
use crate::support::{NOW, Setup, link, ticket};

pub(super) const COMMAND: &str = "01M3250V000000000000000001";

/// A command for ticket 7 and issue 1007.
fn command(kind: &str, data: &Value) -> Command {
    numbered(COMMAND, kind, data)
}

fn numbered(id: &str, kind: &str, data: &Value) -> Command {
    let json = json!({ "id": id, "kind": kind, "ticketId": 7, "issueId": "1007", "issueKey": "PROJ-7", "data": data });
    serde_json::from_value(json).unwrap()
}

fn comment(id: &str) -> Value {
    json!({
        "commentId": id, "author": { "accountId": "acc", "name": "Mia" },
        "createdAt": "2026-11-28T01:16:12.426Z", "updatedAt": "2026-11-28T01:16:12.426Z",
        "document": { "type": "doc", "version": 1, "content": [] },
    })
}

async fn linked() -> Setup {
    let setup = Setup::new().await;
    setup.helpdesk.add_ticket(ticket(7));
    setup.link(vec![link(7)]).await;
    setup
}

/// The pending acknowledgements: status and code.
async fn acks(setup: &Setup) -> Vec<(AckStatus, Option<String>)> {
    let rows = setup.store.pending_acks(99).await.unwrap();
    rows.into_iter().map(|row| (row.status, row.code)).collect()
}

#[tokio::test]
async fn a_command_is_applied_once_however_often_it_comes() {
    let setup = linked().await;
    let handler = setup.commands();
    for _ in 0..3 {
        assert!(handler.admit(vec![Ok(command("comment.added", &comment("1")))]).await);
        setup.store.acks_delivered(&[COMMAND.to_owned()]).await.unwrap();
    }
    assert_eq!(setup.helpdesk.notes().len(), 1);
    handler.admit(vec![Ok(command("comment.added", &comment("1")))]).await;
    assert_eq!(acks(&setup).await, [(AckStatus::Done, None)], "it is acknowledged again");
}

#[tokio::test]
async fn nothing_to_apply_is_reported() {
    assert!(!linked().await.commands().admit(Vec::new()).await);
}

/// A request to link a ticket that may be hidden from the bot waits; it must not hold up those of other issues, and is named.
#[tokio::test]
async fn a_request_without_a_ticket_waits_for_no_other_issue() {
    let setup = Setup::new().await;
    setup.helpdesk.add_ticket(ticket(7));
    setup.health.warn_of("bot-lacks-rights", vec!["Support".to_owned()]);
    let request = |id: &str, issue: &str, number: &str| {
        let data = json!({ "ticketNumber": number, "requestedBy": { "accountId": "acc" } });
        let json = json!({ "id": id, "kind": "link.requested", "issueId": issue, "issueKey": "PROJ-7", "data": data });
        serde_json::from_value::<Command>(json).unwrap()
    };
    let handler = setup.commands();
    for _ in 0..4 {
        let unknown = request(COMMAND, "1007", "99999");
        let known = request("01M3250V000000000000000002", "1008", "5007");
        let erase = json!({ "id": "01M3250V000000000000000003", "kind": "erase", "data": { "accountIds": ["acc"] } });
        let erase = serde_json::from_value(erase).unwrap();
        handler.admit(vec![Ok(unknown), Ok(known), Ok(erase)]).await;
        setup.pass(120_000);
    }
    assert_eq!(acks(&setup).await, [(AckStatus::Done, None), (AckStatus::Done, None)]);
    assert!(setup.health.has_warning("commands-waiting"));
}

/// How a command ends for which Zammad has this verdict. A command that waits is not acknowledged: Forge delivers it again.
#[derive(PartialEq)]
enum End {
    Waits,
    /// As above, and its ticket is visited, because it may be missing.
    WaitsForVisit,
    Failed,
}

/// Every verdict of Zammad has a row.
#[tokio::test]
async fn every_verdict_decides_between_retry_and_failure() {
    let rows = [
        (RETRY, End::Waits),
        (Verdict::RetryFewTimes, End::Waits),
        (Verdict::Wait(Obstacle::Token), End::Waits),
        (Verdict::Wait(Obstacle::Maintenance), End::Waits),
        (Verdict::Wait(Obstacle::TokenAccess), End::Waits),
        (Verdict::Wait(Obstacle::NoAccess), End::Waits),
        (Verdict::Wait(Obstacle::Redirect), End::Waits),
        (Verdict::Wait(Obstacle::NotZammad), End::Waits),
        (Verdict::Wait(Obstacle::Unreadable), End::Waits),
        (Verdict::GiveUp(Reason::Gone), End::WaitsForVisit),
        (Verdict::GiveUp(Reason::Refused), End::Failed),
        (Verdict::GiveUp(Reason::TooLarge), End::Waits),
    ];
    for error in errors("create_article") {
        let (setup, end) = (linked().await, row(&rows, &error));
        let handler = setup.commands();
        setup.helpdesk.fail_with("create_article", error.clone());
        let ended = handler.admit(vec![Ok(command("comment.added", &comment("1")))]).await;
        assert_eq!(ended, *end == End::Failed, "{error:?}");
        let visits = setup.store.counts().await.unwrap().inbox;
        // One that failed is shown in the panel, which hears of it by a visit.
        assert_eq!(visits, u64::from(*end != End::Waits), "{error:?}");
        let listed = setup.store.troubles_of(7, "1007").await.unwrap();
        let codes: Vec<&str> = listed.iter().map(|row| row.code.as_str()).collect();
        if *end == End::Failed {
            assert_eq!(acks(&setup).await, [(AckStatus::Failed, Some(error.code().to_owned()))], "{error:?}");
            assert_eq!(codes, [error.code()], "{error:?}: for `connector retry`");
            continue;
        }
        assert_eq!((acks(&setup).await, codes.len()), (Vec::new(), 0), "{error:?}: it may pass within seconds");
        let waiting = format!("5007: {}", error.code());
        assert_eq!(setup.health.report(NOW, false).details["commands-waiting"], [waiting]);
        handler.admit(vec![Ok(command("comment.added", &comment("1")))]).await;
        assert_eq!(acks(&setup).await, [], "{error:?}: not before the pause is over");
        setup.pass(60_000);
        handler.admit(vec![Ok(command("comment.added", &comment("1")))]).await;
        assert_eq!(acks(&setup).await, [(AckStatus::Done, None)], "{error:?}: applied when it comes again");
        assert_eq!(setup.helpdesk.notes().len(), 1, "{error:?}");
    }
}

/// Maintenance mode, a proxy's page, a lost right for as long as it likes: the comment arrives afterwards.
#[tokio::test]
async fn a_refusal_of_the_server_or_of_the_bot_never_ends_a_command() {
    for (status, said) in [
        (401, Said::Other),
        (403, Said::Maintenance),
        (403, Said::TokenAccessDisabled),
        (403, Said::Other),
        (403, Said::NoCredentials),
        (403, Said::NotZammad),
        (404, Said::NotZammad),
        (404, Said::NotFound),
        (301, Said::NotZammad),
        (422, Said::NotZammad),
    ] {
        let setup = linked().await;
        let handler = setup.commands();
        for _ in 0..40 {
            setup.helpdesk.fail_with_text("create_article", status, said);
            assert!(!handler.admit(vec![Ok(command("comment.added", &comment("1")))]).await);
            assert_eq!(setup.health.report(NOW, false).details["commands-waiting"].len(), 1);
            setup.pass(60_000);
        }
        assert!(handler.admit(vec![Ok(command("comment.added", &comment("1")))]).await, "{status} {said:?}");
        assert_eq!(acks(&setup).await, [(AckStatus::Done, None)], "{status} {said:?}");
        assert_eq!(setup.helpdesk.notes().len(), 1);
        assert!(setup.health.report(NOW, false).warnings.is_empty());
    }
}

/// While the whole server cannot be used, no command is even tried.
#[tokio::test]
async fn commands_wait_while_zammad_cannot_be_used() {
    let setup = linked().await;
    let handler = setup.commands();
    setup.health.zammad(ZammadState::Unreachable);
    assert!(!handler.admit(vec![Ok(command("comment.added", &comment("1")))]).await);
    assert_eq!((setup.helpdesk.notes().len(), acks(&setup).await.len()), (0, 0));
    setup.health.zammad(ZammadState::Good);
    assert!(handler.admit(vec![Ok(command("comment.added", &comment("1")))]).await);
}

/// The write succeeded, and the process died before it was recorded.
#[tokio::test]
async fn an_interrupted_command_finds_its_note_by_the_mark() {
    let setup = linked().await;
    let mut written = crate::support::article(10, 7, "<p>Mia</p>");
    written["preferences"] = json!({ "connector": { "comment": "1", "command": COMMAND } });
    setup.helpdesk.add_article(written);
    setup.store.claim_command(COMMAND, NOW, 1).await.unwrap();
    setup.pass(2);
    setup.commands().admit(vec![Ok(command("comment.added", &comment("1")))]).await;
    assert_eq!(setup.helpdesk.notes(), Vec::<String>::new());
    assert_eq!(acks(&setup).await, [(AckStatus::Done, None)]);
}

#[tokio::test]
async fn a_command_that_another_instance_has_claimed_is_left_alone() {
    let setup = linked().await;
    setup.store.claim_command(COMMAND, NOW, 60_000).await.unwrap();
    setup.commands().admit(vec![Ok(command("comment.added", &comment("1")))]).await;
    assert_eq!((setup.helpdesk.notes().len(), acks(&setup).await.len()), (0, 0));
}

#[tokio::test]
async fn commands_of_one_ticket_keep_their_order_behind_a_retry() {
    let setup = linked().await;
    setup.helpdesk.fail("create_article", 503);
    let second = "01M3250V000000000000000002";
    let both =
        || vec![Ok(command("comment.added", &comment("1"))), Ok(numbered(second, "comment.added", &comment("2")))];
    let handler = setup.commands();
    handler.admit(both()).await;
    assert_eq!(setup.helpdesk.notes().len(), 0, "the second waits behind the first");
    setup.pass(60_000);
    handler.admit(both()).await;
    let marks = setup.helpdesk.written("create_article");
    let order: Vec<&Value> = marks.iter().map(|note| &note["preferences"]["connector"]["comment"]).collect();
    assert_eq!(order, [&json!("1"), &json!("2")]);
}

#[tokio::test]
async fn a_ticket_that_waits_does_not_delay_others() {
    let setup = linked().await;
    setup.helpdesk.add_ticket(ticket(8));
    setup.link(vec![link(8)]).await;
    setup.helpdesk.fail("create_article", 503);
    let mut other = numbered("01M3250V000000000000000002", "comment.added", &comment("2"));
    (other.ticket_id, other.issue_id) = (Some(8), Some("1008".into()));
    setup.commands().admit(vec![Ok(command("comment.added", &comment("1"))), Ok(other)]).await;
    assert_eq!(setup.helpdesk.notes().len(), 1);
}

/// Commands that cannot be parsed are acknowledged, so that they do not come for ever.
#[tokio::test]
async fn unreadable_commands_are_acknowledged_by_their_code() {
    for (code, status) in [("unsupported", AckStatus::Skipped), ("invalid", AckStatus::Failed)] {
        let setup = linked().await;
        setup.commands().admit(vec![Err((COMMAND.to_owned(), code))]).await;
        assert_eq!(acks(&setup).await, [(status, Some(code.to_owned()))]);
    }
}

/// Somebody who looks at the panel proves nothing about changes of the issue, so a lost event is still looked for.
#[tokio::test]
async fn a_refresh_tells_of_no_change_in_jira() {
    for (kind, data, is_heard) in [("refresh", json!({}), false), ("comment.added", comment("1"), true)] {
        let setup = linked().await;
        assert!(setup.commands().admit(vec![Ok(command(kind, &data))]).await);
        let facts = setup.store.link_facts(7, "1007").await.unwrap();
        assert_eq!(crate::ticket::facts::heard_up_to(&facts).is_some(), is_heard, "{kind}");
    }
}
