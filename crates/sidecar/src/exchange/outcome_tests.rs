use std::sync::Arc;

use serde_json::{Value, json};
use store::sqlite::SqliteStore;

use super::*;

pub(super) fn row(id: &str, body: &Value) -> OutboxRow {
    let message =
        json!({ "id": "01M3250V000000000000000001", "ticketId": 42, "kind": body["kind"], "data": body["data"] });
    OutboxRow {
        id: id.into(),
        ticket_id: 42,
        kind: body["kind"].as_str().unwrap_or_default().to_owned(),
        body: message.to_string(),
        attempts: 0,
        created_at: UnixMs(1_000),
    }
}

pub(super) fn result(status: ResultStatus, after: Option<u32>, data: Option<Value>) -> MessageResult {
    MessageResult { id: "x".into(), status, code: Some("x".into()), retry_after_ms: after, data }
}

pub(super) async fn store() -> (tempfile::TempDir, Arc<dyn Store>) {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("connector.db")).await.unwrap();
    (folder, Arc::new(store))
}

pub(super) fn outcome(store: &Arc<dyn Store>) -> Outcome<'_> {
    let settings = Box::leak(Box::new(Settings::default()));
    Outcome { store: store.as_ref(), privacy: Privacy::Off, settings, now: UnixMs(1_000), effects: Effects::default() }
}

/// Searches for people share one place in the queue with everything else that has no ticket.
#[tokio::test]
async fn a_search_that_jira_never_answers_ends_and_a_message_does_not() {
    let (_folder, store) = store().await;
    let mut outcome = outcome(&store);
    let search = json!({ "kind": "user.search", "data": { "query": "Mia" } });
    let gone = json!({ "kind": "ticket.gone", "data": { "reason": "deleted" } });
    for (body, attempts, ends) in [(&search, 4, false), (&search, 5, true), (&gone, 500, false)] {
        let row = OutboxRow { attempts, ..row("x", body) };
        let settled = outcome.settle(&row, Some(&result(ResultStatus::Retry, Some(2_000), None))).await.unwrap();
        assert_eq!(settled == Settlement::Done { result: None }, ends, "{settled:?}");
        assert_eq!(matches!(settled, Settlement::Retry { .. }), !ends, "{settled:?}");
    }
}

#[tokio::test]
async fn every_sent_message_gets_a_settlement() {
    let (_folder, store) = store().await;
    let mut outcome = outcome(&store);
    let gone = json!({ "kind": "ticket.gone", "data": { "reason": "deleted" } });
    let mut settled = Vec::new();
    for result in [
        Some(result(ResultStatus::Accepted, None, None)),
        Some(result(ResultStatus::Duplicate, None, None)),
        Some(result(ResultStatus::Retry, Some(2_000), None)),
        Some(result(ResultStatus::Rejected, None, None)),
        Some(result(ResultStatus::Retry, Some(u32::MAX), None)),
        None,
    ] {
        settled.push(outcome.settle(&row("a", &gone), result.as_ref()).await.unwrap());
    }
    assert_eq!(
        settled,
        [
            Settlement::Done { result: None },
            Settlement::Done { result: None },
            Settlement::Retry { at: UnixMs(3_000), code: "x".into() },
            Settlement::Dead { code: "x".into() },
            Settlement::Retry { at: UnixMs(3_601_000), code: "x".into() },
            Settlement::Retry { at: UnixMs(6_000), code: "not-answered".into() },
        ]
    );
    assert!(outcome.effects.links.is_empty());
}

#[tokio::test]
async fn a_refused_field_apply_is_stored_with_the_link_and_causes_a_visit() {
    let (_folder, store) = store().await;
    let mut outcome = outcome(&store);
    let apply = json!({ "kind": "field.apply", "data": { "issueId": "10007", "fields": { "summary": "x" } } });
    let settled = outcome.settle(&row("m1", &apply), Some(&result(ResultStatus::Rejected, None, None))).await.unwrap();
    assert_eq!(settled, Settlement::Done { result: None });
    let Effects { facts, rechecks, .. } = outcome.effects;
    assert_eq!((&facts[0].kind, &rechecks[0].cause), (&FactKind::ApplyResult, &RecheckCause::Answered("m1".into())));
    let answered: Answered = serde_json::from_str(facts[0].value.as_ref().unwrap()).unwrap();
    assert_eq!(answered, Answered { message: "m1".into(), outcome: ApplyOutcome::Refused("x".into()) });
}

