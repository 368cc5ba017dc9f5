use serde_json::{Value, json};

use super::*;

fn ticket(changes: Value) -> Ticket {
    let mut ticket = crate::support::ticket(7);
    ticket.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    serde_json::from_value(ticket).unwrap()
}

fn names(owner: Option<&str>, customer: Option<&str>) -> Names {
    Names { owner: owner.map(str::to_owned), customer: customer.map(str::to_owned) }
}

#[test]
fn the_snapshot_has_what_the_panel_shows() {
    let ticket = ticket(json!({ "owner_id": 3, "article_ids": [10, 11] }));
    let snapshot = snapshot(&ticket, Bucket::Pending, names(Some("Nicole Braun"), None), &["category".to_owned()]);
    assert_eq!(
        serde_json::to_value(snapshot).unwrap(),
        json!({
            "number": "5007", "title": "Printer on fire", "state": { "bucket": "pending", "name": "open" },
            "priority": { "id": 2, "name": "2 normal" }, "group": { "id": 2, "name": "Support" },
            "owner": { "id": 3, "name": "Nicole Braun" }, "customer": { "id": 4 }, "articleCount": 2,
            "demanded": ["category"],
            "createdAt": "2026-11-28T01:00:00.000Z", "updatedAt": "2026-11-28T01:16:12.426Z",
        })
    );
}

/// User 1 stands for nobody in Zammad.
#[test]
fn nobody_is_no_person() {
    let nobody = ticket(json!({ "owner_id": 1, "customer_id": 1 }));
    let snapshot = snapshot(&nobody, Bucket::Open, names(Some("-"), Some("-")), &[]);
    assert_eq!((snapshot.owner, snapshot.customer), (None, None));
}

#[test]
fn long_names_are_cut() {
    let long = "ä".repeat(300);
    let ticket = ticket(json!({ "title": long, "state": long, "group": long, "priority": long, "owner_id": 3 }));
    let snapshot = snapshot(&ticket, Bucket::Open, names(Some(&long), Some(&long)), std::slice::from_ref(&long));
    let persons = [snapshot.owner.unwrap().name, snapshot.customer.unwrap().name];
    let others = [snapshot.title, snapshot.state.name, snapshot.group.name, snapshot.priority.name];
    for name in persons.into_iter().chain(others).flatten().chain(snapshot.demanded) {
        assert_eq!(name.chars().count(), 255, "{name}");
    }
    assert_eq!(link_title(&ticket).chars().count(), 255);
}

#[test]
fn addresses_lead_to_the_ticket_and_the_article() {
    for (zammad, expected) in [
        ("https://help.example", "https://help.example/#ticket/zoom/7/10"),
        ("https://help.example/", "https://help.example/#ticket/zoom/7/10"),
        ("https://help.example:8443/zammad/", "https://help.example:8443/zammad/#ticket/zoom/7/10"),
    ] {
        let zammad = Url::parse(zammad).unwrap();
        assert_eq!(article_url(&zammad, 7, 10), expected);
        assert_eq!(format!("{}/10", ticket_url(&zammad, 7)), expected);
    }
}
