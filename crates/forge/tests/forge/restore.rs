//! A new installation starts without records; the sidecar notices and registers its links again.

use schema::{HelloAnswer, LinkRestore, Message, MessageBody, ResultStatus};
use serde_json::json;

use crate::support::{A, TestEnv, about, apply, golden, message, set_settings};

fn restore(number: u128, ticket: u64, linked_at: Option<&str>) -> Message {
    let MessageBody::LinkRestore(link) = golden("link.restore") else { panic!() };
    let linked_at = linked_at.map(str::to_owned);
    about(number, ticket, MessageBody::LinkRestore(LinkRestore { linked_at, ..link }))
}

fn hello(env: &TestEnv, secret: &envelope::Secret, nonce: u8) -> HelloAnswer {
    let hello = Message { ticket_id: None, ..message(u128::from(nonce), 1, "hello") };
    serde_json::from_value(apply(env, secret, nonce, hello).data.unwrap()).unwrap()
}

fn links(env: &TestEnv) -> Vec<(u64, i64)> {
    let kv = env.kv.borrow();
    let row = kv.get(&(A.to_owned(), "link:i:10007".to_owned())).map(|(row, _)| row["value"].clone());
    let links = row.unwrap_or_default();
    let link = |link: &serde_json::Value| (link["ticketId"].as_u64().unwrap(), link["linkedAt"].as_i64().unwrap());
    links.as_array().into_iter().flatten().map(link).collect()
}

#[test]
fn hello_counts_the_links_and_a_restored_link_is_registered_without_history() {
    let env = TestEnv::new();
    let secret = env.connect(A);
    // The records that an earlier installation left on the issue, and a link of somebody else.
    let url = "https://help.example/#ticket/zoom/42";
    for (id, url) in
        [("system=zammad&install=old&ticket=42", url), ("system=zammad&install=old&ticket=7", "x"), ("x", url)]
    {
        let link = json!({ "globalId": id, "object": { "url": url } });
        env.jira.remote_links.borrow_mut().insert(("10007".into(), id.into()), link);
    }
    assert_eq!(hello(&env, &secret, 1).links, 0);
    let result = apply(&env, &secret, 2, restore(2, 42, Some("2026-01-01T00:00:00Z")));
    assert_eq!((result.status, &result.data.unwrap()["issueId"]), (ResultStatus::Accepted, &json!("10007")));
    assert_eq!(hello(&env, &secret, 3).links, 1);
    assert_eq!(links(&env), [(42, 1_767_225_600_000)]);
    assert!(env.jira.comments.borrow().is_empty() && env.keys_of(A, "cmd:").is_empty(), "without history");
    let shown: Vec<String> = env.jira.remote_links.borrow().keys().map(|(_, id)| id.clone()).collect();
    assert_eq!(
        shown,
        [format!("system=zammad&install={A}&ticket=42"), "system=zammad&install=old&ticket=7".into(), "x".into()]
    );

    let again = apply(&env, &secret, 4, restore(4, 42, None));
    assert_eq!((again.status, again.data), (ResultStatus::Duplicate, Some(json!({ "issueId": "10007" }))));
    assert_eq!(apply(&env, &secret, 5, restore(5, 42, None)).status, ResultStatus::Duplicate);
    assert_eq!(links(&env).len(), 1);
}

#[test]
fn oldest_link_is_the_primary_whatever_the_order_and_the_future_is_now() {
    let env = TestEnv::new();
    let secret = env.connect(A);
    apply(&env, &secret, 1, restore(1, 44, Some("2999-01-01T00:00:00Z")));
    apply(&env, &secret, 2, restore(2, 43, Some("2026-02-01T00:00:00Z")));
    apply(&env, &secret, 3, restore(3, 42, Some("2026-01-01T00:00:00Z")));
    let tickets: Vec<u64> = links(&env).into_iter().map(|(ticket, _)| ticket).collect();
    assert_eq!(tickets, [42, 43, 44]);
    assert!(links(&env)[2].1 <= env.now.get());
}

#[test]
fn restores_only_readable_issues_in_scope() {
    let env = TestEnv::new();
    let secret = env.connect(A);
    env.jira.app_lacks.borrow_mut().insert("BROWSE_PROJECTS".into());
    assert_eq!(apply(&env, &secret, 1, restore(1, 42, None)).code.as_deref(), Some("issue-no-access"));
    env.jira.app_lacks.borrow_mut().clear();
    set_settings(&env, json!({ "scope": { "projects": ["OTHER"] } }));
    assert_eq!(apply(&env, &secret, 2, restore(2, 42, None)).code.as_deref(), Some("project-out-of-scope"));
    assert!(links(&env).is_empty());
}
