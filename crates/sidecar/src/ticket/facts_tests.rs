use schema::{FileRef, Side};
use serde_json::{Value, json};
use store::{Effects, ObjectKind, Origin, RecheckCause};

use super::*;
use crate::support::{NOW, Setup, link};

const OF: LinkKey<'static> = LinkKey { ticket_id: 7, issue_id: "1007" };

/// The facts of the link after these changes.
async fn stored(changes: Vec<LinkFact>) -> LinkFacts {
    let setup = Setup::new().await;
    setup.link(vec![link(7)]).await;
    setup.store.record(Effects { facts: changes, ..Effects::default() }).await.unwrap();
    setup.store.link_facts(7, "1007").await.unwrap()
}

fn json_of(facts: &LinkFacts, kind: &FactKind) -> Value {
    serde_json::from_str(facts.json(kind).unwrap()).unwrap()
}

#[tokio::test]
async fn a_link_without_facts_has_the_values_of_a_new_one() {
    let facts = stored(Vec::new()).await;
    assert_eq!(memory(&facts), Memory::default());
    assert_eq!(apply_result(&facts), None);
    assert_eq!((merge(&facts), issue_gone(&facts), caught_up_to(&facts)), (None, None, None));
    assert_eq!((missing(&facts), done_notes(&facts), announced_file(&facts, "50")), (None, None, None));
    assert!(!is_created(&facts));
}

#[tokio::test]
async fn each_fact_is_read_back_as_it_was_stored() {
    let remembered = Memory { etag: "2".into(), ..Memory::default() };
    let notes = DoneNotes { times: 2, note: LastNote::WillBeReleased };
    let announced = json!({
        "attachmentId": "50", "name": "a.log", "size": 3, "author": { "accountId": "acc" }, "createdAt": "t",
    });
    let facts = stored(vec![
        OF.set(FactKind::Memory, &remembered),
        refused_apply(OF, "m1", "no-permission"),
        OF.set(FactKind::Merge, &"m2"),
        OF.set(FactKind::Created, &"m3"),
        OF.set(FactKind::IssueGone, &"deleted"),
        OF.set(FactKind::DoneNotes, &notes),
        OF.set(FactKind::CaughtUpTo, &"2026-11-28T01:16:12.426Z"),
        OF.set(FactKind::AnnouncedFile("50".into()), &announced),
        missing_fact(&link(7), NOW, true),
    ])
    .await;
    assert_eq!(memory(&facts), remembered);
    let refused = ApplyOutcome::Refused("no-permission".into());
    assert_eq!(apply_result(&facts), Some(Answered { message: "m1".into(), outcome: refused }));
    assert_eq!((merge(&facts).as_deref(), issue_gone(&facts).as_deref()), (Some("m2"), Some("deleted")));
    assert!(is_created(&facts));
    assert_eq!(done_notes(&facts), Some(notes));
    assert_eq!(caught_up_to(&facts).as_deref(), Some("2026-11-28T01:16:12.426Z"));
    assert_eq!(announced_file(&facts, "50").unwrap().name, "a.log");
    assert_eq!(announced_file(&facts, "51"), None, "another file");
    assert_eq!(missing(&facts), Some(Missing { since: NOW, ended: true }));
}

/// Databases of earlier versions have these names.
#[tokio::test]
async fn the_stored_form_stays_the_same() {
    for (note, name) in
        [(LastNote::Nothing, "nothing"), (LastNote::WillBeReleased, "willBeReleased"), (LastNote::Done, "done")]
    {
        let facts = stored(vec![OF.set(FactKind::DoneNotes, &DoneNotes { times: 1, note })]).await;
        assert_eq!(json_of(&facts, &FactKind::DoneNotes), json!({ "times": 1, "told": name }));
    }
    let facts = stored(vec![missing_fact(&link(7), UnixMs(5), false), refused_apply(OF, "m", "code")]).await;
    assert_eq!(json_of(&facts, &FactKind::TicketMissing), json!({ "since": 5, "ended": false }));
    let refused = json!({ "message": "m", "word": { "Refused": "code" } });
    assert_eq!(json_of(&facts, &FactKind::ApplyResult), refused);
}

/// A value of a version that wrote another form counts as missing, so that it is requested or computed again.
#[tokio::test]
async fn a_value_of_another_form_counts_as_missing() {
    let other = [FactKind::Memory, FactKind::ApplyResult, FactKind::TicketMissing, FactKind::DoneNotes];
    let facts = stored(other.map(|kind| OF.with_json(kind, Some("17".into()))).into()).await;
    assert_eq!((memory(&facts), apply_result(&facts)), (Memory::default(), None));
    assert_eq!((missing(&facts), done_notes(&facts)), (None, None));
}

#[tokio::test]
async fn a_cleared_fact_is_gone_and_the_others_stay() {
    let setup = Setup::new().await;
    setup.link(vec![link(7)]).await;
    for facts in [
        vec![OF.set(FactKind::Merge, &"m"), OF.set(FactKind::Created, &"m")],
        vec![LinkKey::from(&link(7)).clear(FactKind::Merge)],
    ] {
        setup.store.record(Effects { facts, ..Effects::default() }).await.unwrap();
    }
    let facts = setup.store.link_facts(7, "1007").await.unwrap();
    assert!(merge(&facts).is_none() && is_created(&facts));
}

#[test]
fn only_a_missing_permission_is_worth_another_attempt() {
    for (code, again) in [
        ("issue-no-access", true),
        ("jira-forbidden", true),
        ("jira-refused", false),
        ("not-ours", false),
        ("not-linked", false),
        ("", false),
    ] {
        assert_eq!(is_resent(code), again, "{code}");
    }
}

#[test]
fn a_trouble_belongs_to_its_link() {
    let trouble = OF.trouble(Subject::Issue, Some("issue-no-access"), Some("detail".into()), NOW);
    assert_eq!((trouble.ticket_id, trouble.issue_id.as_str(), trouble.at), (7, "1007", NOW));
    assert_eq!((trouble.code.as_deref(), trouble.detail.as_deref()), (Some("issue-no-access"), Some("detail")));
    assert_eq!(OF.trouble(Subject::Issue, None, None, NOW).code, None, "without a code it has ended");
}

#[test]
fn mirrors_are_known_after_forges_answer_only() {
    let record = |mirror: Option<&str>| Provenance {
        side: Side::Zammad,
        object: ObjectKind::File,
        id: "5".into(),
        origin: Origin::Theirs,
        mirror: mirror.map(str::to_owned),
        fingerprint: None,
        ticket_id: 7,
        carried_by: "m".into(),
        at: NOW,
    };
    for (mirror, expected) in [
        (None, vec![]),
        (Some("damaged"), vec![]),
        (Some("[]"), vec![]),
        (Some(r#"[{"issueId":"1007","attachmentId":"70"},{"issueId":"1008","attachmentId":"71"}]"#), vec!["70", "71"]),
    ] {
        let found = mirrors::<FileRef>(&record(mirror));
        let ids: Vec<&str> = found.iter().map(|file| file.attachment_id.as_str()).collect();
        assert_eq!(ids, expected, "{mirror:?}");
    }
}

#[test]
fn an_answer_causes_a_visit_at_once() {
    let recheck = recheck_after_answer(7, "m1", NOW);
    assert_eq!((recheck.ticket_id, recheck.not_before, recheck.at), (7, None, NOW));
    assert_eq!(recheck.cause, RecheckCause::Answered("m1".into()));
}
