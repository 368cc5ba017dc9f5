//! The counts of the dashboard gadget and of the project page.

use schema::{Bucket, LinkRequest, MessageBody};
use serde_json::{Value, json};

use crate::support::{A, B, NOW, TestEnv, about, apply, golden, linked, message, run};

fn view(env: &TestEnv, account: &str, payload: Value) -> Value {
    let call = json!({ "functionKey": "overview.view", "payload": payload });
    run(forge::overview(&env.as_user(A, account), &call)).unwrap()
}

/// Ticket 42 on PROJ-7, with two customers waiting on PROJ-8 and one on OTHER-1.
fn site() -> TestEnv {
    let (env, secret) = linked();
    let mut nonce = 1;
    let mut send = |ticket: u64, body: MessageBody| {
        nonce += 1;
        apply(&env, &secret, nonce, about(nonce.into(), ticket, body));
    };
    for (ticket, issue) in [(43, "PROJ-8"), (44, "PROJ-8"), (45, "OTHER-1")] {
        let MessageBody::LinkRequested(request) = golden("link.requested") else { panic!() };
        send(ticket, MessageBody::LinkRequested(LinkRequest { issue: issue.into(), ..request }));
    }
    for (ticket, bucket) in [(42, Bucket::Closed), (43, Bucket::Open), (44, Bucket::Pending), (45, Bucket::Open)] {
        let MessageBody::TicketChanged(mut snapshot) = golden("ticket.changed") else { panic!() };
        snapshot.state.bucket = bucket;
        snapshot.customer.as_mut().unwrap().id = ticket;
        snapshot.created_at = schema::time::rfc3339(schema::UnixMs(NOW - 2 * 86_400_000));
        send(ticket, MessageBody::TicketChanged(snapshot));
    }
    let drift = message(90, 42, "drift.report");
    apply(&env, &secret, 90, schema::Message { ticket_id: None, ..drift });
    env
}

#[test]
fn counts_are_those_of_the_projects_that_the_user_may_browse() {
    let env = site();
    let all = view(&env, "reader-1", json!({}));
    assert_eq!((&all["issues"], &all["tickets"], &all["buckets"]), (&json!(3), &json!(4), &json!([2, 0, 1, 0])));
    assert_eq!((&all["ages"], &all["projects"]), (&json!([0, 2, 0, 0, 0]), &json!(["OTHER", "PROJ"])));
    let top = json!([{ "key": "PROJ-8", "waitingCustomers": 2 }, { "key": "OTHER-1", "waitingCustomers": 1 }]);
    assert_eq!((&all["top"], &all["complete"], &all["at"]), (&top, &json!(true), &json!(NOW)));
    assert_eq!(all["drift"]["report"]["checked"], 120);
    let one = view(&env, "reader-1", json!({ "project": "OTHER" }));
    assert_eq!(
        (&one["issues"], &one["projects"], &one["top"][0]["key"]),
        (&json!(1), &all["projects"], &json!("OTHER-1"))
    );

    env.jira.hidden_from_users.borrow_mut().extend(["OTHER".to_owned(), "10008".to_owned()]);
    let some = view(&env, "editor-1", json!({}));
    assert_eq!((&some["issues"], &some["projects"]), (&json!(2), &json!(["PROJ"])));
    assert_eq!(some["top"], json!([]), "an issue that is hidden from the user is not named");
    let hidden = view(&env, "editor-1", json!({ "project": "OTHER" }));
    assert_eq!((&hidden["issues"], &hidden["top"]), (&json!(0), &json!([])));
    let nothing = view(&env, "stranger-1", json!({}));
    assert_eq!((&nothing["issues"], &nothing["projects"], &nothing["top"]), (&json!(0), &json!([]), &json!([])));
}

/// An opened page reads no links for ten minutes, and asks Jira once an hour per user.
#[test]
fn counts_are_kept_and_their_age_is_told() {
    let env = site();
    view(&env, "reader-1", json!({}));
    let calls = |env: &TestEnv| {
        env.jira.calls.borrow_mut().clear();
        let platform = env.as_user(A, "reader-1");
        let shown = run(forge::overview(&platform, &json!({ "functionKey": "overview.view" }))).unwrap();
        (
            env.jira.calls.borrow().len(),
            platform.reads.get(),
            platform.writes.get(),
            shown["at"].as_i64().unwrap() - NOW,
        )
    };
    env.now.set(NOW + 599_000);
    assert_eq!(calls(&env), (0, 6, 0, 0));
    env.now.set(NOW + 600_000);
    assert_eq!(calls(&env), (0, 7, 1, 600_000), "counted anew");
    env.now.set(NOW + 3_600_000);
    assert_eq!(calls(&env).0, 2, "projects and issues that may be named");
}

#[test]
fn whoever_may_not_gets_nothing() {
    let env = site();
    let ask = |install: &str, account: Option<&str>, call: Value| {
        let platform = account.map_or_else(|| env.platform(install), |account| env.as_user(install, account));
        run(forge::overview(&platform, &call)).unwrap()
    };
    let call = json!({ "functionKey": "overview.view", "payload": { "accountId": "reader-1" } });
    assert_eq!(ask(A, None, call.clone()), json!({ "error": "forbidden" }), "anonymous, with a forged account");
    assert_eq!(ask(A, Some("stranger-1"), call.clone())["issues"], 0);
    assert_eq!(ask(B, Some("reader-1"), call)["issues"], 0, "another installation");
    for project in
        [json!("../PROJ"), json!("PROJ OR 1=1"), json!(""), json!(7), json!(["PROJ"]), json!("P".repeat(256))]
    {
        let call = json!({ "functionKey": "overview.view", "payload": { "project": project } });
        assert_eq!(ask(A, Some("reader-1"), call), json!({ "error": "not-a-project" }), "{project}");
    }
    let other = json!({ "functionKey": "panel.view", "issueId": "10007" });
    assert_eq!(ask(A, Some("reader-1"), other), json!({ "error": "unknown-function" }));
    env.jira.status.set(Some(500));
    assert_eq!(ask(A, Some("editor-1"), json!({ "functionKey": "overview.view" })), json!({ "error": "unavailable" }));
}
