//! Links, their facts, and provenance.

use schema::Side;
use store::{Effects, Link, LinkFacts, LinkState, ObjectKind, Origin, Provenance};

use crate::Backend;
use crate::support::{NOW, fact, named};

fn link(ticket_id: u64, issue_id: &str, created: i64) -> Link {
    Link {
        ticket_id,
        ticket_number: format!("2200{ticket_id}"),
        issue_id: issue_id.to_owned(),
        issue_key: "PROJ-7".to_owned(),
        state: LinkState::Active,
        after_article: 3,
        created_at: NOW.plus(created),
    }
}

fn article(id: &str, mirror: Option<&str>) -> Provenance {
    Provenance {
        side: Side::Zammad,
        object: ObjectKind::Article,
        id: id.to_owned(),
        origin: Origin::Ours,
        mirror: mirror.map(str::to_owned),
        fingerprint: None,
        ticket_id: 7,
        carried_by: "c1".to_owned(),
        at: NOW,
    }
}

fn known(provenance: Vec<Provenance>) -> Effects {
    Effects { provenance, ..Effects::default() }
}

pub(crate) async fn replaces_a_link_by_its_pair(backend: &dyn Backend) {
    let store = backend.open().await;
    let (first, second) = (link(7, "10001", 0), link(7, "10002", 5));
    store.record(Effects { links: vec![second.clone(), first.clone()], ..Effects::default() }).await.unwrap();
    assert_eq!(store.links_of_ticket(7).await.unwrap(), [first.clone(), second.clone()]);
    let moved = Link { issue_key: "OTHER-1".to_owned(), state: LinkState::Ended, ..first };
    store.record(Effects { links: vec![moved.clone()], ..Effects::default() }).await.unwrap();
    assert_eq!(store.links_of_ticket(7).await.unwrap(), [moved, second]);
    assert!(store.links_of_ticket(8).await.unwrap().is_empty());
}

pub(crate) async fn finds_the_oldest_link_of_an_issue_that_has_not_ended(backend: &dyn Backend) {
    let store = backend.open().await;
    assert_eq!(store.oldest_link("10001").await.unwrap(), None);
    let newer = Link { created_at: NOW.plus(1), ..link(6, "10001", 0) };
    let (older, same_time) = (link(7, "10001", 0), link(5, "10001", 0));
    let links = vec![newer.clone(), older.clone(), same_time.clone(), link(8, "10002", 0)];
    store.record(Effects { links, ..Effects::default() }).await.unwrap();
    assert_eq!(store.links_of_issue("10001").await.unwrap(), [older.clone(), same_time.clone(), newer.clone()]);
    for (ended, next) in [(None, &older), (Some(older.clone()), &same_time), (Some(same_time.clone()), &newer)] {
        let links = ended.into_iter().map(|link| Link { state: LinkState::Ended, ..link }).collect();
        store.record(Effects { links, ..Effects::default() }).await.unwrap();
        assert_eq!(store.oldest_link("10001").await.unwrap().as_ref(), Some(next));
        assert_eq!(store.links_of_issue("10001").await.unwrap().first(), Some(next));
    }
}

pub(crate) async fn an_origin_stays_and_the_rest_follows(backend: &dyn Backend) {
    let store = backend.open().await;
    store.record(known(vec![article("1", Some("900"))])).await.unwrap();
    let fingerprint = Some("p1".to_owned());
    let later = Provenance {
        origin: Origin::Theirs,
        fingerprint: fingerprint.clone(),
        ticket_id: 8,
        carried_by: "c2".to_owned(),
        at: NOW.plus(1),
        ..article("1", Some("901"))
    };
    store.record(known(vec![later.clone()])).await.unwrap();
    let stored = store.provenance(Side::Zammad, ObjectKind::Article, "1").await.unwrap();
    assert_eq!(stored, Some(Provenance { origin: Origin::Ours, ..later }));
    assert!(store.recorded(7, Side::Zammad, ObjectKind::Article).await.unwrap().is_empty(), "it moved with its ticket");
    // A later record without a value does not erase the stored one.
    let empty = Provenance { carried_by: String::new(), at: NOW.plus(2), ..article("1", None) };
    store.record(known(vec![empty.clone()])).await.unwrap();
    let expected = Provenance { mirror: Some("901".to_owned()), fingerprint, carried_by: "c2".to_owned(), ..empty };
    assert_eq!(store.recorded(7, Side::Zammad, ObjectKind::Article).await.unwrap(), [expected]);
    assert_eq!(store.provenance(Side::Jira, ObjectKind::Article, "1").await.unwrap(), None);
    assert_eq!(store.provenance(Side::Zammad, ObjectKind::Comment, "1").await.unwrap(), None);
}

