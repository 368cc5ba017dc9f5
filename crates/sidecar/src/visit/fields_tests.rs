use schema::Side;
use serde_json::{Value, json};
use store::{Completion, Effects, FactKind, Link};

use crate::support::{NOW, Setup, link, ticket};
use crate::ticket::facts::{self, LinkKey};
use crate::visit::context::VisitError;

/// The snapshot of issue 1007.
fn snapshot(changes: &Value) -> Value {
    let mut snapshot = json!({
        "summary": "Printer on fire", "statusId": "1", "status": "To Do", "statusCategory": "new", "priorityId": "3",
        "updatedAt": "2026-11-28T01:16:12.426Z",
    });
    for (name, value) in changes.as_object().unwrap() {
        snapshot[name] = value.clone();
    }
    snapshot
}

/// Stores a snapshot as received `later` ms after the first.
async fn issue(setup: &Setup, changes: &Value, later: i64) {
    let known = json!({ "snapshot": snapshot(changes), "changedAt": NOW.0 + later });
    let facts = vec![LinkKey { ticket_id: 7, issue_id: "1007" }.set(FactKind::Issue, &known)];
    setup.store.record(Effects { facts, ..Effects::default() }).await.unwrap();
}

/// A linked ticket whose values were accepted by a first visit.
async fn accepted() -> Setup {
    let setup = Setup::new().await;
    setup.helpdesk.add_ticket(ticket(7));
    setup.link(vec![link(7)]).await;
    issue(&setup, &json!({}), 0).await;
    visit(&setup).await;
    setup
}

/// Visits the ticket and stores the effects, as a worker would.
async fn visit(setup: &Setup) -> Completion {
    let completion = setup.visitor().visit(7).await.unwrap();
    setup.store.record(completion.effects.clone()).await.unwrap();
    completion
}

fn change_ticket(setup: &Setup, name: &str, value: Value) {
    let mut contents = setup.helpdesk.contents();
    let ticket = contents.tickets.get_mut(&7).unwrap();
    ticket[name] = value;
    ticket["updated_at"] = "2026-11-28T03:00:00.000Z".into();
}

fn field_applies(completion: &Completion) -> Vec<Value> {
    let applies = completion.messages.iter().filter(|message| message.kind == "field.apply");
    applies.map(|message| serde_json::from_str::<Value>(&message.body).unwrap()["data"].clone()).collect()
}

async fn trouble_codes(setup: &Setup) -> Vec<(String, String)> {
    let rows = setup.store.troubles_of(7, "1007").await.unwrap();
    rows.into_iter().map(|row| (row.subject.to_string(), row.code)).collect()
}

#[tokio::test]
async fn a_link_without_snapshot_asks_for_it_once() {
    let setup = Setup::new().await;
    setup.helpdesk.add_ticket(ticket(7));
    setup.link(vec![link(7)]).await;
    let completion = visit(&setup).await;
    let questions: Vec<_> = completion.messages.iter().filter(|message| message.kind == "issue.get").collect();
    assert_eq!(questions.len(), 1);
    assert_eq!(questions[0].dedup_key.as_deref(), Some("issue:7:1007"));
}

#[tokio::test]
async fn the_first_visit_overwrites_nothing() {
    let setup = accepted().await;
    assert_eq!(setup.helpdesk.written("update_ticket"), Vec::<Value>::new());
    let completion = visit(&setup).await;
    assert_eq!(field_applies(&completion), Vec::<Value>::new());
}

#[tokio::test]
async fn a_changed_issue_is_written_to_the_ticket_and_recorded() {
    let setup = accepted().await;
    issue(&setup, &json!({ "summary": "Printer is wet" }), 1).await;
    visit(&setup).await;
    assert_eq!(setup.helpdesk.written("update_ticket"), [json!({ "title": "Printer is wet" })]);
    let history = setup.store.changes(7, 9).await.unwrap();
    assert_eq!((history[0].field.as_str(), history[0].side, history[0].conflict), ("title", Side::Zammad, false));
    assert_eq!(field_applies(&visit(&setup).await), Vec::<Value>::new(), "no echo");
}

