//! The points that each request costs.

use devkit::{
    jira_sim::{JiraSim, Usage},
    sample,
};
use serde_json::{Value, json};

use super::{APP, ask, document};

/// Asks once; the points that it cost.
async fn cost(sim: &JiraSim, method: &str, path: &str, body: Value) -> u64 {
    let before = sim.usage();
    let answer = ask(sim, APP, method, path, body).await;
    assert!(answer.status < 400, "{method} {path}: {}", answer.text());
    assert_eq!(sim.usage().calls, before.calls + 1);
    sim.usage().points - before.points
}

#[tokio::test]
async fn every_request_costs_its_points() {
    let sim = JiraSim::builder().start().await.unwrap();
    sample::seed_jira(&sim).unwrap();
    let version = sim.state().add_version("SUP", "1.0").unwrap();
    let id = sim.issue("SUP-1").unwrap().id;
    let people = ask(&sim, APP, "GET", "user/search?query=", Value::Null).await.json().as_array().unwrap().len() as u64;
    let comments = |count: usize| vec![json!({"add": {"body": document("c")}}); count];

    // Writes cost one point, whatever they show.
    let made = ask(&sim, APP, "POST", "issue/SUP-1/comment", json!({"body": document("first")})).await.json();
    let comment = made["id"].as_str().unwrap().parse::<u64>().unwrap();
    let link = json!({"globalId": "g", "object": {"url": "https://help.example/", "title": "t"}});
    let fields = json!({"project": {"key": "SUP"}, "issuetype": {"name": "Bug"}, "summary": "New"});
    for (method, path, body) in [
        ("POST", "issue".to_owned(), json!({"fields": fields})),
        ("PUT", "issue/SUP-1".to_owned(), json!({"update": {"comment": comments(2)}})),
        ("PUT", "issue/SUP-1?returnIssue=true".to_owned(), json!({"fields": {"summary": "s"}})),
        ("PUT", "issue/SUP-1/assignee".to_owned(), json!({"accountId": null})),
        ("POST", "issue/SUP-1/transitions".to_owned(), json!({"transition": {"id": "21"}})),
        ("POST", "issue/SUP-1/comment".to_owned(), json!({"body": document("c")})),
        ("PUT", format!("issue/SUP-1/comment/{comment}"), json!({"body": document("c")})),
        ("PUT", format!("comment/{comment}/properties/p"), json!(1)),
        ("PUT", "issue/SUP-1/properties/p".to_owned(), json!(1)),
        ("POST", "issue/properties".to_owned(), json!({"entitiesIds": [id], "properties": {"q": 1}})),
        ("POST", "issue/SUP-1/remotelink".to_owned(), link),
        ("PUT", format!("version/{version}"), json!({"name": "1.1"})),
        ("DELETE", "issue/SUP-2".to_owned(), Value::Null),
    ] {
        assert_eq!(cost(&sim, method, &path, body).await, 1, "{method} {path}");
    }

    let comments = sim.comments(id).len() as u64;
    let search = |most: usize| json!({"jql": "project = SUP", "maxResults": most, "fields": ["summary"]});
    let keys = json!({"issueIdsOrKeys": ["SUP-1", "SUP-3", "SUP-999"]});
    for (points, method, path, body) in [
        (3, "GET", "myself".to_owned(), Value::Null),
        (1 + 2 * people, "GET", "user/search?query=".to_owned(), Value::Null),
        (5, "GET", "mypermissions?permissions=ADMINISTER,ADD_COMMENTS".to_owned(), Value::Null),
        (1, "GET", "serverInfo".to_owned(), Value::Null),
        (5, "GET", "status".to_owned(), Value::Null),
        (2, "GET", "status/3".to_owned(), Value::Null),
        (6, "GET", "priority".to_owned(), Value::Null),
        (3, "GET", "priority/search?maxResults=2".to_owned(), Value::Null),
        (2, "GET", "priority/1".to_owned(), Value::Null),
        (5, "GET", "resolution".to_owned(), Value::Null),
        (5, "GET", "issuetype".to_owned(), Value::Null),
        (2, "GET", "project/search?keys=SUP".to_owned(), Value::Null),
        (2, "GET", "project/SUP".to_owned(), Value::Null),
        (5, "GET", "project/SUP/statuses".to_owned(), Value::Null),
        (2, "GET", "project/SUP/versions".to_owned(), Value::Null),
        (2, "GET", "project/SUP/version".to_owned(), Value::Null),
        (2, "GET", format!("version/{version}"), Value::Null),
        (5, "GET", "issue/createmeta/SUP/issuetypes".to_owned(), Value::Null),
        (2, "GET", "issue/createmeta/SUP/issuetypes/10002".to_owned(), Value::Null),
        (2, "GET", "issue/SUP-1".to_owned(), Value::Null),
        (2, "GET", "issue/SUP-1?expand=transitions.fields".to_owned(), Value::Null),
        (2, "GET", "issue/SUP-1/transitions".to_owned(), Value::Null),
        (2, "GET", "issue/SUP-1/editmeta".to_owned(), Value::Null),
        (1 + comments, "GET", "issue/SUP-1/comment".to_owned(), Value::Null),
        (3, "GET", "issue/SUP-1/comment?maxResults=2".to_owned(), Value::Null),
        (1, "GET", "issue/SUP-3/comment".to_owned(), Value::Null),
        (2, "GET", format!("issue/SUP-1/comment/{comment}"), Value::Null),
        (2, "POST", "comment/list".to_owned(), json!({"ids": [comment]})),
        (2, "GET", format!("comment/{comment}/properties"), Value::Null),
        (2, "GET", format!("comment/{comment}/properties/p"), Value::Null),
        (3, "GET", "issue/SUP-1/properties".to_owned(), Value::Null),
        (2, "GET", "issue/SUP-1/properties/p".to_owned(), Value::Null),
        (2, "GET", "issue/SUP-1/remotelink".to_owned(), Value::Null),
        (2, "GET", "issue/SUP-1/remotelink?globalId=g".to_owned(), Value::Null),
        (4, "POST", "search/jql".to_owned(), search(3)),
        (9, "POST", "search/jql".to_owned(), search(50)),
        (3, "POST", "issue/bulkfetch".to_owned(), keys),
    ] {
        assert_eq!(cost(&sim, method, &path, body).await, points, "{method} {path}");
    }
}

