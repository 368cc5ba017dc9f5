use schema::{MessageResult, UnixMs};
use serde_json::{Value, json};
use store::{Effects, FactKind, OutboxRow, Settlement};

use super::*;
use crate::support::verdicts::errors;
use crate::support::{NOW, Setup, link, ticket};

const MESSAGE: &str = "01M3250V000000000000000001";

fn row() -> OutboxRow {
    let body = json!({
        "id": MESSAGE, "ticketId": 7, "kind": "attachment.fetch", "data": { "issueId": "1007", "attachmentId": "50" },
    });
    OutboxRow {
        id: MESSAGE.into(),
        ticket_id: 7,
        kind: "attachment.fetch".into(),
        body: body.to_string(),
        attempts: 0,
        created_at: NOW,
    }
}

fn result(status: ResultStatus, data: Option<Value>) -> MessageResult {
    MessageResult { id: MESSAGE.into(), status, code: Some("code".into()), retry_after_ms: None, data }
}

/// A linked ticket with an announced file.
async fn announced(media_type: &str) -> Setup {
    let setup = Setup::new().await;
    setup.helpdesk.add_ticket(ticket(7));
    setup.link(vec![link(7)]).await;
    let file = json!({
        "attachmentId": "50", "name": "a.png", "size": 3, "mediaType": media_type, "author": { "accountId": "acc", "name": "Mia" },
        "createdAt": "2026-11-28T01:16:12.426Z",
    });
    let facts = vec![LinkKey { ticket_id: 7, issue_id: "1007" }.set(FactKind::AnnouncedFile("50".into()), &file)];
    setup.store.record(Effects { facts, ..Effects::default() }).await.unwrap();
    setup
}

fn bytes() -> Option<Value> {
    Some(json!({ "bytes": "YWJj" }))
}

async fn write(setup: &Setup, result: Option<&MessageResult>) -> Written {
    setup.commands().write_file(&row(), result).await
}

fn retry(code: &str) -> Settlement {
    Settlement::Retry { at: UnixMs(NOW.0 + 10_000), code: code.into() }
}

/// Every result of Forge has a row.
#[tokio::test]
async fn forges_result_decides_what_the_note_contains() {
    let done = Settlement::Done { result: None };
    for (result, settlement, text, files) in [
        (None, retry("not-answered"), None, 0),
        (Some(result(ResultStatus::Retry, None)), retry("code"), None, 0),
        (Some(result(ResultStatus::Accepted, bytes())), done.clone(), Some("a.png"), 1),
        (Some(result(ResultStatus::Duplicate, bytes())), done.clone(), Some("a.png"), 1),
        (Some(result(ResultStatus::Accepted, None)), done.clone(), Some("it could not be read"), 0),
        (
            Some(result(ResultStatus::Accepted, Some(json!({ "notice": "tooLarge" })))),
            done.clone(),
            Some("it is too large to transfer"),
            0,
        ),
        (Some(result(ResultStatus::Rejected, None)), done, Some("it could not be read"), 0),
    ] {
        let setup = announced("text/plain").await;
        let written = write(&setup, result.as_ref()).await;
        assert_eq!(written.settlement, settlement, "{result:?}");
        let notes = setup.helpdesk.written("create_article");
        assert_eq!(notes.len(), usize::from(text.is_some()), "{result:?}");
        if let Some(text) = text {
            assert!(notes[0]["body"].as_str().unwrap().contains(text), "{}", notes[0]);
            assert_eq!(notes[0]["files"].as_array().unwrap().len(), files);
            assert_eq!(written.effects.facts[0].value, None, "the announcement is answered");
        }
    }
}

/// Whatever keeps Zammad from taking the file now: it is requested again later. Only its own refusal ends in a note.
#[tokio::test]
async fn a_file_that_cannot_be_written_now_is_requested_again() {
    for error in errors("create_article") {
        let setup = announced("text/plain").await;
        setup.helpdesk.fail_with("create_article", error.clone());
        let written = write(&setup, Some(&result(ResultStatus::Accepted, bytes()))).await;
        let is_refused = error.verdict() == Verdict::GiveUp(Reason::Refused);
        let expected = if is_refused { Settlement::Done { result: None } } else { retry(error.code()) };
        assert_eq!(written.settlement, expected, "{error:?}");
        assert_eq!(setup.helpdesk.notes().len(), usize::from(is_refused), "{error:?}");
        assert_eq!(written.effects.facts.len(), usize::from(is_refused), "{error:?}: the announcement is kept");
    }
}

#[tokio::test]
async fn a_file_whose_note_is_refused_too_is_a_dead_letter() {
    let setup = announced("text/plain").await;
    setup.helpdesk.fail("create_article", 422);
    setup.helpdesk.fail("create_article", 422);
    let settlement = write(&setup, Some(&result(ResultStatus::Accepted, bytes()))).await.settlement;
    assert_eq!(settlement, Settlement::Dead { code: "zammad-refused".into() });
}

#[tokio::test]
async fn a_refused_file_leaves_a_note_without_it() {
    let setup = announced("text/plain").await;
    setup.helpdesk.fail("create_article", 422);
    write(&setup, Some(&result(ResultStatus::Accepted, bytes()))).await;
    let notes = setup.helpdesk.written("create_article");
    assert!(notes[0]["body"].as_str().unwrap().contains("Zammad did not accept it"), "{}", notes[0]);
    assert_eq!(notes[0]["files"], json!([]));
}

#[tokio::test]
async fn a_file_is_written_once_even_if_its_record_was_lost() {
    let setup = announced("text/plain").await;
    let answer = result(ResultStatus::Accepted, bytes());
    write(&setup, Some(&answer)).await;
    write(&setup, Some(&answer)).await;
    assert_eq!(setup.helpdesk.notes().len(), 1, "found by its mark");
}

#[tokio::test]
async fn a_file_of_an_ended_link_is_not_written() {
    let setup = announced("text/plain").await;
    setup.link(vec![Link { state: LinkState::Ended, ..link(7) }]).await;
    let written = write(&setup, Some(&result(ResultStatus::Accepted, bytes()))).await;
    assert_eq!((written.settlement, setup.helpdesk.notes().len()), (Settlement::Done { result: None }, 0));
}

#[tokio::test]
async fn small_pictures_are_shown_but_no_svg() {
    for (media_type, shown) in [("image/png", true), ("image/svg+xml", false), ("text/plain", false)] {
        let setup = announced(media_type).await;
        write(&setup, Some(&result(ResultStatus::Accepted, bytes()))).await;
        assert_eq!(setup.helpdesk.notes()[0].contains("data:image/png;base64,YWJj"), shown, "{media_type}");
    }
}
