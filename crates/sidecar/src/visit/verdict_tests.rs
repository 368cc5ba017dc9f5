//! Every call of a visit with every verdict of Zammad: which one ends the work, which one repeats it, and that a failed visit
//! leaves links, records and outbox as they were.

use schema::Side;
use serde_json::{Value, json};
use store::{Effects, FactKind, LinkState, ObjectKind, Origin, Provenance};
use zammad::{Obstacle, Reason, Verdict};

use super::worker::tests::{Fate, fate, lease, worker};
use crate::support::verdicts::{RETRY, errors, row};
use crate::support::{NOW, Setup, article, link, ticket};
use crate::ticket::facts::LinkKey;

const OF: LinkKey<'static> = LinkKey { ticket_id: 7, issue_id: "1007" };
const NO_ACCESS: Verdict = Verdict::Wait(Obstacle::NoAccess);
const UNREADABLE: Verdict = Verdict::Wait(Obstacle::Unreadable);
const GONE: Verdict = Verdict::GiveUp(Reason::Gone);
const REFUSED: Verdict = Verdict::GiveUp(Reason::Refused);

/// The rows that hold for most calls.
fn rows() -> [(Verdict, Fate); 12] {
    let abandoned = |code: &str| Fate::Abandoned(code.to_owned());
    [
        (RETRY, Fate::Retried),
        (Verdict::RetryFewTimes, Fate::Retried),
        (Verdict::Wait(Obstacle::Token), Fate::Retried),
        (Verdict::Wait(Obstacle::Maintenance), Fate::Retried),
        (Verdict::Wait(Obstacle::TokenAccess), Fate::Retried),
        (NO_ACCESS, Fate::Retried),
        (Verdict::Wait(Obstacle::Redirect), Fate::Retried),
        (Verdict::Wait(Obstacle::NotZammad), Fate::Retried),
        (UNREADABLE, Fate::Retried),
        (GONE, abandoned("zammad-gone")),
        (REFUSED, abandoned("zammad-refused")),
        (Verdict::GiveUp(Reason::TooLarge), abandoned("zammad-too-large")),
    ]
}

/// Article 10 as it was sent, unchanged since.
fn sent_article() -> Provenance {
    let text = schema::fingerprint(&json!("text"));
    Provenance {
        side: Side::Zammad,
        object: ObjectKind::Article,
        id: "10".into(),
        origin: Origin::Theirs,
        mirror: None,
        fingerprint: Some(format!("i{text}")),
        ticket_id: 7,
        carried_by: "m".into(),
        at: NOW,
    }
}

/// The stored state that a failed visit must not change: fingerprint of the article, states of the links, waiting messages.
async fn state(setup: &Setup) -> (Option<String>, Vec<LinkState>, u64) {
    let article = setup.store.provenance(Side::Zammad, ObjectKind::Article, "10").await.unwrap();
    let links = setup.store.links_of_ticket(7).await.unwrap();
    let states = links.into_iter().map(|link| link.state).collect();
    (article.and_then(|article| article.fingerprint), states, setup.store.counts().await.unwrap().outbox)
}

/// Visits a prepared ticket while `method` fails with each error. `exceptions` are the rows in which this call differs.
async fn check(method: &'static str, prepare: impl AsyncFn(&Setup), exceptions: &[(Verdict, Fate)]) {
    let rows: Vec<(Verdict, Fate)> = exceptions.iter().cloned().chain(rows()).collect();
    for error in errors(method) {
        let setup = Setup::new().await;
        let worker = worker(&setup).await;
        setup.helpdesk.add_article(article(10, 7, "text"));
        setup.store.record(Effects { provenance: vec![sent_article()], ..Effects::default() }).await.unwrap();
        prepare(&setup).await;
        let before = state(&setup).await;
        setup.helpdesk.fail_with(method, error.clone());
        worker.work(&lease(&setup, "d").await).await;
        let expected = row(&rows, &error);
        assert_eq!(fate(&setup).await, *expected, "{error:?}");
        if *expected == Fate::Done {
            continue;
        }
        assert_eq!(state(&setup).await, before, "{error:?}");
        // Another attempt finds the same work.
        setup.pass(300_000);
        worker.work(&lease(&setup, "e").await).await;
        let left = (setup.store.waiting_tickets(9).await.unwrap(), setup.store.abandoned_tickets(9).await.unwrap());
        assert_eq!(left, (Vec::new(), Vec::new()), "{error:?}");
    }
}

async fn nothing(_: &Setup) {}

