use std::collections::BTreeMap;

use schema::{Settings, Side};
use sync::{Conflict, Pair};

use super::super::context::tests::begun;
use super::*;
use crate::support::verdicts::errors;
use crate::support::{Setup, ticket};

/// An edit screen as Zammad describes it.
fn screen(mandatory: &[&str], values: &Value) -> EditScreen {
    let mandatory: BTreeMap<&str, bool> = mandatory.iter().map(|name| (*name, true)).collect();
    serde_json::from_value(json!({ "mandatory": mandatory, "restrict_values": values })).unwrap()
}

fn change_of(pairs: &[(&str, Value)]) -> TicketChange {
    pairs.iter().fold(TicketChange::default(), |change, (name, value)| {
        change.attribute(&AttributeName::new(name).unwrap(), value.clone())
    })
}

/// A ticket with these attributes.
async fn with(attributes: &Value) -> Setup {
    let setup = Setup::new().await;
    let mut own = ticket(7);
    own.as_object_mut().unwrap().extend(attributes.as_object().unwrap().clone());
    setup.helpdesk.add_ticket(own);
    setup
}

/// Which mandatory attributes are named: those that are empty on the ticket and that the refused change does not fill in.
#[tokio::test]
async fn an_empty_mandatory_attribute_is_missing() {
    for (attributes, mandatory, changed, missing) in [
        (json!({ "category": null }), "category", None, true),
        (json!({ "category": "" }), "category", None, true),
        (json!({ "category": [] }), "category", None, true),
        (json!({ "category": "hardware" }), "category", None, false),
        (json!({ "category": ["hardware"] }), "category", None, false),
        (json!({ "urgent": false }), "urgent", None, false),
        (json!({ "floor": 0 }), "floor", None, false),
        // Not a part of this ticket.
        (json!({}), "category", None, false),
        (json!({ "category": null }), "category", Some("category"), false),
        (json!({ "category": null }), "category", Some("severity"), true),
        (json!({ "category": null }), "severity", None, false),
        (json!({ "owner_id": 1 }), "owner_id", None, true),
        (json!({ "owner_id": 3 }), "owner_id", None, false),
        // Every ticket has one.
        (json!({}), "priority_id", None, false),
    ] {
        let (setup, settings) = (with(&attributes).await, Settings::default());
        let visitor = setup.visitor();
        let visit = begun(&visitor, &settings, 7).await;
        let refused = change_of(&changed.map(|name| (name, json!("x"))).into_iter().collect::<Vec<_>>());
        let found = visit.missing_demands(&screen(&[mandatory], &json!({})), &refused);
        let expected = if missing { vec![mandatory.to_owned()] } else { Vec::new() };
        assert_eq!(found, expected, "{attributes} {mandatory} {changed:?}");
    }
}

#[tokio::test]
async fn only_missing_attributes_with_a_value_of_the_admin_are_filled_in() {
    let (setup, mut settings) = (with(&json!({})).await, Settings::default());
    let values = [("category", json!("other")), ("severity", json!("low")), ("owner_id", json!(3))];
    settings.fields.fill_in = values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let visitor = setup.visitor();
    let visit = begun(&visitor, &settings, 7).await;
    // An owner is nothing that the connector may invent, whatever the settings say.
    for (missing, expected) in [
        (&[][..], json!({ "priority_id": 3 })),
        (&["category"], json!({ "priority_id": 3, "category": "other" })),
        (&["category", "floor", "owner_id"], json!({ "priority_id": 3, "category": "other" })),
        (&["category", "severity"], json!({ "priority_id": 3, "category": "other", "severity": "low" })),
    ] {
        let missing: Vec<String> = missing.iter().map(|name| (*name).to_owned()).collect();
        let filled = visit.fill_in(TicketChange::default().priority_id(3), &missing);
        assert_eq!(serde_json::to_value(filled).unwrap(), expected, "{missing:?}");
    }
}

/// Zammad may refuse to describe the screen too; every other error fails the visit.
#[tokio::test]
async fn a_refused_question_for_the_demands_has_no_answer() {
    for error in errors("edit_screen") {
        let (setup, settings) = (with(&json!({})).await, Settings::default());
        setup.helpdesk.contents().demanded.insert("category".into());
        setup.helpdesk.fail_with("edit_screen", error.clone());
        let visitor = setup.visitor();
        let visit = begun(&visitor, &settings, 7).await;
        let answer = visit.edit_screen(&TicketChange::default()).await;
        match error.verdict() {
            Verdict::GiveUp(Refusal::Refused) => assert_eq!(answer.unwrap().demanded().count(), 0),
            _ => assert_eq!(answer.err(), Some(error)),
        }
        let answer = visit.edit_screen(&TicketChange::default()).await.unwrap();
        assert_eq!(answer.demanded().collect::<Vec<_>>(), ["category"]);
    }
}