pub(crate) async fn facts_are_replaced_and_deleted(backend: &dyn Backend) {
    let store = backend.open().await;
    let facts = [("title", "\"a\""), ("state", "4"), ("title", "\"b\"")];
    let facts = facts.map(|(name, value)| fact("10001", name, Some(value)).facts).concat();
    store.record(Effects { facts, ..Effects::default() }).await.unwrap();
    let stored = store.link_facts(7, "10001").await.unwrap();
    let expected = [("state", "4"), ("title", "\"b\"")].map(|(name, value)| (named(name), value.to_owned()));
    assert_eq!(stored, LinkFacts::from_iter(expected));
    assert_eq!((stored.get::<u32>(&named("state")), stored.get::<u32>(&named("title"))), (Some(4), None));
    assert_eq!(store.link_facts(7, "10002").await, Ok(LinkFacts::default()));
    store.record(fact("10002", "title", None)).await.unwrap();
    store.record(fact("10001", "title", None)).await.unwrap();
    assert_eq!(store.link_facts(7, "10001").await, Ok(LinkFacts::from_iter([(named("state"), "4".to_owned())])));
}

pub(crate) async fn lists_links_that_have_not_ended(backend: &dyn Backend) {
    let store = backend.open().await;
    assert_eq!((store.links_after(None, 10).await.unwrap(), store.link_count().await), (Vec::new(), Ok(0)));
    let ended = Link { state: LinkState::Ended, ..link(7, "10003", 0) };
    let paused = Link { state: LinkState::Paused, ..link(9, "10001", 0) };
    // Numbers order tickets, texts order issues; the time of making does not matter.
    let all = [link(7, "10002", 9), link(7, "9", 5), paused, link(10, "10001", 0)];
    let links = [vec![ended], all.iter().rev().cloned().collect()].concat();
    store.record(Effects { links, ..Effects::default() }).await.unwrap();
    assert_eq!(store.links_after(None, 10).await.unwrap(), all);
    let mut walked = Vec::new();
    let mut cursor = None;
    for _ in 0..9 {
        let page = store.links_after(cursor.clone(), 1).await.unwrap();
        let Some(last) = page.last() else { break };
        cursor = Some((last.ticket_id, last.issue_id.clone()));
        walked.extend(page);
    }
    assert_eq!(walked, all);
    assert_eq!(store.links_after(Some((7, "10003".to_owned())), 10).await.unwrap(), all[1..], "also from a gap on");
    assert_eq!(store.link_count().await, Ok(4));
    assert_eq!(store.linked(&[10, 8, 7, 7]).await.unwrap().into_iter().collect::<Vec<_>>(), [7, 10]);
    assert!(store.linked(&[]).await.unwrap().is_empty());
}

pub(crate) async fn history_is_sent_from_then_on(backend: &dyn Backend) {
    let store = backend.open().await;
    let ended = Link { state: LinkState::Ended, ..link(7, "10002", 9) };
    store.record(Effects { links: vec![link(7, "10001", 0), ended.clone()], ..Effects::default() }).await.unwrap();
    assert_eq!(store.include_history(7, "10001").await, Ok(true));
    assert_eq!(store.include_history(7, "10002").await, Ok(false), "ended stays ended");
    assert_eq!(store.include_history(8, "10001").await, Ok(false));
    let expected = [Link { after_article: 0, ..link(7, "10001", 0) }, ended];
    assert_eq!(store.links_of_ticket(7).await.unwrap(), expected);
    assert_eq!(store.ticket_of_number("22007").await, Ok(Some(7)));
    assert_eq!(store.ticket_of_number("7").await, Ok(None));
}

pub(crate) async fn lists_recorded_objects_of_a_ticket(backend: &dyn Backend) {
    let store = backend.open().await;
    let (one, two) = (article("2", None), article("1", None));
    let elsewhere = Provenance { ticket_id: 8, ..article("3", None) };
    let comment = Provenance { side: Side::Jira, object: ObjectKind::Comment, ..article("1", None) };
    store.record(known(vec![one.clone(), two.clone(), elsewhere, comment.clone()])).await.unwrap();
    assert_eq!(store.recorded(7, Side::Zammad, ObjectKind::Article).await.unwrap(), [one, two]);
    assert_eq!(store.recorded(7, Side::Jira, ObjectKind::Comment).await.unwrap(), [comment]);
}