/// A message that was stopped at the boundary or refused with the whole request is never answered.
#[test]
fn an_abandoned_field_apply_does_not_stay_in_progress() {
    let mut effects = Effects::default();
    let apply = json!({ "kind": "field.apply", "data": { "issueId": "10007", "fields": { "summary": "x" } } });
    abandoned(&row("m1", &apply), "boundary", UnixMs(1), &mut effects);
    let answered: Answered = serde_json::from_str(effects.facts[0].value.as_ref().unwrap()).unwrap();
    assert_eq!(answered.outcome, ApplyOutcome::Refused("boundary".into()));
    assert_eq!((effects.facts[0].issue_id.as_str(), effects.rechecks.len()), ("10007", 1));
    abandoned(&row("m2", &json!({ "kind": "ticket.gone", "data": { "reason": "x" } })), "x", UnixMs(1), &mut effects);
    assert_eq!(effects.facts.len(), 1);
}

#[tokio::test]
async fn a_confirmed_link_is_recorded() {
    let (_folder, store) = store().await;
    let mut outcome = outcome(&store);
    let request = json!({ "kind": "link.requested", "data": {
        "issue": "PROJ-7", "ticketNumber": "50042", "ticketUrl": "https://h.example/", "afterArticle": 9 } });
    let answer = json!({ "issueId": "10007", "issueKey": "PROJ-7" });
    outcome.settle(&row("m1", &request), Some(&result(ResultStatus::Accepted, None, Some(answer)))).await.unwrap();
    let link = &outcome.effects.links[0];
    assert_eq!((link.issue_id.as_str(), link.after_article, link.ticket_number.as_str()), ("10007", 9, "50042"));
    assert_eq!(outcome.effects.rechecks.len(), 1);
}

/// Comments and files that could not be erased in Jira are listed with their place.
#[tokio::test]
async fn comments_and_files_that_could_not_be_erased_are_listed() {
    for kind in ["ticket.gone", "article.removed"] {
        let (_folder, store) = store().await;
        let mut outcome = outcome(&store);
        let data = if kind == "ticket.gone" {
            json!({ "reason": "deleted", "erase": "delete" })
        } else {
            json!({ "articleId": 3, "comments": [] })
        };
        let answer = json!({ "issues": [], "comments": [], "failed": [
            { "issueId": "10007", "commentId": "5", "reason": "jira-forbidden" },
            { "issueId": "10007", "attachmentId": "6", "reason": "not-ours" },
        ] });
        let message = row("m1", &json!({ "kind": kind, "data": data }));
        outcome.settle(&message, Some(&result(ResultStatus::Accepted, None, Some(answer)))).await.unwrap();
        let listed: Vec<_> =
            outcome.effects.troubles.iter().map(|one| (one.detail.as_deref(), one.code.as_deref())).collect();
        assert_eq!(
            listed,
            [(Some("comment 5"), Some("jira-forbidden")), (Some("attachment 6"), Some("not-ours"))],
            "{kind}"
        );
    }
}

/// An issue that Forge cannot read now is not taken for deleted.
#[tokio::test]
async fn a_question_about_an_unreadable_issue_ends_no_link() {
    let (_folder, store) = store().await;
    let mut outcome = outcome(&store);
    let question = row("m1", &json!({ "kind": "issue.get", "data": { "issue": "10007" } }));
    let mut refused = result(ResultStatus::Rejected, None, None);
    refused.code = Some("issue-no-access".into());
    outcome.settle(&question, Some(&refused)).await.unwrap();
    assert!(outcome.effects.facts.is_empty(), "{:?}", outcome.effects.facts);
    let trouble = &outcome.effects.troubles[0];
    assert_eq!((&trouble.subject, trouble.code.as_deref()), (&Subject::Issue, Some("issue-no-access")));
}

#[tokio::test]
async fn comments_of_an_article_on_several_issues_are_all_recorded() {
    let (_folder, store) = store().await;
    let content =
        json!({ "articleId": 5, "internal": true, "createdAt": "t", "attachmentCount": 0, "issues": ["1", "2"] });
    let added = json!({ "kind": "article.added", "data": content });
    for (issue, comment) in [("1", "a"), ("2", "b"), ("1", "c")] {
        let mut outcome = outcome(&store);
        let answer = json!({ "comments": [{ "issueId": issue, "commentId": comment }] });
        outcome.settle(&row("m", &added), Some(&result(ResultStatus::Accepted, None, Some(answer)))).await.unwrap();
        store.record(outcome.effects).await.unwrap();
    }
    let part = store.provenance(Side::Zammad, ObjectKind::ArticlePart, "5:1").await.unwrap().unwrap();
    let comments: Vec<CommentRef> = serde_json::from_str(&part.mirror.unwrap()).unwrap();
    let ids: Vec<&str> = comments.iter().map(|comment| comment.comment_id.as_str()).collect();
    assert_eq!(ids, ["c", "b"]);
}

