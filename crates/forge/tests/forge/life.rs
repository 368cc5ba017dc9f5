//! Links from their beginning to their end: made by hand and by creating an issue, handed over, ended from either side.

use schema::{
    CommandBody, IssueCreate, LinkAnswer, LinkRequest, Message, MessageBody, ResultStatus, TicketGone, TicketMerged,
};
use serde_json::{Value, json};

use crate::memory::{
    A, World, about, apply, golden, linked, message, opened, request, run, sealed, send, set_settings,
};

fn create(number: u128, ticket: u64) -> Message {
    message(number, ticket, "issue.create")
}

fn link(number: u128, ticket: u64, issue: &str) -> Message {
    let MessageBody::LinkRequested(wish) = golden("link.requested") else { panic!() };
    about(number, ticket, MessageBody::LinkRequested(LinkRequest { issue: issue.into(), ..wish }))
}

fn merged(number: u128, from: u64, into: u64) -> Message {
    let into_url = format!("https://help.example/#ticket/zoom/{into}");
    let body = TicketMerged { into_ticket_id: into, into_number: format!("500{into}"), into_url };
    about(number, from, MessageBody::TicketMerged(body))
}

/// Tickets that an issue is linked to, the primary first.
fn tickets(world: &World, issue: &str) -> Vec<u64> {
    let kv = world.kv.borrow();
    let row = kv.get(&(A.to_owned(), format!("link:i:{issue}")));
    let links = row.map(|(row, _)| row["value"].clone()).unwrap_or_default();
    links.as_array().into_iter().flatten().map(|link| link["ticketId"].as_u64().unwrap()).collect()
}

fn last_comment(world: &World) -> String {
    world.jira.comments.borrow().last().map(|comment| comment["body"].to_string()).unwrap_or_default()
}

#[test]
fn a_link_is_answered_with_the_issue_and_only_in_scope() {
    let world = World::new();
    let secret = world.connect(A);
    let answer: LinkAnswer =
        serde_json::from_value(apply(&world, &secret, 1, link(1, 42, "PROJ-7")).data.unwrap()).unwrap();
    let snapshot = answer.snapshot.unwrap();
    assert_eq!((answer.issue_id.as_str(), snapshot.status_id.as_str(), snapshot.labels.len()), ("10007", "n1", 2));
    assert_eq!(
        (snapshot.reporter.unwrap().name.as_deref(), snapshot.priority.as_deref()),
        (Some("Rita"), Some("High"))
    );
    set_settings(&world, json!({ "scope": { "projects": ["PROJ"] } }));
    assert_eq!(apply(&world, &secret, 2, link(2, 42, "OTHER-1")).code.as_deref(), Some("project-out-of-scope"));
    assert!(tickets(&world, "10009").is_empty() && world.jira.remote_links.borrow().len() == 1);
}

#[test]
fn configured_fields_come_along_as_jira_gives_them() {
    let world = World::new();
    let secret = world.connect(A);
    let custom =
        |jira: &str, zammad: &str| json!({ "zammad": zammad, "jira": jira, "kind": "text", "direction": "both" });
    set_settings(
        &world,
        json!({ "fields": { "custom": [custom("customfield_1", "a"), custom("customfield_2", "b"), custom("customfield_3", "c"), custom("customfield_4", "d")] } }),
    );
    world.jira.set("10007", "customfield_1", json!({ "id": "7", "value": "Red" }));
    let document = json!({ "type": "doc", "version": 1, "content": [{ "type": "bulletList", "content": [{ "type": "listItem",
        "content": [{ "type": "paragraph", "content": [{ "type": "text", "text": "a text with layout" }] }] }] }] });
    world.jira.set("10007", "customfield_3", json!("x".repeat(30_000)));
    world.jira.set("10007", "customfield_4", document);
    let answer: LinkAnswer =
        serde_json::from_value(apply(&world, &secret, 1, link(1, 42, "PROJ-7")).data.unwrap()).unwrap();
    // What is too large or too deep is not empty: that would blank the other side.
    let told = json!({ "customfield_1": { "id": "7", "value": "Red" }, "customfield_3": {}, "customfield_4": {} });
    assert_eq!(json!(answer.snapshot.unwrap().fields), told);
    let asked = world.jira.calls.borrow().iter().find(|call| call.params.len() == 2).unwrap().params[1].clone();
    assert!(asked.ends_with(",customfield_1,customfield_2,customfield_3,customfield_4"), "{asked}");
}

#[test]
fn an_issue_is_created_once_linked_and_answered() {
    let world = World::new();
    let secret = world.connect(A);
    let result = apply(&world, &secret, 1, create(1, 42));
    assert_eq!(result.status, ResultStatus::Accepted, "{result:?}");
    let answer: LinkAnswer = serde_json::from_value(result.data.clone().unwrap()).unwrap();
    assert_eq!(answer.snapshot.unwrap().summary, "Printer on fire");
    assert_eq!(tickets(&world, &answer.issue_id), [42]);
    assert_eq!(world.jira.remote_links.borrow().len(), 1);
    let again = apply(&world, &secret, 2, create(1, 42));
    assert_eq!((again.status, again.data), (ResultStatus::Duplicate, result.data));
    assert_eq!(world.jira.issues.borrow().len(), 4);
}