#[tokio::test]
async fn a_changed_ticket_is_sent_with_the_expected_value_and_only_once_at_a_time() {
    let setup = accepted().await;
    change_ticket(&setup, "title", "Printer is wet".into());
    let sent = field_applies(&visit(&setup).await);
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0]["fields"]["summary"], "Printer is wet");
    assert!(sent[0]["expected"]["summary"].is_string(), "{}", sent[0]);
    setup.pass(60_000);
    change_ticket(&setup, "title", "Printer is gone".into());
    assert_eq!(field_applies(&visit(&setup).await), Vec::<Value>::new(), "one is on its way");
}

#[tokio::test]
async fn forges_result_of_a_field_apply_moves_the_base() {
    let setup = accepted().await;
    change_ticket(&setup, "title", "Printer is wet".into());
    let sent = visit(&setup).await;
    let message = sent.messages.iter().find(|message| message.kind == "field.apply").unwrap().id.clone();
    let outcome = json!({ "snapshot": snapshot(&json!({ "summary": "Printer is wet" })) });
    let answered = json!({ "message": message, "word": { "Outcome": outcome } });
    issue(&setup, &json!({ "summary": "Printer is wet" }), 1).await;
    let facts = vec![LinkKey { ticket_id: 7, issue_id: "1007" }.set(FactKind::ApplyResult, &answered)];
    setup.store.record(Effects { facts, ..Effects::default() }).await.unwrap();
    setup.pass(60_000);
    assert_eq!(field_applies(&visit(&setup).await), Vec::<Value>::new());
    let memory = facts::memory(&setup.store.link_facts(7, "1007").await.unwrap());
    assert_eq!(memory.intents, None);
    let history = setup.store.changes(7, 9).await.unwrap();
    assert_eq!((history[0].field.as_str(), history[0].side), ("title", Side::Jira));
}

/// Each refusal of Zammad when several fields are written: they are tried alone, and the refused one is listed.
#[tokio::test]
async fn a_refused_field_does_not_hold_back_the_others() {
    for status in [422, 403] {
        let setup = accepted().await;
        issue(&setup, &json!({ "summary": "Printer is wet", "priorityId": "1" }), 1).await;
        setup.helpdesk.fail("update_ticket", status);
        // Alone: the fields are tried in order of their names; the first of them is refused again.
        setup.helpdesk.fail("update_ticket", status);
        visit(&setup).await;
        assert_eq!(setup.helpdesk.written("update_ticket"), [json!({ "title": "Printer is wet" })], "{status}");
        let troubles = trouble_codes(&setup).await;
        assert!(troubles.len() == 1 && troubles[0].0 == "priority", "{status}: {troubles:?}");
    }
}

/// One empty attribute that Zammad demands: the fields are listed with it, and written as soon as it has a value.
#[tokio::test]
async fn a_demanded_attribute_postpones_the_fields_and_is_named() {
    let setup = accepted().await;
    change_ticket(&setup, "category", Value::Null);
    setup.helpdesk.contents().demanded.insert("category".into());
    issue(&setup, &json!({ "summary": "Printer is wet" }), 1).await;
    for _ in 0..2 {
        visit(&setup).await;
        let rows = setup.store.troubles_of(7, "1007").await.unwrap();
        assert_eq!((rows[0].code.as_str(), rows[0].detail.as_deref()), ("zammad-demands", Some("category")));
    }
    change_ticket(&setup, "category", "hardware".into());
    visit(&setup).await;
    assert_eq!(setup.helpdesk.contents().tickets[&7]["title"], "Printer is wet");
    assert_eq!(trouble_codes(&setup).await, Vec::new());
}

