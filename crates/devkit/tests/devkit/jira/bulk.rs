//! Many issues in one request, and an issue together with its transitions.

use serde_json::{Value, json};

use super::{APP, as_user, ask, site};

fn keys(answer: &Value) -> Vec<&str> {
    answer["issues"].as_array().unwrap().iter().map(|issue| issue["key"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn many_issues_are_read_at_once() {
    let (sim, _receiver, _) = site().await;
    assert_eq!(ask(&sim, APP, "PUT", "issue/SUP-1/properties/zammadlink", json!({"linked": 1})).await.status, 201);
    sim.state().hide_issue("SUP-5", true);
    let number = sim.issue("SUP-4").unwrap().id.to_string();
    let old_key = "SUP-2";
    let moved = sim.move_issue(super::APP_ACCOUNT, old_key, "NET").unwrap();
    let names = json!(["sup-3", "SUP-1", number, "SUP-5", "SUP-999", "77", old_key, "SUP-1"]);
    let body = json!({"issueIdsOrKeys": names, "fields": ["updated"], "properties": ["zammadlink"]});
    let found = ask(&sim, APP, "POST", "issue/bulkfetch", body).await.json();
    assert_eq!(keys(&found), ["SUP-1", moved.as_str(), "SUP-3", "SUP-4"], "by number, each once");
    assert_eq!(found["issueErrors"], json!([]));
    assert_eq!(found["issues"][0]["properties"], json!({"zammadlink": {"linked": 1}}));
    assert_eq!(found["issues"][0]["fields"].as_object().unwrap().len(), 1);

    let all = ask(&sim, APP, "POST", "issue/bulkfetch", json!({"issueIdsOrKeys": ["SUP-1"]})).await.json();
    let fields = &all["issues"][0]["fields"];
    assert!(fields["summary"].is_string() && fields.get("comment").is_none(), "the navigable fields");
    for (names, status) in [(vec!["SUP-1"; 100], 200), (vec!["SUP-1"; 101], 400), (Vec::new(), 400)] {
        let answer = ask(&sim, APP, "POST", "issue/bulkfetch", json!({"issueIdsOrKeys": names})).await;
        assert_eq!(answer.status, status, "{}", names.len());
    }
    let many = json!({"issueIdsOrKeys": ["SUP-1"], "properties": ["a", "b", "c", "d", "e", "f"]});
    assert_eq!(ask(&sim, APP, "POST", "issue/bulkfetch", many).await.status, 400);
}

#[tokio::test]
async fn properties_are_set_on_many_issues() {
    let (sim, receiver, engineers) = site().await;
    let ids: Vec<u64> = ["SUP-1", "SUP-2"].iter().map(|key| sim.issue(key).unwrap().id).collect();
    let body = json!({"entitiesIds": [ids[0], ids[1], 7], "properties": {"zammadlink": {"linked": 1}, "more": "x"}});
    let answer = ask(&sim, APP, "POST", "issue/properties", body.clone()).await;
    assert_eq!(answer.status, 303);
    let task = answer.header("Location").unwrap().strip_prefix(&format!("{}/rest/api/3/", sim.url)).unwrap().to_owned();
    assert_eq!(ask(&sim, APP, "GET", &task, Value::Null).await.json()["status"], "COMPLETE");
    assert_eq!(ask(&sim, &as_user(&engineers[1]), "GET", &task, Value::Null).await.status, 403);
    assert_eq!(ask(&sim, &as_user(&engineers[0]), "GET", &task, Value::Null).await.status, 200, "an administrator");
    for key in ["SUP-1", "SUP-2"] {
        let properties = sim.issue(key).unwrap().properties;
        assert_eq!((&properties["zammadlink"], &properties["more"]), (&json!({"linked": 1}), &json!("x")));
    }
    sim.deliveries_done().await;
    assert_eq!(receiver.all().len(), 0);

    for (ids, properties) in [
        (json!([]), json!({"p": 1})),
        (json!([7]), json!({"p": 1})),
        (json!(["SUP-1"]), json!({"p": 1})),
        (json!([ids[0]]), json!({})),
        (json!([ids[0]]), json!({"p": "x".repeat(32_768)})),
    ] {
        let body = json!({"entitiesIds": ids, "properties": properties});
        assert_eq!(ask(&sim, APP, "POST", "issue/properties", body).await.status, 400);
    }
    assert!(!sim.issue("SUP-1").unwrap().properties.contains_key("p"));
}

#[tokio::test]
async fn each_issue_may_get_properties_of_its_own() {
    let (sim, _receiver, _) = site().await;
    let ids: Vec<u64> = ["SUP-1", "SUP-2"].iter().map(|key| sim.issue(key).unwrap().id).collect();
    let row = |id: u64, tickets: u64| json!({"issueID": id, "properties": {"zammadlink": {"tickets": tickets}}});
    let body = json!({"issues": [row(ids[0], 1), row(ids[1], 2), row(7, 3)]});
    assert_eq!(ask(&sim, APP, "POST", "issue/properties/multi", body).await.status, 303);
    for (key, tickets) in [("SUP-1", 1), ("SUP-2", 2)] {
        assert_eq!(sim.issue(key).unwrap().properties["zammadlink"], json!({"tickets": tickets}));
    }
    let too_many: Vec<Value> = (0..101).map(|_| row(ids[0], 9)).collect();
    let bad = [json!([]), json!(too_many), json!([{"issueID": "SUP-1", "properties": {"p": 1}}]), json!([row(7, 1)])];
    for rows in bad {
        let answer = ask(&sim, APP, "POST", "issue/properties/multi", json!({"issues": rows})).await;
        assert_eq!(answer.status, 400);
    }
}

#[tokio::test]
async fn an_issue_shows_its_transitions() {
    let (sim, _receiver, _) = site().await;
    let path = "issue/NET-3/transitions?expand=transitions.fields";
    let wanted = ask(&sim, APP, "GET", path, Value::Null).await.json()["transitions"].clone();
    assert!(wanted[0]["fields"].is_object());
    for expand in ["transitions,transitions.fields", "transitions.fields"] {
        let issue = ask(&sim, APP, "GET", &format!("issue/NET-3?expand={expand}"), Value::Null).await.json();
        assert_eq!((&issue["transitions"], &issue["key"]), (&wanted, &json!("NET-3")), "{expand}");
    }
    let bare = ask(&sim, APP, "GET", "issue/NET-3/transitions", Value::Null).await.json()["transitions"].clone();
    let issue = ask(&sim, APP, "GET", "issue/NET-3?expand=transitions", Value::Null).await.json();
    assert_eq!(issue["transitions"], bare);
    let issue = ask(&sim, APP, "GET", "issue/NET-3?expand=names", Value::Null).await.json();
    assert!(issue.get("transitions").is_none());
    let body = json!({"issueIdsOrKeys": ["NET-3"], "fields": ["summary"], "expand": ["transitions"]});
    let found = ask(&sim, APP, "POST", "issue/bulkfetch", body).await.json();
    assert_eq!(found["issues"][0]["transitions"], bare);
}