#[test]
fn what_is_missing_on_a_new_issue_is_named() {
    let world = World::new();
    let secret = world.connect(A);
    world.jira.create_needs.borrow_mut().push("customfield_2".into());
    let refused = apply(&world, &secret, 1, create(1, 42));
    assert_eq!(
        (refused.code.as_deref(), refused.data),
        (Some("jira-refused"), Some(json!({ "fields": ["customfield_2"] })))
    );
    set_settings(&world, json!({ "scope": { "projects": ["OTHER"] } }));
    assert_eq!(apply(&world, &secret, 2, create(1, 42)).code.as_deref(), Some("project-out-of-scope"));
    let numbered = |project: &str| {
        let MessageBody::IssueCreate(wish) = golden("issue.create") else { panic!() };
        about(2, 42, MessageBody::IssueCreate(IssueCreate { project: project.into(), ..wish }))
    };
    assert_eq!(
        apply(&world, &secret, 3, numbered("100")).code.as_deref(),
        Some("project-out-of-scope"),
        "by its id too"
    );
    for (nonce, project) in [(4, "999"), (5, "P-1"), (6, "../x")] {
        assert_eq!(apply(&world, &secret, nonce, numbered(project)).code.as_deref(), Some("not-a-project"));
    }
    assert_eq!(world.jira.issues.borrow().len(), 3);
}

/// Whatever call the invocation dies at, before or after it was carried out.
fn survives(
    message: impl Fn() -> Message,
    setup: impl Fn() -> (World, envelope::Secret),
    check: impl Fn(&World, &str),
) {
    let wire = |world: &World, secret: &envelope::Secret, nonce| {
        sealed(world, secret, A, nonce, json!(request(A, vec![message()])).to_string())
    };
    let (world, secret) = setup();
    let counting = world.platform(A);
    run(forge::web_trigger(&counting, wire(&world, &secret, 102))).unwrap();
    check(&world, "not killed");
    for (fuse, after) in (1..=counting.calls.get()).flat_map(|fuse| [(fuse, false), (fuse, true)]) {
        let (world, secret) = setup();
        let mut dying = world.platform(A);
        dying.fuse.set(fuse);
        dying.after = after;
        assert!(run(forge::web_trigger(&dying, wire(&world, &secret, 102))).is_none());
        for nonce in 103..106 {
            run(forge::web_trigger(&world.platform(A), wire(&world, &secret, nonce))).unwrap();
            world.now.set(world.now.get() + 61_000);
        }
        check(&world, &format!("killed at call {fuse}, after: {after}"));
    }
}

#[test]
fn a_kill_at_any_call_creates_one_issue() {
    let setup = || {
        let world = World::new();
        let secret = world.connect(A);
        (world, secret)
    };
    survives(
        || create(1, 42),
        setup,
        |world, when| {
            assert_eq!(world.jira.issues.borrow().len(), 4, "{when}");
            assert_eq!(world.keys_of(A, "link:").len(), 2, "{when}");
        },
    );
}

#[test]
fn a_kill_at_any_call_hands_a_link_over_once() {
    survives(
        || merged(2, 42, 43),
        linked,
        |world, when| {
            assert_eq!(tickets(world, "10007"), [43], "{when}");
            assert_eq!(world.keys_of(A, "link:"), ["link:i:10007", "link:t:43"], "{when}");
            assert_eq!(world.jira.comments.borrow().len(), 1, "{when}");
            let links = world.jira.remote_links.borrow();
            let shown: Vec<_> = links.values().map(|link| link["object"]["url"].as_str().unwrap()).collect();
            assert_eq!(shown, ["https://help.example/#ticket/zoom/43"], "{when}");
        },
    );
}

#[test]
fn a_merged_ticket_hands_its_place_over_and_a_target_that_is_linked_already_keeps_its_own() {
    let (world, secret) = linked();
    apply(&world, &secret, 2, link(2, 44, "PROJ-7"));
    apply(&world, &secret, 3, link(3, 44, "PROJ-8"));
    let result = apply(&world, &secret, 4, merged(4, 42, 43));
    assert_eq!(result.data.unwrap(), json!({ "issues": [{ "issueId": "10007" }] }));
    assert_eq!(tickets(&world, "10007"), [43, 44], "the primary stays the primary");
    assert!(
        last_comment(&world).contains("Zammad #50042 was merged into ")
            && last_comment(&world).contains("Zammad #50043")
    );
    apply(&world, &secret, 5, merged(5, 44, 43));
    assert_eq!((tickets(&world, "10007"), tickets(&world, "10008")), (vec![43], vec![43]));
    assert_eq!(world.jira.remote_links.borrow().len(), 2);
    assert_eq!(apply(&world, &secret, 6, merged(6, 99, 43)).status, ResultStatus::Accepted, "nothing to do is done");
    assert_eq!(apply(&world, &secret, 7, merged(7, 43, 43)).code.as_deref(), Some("not-a-target"));
}