/// A value that a core workflow excludes is named with its attribute, does not hold back others, and is tried again.
#[tokio::test]
async fn an_excluded_value_is_named_and_written_when_it_is_allowed() {
    let setup = accepted().await;
    let allow = |values: Value| drop(setup.helpdesk.contents().restricted.insert("priority_id".into(), values));
    allow(json!(["1", "2"]));
    issue(&setup, &json!({ "summary": "Printer is wet", "priorityId": "1" }), 1).await;
    for _ in 0..2 {
        visit(&setup).await;
        let rows = setup.store.troubles_of(7, "1007").await.unwrap();
        assert_eq!((rows[0].code.as_str(), rows[0].detail.as_deref()), ("zammad-excludes", Some("priority_id")));
        assert_eq!(setup.helpdesk.contents().tickets[&7]["title"], "Printer is wet");
    }
    allow(json!(["1", "2", "3"]));
    visit(&setup).await;
    assert_eq!(setup.helpdesk.contents().tickets[&7]["priority_id"], 3);
    assert_eq!(trouble_codes(&setup).await, Vec::new());
}

/// The panel names it always; an internal note does once, if the admin wants that.
#[tokio::test]
async fn a_demanded_attribute_is_told_to_people() {
    for wanted in [false, true] {
        let setup = accepted().await;
        change_ticket(&setup, "category", Value::Null);
        setup.helpdesk.contents().demanded.insert("category".into());
        setup.settings(|settings| settings.fields.demand_note = wanted).await;
        issue(&setup, &json!({ "summary": "Printer is wet" }), 1).await;
        for _ in 0..2 {
            visit(&setup).await;
        }
        let notes: Vec<String> = setup
            .helpdesk
            .contents()
            .articles
            .iter()
            .filter(|article| article["internal"] == true && article["body"].as_str().unwrap().contains("category"))
            .map(|article| article["body"].to_string())
            .collect();
        assert_eq!(notes.len(), usize::from(wanted), "{notes:?}");
        let demanded = |completion: &Completion| -> Vec<Value> {
            let rows = completion.messages.iter().filter(|row| row.kind == "ticket.changed");
            let data = rows.map(|row| serde_json::from_str::<Value>(&row.body).unwrap()["data"]["demanded"].clone());
            data.collect()
        };
        issue(&setup, &json!({ "summary": "Printer is dry" }), 2).await;
        let facts = vec![LinkKey { ticket_id: 7, issue_id: "1007" }.clear(FactKind::PanelHash)];
        setup.store.record(Effects { facts, ..Effects::default() }).await.unwrap();
        let completion = setup.visitor().visit(7).await.unwrap();
        assert_eq!(demanded(&completion), [json!(["category"])]);
    }
}

#[tokio::test]
async fn a_demanded_attribute_is_filled_in_where_the_admin_gave_a_value() {
    let setup = accepted().await;
    change_ticket(&setup, "category", Value::Null);
    setup.helpdesk.contents().demanded.insert("category".into());
    setup.settings(|settings| drop(settings.fields.fill_in.insert("category".into(), "other".into()))).await;
    issue(&setup, &json!({ "summary": "Printer is wet" }), 1).await;
    visit(&setup).await;
    let ticket = setup.helpdesk.contents().tickets[&7].clone();
    assert_eq!((&ticket["title"], &ticket["category"]), (&json!("Printer is wet"), &json!("other")));
    assert_eq!(trouble_codes(&setup).await, Vec::new());
}

/// An attribute that Zammad demands in one state only: the field that leads there waits for it, and others do not.
#[tokio::test]
async fn an_attribute_that_a_state_demands_postpones_the_state_only() {
    let setup = accepted().await;
    setup
        .settings(|settings| {
            let pairs = &mut settings.fields.state.pairs;
            pairs.retain(|pair| pair.direction != schema::settings::Direction::ToZammad);
            pairs.iter_mut().for_each(|pair| pair.direction = schema::settings::Direction::Both);
        })
        .await;
    change_ticket(&setup, "category", Value::Null);
    visit(&setup).await;
    setup.helpdesk.contents().demanded_in.insert((4, "category".into()));
    let done = json!({ "summary": "Printer is wet", "statusId": "9", "status": "Done", "statusCategory": "done" });
    issue(&setup, &done, 1).await;
    for _ in 0..2 {
        visit(&setup).await;
        let rows = setup.store.troubles_of(7, "1007").await.unwrap();
        assert_eq!(
            (rows.len(), rows[0].subject.to_string(), rows[0].code.as_str()),
            (1, "state".to_owned(), "zammad-demands")
        );
        assert_eq!(rows[0].detail.as_deref(), Some("category"));
        let ticket = setup.helpdesk.contents().tickets[&7].clone();
        assert_eq!((&ticket["title"], &ticket["state_id"]), (&json!("Printer is wet"), &json!(2)));
    }
    change_ticket(&setup, "category", "hardware".into());
    visit(&setup).await;
    assert_eq!(setup.helpdesk.contents().tickets[&7]["state_id"], 4);
    assert_eq!(trouble_codes(&setup).await, Vec::new());
}

