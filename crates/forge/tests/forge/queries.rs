//! Queries: answered within the scope, and not recorded.

use schema::{IssueGet, IssueSearch, Message, MessageBody, MessageResult, ProjectMeta, ResultStatus, UserSearch};
use serde_json::{Value, json};

use crate::support::{A, TestEnv, about, apply, linked, set_settings};

fn ask(env: &TestEnv, secret: &envelope::Secret, nonce: u8, body: MessageBody) -> MessageResult {
    apply(env, secret, nonce, Message { ticket_id: None, ..about(u128::from(nonce), 1, body) })
}

fn search(env: &TestEnv, secret: &envelope::Secret, nonce: u8, query: &str) -> Vec<String> {
    let wanted = IssueSearch { query: query.into(), limit: 10 };
    let found = ask(env, secret, nonce, MessageBody::IssueSearch(wanted)).data.unwrap();
    found["issues"].as_array().unwrap().iter().map(|issue| issue["issueKey"].as_str().unwrap().to_owned()).collect()
}

fn get(env: &TestEnv, secret: &envelope::Secret, nonce: u8, issue: &str) -> MessageResult {
    ask(env, secret, nonce, MessageBody::IssueGet(IssueGet { issue: issue.into(), catch_up_since: None }))
}

#[test]
fn finds_an_issue_by_key_or_id_within_the_scope() {
    let (env, secret) = linked();
    let found = get(&env, &secret, 2, "PROJ-8").data.unwrap();
    assert_eq!((&found["issueId"], &found["snapshot"]["statusCategory"]), (&json!("10008"), &json!("new")));
    assert_eq!(get(&env, &secret, 3, "10009").data.unwrap()["issueKey"], "OTHER-1");
    assert_eq!(get(&env, &secret, 4, "PROJ-99").code.as_deref(), Some("issue-not-found"));
    assert_eq!(get(&env, &secret, 5, "nonsense").code.as_deref(), Some("not-an-issue"));
    set_settings(&env, json!({ "scope": { "projects": ["PROJ"] } }));
    assert_eq!(get(&env, &secret, 6, "10009").code.as_deref(), Some("project-out-of-scope"));
    assert_eq!(env.keys_of(A, "seen:").len(), 1, "only the record of the link");
}

#[test]
fn found_issue_tells_whether_it_is_linked_to_the_ticket() {
    let (env, secret) = linked();
    let linked_to = |nonce, ticket: Option<u64>, issue: &str| {
        let body = MessageBody::IssueGet(IssueGet { issue: issue.into(), catch_up_since: None });
        let query = Message { ticket_id: ticket, ..about(u128::from(nonce), 1, body) };
        apply(&env, &secret, nonce, query).data.unwrap()["linked"].clone()
    };
    assert_eq!(linked_to(2, Some(42), "10007"), json!(true));
    assert_eq!(linked_to(3, Some(43), "10007"), json!(false), "another ticket");
    assert_eq!(linked_to(4, Some(42), "PROJ-8"), json!(false), "another issue");
    assert_eq!(linked_to(5, None, "PROJ-8"), json!(true), "without a ticket there is nothing to repair");
    env.kv.borrow_mut().retain(|(_, key), _| !key.starts_with("link:"));
    assert_eq!(linked_to(6, Some(42), "10007"), json!(false), "the records are lost");
}

#[test]
fn searches_by_key_or_url_then_by_words_within_the_scope() {
    let (env, secret) = linked();
    assert_eq!(search(&env, &secret, 2, "https://x.atlassian.net/browse/PROJ-8"), ["PROJ-8"]);
    assert_eq!(search(&env, &secret, 3, "printer").len(), 3);
    set_settings(&env, json!({ "scope": { "projects": ["PROJ"] } }));
    assert_eq!(
        search(&env, &secret, 4, "Printer\" OR project = \"OTHER"),
        Vec::<String>::new(),
        "a quote does not end the search text"
    );
    assert_eq!(search(&env, &secret, 5, "printer"), ["PROJ-7", "PROJ-8"]);
    assert!(search(&env, &secret, 6, "OTHER-1").is_empty() && search(&env, &secret, 7, "\" ' (").is_empty());
    let calls = env.jira.calls.borrow();
    let jql: Vec<&str> = calls.iter().filter_map(|call| call.body.as_ref()?["jql"].as_str()).collect();
    assert_eq!(jql[1], "text ~ \"Printer OR project OTHER\" AND project IN (\"PROJ\") ORDER BY updated DESC");
}

