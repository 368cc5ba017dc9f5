//! Messages for Forge: order, claims, settlements.

use store::{BatchLimits, DeadLetter, Effects, LinkFacts, Settlement, StoreError};

use crate::Backend;
use crate::support::{MINUTE, NOW, ROOMY, fact, ids, message, only_once};

fn done(id: &str) -> (String, Settlement) {
    (id.to_owned(), Settlement::Done { result: None })
}

fn dead(id: &str) -> (String, Settlement) {
    (id.to_owned(), Settlement::Dead { code: "rejected".to_owned() })
}

fn retry(id: &str, at: schema::UnixMs) -> (String, Settlement) {
    (id.to_owned(), Settlement::Retry { at, code: "busy".to_owned() })
}

fn fenced<T>(result: &Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::Fenced { .. }))
}

pub(crate) async fn keeps_the_order_of_a_ticket(backend: &dyn Backend) {
    let store = backend.open().await;
    store.append(vec![message("m1", 7), message("m2", 8), message("m3", 7)]).await.unwrap();
    store.append(vec![message("m0", 7)]).await.unwrap();
    let batch = store.claim(NOW, MINUTE, ROOMY).await.unwrap();
    assert_eq!(ids(&batch), ["m1", "m3", "m0", "m2"]);
    let row = &batch.rows[0];
    assert_eq!((row.ticket_id, row.kind.as_str(), row.body.as_str()), (7, "article.added", r#"{"id":"m1"}"#));
    assert_eq!((row.attempts, row.created_at), (0, NOW));
}

pub(crate) async fn a_claimed_ticket_contributes_nothing_more(backend: &dyn Backend) {
    let store = backend.open().await;
    store.append(vec![message("m1", 7)]).await.unwrap();
    let first = store.claim(NOW, MINUTE, ROOMY).await.unwrap();
    store.append(vec![message("m2", 7), message("n1", 8)]).await.unwrap();
    assert_eq!(ids(&store.claim(NOW, MINUTE, ROOMY).await.unwrap()), ["n1"]);
    store.settle(&first, vec![done("m1")], Effects::default(), NOW).await.unwrap();
    assert_eq!(ids(&store.claim(NOW, MINUTE, ROOMY).await.unwrap()), ["m2"]);
}

pub(crate) async fn an_open_message_keeps_its_ticket(backend: &dyn Backend) {
    let store = backend.open().await;
    store.append(vec![message("m1", 7), message("m2", 7), message("m3", 7)]).await.unwrap();
    let two = BatchLimits { messages: 2, ..ROOMY };
    let batch = store.claim(NOW, MINUTE, two).await.unwrap();
    assert_eq!(ids(&batch), ["m1", "m2"]);
    store.settle(&batch, vec![done("m1")], Effects::default(), NOW).await.unwrap();
    assert!(store.claim(NOW, MINUTE, ROOMY).await.unwrap().rows.is_empty(), "m2 is still claimed");
    let rest = store.claim(NOW.plus(MINUTE), MINUTE, ROOMY).await.unwrap();
    assert_eq!(ids(&rest), ["m2", "m3"]);
    assert_eq!((rest.rows[0].attempts, rest.rows[1].attempts), (1, 0));
}

pub(crate) async fn batches_are_fair_between_tickets(backend: &dyn Backend) {
    let store = backend.open().await;
    for round in 0..4 {
        store.append(vec![message(&format!("a{round}"), 1)]).await.unwrap();
    }
    store.append(vec![message("b0", 2), message("c0", 3), message("b1", 2)]).await.unwrap();
    let fair = BatchLimits { messages: 4, per_ticket: 2, ..ROOMY };
    assert_eq!(ids(&store.claim(NOW, MINUTE, fair).await.unwrap()), ["a0", "a1", "b0", "b1"]);
    assert_eq!(ids(&store.claim(NOW, MINUTE, fair).await.unwrap()), ["c0"]);
    assert!(store.claim(NOW, MINUTE, fair).await.unwrap().rows.is_empty());
}

pub(crate) async fn limits_bytes_but_sends_the_large_alone(backend: &dyn Backend) {
    let store = backend.open().await;
    let sized = |id: &str, ticket, bytes| store::NewMessage { body: "x".repeat(bytes), ..message(id, ticket) };
    store.append(vec![sized("a", 1, 60), sized("b", 2, 60), sized("c", 3, 40), sized("huge", 4, 500)]).await.unwrap();
    let hundred = BatchLimits { bytes: 100, ..ROOMY };
    assert_eq!(ids(&store.claim(NOW, MINUTE, hundred).await.unwrap()), ["a", "c"]);
    assert_eq!(ids(&store.claim(NOW, MINUTE, hundred).await.unwrap()), ["b"]);
    assert_eq!(ids(&store.claim(NOW, MINUTE, hundred).await.unwrap()), ["huge"]);
}

pub(crate) async fn an_expired_claim_is_taken_over_and_fenced(backend: &dyn Backend) {
    let store = backend.open().await;
    store.append(vec![message("m1", 7), message("n1", 8)]).await.unwrap();
    let late = store.claim(NOW, MINUTE, ROOMY).await.unwrap();
    let one = BatchLimits { messages: 1, ..ROOMY };
    let new = store.claim(NOW.plus(MINUTE), MINUTE, one).await.unwrap();
    assert_eq!(ids(&new), ["m1"]);
    assert_ne!(new.token, late.token);

    let effects = fact("i", "f", Some("1"));
    // Also for the message of the batch that nobody else took: the batch as a whole is void.
    for words in [vec![done("m1"), done("n1")], vec![done("n1")]] {
        assert!(fenced(&store.settle(&late, words, effects.clone(), NOW.plus(MINUTE)).await));
    }
    assert_eq!(store.settled("n1").await.unwrap(), None);
    assert_eq!(store.link_facts(7, "i").await, Ok(LinkFacts::default()));

    store.settle(&new, vec![done("m1")], effects, NOW.plus(MINUTE)).await.unwrap();
    assert!(fenced(&store.settle(&late, vec![done("n1")], Effects::default(), NOW.plus(MINUTE)).await));
    assert_ne!(store.link_facts(7, "i").await, Ok(LinkFacts::default()));
}

pub(crate) async fn an_expired_claim_nobody_took_may_settle(backend: &dyn Backend) {
    let store = backend.open().await;
    store.append(vec![message("m1", 7)]).await.unwrap();
    let batch = store.claim(NOW, MINUTE, ROOMY).await.unwrap();
    store.settle(&batch, vec![done("m1")], Effects::default(), NOW.plus(10 * MINUTE)).await.unwrap();
    assert!(store.claim(NOW.plus(10 * MINUTE), MINUTE, ROOMY).await.unwrap().rows.is_empty());
}

pub(crate) async fn a_second_settlement_is_fenced(backend: &dyn Backend) {
    let store = backend.open().await;
    store.append(vec![message("m1", 7), message("m2", 7)]).await.unwrap();
    let batch = store.claim(NOW, MINUTE, ROOMY).await.unwrap();
    store.settle(&batch, vec![done("m1")], Effects::default(), NOW).await.unwrap();
    assert!(fenced(&store.settle(&batch, vec![dead("m1")], Effects::default(), NOW).await));
    assert!(fenced(&store.settle(&batch, vec![done("m2"), done("unknown")], Effects::default(), NOW).await));
    assert_eq!(store.settled("m2").await.unwrap(), None, "nothing of a fenced call is written");
    store.settle(&batch, vec![done("m2")], Effects::default(), NOW).await.unwrap();
}

pub(crate) async fn a_retry_holds_back_its_ticket(backend: &dyn Backend) {
    let store = backend.open().await;
    store.append(vec![message("m1", 7), message("m2", 7), message("n1", 8)]).await.unwrap();
    let batch = store.claim(NOW, MINUTE, ROOMY).await.unwrap();
    let at = NOW.plus(5_000);
    store.settle(&batch, vec![retry("m1", at), retry("m2", NOW), done("n1")], Effects::default(), NOW).await.unwrap();
    assert_eq!(store.settled("m1").await.unwrap(), None);
    assert!(store.claim(NOW.plus(4_999), MINUTE, ROOMY).await.unwrap().rows.is_empty(), "m2 waits behind m1");
    let again = store.claim(at, MINUTE, ROOMY).await.unwrap();
    assert_eq!(ids(&again), ["m1", "m2"]);
    assert_eq!(again.rows[0].attempts, 1);

    // A later message that must wait longer than the first stops the line only when its turn comes.
    let later = at.plus(9_000);
    store.settle(&again, vec![retry("m1", at), retry("m2", later)], Effects::default(), at).await.unwrap();
    let first = store.claim(at, MINUTE, ROOMY).await.unwrap();
    assert_eq!(ids(&first), ["m1"]);
    store.settle(&first, vec![done("m1")], Effects::default(), at).await.unwrap();
    assert_eq!(store.next_due().await.unwrap(), Some(later));
    assert!(store.claim(later.plus(-1), MINUTE, ROOMY).await.unwrap().rows.is_empty());
    assert_eq!(ids(&store.claim(later, MINUTE, ROOMY).await.unwrap()), ["m2"]);
}

pub(crate) async fn dead_letters_block_nothing(backend: &dyn Backend) {
    let store = backend.open().await;
    store.append(vec![message("m1", 7), message("m2", 7)]).await.unwrap();
    let one = BatchLimits { messages: 1, ..ROOMY };
    let batch = store.claim(NOW, MINUTE, one).await.unwrap();
    store.settle(&batch, vec![dead("m1")], Effects::default(), NOW).await.unwrap();
    assert_eq!(ids(&store.claim(NOW, MINUTE, ROOMY).await.unwrap()), ["m2"]);
    assert_eq!(store.settled("m1").await.unwrap(), Some(Settlement::Dead { code: "rejected".to_owned() }));
    let (id, kind, code) = ("m1".to_owned(), "article.added".to_owned(), "rejected".to_owned());
    let letter = DeadLetter { id, ticket_id: 7, kind, code };
    assert_eq!(store.dead_letters(10).await.unwrap(), [letter]);
    assert!(store.dead_letters(0).await.unwrap().is_empty());
    assert_eq!(store.prune_settled(NOW.plus(MINUTE)).await, Ok(0), "kept until somebody looks");
}

pub(crate) async fn replay_works_once_and_keeps_the_order(backend: &dyn Backend) {
    let store = backend.open().await;
    store.append(vec![message("m1", 7), message("m2", 7), message("n1", 8)]).await.unwrap();
    let batch = store.claim(NOW, MINUTE, ROOMY).await.unwrap();
    let words = vec![dead("m1"), retry("m2", NOW.plus(MINUTE)), dead("n1")];
    store.settle(&batch, words, Effects::default(), NOW).await.unwrap();

    assert_eq!(store.replay("unknown", NOW).await, Ok(false));
    assert_eq!(store.replay("m1", NOW).await, Ok(true));
    assert_eq!(store.replay("m1", NOW).await, Ok(false), "it waits already");
    assert_eq!(store.replay("n1", NOW).await, Ok(true), "also where the line was empty");
    let again = store.claim(NOW, MINUTE, ROOMY).await.unwrap();
    assert_eq!(ids(&again), ["m1", "n1"]);
    assert_eq!(again.rows[0].body, r#"{"id":"m1"}"#);
    store.settle(&again, vec![done("m1"), done("n1")], Effects::default(), NOW).await.unwrap();
    assert_eq!(store.replay("m1", NOW).await, Ok(false), "done is done");
    assert!(store.claim(NOW.plus(MINUTE - 1), MINUTE, ROOMY).await.unwrap().rows.is_empty());
    assert_eq!(ids(&store.claim(NOW.plus(MINUTE), MINUTE, ROOMY).await.unwrap()), ["m2"]);
}

pub(crate) async fn a_deduplication_key_is_kept_for_ever(backend: &dyn Backend) {
    let store = backend.open().await;
    store.append(vec![only_once("m1", 7, "article:1"), only_once("m2", 7, "article:1")]).await.unwrap();
    store.append(vec![only_once("m3", 8, "article:1"), only_once("m4", 7, "article:2")]).await.unwrap();
    let batch = store.claim(NOW, MINUTE, ROOMY).await.unwrap();
    assert_eq!(ids(&batch), ["m1", "m4"]);
    store.settle(&batch, vec![done("m1"), done("m4")], Effects::default(), NOW).await.unwrap();
    assert_eq!(store.prune_settled(NOW.plus(1)).await, Ok(2));
    store.append(vec![only_once("m5", 7, "article:1")]).await.unwrap();
    drop(store);
    let store = backend.open().await;
    store.append(vec![only_once("m6", 7, "article:2")]).await.unwrap();
    assert_eq!(store.counts().await.unwrap().outbox, 0);
}

pub(crate) async fn an_id_is_appended_once(backend: &dyn Backend) {
    let store = backend.open().await;
    store.append(vec![message("m1", 7)]).await.unwrap();
    store.append(vec![message("m1", 7), message("m2", 7)]).await.unwrap();
    assert_eq!(ids(&store.claim(NOW, MINUTE, ROOMY).await.unwrap()), ["m1", "m2"]);
}

pub(crate) async fn done_results_stay_a_while(backend: &dyn Backend) {
    let store = backend.open().await;
    store.append(vec![message("m1", 7)]).await.unwrap();
    let batch = store.claim(NOW, MINUTE, ROOMY).await.unwrap();
    let word = Settlement::Done { result: Some(r#"{"issueKey":"PROJ-7","text":"\u0000ü\""}"#.to_owned()) };
    store.settle(&batch, vec![("m1".to_owned(), word.clone())], Effects::default(), NOW).await.unwrap();
    assert_eq!(store.settled("m1").await.unwrap(), Some(word.clone()));
    assert_eq!(store.prune_settled(NOW).await, Ok(0));
    assert_eq!(store.settled("m1").await.unwrap(), Some(word));
    assert_eq!(store.prune_settled(NOW.plus(1)).await, Ok(1));
    assert_eq!(store.settled("m1").await.unwrap(), None);
}

pub(crate) async fn reports_when_the_next_message_is_due(backend: &dyn Backend) {
    let store = backend.open().await;
    assert_eq!(store.next_due().await.unwrap(), None);
    store.append(vec![message("m1", 7)]).await.unwrap();
    assert_eq!(store.next_due().await.unwrap(), Some(NOW));
    let batch = store.claim(NOW, MINUTE, ROOMY).await.unwrap();
    assert_eq!(store.next_due().await.unwrap(), Some(NOW.plus(MINUTE)), "when the claim ends");
    store.settle(&batch, vec![retry("m1", NOW.plus(70))], Effects::default(), NOW).await.unwrap();
    assert_eq!(store.next_due().await.unwrap(), Some(NOW.plus(70)));
}

pub(crate) async fn counts_waiting_rows(backend: &dyn Backend) {
    let store = backend.open().await;
    let old = store::NewMessage { created_at: NOW.plus(-9), ..message("m1", 7) };
    store.append(vec![message("m0", 6), old]).await.unwrap();
    assert_eq!(store.counts().await.unwrap().oldest, Some(NOW));
    let one = BatchLimits { messages: 1, ..ROOMY };
    let batch = store.claim(NOW, MINUTE, one).await.unwrap();
    store.settle(&batch, vec![dead("m0")], Effects::default(), NOW).await.unwrap();
    store.receive(crate::support::notification("a", 7)).await.unwrap();
    let counts = store.counts().await.unwrap();
    assert_eq!((counts.inbox, counts.outbox, counts.dead, counts.oldest), (1, 1, 1, Some(NOW.plus(-9))));
}

pub(crate) async fn a_ticket_is_idle_when_nothing_of_it_waits(backend: &dyn Backend) {
    let store = backend.open().await;
    assert_eq!(store.idle(7).await, Ok(true));
    store.receive(crate::support::notification("a", 7)).await.unwrap();
    let lease = store.lease_ticket(NOW, MINUTE).await.unwrap().unwrap();
    assert_eq!(store.idle(7).await, Ok(false), "somebody is at it");
    store.complete(&lease, crate::support::completion_with(vec![message("m1", 7)]), NOW).await.unwrap();
    assert_eq!((store.idle(7).await, store.idle(8).await), (Ok(false), Ok(true)));
    let batch = store.claim(NOW, MINUTE, ROOMY).await.unwrap();
    // The answer asks for another look: never idle in between.
    let again = crate::support::rechecking(vec![crate::support::recheck("r", 7, Some(NOW.plus(9)))]);
    store.settle(&batch, vec![dead("m1")], again, NOW).await.unwrap();
    assert_eq!(store.idle(7).await, Ok(false));
    let lease = store.lease_ticket(NOW.plus(9), MINUTE).await.unwrap().unwrap();
    store.complete(&lease, store::Completion::default(), NOW.plus(9)).await.unwrap();
    assert_eq!(store.idle(7).await, Ok(true), "a dead letter does not wait");
}

pub(crate) async fn postponed_messages_are_due_on_request(backend: &dyn Backend) {
    let store = backend.open().await;
    store.append(vec![message("m1", 7), message("m2", 7), message("n1", 8)]).await.unwrap();
    let batch = store.claim(NOW, MINUTE, ROOMY).await.unwrap();
    assert_eq!(store.retry_all_messages(NOW).await.unwrap(), 0, "all are claimed");
    let at = NOW.plus(10 * MINUTE);
    let postponed = vec![retry("m1", at), retry("m2", at), done("n1")];
    store.settle(&batch, postponed, Effects::default(), NOW).await.unwrap();
    assert!(store.claim(NOW, MINUTE, ROOMY).await.unwrap().rows.is_empty());
    let waiting = store.waiting_messages(1, 9).await.unwrap();
    let listed: Vec<_> = waiting.iter().map(|row| (row.id.as_str(), row.ticket_id, row.not_before)).collect();
    assert_eq!(listed, [("m1", 7, at)], "the first one of the ticket");
    assert_eq!(store.waiting_messages(2, 9).await.unwrap(), []);
    assert_eq!(store.retry_all_messages(NOW).await.unwrap(), 1);
    let batch = store.claim(NOW, MINUTE, ROOMY).await.unwrap();
    assert_eq!(ids(&batch), ["m1", "m2"]);
    // Of one ticket, the others wait on.
    store.append(vec![message("o1", 9)]).await.unwrap();
    store.settle(&batch, vec![retry("m1", at), retry("m2", at)], Effects::default(), NOW).await.unwrap();
    let batch = store.claim(NOW, MINUTE, ROOMY).await.unwrap();
    store.settle(&batch, vec![retry("o1", at)], Effects::default(), NOW).await.unwrap();
    assert_eq!(store.retry_messages_of(8, NOW).await, Ok(false), "nothing of it waits");
    assert_eq!(store.retry_messages_of(7, NOW).await, Ok(true));
    assert_eq!(ids(&store.claim(NOW, MINUTE, ROOMY).await.unwrap()), ["m1", "m2"]);
}