/// Assignment timeout, follow-up, a side effect of our own write, a deactivated agent, a lost group, an erased agent: the
/// assignee in Jira stays and it is listed. An agent who unassigns the owner is followed.
#[tokio::test]
async fn an_owner_that_zammad_takes_away_stays_assigned_in_jira() {
    let agent = |active: bool, groups: Value| json!({ "id": 3, "login": "nicole@help.example", "active": active, "group_ids": groups });
    let with_access = || Some(agent(true, json!({ "2": ["full"] })));
    for (name, by, user, taken) in [
        ("the system user", 1, with_access(), true),
        ("the customer's follow-up", 4, with_access(), true),
        ("a follow-up by a colleague of the customer", 6, with_access(), true),
        ("the bot", 9, with_access(), true),
        ("an admin who deactivated the agent", 5, Some(agent(false, json!({ "2": ["full"] }))), true),
        ("an admin who took the group away", 5, Some(agent(true, json!({ "6": ["full"] }))), true),
        ("an admin who erased the agent", 5, None, true),
        ("an agent", 5, with_access(), false),
        ("the owner", 3, with_access(), false),
    ] {
        let setup = Setup::new().await;
        let mut owned = ticket(7);
        owned["owner_id"] = 3.into();
        setup.helpdesk.add_ticket(owned);
        setup.link(vec![link(7)]).await;
        setup.helpdesk.contents().me = Some(json!({ "id": 9, "active": true, "group_ids": { "2": ["full"] } }));
        setup
            .settings(|settings| {
                settings.people = vec![schema::settings::Identity { zammad: 3, account_id: "acc-1".into() }];
            })
            .await;
        issue(&setup, &json!({ "assignee": { "accountId": "acc-1" } }), 0).await;
        visit(&setup).await;
        change_ticket(&setup, "owner_id", 1.into());
        change_ticket(&setup, "updated_by_id", by.into());
        let admin = json!({ "id": 5, "login": "admin", "active": true, "group_ids": { "2": ["full"] } });
        let colleague = json!({ "id": 6, "login": "erik", "active": true, "group_ids": {} });
        setup.helpdesk.contents().users.extend([(5, admin), (6, colleague)]);
        match user {
            Some(user) => drop(setup.helpdesk.contents().users.insert(3, user)),
            // For the admin, who was erased too, and for the agent.
            None => (0..2).for_each(|_| setup.helpdesk.fail("user", 404)),
        }
        let sent = visit(&setup).await;
        if taken {
            assert_eq!(field_applies(&sent), Vec::<Value>::new(), "{name}");
            let listed = [("owner".to_owned(), "owner-taken-away".to_owned())];
            assert_eq!(trouble_codes(&setup).await, listed, "{name}");
        } else {
            assert_eq!(field_applies(&sent)[0]["fields"], json!({ "assignee": null }), "{name}");
        }
    }
}