#[test]
fn jql_of_an_agent_stays_within_the_scope() {
    let (env, secret) = linked();
    let asked = || {
        let calls = env.jira.calls.borrow();
        let bodies = calls.iter().rev().filter_map(|call| call.body.as_ref()?["jql"].as_str().map(str::to_owned));
        bodies.collect::<Vec<_>>().first().cloned().unwrap()
    };
    assert_eq!(search(&env, &secret, 2, "JQL: text ~ \"printer\" order by key").len(), 3);
    assert_eq!(asked(), "(text ~ \"printer\") ORDER BY key");
    set_settings(&env, json!({ "scope": { "projects": ["PROJ"] } }));
    let escaping = "jql: summary ~ x) OR (project in (\"PROJ\", \"OTHER\")";
    assert_eq!(search(&env, &secret, 3, escaping), ["PROJ-7", "PROJ-8"], "Jira found issues of OTHER too");
    assert_eq!(
        asked(),
        "(summary ~ x) OR (project in (\"PROJ\", \"OTHER\")) AND project IN (\"PROJ\") ORDER BY updated DESC"
    );
    let before = env.jira.calls.borrow().len();
    assert!(search(&env, &secret, 4, "jql:").is_empty() && search(&env, &secret, 5, "jql: ORDER BY key").is_empty());
    assert_eq!(env.jira.calls.borrow().len(), before, "nothing to search for");
    *env.jira.fault.borrow_mut() = Some(("/search/jql".into(), 400));
    let refused = ask(&env, &secret, 6, MessageBody::IssueSearch(IssueSearch { query: "jql: ((".into(), limit: 5 }));
    assert_eq!((refused.status, refused.code.as_deref()), (ResultStatus::Rejected, Some("jql-refused")));
}

#[test]
fn answers_of_a_search_are_kept_for_minutes_in_a_fixed_number_of_records() {
    let (env, secret) = linked();
    let calls = || env.jira.calls.borrow().iter().filter(|call| call.strings[0].contains("/search/jql")).count();
    let first = search(&env, &secret, 2, "printer");
    assert_eq!((search(&env, &secret, 3, " Printer! ").len(), calls()), (first.len(), 2), "another text");
    assert_eq!((search(&env, &secret, 4, "printer"), calls()), (first.clone(), 2));
    // The platform still has the record after its time.
    env.now.set(env.now.get() + 600_000);
    assert_eq!((search(&env, &secret, 5, "printer"), calls()), (first, 3));
    // Other settings have other answers.
    set_settings(&env, json!({ "scope": { "projects": ["OTHER"] } }));
    assert_eq!((search(&env, &secret, 6, "printer"), calls()), (vec!["OTHER-1".to_owned()], 4));
    for number in 0..200u8 {
        search(&env, &secret, 7 + number, &format!("printer {number}"));
    }
    assert!(env.keys_of(A, "cache:search:").len() <= 64);
}

#[test]
fn lists_projects_and_the_fields_of_new_issues() {
    let (env, secret) = linked();
    let ask_for = |nonce, project: Option<&str>| {
        ask(&env, &secret, nonce, MessageBody::ProjectMeta(ProjectMeta { project: project.map(str::to_owned) }))
    };
    let keys = |result: MessageResult| -> Vec<Value> {
        result.data.unwrap()["projects"].as_array().unwrap().iter().map(|project| project["key"].clone()).collect()
    };
    assert_eq!(keys(ask_for(2, None)), ["PROJ", "OTHER"]);
    env.jira.create_needs.borrow_mut().push("customfield_1".into());
    let meta = ask_for(3, Some("PROJ")).data.unwrap();
    assert_eq!(meta["project"], json!({ "id": "100", "key": "PROJ", "name": "Project PROJ", "service": false }));
    let types = meta["issueTypes"].clone();
    assert_eq!((types.as_array().unwrap().len(), &types[0]["id"]), (1, &json!("10001")), "without sub-tasks");
    let fields = types[0]["fields"].as_array().unwrap();
    let required: Vec<&Value> =
        fields.iter().filter(|field| field["required"] == true).map(|field| &field["id"]).collect();
    assert_eq!(required, ["customfield_1", "summary"]);
    assert_eq!(fields[1]["options"], json!([{ "id": "7", "name": "Red" }]));
    for (nonce, project) in [(4, "NONE"), (5, "../PROJ")] {
        assert_eq!(ask_for(nonce, Some(project)).code.as_deref(), Some("not-a-project"));
    }
    set_settings(&env, json!({ "scope": { "projects": ["OTHER"] } }));
    assert_eq!(keys(ask_for(6, None)), ["OTHER"]);
    assert_eq!(ask_for(7, Some("PROJ")).code.as_deref(), Some("project-out-of-scope"));
}

#[test]
fn finds_active_users_without_their_address() {
    let (env, secret) = linked();
    for (nonce, project) in [(2, None), (3, Some("PROJ"))] {
        let wanted = UserSearch { query: "mia".into(), project: project.map(str::to_owned) };
        let found = ask(&env, &secret, nonce, MessageBody::UserSearch(wanted)).data.unwrap();
        assert_eq!(
            found,
            json!({ "users": [{ "accountId": "acc-1", "name": "Mia" }] }),
            "without apps, inactive users and e-mail addresses"
        );
    }
}
