//! `issues.changed` and `issues.read`: what the sidecar asks to find changes of which no event told, the mark of linked issues that
//! the search needs, and the share of Jira's rate limit that these questions may take.

use schema::time::rfc3339;
use schema::{
    ChangedIssues, IssuesChanged, IssuesFound, IssuesRead, KnownLink, Message, MessageBody, MessageResult,
    ResultStatus, UnixMs,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::support::{A, TestEnv, about, apply, golden, id, linked, message, opened, request, send, set_settings};

/// Jira's time of every issue of the test site.
const UPDATED: &str = "2026-09-21T14:13:20.000+0000";

fn ask<T: DeserializeOwned>(env: &TestEnv, secret: &envelope::Secret, nonce: u8, body: MessageBody) -> T {
    let question = Message { id: id(u128::from(nonce)), ticket_id: None, body };
    let result: MessageResult = apply(env, secret, nonce, question);
    assert_eq!(result.status, ResultStatus::Accepted, "{result:?}");
    serde_json::from_value(result.data.unwrap()).unwrap()
}

fn changed(env: &TestEnv, secret: &envelope::Secret, nonce: u8, since: i64) -> ChangedIssues {
    let since = rfc3339(UnixMs(since));
    ask(env, secret, nonce, MessageBody::IssuesChanged(IssuesChanged { since }))
}

fn link(ticket_id: u64, issue_id: &str, updated_at: Option<&str>) -> KnownLink {
    KnownLink { ticket_id, issue_id: issue_id.into(), updated_at: updated_at.map(str::to_owned) }
}

fn read(env: &TestEnv, secret: &envelope::Secret, nonce: u8, links: Vec<KnownLink>, all_fields: bool) -> IssuesFound {
    ask(env, secret, nonce, MessageBody::IssuesRead(IssuesRead { links, all_fields }))
}

fn property(env: &TestEnv, issue: &str) -> Value {
    env.jira.issues.borrow()[issue]["properties"]["zammadlink"].clone()
}

#[test]
fn the_search_covers_the_lag_of_index_and_events() {
    let (env, secret) = linked();
    let now = env.now.get();
    env.jira.calls.borrow_mut().clear();
    let answer = changed(&env, &secret, 2, now - 3_600_000);
    assert_eq!(answer.issues.len(), 1, "only the linked issue: {answer:?}");
    assert_eq!((answer.issues[0].issue_id.as_str(), answer.issues[0].updated_at.as_str()), ("10007", UPDATED));
    assert_eq!((answer.until, answer.more, answer.wait_ms), (rfc3339(UnixMs(now - 300_000)), false, None));
    let calls = env.jira.calls.borrow();
    let jql = calls[0].body.as_ref().unwrap()["jql"].as_str().unwrap();
    assert_eq!(
        jql,
        "issue.property[zammadlink].linked = 1 AND updated >= \"-80m\" AND updated <= \"-5m\" ORDER BY updated ASC"
    );
}

#[test]
fn a_period_that_is_too_short_asks_nothing() {
    let (env, secret) = linked();
    let now = env.now.get();
    env.jira.calls.borrow_mut().clear();
    for (nonce, since) in [(2, now - 299_000), (3, now + 60_000)] {
        let answer = changed(&env, &secret, nonce, since);
        assert_eq!((answer.issues.len(), answer.until), (0, rfc3339(UnixMs(since))));
    }
    assert!(env.jira.calls.borrow().is_empty());
}

#[test]
fn many_issues_are_read_in_one_request_and_only_news_are_sent() {
    let (env, secret) = linked();
    let other = message(3, 43, "link.requested");
    assert_eq!(apply(&env, &secret, 3, other).status, ResultStatus::Accepted);
    env.jira.calls.borrow_mut().clear();
    let links = vec![
        link(42, "10007", Some("2026-09-21T16:13:20.000+0200")),
        link(43, "10007", Some(UPDATED)),
        link(44, "10007", Some(UPDATED)),
        link(42, "10008", None),
        link(42, "77777", Some(UPDATED)),
        link(42, "no-id", None),
    ];
    let found = read(&env, &secret, 4, links, false);
    assert_eq!(env.jira.calls.borrow().len(), 1);
    assert_eq!(found.missing, ["77777"]);
    assert_eq!(found.unlinked, [2, 3, 4, 5], "links that Forge does not know, by their place");
    let known: Vec<_> = found.issues.iter().map(|issue| (issue.issue_id.as_str(), issue.snapshot.is_some())).collect();
    assert_eq!(known, [("10007", false), ("10008", true)], "the same moment, written in another time zone");

    env.jira.set("10007", "updated", json!("2026-09-21T14:14:00.000+0000"));
    let found = read(&env, &secret, 5, vec![link(42, "10007", Some(UPDATED))], false);
    assert_eq!(found.issues[0].snapshot.as_ref().unwrap().updated_at, "2026-09-21T14:14:00.000+0000");
    let known = Some("2026-09-21T14:14:00.000+0000");
    assert!(read(&env, &secret, 6, vec![link(42, "10007", known)], false).issues[0].snapshot.is_none());
    assert!(read(&env, &secret, 7, vec![link(42, "10007", known)], true).issues[0].snapshot.is_some());
}

#[test]
fn issues_out_of_scope_are_not_told() {
    let (env, secret) = linked();
    set_settings(&env, json!({ "scope": { "projects": ["OTHER"] } }));
    let found = read(&env, &secret, 4, vec![link(42, "10007", None)], true);
    assert_eq!((found.issues.len(), found.missing), (0, vec!["10007".to_owned()]));
}

#[test]
fn a_moved_issue_gets_its_new_key() {
    let (env, secret) = linked();
    env.jira.issues.borrow_mut().get_mut("10007").unwrap()["key"] = json!("PROJ-99");
    let found = read(&env, &secret, 4, vec![link(42, "10007", None)], false);
    assert_eq!(found.issues[0].issue_key, "PROJ-99");
    let kv = env.kv.borrow();
    assert_eq!(kv[&(A.to_owned(), "link:i:10007".to_owned())].0["value"][0]["issueKey"], "PROJ-99");
}

#[test]
fn linked_issues_are_marked_and_unlinked_ones_are_not() {
    let (env, secret) = linked();
    let one = json!({ "linked": 1, "tickets": 1, "waitingCustomers": 0 });
    assert_eq!(property(&env, "10007"), one);
    // Whoever may edit the issue may delete its mark; the next reading of all links sets it again.
    env.jira.issues.borrow_mut().get_mut("10007").unwrap()["properties"] = json!({});
    read(&env, &secret, 4, vec![link(42, "10007", None), link(42, "10008", None)], false);
    assert_eq!(property(&env, "10007"), one);
    assert_eq!(property(&env, "10008"), Value::Null, "Forge knows no link of it");
    apply(&env, &secret, 5, message(5, 43, "link.requested"));
    for (nonce, ticket, mark) in [(6, 42, one.clone()), (7, 43, Value::Null)] {
        let end = message(u128::from(nonce), ticket, "link.removed");
        assert_eq!(apply(&env, &secret, nonce, end).status, ResultStatus::Accepted);
        assert_eq!(property(&env, "10007"), mark, "after the end of ticket {ticket}");
    }
    apply(&env, &secret, 8, message(8, 44, "issue.create"));
    let issues = env.jira.issues.borrow();
    let created = issues.values().find(|issue| issue["properties"]["chefstackz.zammad"].is_object()).unwrap();
    assert_eq!(created["properties"]["zammadlink"], one);
}

#[test]
fn a_refused_mark_does_not_keep_the_link_from_being_made() {
    for status in [403, 429, 500] {
        let env = TestEnv::new();
        let secret = env.connect(A);
        *env.jira.fault.borrow_mut() = Some(("properties/zammadlink".into(), status));
        assert_eq!(apply(&env, &secret, 1, message(1, 42, "link.requested")).status, ResultStatus::Accepted);
    }
}

/// Background questions of one installation take a hundredth of the pool in an hour, and are told how long to wait.
#[test]
fn background_questions_wait_for_the_next_hour_and_changes_do_not() {
    let (env, secret) = linked();
    let many: Vec<Value> = (0..649).map(|_| json!({ "id": "10007", "fields": { "updated": UPDATED } })).collect();
    *env.jira.search_answer.borrow_mut() = Some(json!({ "issues": many }));
    let since = env.now.get() - 3_600_000;
    assert_eq!(changed(&env, &secret, 2, since).issues.len(), 649);
    let put_off = changed(&env, &secret, 3, since);
    let wait = i64::from(put_off.wait_ms.unwrap());
    assert_eq!((put_off.issues.len(), put_off.until), (0, rfc3339(UnixMs(since))));
    assert_eq!((env.now.get() + wait) % 3_600_000, 0);
    assert!(read(&env, &secret, 4, vec![link(42, "10007", None)], true).wait_ms.is_some());
    let reply = opened(&send(&env, &secret, 5, &request(A, vec![about(5, 42, golden("article.added"))])), &secret, 5);
    assert_eq!(reply.results[0].status, ResultStatus::Accepted);
    let quota = reply.quota.unwrap();
    assert_eq!((quota.background_wait_ms, quota.wait_ms), (Some(u32::try_from(wait).unwrap()), None));
    assert!(quota.spent >= 651, "{quota:?}");
    env.now.set(env.now.get() + wait);
    assert_eq!(changed(&env, &secret, 6, since).wait_ms, None);
}

/// Whatever an operator or an admin sets: in an hour in which the pool runs out, one installation takes a twentieth at most.
#[test]
fn an_installation_takes_a_twentieth_of_a_short_pool() {
    let (env, secret) = linked();
    *env.jira.rest.borrow_mut() = Some("\"global-app-quota\";r=12000;t=900".into());
    let get = |nonce: u8, number: u128| {
        let query = schema::IssueGet { issue: "PROJ-7".into(), catch_up_since: None };
        let messages = (0..50)
            .map(|one| Message { ticket_id: None, ..about(number + one, 1, MessageBody::IssueGet(query.clone())) });
        opened(&send(&env, &secret, nonce, &request(A, messages.collect())), &secret, nonce)
    };
    let mut refused = 0;
    for nonce in 2..60 {
        let reply = get(nonce, u128::from(nonce) * 100);
        let codes = reply.results.iter().filter(|result| result.code.as_deref() == Some("jira-quota")).count();
        refused += codes;
        assert!(codes == 0 || reply.quota.unwrap().wait_ms.is_some());
    }
    assert!(refused > 0);
    let points = env.kv.borrow()[&(A.to_owned(), "points".to_owned())].0["value"].clone();
    let taken = points["spent"].as_u64().unwrap() - points["shortAt"].as_u64().unwrap();
    assert!((3_250..3_250 + 50).contains(&taken), "{points}");
}