/// The assignment timeout removed the owner, and an agent changed the ticket before the visit: the history says who did what.
/// Where it says nothing, or cannot be seen, the last change counts.
#[tokio::test]
async fn the_history_says_who_removed_an_owner() {
    for (name, removed_by, refusal, taken) in [
        ("the system user, then an agent", Some(1), None, true),
        ("an agent, then the bot", Some(5), None, false),
        ("nobody according to the history", None, None, false),
        ("a history that the bot may not see", Some(1), Some(403), false),
    ] {
        let setup = Setup::new().await;
        let mut owned = ticket(7);
        owned["owner_id"] = 3.into();
        setup.helpdesk.add_ticket(owned);
        setup.link(vec![link(7)]).await;
        let person = schema::settings::Identity { zammad: 3, account_id: "acc-1".into() };
        setup.settings(|settings| settings.people = vec![person]).await;
        issue(&setup, &json!({ "assignee": { "accountId": "acc-1" } }), 0).await;
        visit(&setup).await;
        change_ticket(&setup, "owner_id", 1.into());
        change_ticket(&setup, "updated_by_id", if name.ends_with("the bot") { 9.into() } else { 5.into() });
        for id in [3, 5] {
            let agent = json!({ "id": id, "login": "agent", "active": true, "group_ids": { "2": ["full"] } });
            setup.helpdesk.contents().users.insert(id, agent);
        }
        setup.helpdesk.contents().me = Some(json!({ "id": 9, "active": true, "group_ids": { "2": ["full"] } }));
        setup.helpdesk.contents().owner_removed_by.extend(removed_by.map(|by| (7, by)));
        if let Some(status) = refusal {
            setup.helpdesk.fail("owner_removed_by", status);
        }
        let sent = visit(&setup).await;
        assert_eq!(field_applies(&sent).is_empty(), taken, "{name}");
    }
}

/// Read only, or out of the group: no field is listed as refused, and everything is written when the right is back.
#[tokio::test]
async fn writes_wait_while_the_bot_lacks_its_right_in_the_group() {
    for left in [json!({}), json!({ "2": ["read"] })] {
        let setup = accepted().await;
        issue(&setup, &json!({ "summary": "Printer is wet", "priorityId": "1" }), 1).await;
        setup.helpdesk.contents().me = Some(json!({ "id": 3, "active": true, "group_ids": left }));
        setup.helpdesk.fail("update_ticket", 403);
        assert!(matches!(setup.visitor().visit(7).await, Err(VisitError::Zammad(_))));
        assert_eq!(trouble_codes(&setup).await, Vec::new());
        setup.helpdesk.contents().me = None;
        visit(&setup).await;
        let written = json!({ "title": "Printer is wet", "priority_id": 3 });
        assert_eq!(setup.helpdesk.written("update_ticket"), [written]);
    }
}

/// Verdicts that ask for a retry fail the visit, so that everything is tried again.
#[tokio::test]
async fn other_faults_fail_the_visit() {
    for status in [401, 429, 500, 503] {
        let setup = accepted().await;
        issue(&setup, &json!({ "summary": "Printer is wet" }), 1).await;
        setup.helpdesk.fail("update_ticket", status);
        assert!(matches!(setup.visitor().visit(7).await, Err(VisitError::Zammad(_))), "{status}");
    }
}

#[tokio::test]
async fn an_unmapped_assignee_is_listed_until_it_is_mapped() {
    let setup = accepted().await;
    let assignee = json!({ "accountId": "acc-1", "name": "Mia" });
    issue(&setup, &json!({ "assignee": assignee }), 1).await;
    visit(&setup).await;
    assert_eq!(setup.helpdesk.written("update_ticket"), Vec::<Value>::new());
    assert_eq!(trouble_codes(&setup).await, [("owner".to_owned(), "unmapped".to_owned())]);
    setup
        .settings(|settings| {
            settings.people = vec![schema::settings::Identity { zammad: 3, account_id: "acc-1".into() }];
        })
        .await;
    visit(&setup).await;
    assert_eq!(setup.helpdesk.written("update_ticket"), [json!({ "owner_id": 3 })]);
    assert_eq!(trouble_codes(&setup).await, Vec::new());
}

/// Zammad answers 200 and stores owner 1 for an owner without access to the group.
#[tokio::test]
async fn an_owner_that_zammad_does_not_accept_is_listed() {
    let setup = accepted().await;
    setup
        .settings(|settings| {
            settings.people = vec![schema::settings::Identity { zammad: 3, account_id: "acc-1".into() }];
        })
        .await;
    setup.helpdesk.contents().overrides.insert("owner_id".into(), 1.into());
    issue(&setup, &json!({ "assignee": { "accountId": "acc-1" } }), 1).await;
    visit(&setup).await;
    assert_eq!(trouble_codes(&setup).await, [("owner".to_owned(), "owner-without-access".to_owned())]);
}

