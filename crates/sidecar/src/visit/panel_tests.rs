use schema::Settings;
use serde_json::{Value, json};
use store::{Effects, Subject};

use super::super::context::tests::{begun, sent};
use super::*;
use crate::support::{Setup, link, ticket};

async fn setup(variables: &[(&str, &str)], changes: Value) -> Setup {
    let setup = Setup::with(variables).await;
    let mut own = ticket(7);
    own.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    setup.helpdesk.add_ticket(own);
    setup
}

/// The snapshot that a visit sends for a link without one.
async fn snapshot(setup: &Setup) -> Value {
    let (settings, visitor, link) = (Settings::default(), setup.visitor(), link(7));
    let mut visit = begun(&visitor, &settings, 7).await;
    visit.demanded = vec!["category".into()];
    visit.panel(&[(&link, LinkFacts::default())]).await.unwrap();
    let mut sent = sent(&visit);
    assert_eq!((sent.len(), sent[0].0.as_str()), (1, "ticket.changed"));
    sent.remove(0).1
}

/// The customer's name is the operator's decision, and nothing readable of people leaves in privacy mode.
#[tokio::test]
async fn names_are_sent_as_the_operator_wants() {
    for (variables, owner, customer) in [
        (&[][..], json!("User No3"), Value::Null),
        (&[("CUSTOMER_NAMES", "on")], json!("User No3"), json!("User No4")),
        (&[("PRIVACY_MODE", "on")], Value::Null, Value::Null),
        (&[("PRIVACY_MODE", "on"), ("CUSTOMER_NAMES", "on")], Value::Null, Value::Null),
    ] {
        let setup = setup(variables, json!({ "owner_id": 3 })).await;
        let snapshot = snapshot(&setup).await;
        assert_eq!((&snapshot["owner"]["id"], &snapshot["owner"]["name"]), (&json!(3), &owner), "{variables:?}");
        assert_eq!(
            (&snapshot["customer"]["id"], &snapshot["customer"]["name"]),
            (&json!(4), &customer),
            "{variables:?}"
        );
    }
}

#[tokio::test]
async fn nobody_and_an_erased_agent_have_no_name() {
    let nobody = setup(&[], json!({})).await;
    nobody.helpdesk.fail("user", 500);
    assert_eq!(snapshot(&nobody).await["owner"], Value::Null, "user 1 is not asked for");
    let erased = setup(&[], json!({ "owner_id": 3 })).await;
    erased.helpdesk.fail("user", 404);
    assert_eq!(snapshot(&erased).await["owner"], json!({ "id": 3 }));
    let failing = setup(&[], json!({ "owner_id": 3 })).await;
    failing.helpdesk.fail("user", 500);
    let (settings, visitor, link) = (Settings::default(), failing.visitor(), link(7));
    let mut visit = begun(&visitor, &settings, 7).await;
    assert!(visit.panel(&[(&link, LinkFacts::default())]).await.is_err());
    assert!(sent(&visit).is_empty() && visit.completion.effects.facts.is_empty());
}

/// A state of the customer's own is shown in the bucket of its type.
#[tokio::test]
async fn each_state_is_shown_in_a_bucket() {
    for (state, bucket) in
        [(1, "open"), (2, "open"), (3, "pending"), (7, "pending"), (4, "closed"), (5, "closed"), (99, "open")]
    {
        let setup = setup(&[], json!({ "state_id": state })).await;
        assert_eq!(snapshot(&setup).await["state"]["bucket"], bucket, "state {state}");
    }
}

#[tokio::test]
async fn demanded_attributes_are_shown() {
    assert_eq!(snapshot(&setup(&[], json!({})).await).await["demanded"], json!(["category"]));
}

/// One message, whatever the number of links, as soon as one of them has not shown this snapshot.
#[tokio::test]
async fn a_snapshot_is_sent_if_it_is_new_to_one_of_the_links() {
    let setup = setup(&[], json!({})).await;
    let (settings, visitor) = (Settings::default(), setup.visitor());
    let links = [link(7), Link { issue_id: "2007".into(), ..link(7) }];
    setup.link(links.to_vec()).await;
    // The links that know the snapshot, and those to which it is new then.
    for (known, new_to) in [(&[][..], &["1007", "2007"][..]), (&["1007"], &["2007"]), (&["1007", "2007"], &[])] {
        let mut visit = begun(&visitor, &settings, 7).await;
        let mut with_facts = Vec::new();
        for link in &links {
            let facts = setup.store.link_facts(7, &link.issue_id).await.unwrap();
            let is_known = known.contains(&link.issue_id.as_str());
            with_facts.push((link, if is_known { facts } else { LinkFacts::default() }));
        }
        visit.panel(&with_facts).await.unwrap();
        let facts = visit.completion.effects.facts.clone();
        let changed: Vec<&str> = facts.iter().map(|fact| fact.issue_id.as_str()).collect();
        assert_eq!(changed, new_to, "known {known:?}");
        assert_eq!(sent(&visit).len(), usize::from(!new_to.is_empty()), "known {known:?}");
        for fact in &facts {
            let hash: String = serde_json::from_str(fact.value.as_ref().unwrap()).unwrap();
            assert!(fact.kind == FactKind::PanelHash && hash.len() == 64, "no content is stored: {hash}");
        }
        setup.store.record(Effects { facts, ..Effects::default() }).await.unwrap();
    }
    let mut visit = begun(&visitor, &settings, 7).await;
    visit.view.ticket.priority_id = 3;
    let facts = setup.store.link_facts(7, "1007").await.unwrap();
    visit.panel(&[(&links[0], facts)]).await.unwrap();
    assert_eq!(sent(&visit).len(), 1, "a changed ticket is new to every link");
}

fn listed(subject: Subject, code: Option<&str>, at: schema::UnixMs) -> Effects {
    let trouble = LinkKey::from(&link(7)).trouble(subject, code, None, at);
    Effects { troubles: vec![trouble], ..Effects::default() }
}

/// Sends what is out of sync when that changes, and not because time passes.
#[tokio::test]
async fn the_panel_is_told_what_is_out_of_sync() {
    let setup = setup(&[], json!({})).await;
    setup.link(vec![link(7)]).await;
    let send = async || {
        let (settings, visitor, link) = (Settings::default(), setup.visitor(), link(7));
        let mut visit = begun(&visitor, &settings, 7).await;
        let facts = setup.store.link_facts(7, "1007").await.unwrap();
        visit.panel(&[(&link, facts)]).await.unwrap();
        let facts = visit.completion.effects.facts.clone();
        setup.store.record(Effects { facts, ..Effects::default() }).await.unwrap();
        sent(&visit).pop().map(|(_, snapshot)| snapshot["sync"].clone())
    };
    assert_eq!(send().await, Some(Value::Null), "nothing is out of sync");
    let article = || Subject::Article { id: 10, part: 1 };
    setup.store.record(listed(article(), Some("jira-forbidden"), setup.env.now())).await.unwrap();
    let row = json!({
        "issueId": "1007", "subject": "article", "code": "jira-forbidden", "since": "2026-09-21T14:13:20Z",
        "nextTry": "2026-09-21T14:20:00Z",
    });
    assert_eq!(send().await, Some(json!([row])));
    setup.pass(600_000);
    assert_eq!(send().await, None, "the next attempt is later now, and nothing else changed");
    setup.store.record(listed(article(), None, setup.env.now())).await.unwrap();
    assert_eq!(send().await, Some(Value::Null));
}
