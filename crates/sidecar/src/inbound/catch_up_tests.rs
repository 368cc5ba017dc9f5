use schema::{MessageResult, ResultStatus};
use serde_json::{Value, json};
use store::{FactKind, OutboxRow};

use crate::support::{NOW, Setup, link, ticket};

fn row() -> OutboxRow {
    let (id, kind) = ("01M3250V000000000000000009".to_owned(), "issue.get".to_owned());
    OutboxRow { id, ticket_id: 7, kind, body: String::new(), attempts: 0, created_at: NOW }
}

fn comment(number: u8, ticket_id: u64) -> Value {
    json!({
        "id": format!("01M3250V00000000000000000{number}"), "kind": "comment.added", "ticketId": ticket_id,
        "issueId": "1007", "issueKey": "PROJ-7", "data": {
            "commentId": number.to_string(), "author": { "accountId": "acc" },
            "createdAt": "2026-11-28T01:16:12.426Z", "updatedAt": "2026-11-28T01:16:12.426Z",
            "document": { "type": "doc", "version": 1, "content": [] },
        },
    })
}

/// The answer to `issue.get` with these commands and comment ids.
fn answer(commands: &[Value], all_comments: Option<Value>) -> MessageResult {
    let mut catch_up = json!({ "commands": commands, "until": "2026-11-28T03:00:00.000Z" });
    if let Some(all) = all_comments {
        catch_up["allComments"] = all;
    }
    let data = json!({ "issueId": "1007", "issueKey": "PROJ-7", "catchUp": catch_up });
    MessageResult { id: row().id, status: ResultStatus::Accepted, code: None, retry_after_ms: None, data: Some(data) }
}

async fn linked() -> Setup {
    let setup = Setup::new().await;
    setup.helpdesk.add_ticket(ticket(7));
    setup.link(vec![link(7)]).await;
    setup
}

async fn catch_up(setup: &Setup, answer: &MessageResult) -> Option<store::LinkFact> {
    setup.commands().catch_up(&row(), Some(answer)).await
}

#[tokio::test]
async fn missed_commands_are_applied_once() {
    let setup = linked().await;
    let answer = answer(&[comment(1, 7), comment(2, 7), comment(3, 8)], None);
    for _ in 0..2 {
        let fact = catch_up(&setup, &answer).await.unwrap();
        assert_eq!((fact.kind, fact.value.as_deref()), (FactKind::CaughtUpTo, Some("\"2026-11-28T03:00:00.000Z\"")));
    }
    assert_eq!(setup.helpdesk.notes().len(), 2, "the third is of another ticket");
}

#[tokio::test]
async fn the_time_does_not_advance_while_a_command_has_to_wait() {
    let setup = linked().await;
    setup.helpdesk.fail("create_article", 503);
    let answer = answer(&[comment(1, 7)], None);
    assert_eq!(catch_up(&setup, &answer).await, None);
    assert!(catch_up(&setup, &answer).await.is_some());
}

#[tokio::test]
async fn comments_that_no_longer_exist_are_removed_once() {
    let setup = linked().await;
    catch_up(&setup, &answer(&[comment(1, 7), comment(2, 7)], Some(json!(["1", "2"])))).await.unwrap();
    for _ in 0..2 {
        catch_up(&setup, &answer(&[], Some(json!(["2"])))).await.unwrap();
    }
    let notes = setup.helpdesk.notes();
    assert_eq!(notes.iter().filter(|note| note.contains("has been deleted or restricted")).count(), 1, "{notes:?}");
    catch_up(&setup, &answer(&[], None)).await.unwrap();
    assert_eq!(setup.helpdesk.notes().len(), 3, "an incomplete list removes nothing");
}

#[tokio::test]
async fn an_answer_without_catch_up_changes_nothing() {
    let setup = linked().await;
    let empty = MessageResult { data: Some(json!({ "issueId": "1007", "issueKey": "PROJ-7" })), ..answer(&[], None) };
    assert_eq!(catch_up(&setup, &empty).await, None);
    assert_eq!(setup.commands().catch_up(&row(), None).await, None);
}
