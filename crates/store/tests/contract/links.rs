//! Links, bases and provenance.

use store::{Effects, Link, LinkState, Origin, Provenance, Side};

use crate::Backend;
use crate::fixtures::NOW;

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
        object: "article".to_owned(),
        id: id.to_owned(),
        origin: Origin::Ours,
        mirror: mirror.map(str::to_owned),
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
    assert_eq!(store.links_of_issue("10001").await.unwrap(), [moved]);
    assert_eq!(store.links_of_issue("10002").await.unwrap(), [second]);
    assert!(store.links_of_ticket(8).await.unwrap().is_empty());
}

pub(crate) async fn the_first_word_of_provenance_stays(backend: &dyn Backend) {
    let store = backend.open().await;
    store.record(known(vec![article("1", Some("900"))])).await.unwrap();
    let other = Provenance { origin: Origin::Theirs, carried_by: "c2".to_owned(), ..article("1", Some("901")) };
    store.record(known(vec![other])).await.unwrap();
    assert_eq!(store.provenance(Side::Zammad, "article", "1").await.unwrap(), Some(article("1", Some("900"))));
    assert_eq!(store.provenance(Side::Jira, "article", "1").await.unwrap(), None);
    assert_eq!(store.provenance(Side::Zammad, "comment", "1").await.unwrap(), None);
}

pub(crate) async fn a_mirror_may_be_filled_in_later(backend: &dyn Backend) {
    let store = backend.open().await;
    store.record(known(vec![article("1", None)])).await.unwrap();
    store.record(known(vec![article("1", None)])).await.unwrap();
    let late = Provenance { carried_by: "later".to_owned(), ..article("1", Some("900")) };
    store.record(known(vec![late])).await.unwrap();
    assert_eq!(store.provenance(Side::Zammad, "article", "1").await.unwrap(), Some(article("1", Some("900"))));
}

pub(crate) async fn bases_are_replaced(backend: &dyn Backend) {
    let store = backend.open().await;
    let base = |field: &str, value: &str| (7, "10001".to_owned(), field.to_owned(), value.to_owned());
    let bases = vec![base("title", "\"a\""), base("state", "4"), base("title", "\"b\"")];
    store.record(Effects { bases, ..Effects::default() }).await.unwrap();
    let stored = store.bases(7, "10001").await.unwrap();
    assert_eq!(
        stored.into_iter().collect::<Vec<_>>(),
        [("state".to_owned(), "4".to_owned()), ("title".to_owned(), "\"b\"".to_owned()),]
    );
    assert!(store.bases(7, "10002").await.unwrap().is_empty());
}

pub(crate) async fn known_objects_of_a_ticket(backend: &dyn Backend) {
    let store = backend.open().await;
    let (one, two) = (article("2", None), article("1", None));
    let elsewhere = Provenance { ticket_id: 8, ..article("3", None) };
    let comment = Provenance { side: Side::Jira, object: "comment".to_owned(), ..article("1", None) };
    store.record(known(vec![one.clone(), two.clone(), elsewhere, comment.clone()])).await.unwrap();
    assert_eq!(store.known(7, Side::Zammad, "article").await.unwrap(), [one, two]);
    assert_eq!(store.known(7, Side::Jira, "comment").await.unwrap(), [comment]);
}