#[tokio::test]
async fn lists_of_comments_can_be_flat() {
    let sim = JiraSim::builder().flat_comment_lists().start().await.unwrap();
    sample::seed_jira(&sim).unwrap();
    let mut ids = Vec::new();
    for _ in 0..3 {
        let made = ask(&sim, APP, "POST", "issue/SUP-1/comment", json!({"body": document("c")})).await.json();
        ids.push(made["id"].as_str().unwrap().parse::<u64>().unwrap());
    }
    assert_eq!(cost(&sim, "GET", "issue/SUP-1/comment", Value::Null).await, 1);
    assert_eq!(cost(&sim, "POST", "comment/list", json!({"ids": ids})).await, 1);
    assert_eq!(cost(&sim, "GET", &format!("issue/SUP-1/comment/{}", ids[0]), Value::Null).await, 2, "a single one");
}

#[tokio::test]
async fn usage_is_broken_down_by_endpoint() {
    let sim = JiraSim::builder().start().await.unwrap();
    sample::seed_jira(&sim).unwrap();
    assert_eq!(sim.usage_by_endpoint().len(), 0, "sample data costs nothing");
    for key in ["SUP-1", "SUP-2", "10101"] {
        ask(&sim, APP, "GET", &format!("issue/{key}"), Value::Null).await;
    }
    ask(&sim, APP, "POST", "issue/SUP-1/comment", json!({"body": document("c")})).await;
    ask(&sim, APP, "POST", "issue/bulkfetch", json!({"issueIdsOrKeys": ["SUP-1", "SUP-2"]})).await;
    ask(&sim, "Bearer user:nobody", "GET", "myself", Value::Null).await;
    let usage = sim.usage_by_endpoint();
    let addresses: Vec<&str> = usage.keys().map(String::as_str).collect();
    assert_eq!(addresses, ["GET issue/{}", "POST issue/bulkfetch", "POST issue/{}/comment"]);
    assert_eq!(usage["GET issue/{}"].calls, 3);
    assert_eq!(usage["POST issue/bulkfetch"], Usage { calls: 1, points: 3 });
    let sum = |of: fn(&Usage) -> u64| usage.values().map(of).sum::<u64>();
    assert_eq!(sim.usage(), Usage { calls: sum(|usage| usage.calls), points: sum(|usage| usage.points) });
}