#[tokio::test]
async fn agents_are_told_once_of_the_same_attributes() {
    let (setup, mut settings) = (with(&json!({})).await, Settings::default());
    settings.fields.demand_note = true;
    let visitor = setup.visitor();
    for (demanded, notes) in
        [(&[][..], 0), (&["category"], 1), (&["category"], 1), (&["category", "severity"], 2), (&["category"], 2)]
    {
        let mut visit = begun(&visitor, &settings, 7).await;
        visit.demanded = demanded.iter().map(|name| (*name).to_owned()).collect();
        visit.note_demands().await.unwrap();
        assert_eq!(setup.helpdesk.notes().len(), notes, "{demanded:?}");
    }
    let note = &setup.helpdesk.written("create_article")[1];
    assert!(note["body"].as_str().unwrap().contains("a value for category, severity, which Zammad demands"), "{note}");
    assert_eq!((&note["internal"], &note["ticket_id"]), (&json!(true), &json!(7)));
    assert_eq!(note["preferences"]["connector"], json!({ "demanded": ["category", "severity"] }));

    settings.fields.demand_note = false;
    let mut visit = begun(&visitor, &settings, 7).await;
    visit.demanded = vec!["floor".into()];
    visit.note_demands().await.unwrap();
    assert_eq!(setup.helpdesk.notes().len(), 2, "not without the setting");
}

/// A plan with a conflict of each field.
fn plan(writes: &[(FieldName, TicketWrite)]) -> Plan {
    let conflict = |field: &FieldName| Conflict {
        field: field.clone(),
        winner: Side::Jira,
        zammad: Value::Null,
        jira: Value::Null,
    };
    Plan {
        conflicts: writes.iter().map(|(field, _)| conflict(field)).collect(),
        zammad: writes.iter().cloned().collect(),
        accepted: [(FieldName::Customer, Pair { zammad: "a".into(), jira: "b".into() })].into(),
        ..Plan::default()
    }
}

/// Each kind of write, with the only values that Zammad accepts now.
#[test]
fn a_refused_value_that_is_excluded_waits_under_the_name_of_its_attribute() {
    let severity = || FieldName::Custom("severity".into());
    let attribute = || TicketWrite::Attribute("severity".into(), json!("high"));
    let tags = || TicketWrite::Tags { add: ["a".to_owned()].into(), remove: [].into() };
    for (field, write, values, excluded_by) in [
        (FieldName::State, TicketWrite::State(4, None), json!({ "state_id": ["1", "2"] }), Some("state_id")),
        (FieldName::State, TicketWrite::State(4, None), json!({ "state_id": ["1", "4"] }), None),
        (FieldName::State, TicketWrite::State(4, None), json!({ "priority_id": ["1"] }), None),
        (FieldName::Priority, TicketWrite::Priority(3), json!({ "priority_id": [1] }), Some("priority_id")),
        (FieldName::Owner, TicketWrite::Owner(Some(3)), json!({ "owner_id": ["", "5"] }), Some("owner_id")),
        // That nobody owns the ticket is no value of the list.
        (FieldName::Owner, TicketWrite::Owner(None), json!({ "owner_id": ["5"] }), None),
        (severity(), attribute(), json!({ "severity": ["low"] }), Some("severity")),
        (severity(), attribute(), json!({ "severity": ["low", "high"] }), None),
        (FieldName::Title, TicketWrite::Title("x".into()), json!({ "title": ["y"] }), None),
        (FieldName::Tags, tags(), json!({ "tags": ["b"] }), None),
    ] {
        let case = format!("{field} {write:?} {values}");
        let mut plan = plan(&[(field.clone(), write)]);
        let before = plan.clone();
        postpone(&mut plan, std::slice::from_ref(&field), &[], &screen(&[], &values));
        let Some(attribute) = excluded_by else {
            assert_eq!(plan, before, "{case}");
            continue;
        };
        assert!(plan.zammad.is_empty() && plan.conflicts.is_empty(), "{case}");
        let detail = Some(Detail::Attributes(vec![attribute.to_owned()]));
        assert_eq!(plan.skipped, [Skipped { field, reason: Reason::ZammadExcludes, detail }], "{case}");
    }
}

/// Whatever the value, a missing attribute is the reason; fields that Zammad took are not touched.
#[test]
fn refused_fields_wait_for_the_missing_attributes() {
    let title = TicketWrite::Title("x".into());
    let mut plan = plan(&[(FieldName::Title, title), (FieldName::Priority, TicketWrite::Priority(3))]);
    let missing = ["category".to_owned(), "severity".to_owned()];
    postpone(&mut plan, &[FieldName::Title], &missing, &screen(&["category"], &json!({ "priority_id": ["1"] })));
    assert_eq!(plan.zammad.keys().collect::<Vec<_>>(), [&FieldName::Priority]);
    assert_eq!(plan.conflicts.len(), 1);
    let detail = Some(Detail::Attributes(missing.into()));
    assert_eq!(plan.skipped, [Skipped { field: FieldName::Title, reason: Reason::ZammadDemands, detail }]);
    assert!(plan.accepted.contains_key(&FieldName::Customer));
}