#[tokio::test]
async fn a_conflict_keeps_both_values_in_the_history() {
    let setup = accepted().await;
    // The issue changed after the ticket: by default the newest change wins.
    change_ticket(&setup, "title", "Printer is gone".into());
    let later = 100 * 86_400_000;
    issue(&setup, &json!({ "summary": "Printer is wet" }), later).await;
    visit(&setup).await;
    assert_eq!(setup.helpdesk.written("update_ticket"), [json!({ "title": "Printer is wet" })]);
    let history = setup.store.changes(7, 9).await.unwrap();
    assert!(history[0].conflict);
    assert_eq!(history[0].kept.as_deref(), Some("\"Printer is wet\""));
    assert_eq!(history[0].lost.as_deref(), Some("\"Printer is gone\""));
}

#[tokio::test]
async fn two_writes_to_one_issue_keep_their_distance() {
    let setup = accepted().await;
    change_ticket(&setup, "title", "one".into());
    let sent = visit(&setup).await;
    let message = sent.messages.iter().find(|message| message.kind == "field.apply").unwrap().id.clone();
    let outcome = json!({ "snapshot": snapshot(&json!({ "summary": "one" })) });
    issue(&setup, &json!({ "summary": "one" }), 1).await;
    let answered = json!({ "message": message, "word": { "Outcome": outcome } });
    let facts = vec![LinkKey { ticket_id: 7, issue_id: "1007" }.set(FactKind::ApplyResult, &answered)];
    setup.store.record(Effects { facts, ..Effects::default() }).await.unwrap();
    setup.pass(500);
    change_ticket(&setup, "title", "two".into());
    let paced = visit(&setup).await;
    assert_eq!(field_applies(&paced), Vec::<Value>::new());
    assert_eq!(paced.effects.rechecks[0].not_before, Some(NOW.plus(2_000)));
    setup.pass(1_500);
    assert_eq!(field_applies(&visit(&setup).await).len(), 1);
}

#[tokio::test]
async fn a_follower_writes_nothing_to_the_issue() {
    let setup = accepted().await;
    setup.link(vec![Link { issue_id: "1007".into(), created_at: NOW.plus(-1), ..link(6) }]).await;
    change_ticket(&setup, "title", "Printer is wet".into());
    assert_eq!(field_applies(&visit(&setup).await), Vec::<Value>::new());
}

/// An admin of Zammad may add a state at any time; it follows its type at once.
#[tokio::test]
async fn a_state_that_was_just_added_follows_its_type() {
    let setup = accepted().await;
    let visitor = setup.visitor();
    visitor.visit(7).await.unwrap();
    let own = zammad::State { id: 17, name: "solved by vendor".into(), state_type_id: 5, active: true };
    setup.helpdesk.contents().own_states.push(own);
    change_ticket(&setup, "state_id", 17.into());
    let completion = visitor.visit(7).await.unwrap();
    assert_eq!(field_applies(&completion)[0]["status"]["anyOf"], json!([{ "category": "done" }]));
}

/// A newer Zammad adds parts to its answers, such as what its AI features wrote about a ticket.
#[tokio::test]
async fn parts_of_an_answer_that_nobody_mapped_stay_in_the_network() {
    let setup = accepted().await;
    change_ticket(&setup, "title", "Printer is wet".into());
    change_ticket(&setup, "ai_stored_result_ids", json!([5]));
    change_ticket(&setup, "ai_stored_results", json!([{ "id": 5, "content": { "summary": "canary" } }]));
    let completion = visit(&setup).await;
    assert_eq!(field_applies(&completion).len(), 1);
    assert!(completion.messages.iter().any(|message| message.kind == "ticket.changed"), "the panel's snapshot too");
    for message in &completion.messages {
        assert!(!message.body.contains("canary") && !message.body.contains("ai_stored"), "{}", message.body);
    }
}