/// The answer comes after a merge: the comment belongs to the ticket that the article belongs to now.
#[tokio::test]
async fn a_comment_of_a_merged_ticket_is_recorded_with_the_target() {
    let (_folder, store) = store().await;
    let article = Provenance {
        side: Side::Zammad,
        object: ObjectKind::Article,
        id: "5".into(),
        origin: Origin::Theirs,
        mirror: None,
        fingerprint: None,
        ticket_id: 43,
        carried_by: "m".into(),
        at: UnixMs(1),
    };
    store.record(Effects { provenance: vec![article], ..Effects::default() }).await.unwrap();
    let content = json!({ "articleId": 5, "internal": true, "createdAt": "t", "attachmentCount": 0, "issues": ["1"] });
    let added = json!({ "kind": "article.added", "data": content });
    let mut outcome = outcome(&store);
    let answer = json!({ "comments": [{ "issueId": "1", "commentId": "a" }] });
    outcome.settle(&row("m", &added), Some(&result(ResultStatus::Accepted, None, Some(answer)))).await.unwrap();
    assert_eq!(outcome.effects.provenance[0].ticket_id, 43);
}

/// As after a new installation of the app. `/readyz` warns of what is noted here.
#[tokio::test]
async fn an_app_that_knows_none_of_the_links_is_noted_until_it_knows_all() {
    let (_folder, store) = store().await;
    let hello = row("m1", &json!({ "kind": "hello", "data": { "capabilities": [], "privacyMode": false } }));
    let knows = |links: u64| json!({ "minSidecar": "0.0.0", "privacyMode": false, "links": links });
    for (here, known, noted) in [
        (0, 0, ""),
        (2, 1, ""),
        (2, 0, "2 links here, 0 in the Forge app"),
        (3, 1, "3 links here, 1 in the Forge app"),
        (3, 3, ""),
    ] {
        let links = (7..7 + here).map(crate::support::link).collect();
        store.record(Effects { links, ..Effects::default() }).await.unwrap();
        let mut outcome = outcome(&store);
        outcome.settle(&hello, Some(&result(ResultStatus::Accepted, None, Some(knows(known))))).await.unwrap();
        assert_eq!(outcome.effects.watermarks, [(facts::LINKS_UNKNOWN.to_owned(), noted.to_owned())]);
        store.record(outcome.effects).await.unwrap();
    }
}

/// Taken for done, a link or a write would be missing here for good.
#[tokio::test]
async fn an_answer_that_cannot_be_read_is_asked_for_again() {
    let kinds = [
        json!({ "kind": "field.apply", "data": { "issueId": "10007", "fields": {}, "expected": {} } }),
        json!({ "kind": "issue.get", "data": { "issue": "10007" } }),
        json!({ "kind": "link.requested", "data": { "issue": "PROJ-7", "ticketNumber": "5007", "ticketUrl": "https://z.example/#ticket/zoom/7" } }),
    ];
    for body in kinds {
        for data in [None, Some(json!("text")), Some(json!({ "snapshot": 1 }))] {
            let (_folder, store) = store().await;
            let accepted = result(ResultStatus::Accepted, None, data);
            let mut row = row("a", &body);
            let settled = outcome(&store).settle(&row, Some(&accepted)).await.unwrap();
            let is_retried = matches!(&settled, Settlement::Retry { code, .. } if code == "unreadable-answer");
            assert!(is_retried, "{body}: {settled:?}");
            row.attempts = UNREADABLE_ATTEMPTS;
            let settled = outcome(&store).settle(&row, Some(&accepted)).await.unwrap();
            assert_eq!(settled, Settlement::Dead { code: "unreadable-answer".into() });
        }
    }
}

/// Its message was refused until a merge was known, and the article was deleted meanwhile.
#[tokio::test]
async fn a_comment_of_an_article_that_was_deleted_meanwhile_is_withdrawn_by_a_visit() {
    for (fingerprint, visits) in [("gone:0", 1), ("p0123", 0)] {
        let (_folder, store) = store().await;
        let article = Provenance {
            side: Side::Zammad,
            object: ObjectKind::Article,
            id: "317".into(),
            origin: Origin::Theirs,
            mirror: None,
            fingerprint: Some(fingerprint.into()),
            ticket_id: 42,
            carried_by: "a".into(),
            at: UnixMs(1),
        };
        store.record(Effects { provenance: vec![article], ..Effects::default() }).await.unwrap();
        let mut outcome = outcome(&store);
        let added = json!({ "kind": "article.added", "data": {
            "articleId": 317, "internal": false, "createdAt": "", "attachmentCount": 0, "issues": ["10007"],
        } });
        let answer = json!({ "comments": [{ "issueId": "10007", "commentId": "9" }] });
        let accepted = result(ResultStatus::Accepted, None, Some(answer));
        outcome.settle(&row("a", &added), Some(&accepted)).await.unwrap();
        assert_eq!(outcome.effects.rechecks.len(), visits, "{fingerprint}");
    }
}