#[test]
fn a_ticket_that_is_gone_ends_its_links_with_a_word() {
    let (world, secret) = linked();
    let gone = about(2, 42, MessageBody::TicketGone(TicketGone { reason: "deleted".into() }));
    assert_eq!(apply(&world, &secret, 2, gone).status, ResultStatus::Accepted);
    assert!(last_comment(&world).contains("was deleted. The link has ended."));
    assert!(world.keys_of(A, "link:").is_empty() && world.jira.remote_links.borrow().is_empty());
}

/// An issue that nobody can write on any more is no reason to keep the link.
#[test]
fn an_issue_that_refuses_does_not_hold_a_link() {
    let (world, secret) = linked();
    *world.jira.fault.borrow_mut() = Some(("/rest/api/3/issue/".into(), 403));
    let gone = about(2, 42, MessageBody::TicketGone(TicketGone { reason: "no-access".into() }));
    assert_eq!(apply(&world, &secret, 2, gone).status, ResultStatus::Accepted);
    assert!(world.keys_of(A, "link:").is_empty());
}

fn panel(world: &World, account: &str, function: &str, payload: Value) -> Value {
    run(forge::panel(&world.as_user(A, account), &json!({ "functionKey": function, "payload": payload }))).unwrap()
}

#[test]
fn whoever_may_edit_an_issue_may_ask_for_a_link_and_end_one() {
    let (world, secret) = linked();
    let wanted = json!({ "issueId": "10007", "ticketNumber": " 50077 " });
    for account in ["user-1", "admin-1"] {
        assert_eq!(panel(&world, account, "links.request", wanted.clone()), json!({ "error": "forbidden" }));
    }
    assert_eq!(panel(&world, "editor-1", "links.request", wanted), json!({}));
    assert_eq!(
        panel(&world, "editor-1", "links.other", json!({ "issueId": "10007" })),
        json!({ "error": "unknown-function" })
    );
    for (payload, code) in [
        (json!({ "issueId": "../10007" }), "not-an-issue"),
        (json!({ "issueId": "10007", "ticketNumber": "" }), "not-a-ticket"),
        (json!({ "issueId": "10007", "ticketNumber": "9".repeat(65) }), "not-a-ticket"),
    ] {
        assert_eq!(panel(&world, "editor-1", "links.request", payload), json!({ "error": code }));
    }
    let end =
        |ticket: u64| panel(&world, "editor-1", "links.remove", json!({ "issueId": "10007", "ticketId": ticket }));
    assert_eq!(
        (end(43), end(42), end(42)),
        (json!({ "error": "not-linked" }), json!({}), json!({ "error": "not-linked" }))
    );
    assert!(world.keys_of(A, "link:").is_empty() && world.jira.remote_links.borrow().is_empty());
    let commands = opened(&send(&world, &secret, 2, &request(A, vec![])), &secret, 2).commands;
    let wanted = commands.iter().find_map(|command| match &command.body {
        CommandBody::LinkRequested(wanted) => {
            Some((wanted.ticket_number.as_str(), wanted.requested_by.account_id.as_str()))
        }
        _ => None,
    });
    assert_eq!(wanted, Some(("50077", "editor-1")));
    let ended = commands.iter().find(|command| matches!(command.body, CommandBody::LinkRemoved(_))).unwrap();
    assert_eq!((ended.ticket_id, ended.issue_id.as_deref(), commands.len()), (Some(42), Some("10007"), 2));
}

#[test]
fn what_is_written_for_a_message_is_audited_once_an_exchange() {
    let (world, secret) = linked();
    let audited = |world: &World| {
        let kv = world.kv.borrow();
        kv.iter()
            .filter(|((_, key), _)| key.starts_with("audit:"))
            .map(|(_, (row, _))| row["value"].clone())
            .collect::<Vec<_>>()
    };
    let before = audited(&world).len();
    let two = request(
        A,
        vec![message(2, 42, "article.added"), message(3, 42, "ticket.changed"), message(4, 42, "article.added")],
    );
    send(&world, &secret, 2, &two);
    let entries = audited(&world);
    assert_eq!(entries.len(), before + 1);
    let entry = entries.iter().find(|entry| entry["detail"].as_array().is_some_and(|list| list.len() == 2)).unwrap();
    let first = &entry["detail"][0];
    assert_eq!(
        (&entry["action"], &first["kind"], &first["ticketId"]),
        (&json!("applied"), &json!("article.added"), &json!(42))
    );
    assert_eq!(first["issueIds"], json!(["10007"]));
    assert!(!entry.to_string().contains("ümläut"));
    send(&world, &secret, 3, &two);
    assert_eq!(audited(&world).len(), before + 1, "duplicates write nothing");
}