/// A ticket that does not exist is looked for a second time.
#[tokio::test]
async fn reading_the_ticket() {
    check("ticket", nothing, &[(GONE, Fate::Retried)]).await;
}

/// Whatever Zammad answers, no article is taken for deleted.
#[tokio::test]
async fn reading_the_articles() {
    check("articles", nothing, &[(GONE, Fate::Retried)]).await;
}

#[tokio::test]
async fn reading_the_tags() {
    let tagged = async |setup: &Setup| setup.settings(|all| all.comments.only_tagged = Some("jira".into())).await;
    check("tags", tagged, &[]).await;
}

#[tokio::test]
async fn reading_the_states() {
    check("ticket_states", nothing, &[]).await;
}

/// Ticket 7 was merged into ticket 8.
async fn merged(setup: &Setup) {
    let mut source = ticket(7);
    source["state_id"] = 5.into();
    setup.helpdesk.add_ticket(source);
    setup.helpdesk.add_ticket(ticket(8));
    setup.helpdesk.contents().merged_into.insert(7, 8);
}

/// The links of a merged ticket move when the target is known and its note is written, and not before.
#[tokio::test]
async fn looking_for_the_target_of_a_merge() {
    check("merged_into", merged, &[]).await;
}

#[tokio::test]
async fn writing_the_note_of_a_merge() {
    check("create_article", merged, &[]).await;
}

/// The issue of the link was deleted.
#[tokio::test]
async fn writing_the_note_of_a_deleted_issue() {
    let deleted = async |setup: &Setup| {
        let facts = vec![OF.set(FactKind::IssueGone, &"deleted")];
        setup.store.record(Effects { facts, ..Effects::default() }).await.unwrap();
    };
    check("create_article", deleted, &[]).await;
}

/// A name that cannot be known is left out of the panel.
#[tokio::test]
async fn reading_the_name_of_the_owner() {
    let owned = async |setup: &Setup| setup.helpdesk.contents().tickets.get_mut(&7).unwrap()["owner_id"] = 3.into();
    check("user", owned, &[(NO_ACCESS, Fate::Done), (UNREADABLE, Fate::Done), (GONE, Fate::Done)]).await;
}

async fn store_issue(setup: &Setup, summary: &str) {
    let snapshot = json!({
        "summary": summary, "statusId": "1", "status": "To Do", "statusCategory": "new", "priorityId": "3",
        "updatedAt": "2026-11-28T01:16:12.426Z",
    });
    let facts = vec![OF.set(FactKind::Issue, &json!({ "snapshot": snapshot, "changedAt": NOW.0 + 1 }))];
    setup.store.record(Effects { facts, ..Effects::default() }).await.unwrap();
}

/// The issue's summary changed after both sides were accepted.
async fn renamed(setup: &Setup) {
    store_issue(setup, "Printer on fire").await;
    let accepted = setup.visitor().visit(7).await.unwrap();
    setup.store.record(accepted.effects).await.unwrap();
    store_issue(setup, "Printer is wet").await;
}

/// Values that Zammad refuses are tried one by one, and the visit goes on.
#[tokio::test]
async fn writing_the_fields() {
    check("update_ticket", renamed, &[(NO_ACCESS, Fate::Done), (REFUSED, Fate::Done)]).await;
}

/// Zammad refuses the fields, and then the question for the reason.
#[tokio::test]
async fn asking_for_the_demands() {
    let refused = async |setup: &Setup| {
        renamed(setup).await;
        setup.helpdesk.fail("update_ticket", 422);
    };
    check("edit_screen", refused, &[(REFUSED, Fate::Done)]).await;
}

/// A new ticket may continue a linked one.
#[tokio::test]
async fn looking_for_related_tickets() {
    let unlinked = async |setup: &Setup| {
        setup.link(vec![store::Link { state: LinkState::Ended, ..link(7) }]).await;
        setup.settings(|all| all.follow_ups.related = schema::settings::FollowUp::Link).await;
    };
    check("linked_tickets", unlinked, &[]).await;
}

/// The row of an error is the one of its verdict.
#[test]
fn the_table_has_a_row_for_every_error() {
    let rows = rows();
    let abandoned: Vec<Value> = errors("x")
        .iter()
        .filter_map(|error| match row(&rows, error) {
            Fate::Abandoned(code) => Some(json!([code, error.code()])),
            _ => None,
        })
        .collect();
    assert_eq!(abandoned.len(), 4);
    assert!(abandoned.iter().all(|pair| pair[0] == pair[1]), "{abandoned:?}");
}
