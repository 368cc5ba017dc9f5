//! The issue property: counts, buckets and dates of an issue's tickets for JQL, written only when they change.

use schema::{Bucket, MessageBody, ResultStatus, TicketSnapshot};
use serde_json::{Value, json};

use crate::support::{A, TestEnv, about, apply, golden, linked, message, opened, request, send};

fn snapshot(customer: u64, bucket: Bucket, created_at: &str) -> TicketSnapshot {
    let MessageBody::TicketChanged(mut snapshot) = golden("ticket.changed") else { panic!() };
    snapshot.customer.as_mut().unwrap().id = customer;
    snapshot.state.bucket = bucket;
    snapshot.created_at = created_at.into();
    snapshot
}

fn property(env: &TestEnv) -> Value {
    env.jira.issues.borrow()["10007"]["properties"]["zammadlink"].clone()
}

/// Writes of the property since the last look.
fn writes(env: &TestEnv) -> usize {
    let mut calls = env.jira.calls.borrow_mut();
    let count = calls.iter().filter(|call| call.method == "PUT" && call.strings[1].contains("zammadlink")).count();
    calls.clear();
    count
}

#[test]
fn counts_follow_the_tickets_and_nothing_else_is_written() {
    let (env, secret) = linked();
    assert_eq!(writes(&env), 1, "with the link");
    let mut nonce = 1;
    let mut change = |ticket: u64, snapshot: TicketSnapshot| {
        nonce += 1;
        let body = MessageBody::TicketChanged(snapshot);
        assert_eq!(apply(&env, &secret, nonce, about(nonce.into(), ticket, body)).status, ResultStatus::Accepted);
        writes(&env)
    };
    let first = snapshot(9, Bucket::Open, "2026-11-24T08:15:30.123Z");
    assert_eq!(change(42, first.clone()), 1);
    assert_eq!(
        property(&env),
        json!({ "linked": 1, "tickets": 1, "bucket": "open", "oldestOpen": "2026-11-24", "waitingCustomers": 1 })
    );
    let renamed = TicketSnapshot { title: Some("New".into()), article_count: 9, updated_at: "x".into(), ..first };
    assert_eq!(change(42, renamed), 0, "an article or a title changes no count");
    assert_eq!(change(42, snapshot(9, Bucket::Closed, "2026-11-24T08:15:30.123Z")), 1);
    assert_eq!(property(&env), json!({ "linked": 1, "tickets": 1, "bucket": "closed", "waitingCustomers": 0 }));
    assert!(!property(&env).to_string().contains("Printer"), "no content");
    apply(&env, &secret, 90, message(90, 43, "link.requested"));
    assert_eq!(property(&env)["tickets"], 2);
}

/// Tickets of one issue that change in the same exchange do not overwrite each other's facts.
#[test]
fn tickets_of_one_request_are_all_counted() {
    let (env, secret) = linked();
    for ticket in 43..=45 {
        apply(&env, &secret, u8::try_from(ticket).unwrap(), message(ticket.into(), ticket, "link.requested"));
    }
    let changed = (42..=45).map(|ticket| {
        about(
            100 + u128::from(ticket),
            ticket,
            MessageBody::TicketChanged(snapshot(ticket, Bucket::Open, "2026-11-24T08:15:30Z")),
        )
    });
    let reply = opened(&send(&env, &secret, 90, &request(A, changed.collect())), &secret, 90);
    assert!(reply.results.iter().all(|result| result.status == ResultStatus::Accepted));
    assert_eq!((property(&env)["tickets"].clone(), property(&env)["waitingCustomers"].clone()), (json!(4), json!(4)));
}

/// A count that Jira did not take is written with the repeated message.
#[test]
fn a_write_that_fails_is_repeated_and_a_refused_one_is_not() {
    let (env, secret) = linked();
    let changed = || about(5, 42, MessageBody::TicketChanged(snapshot(9, Bucket::Open, "2026-11-24T08:15:30Z")));
    *env.jira.fault.borrow_mut() = Some(("PUT /rest/api/3/issue/{}/properties/zammadlink".into(), 500));
    assert_eq!(apply(&env, &secret, 5, changed()).status, ResultStatus::Retry);
    *env.jira.fault.borrow_mut() = None;
    assert_eq!(apply(&env, &secret, 6, changed()).status, ResultStatus::Accepted);
    assert_eq!(property(&env)["bucket"], "open");
    *env.jira.fault.borrow_mut() = Some(("PUT /rest/api/3/issue/{}/properties/zammadlink".into(), 403));
    let closed = MessageBody::TicketChanged(snapshot(9, Bucket::Closed, "2026-11-24T08:15:30Z"));
    assert_eq!(apply(&env, &secret, 7, about(7, 42, closed)).status, ResultStatus::Accepted);
}
