//! The Jira simulator: shapes as published, and product events.

mod bulk;
mod index;
mod points;
mod search;

use devkit::{
    faults::{SendFault, SendFaultKind},
    jira_sim::{APP_ACCOUNT, JiraSim},
    sample::{self, Engineer},
};
use serde_json::{Value, json};

use crate::support::{
    http::{self, Answer},
    receiver::Receiver,
};

const APP: &str = "Bearer app:8f1f0a52-6d1e-4a0e-9a37-2f4b1d6c9e01";

async fn site() -> (JiraSim, Receiver, Vec<Engineer>) {
    let receiver = Receiver::start().await;
    let sim = JiraSim::builder().events_to(&receiver.url("/ok/events")).start().await.unwrap();
    let (engineers, ..) = sample::seed_jira(&sim).unwrap();
    (sim, receiver, engineers)
}

fn as_user(engineer: &Engineer) -> String {
    format!("Bearer user:{}", engineer.account_id)
}

async fn ask(sim: &JiraSim, auth: &str, method: &str, path: &str, body: Value) -> Answer {
    http::ask(&sim.url, auth, method, &format!("/rest/api/3/{path}"), &body).await
}

fn document(text: &str) -> Value {
    json!({"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": [{"type": "text", "text": text}]}]})
}

#[tokio::test]
async fn refusals_have_jiras_shape() {
    let (sim, _receiver, engineers) = site().await;
    let gone = ask(&sim, APP, "GET", "issue/SUP-999", Value::Null).await;
    let text = "Issue does not exist or you do not have permission to see it.";
    assert_eq!((gone.status, gone.json()), (404, json!({"errorMessages": [text], "errors": {}})));
    let plain = ask(&sim, APP, "POST", "issue/SUP-1/comment", json!({"body": "text"})).await;
    let refusal = json!({"errorMessages": [], "errors": {"comment": "Comment body is not valid!"}});
    assert_eq!((plain.status, plain.json()), (400, refusal));
    let summary = json!({"fields": {"summary": "x".repeat(256)}});
    assert_eq!(ask(&sim, APP, "PUT", "issue/SUP-1", summary).await.status, 400);
    for nobody in ["Bearer user:unknown", "Basic eDp5", "Bearer app:"] {
        assert_eq!(ask(&sim, nobody, "GET", "myself", Value::Null).await.status, 401, "{nobody}");
    }
    assert_eq!(ask(&sim, APP, "POST", "search", json!({"jql": "project = SUP"})).await.status, 410);
    let me = ask(&sim, APP, "GET", "myself", Value::Null).await.json();
    assert_eq!((&me["accountId"], &me["accountType"]), (&json!(APP_ACCOUNT), &json!("app")));
    let admin = |permissions: Answer| permissions.json()["permissions"]["ADMINISTER"]["havePermission"].clone();
    let path = "mypermissions?permissions=ADMINISTER";
    assert_eq!(admin(ask(&sim, &as_user(&engineers[0]), "GET", path, Value::Null).await), true);
    assert_eq!(admin(ask(&sim, &as_user(&engineers[1]), "GET", path, Value::Null).await), false);
}

#[tokio::test]
async fn comments_keep_their_properties_and_their_visibility() {
    let (sim, receiver, engineers) = site().await;
    let body = json!({"body": document("from Zammad"), "properties": [{"key": "zammad", "value": {"article": 7}}]});
    let made = ask(&sim, APP, "POST", "issue/SUP-3/comment?expand=properties", body).await;
    assert_eq!(made.status, 201);
    let made = made.json();
    assert_eq!(made["properties"], json!([{"key": "zammad", "value": {"article": 7}}]));
    let path = format!("issue/SUP-3/comment/{}", made["id"].as_str().unwrap());
    assert!(ask(&sim, APP, "GET", &path, Value::Null).await.json().get("properties").is_none());
    let edited = ask(&sim, &as_user(&engineers[0]), "PUT", &path, json!({"body": document("edited")})).await;
    assert_eq!(edited.json()["updateAuthor"]["accountId"], json!(engineers[0].account_id));

    let restricted = json!({"body": document("for us"), "visibility": {"type": "role", "value": "Administrators"}});
    let made = ask(&sim, &as_user(&engineers[0]), "POST", "issue/SUP-3/comment", restricted).await;
    assert_eq!(made.json()["visibility"]["value"], "Administrators");
    let total = |answer: Answer| answer.json()["total"].as_u64().unwrap();
    assert_eq!(total(ask(&sim, &as_user(&engineers[1]), "GET", "issue/SUP-3/comment", Value::Null).await), 1);
    assert_eq!(total(ask(&sim, &as_user(&engineers[0]), "GET", "issue/SUP-3/comment", Value::Null).await), 2);
    assert_eq!(ask(&sim, APP, "DELETE", &path, Value::Null).await.status, 204);

    sim.deliveries_done().await;
    let events: Vec<Value> = receiver.all().iter().map(|request| request.json()).collect();
    let kinds: Vec<&str> = events.iter().map(|event| event["eventType"].as_str().unwrap()).collect();
    let (commented, deleted) = ("avi:jira:commented:issue", "avi:jira:deleted:comment");
    assert_eq!(kinds, [commented, commented, commented, deleted]);
    let own: Vec<bool> = events.iter().map(|event| event["selfGenerated"].as_bool().unwrap()).collect();
    assert_eq!(own, [true, false, false, true]);
    assert_eq!(events[1]["comment"]["body"], document("edited"));
    assert_eq!(events[2]["comment"]["visibility"]["type"], "role");
    assert_eq!(events[0]["issue"]["key"], "SUP-3");
}

#[tokio::test]
async fn a_status_is_reached_step_by_step() {
    let (sim, receiver, engineers) = site().await;
    let engineer = as_user(&engineers[1]);
    let names = |answer: Answer| {
        let ways = answer.json()["transitions"].as_array().unwrap().clone();
        ways.iter().map(|way| way["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(ask(&sim, APP, "GET", "issue/NET-3/transitions", Value::Null).await), ["Start work"]);
    let go = async |id: &str, fields: Value| {
        ask(&sim, &engineer, "POST", "issue/NET-3/transitions", json!({"transition": {"id": id}, "fields": fields}))
            .await
    };
    assert_eq!(go("41", json!({})).await.status, 400, "not from here");
    assert_eq!(go("11", json!({})).await.status, 204);
    assert_eq!(go("21", json!({})).await.status, 204);
    let refused = go("41", json!({})).await;
    assert_eq!(
        (refused.status, refused.json()["errors"]["resolution"].clone()),
        (400, json!("Resolution is required."))
    );
    assert_eq!(go("41", json!({"resolution": {"name": "Done"}})).await.status, 204);
    let issue = ask(&sim, APP, "GET", "issue/NET-3?fields=status,resolution", Value::Null).await.json();
    assert_eq!(issue["fields"]["status"]["statusCategory"]["key"], "done");
    assert_eq!(issue["fields"].as_object().unwrap().len(), 2);
    sim.deliveries_done().await;
    let last = receiver.all().last().unwrap().json();
    assert_eq!(last["eventType"], "avi:jira:updated:issue");
    let item =
        last["changelog"]["items"].as_array().unwrap().iter().find(|item| item["field"] == "status").unwrap().clone();
    assert_eq!((&item["fromString"], &item["toString"]), (&json!("In Review"), &json!("Done")));
}

#[tokio::test]
async fn search_pages_by_token_and_gives_ids_unless_asked() {
    let (sim, _receiver, _) = site().await;
    let mut found = Vec::new();
    let mut token = Value::Null;
    loop {
        let body = json!({"jql": "project = SUP ORDER BY updated", "maxResults": 3, "nextPageToken": token});
        let page = ask(&sim, APP, "POST", "search/jql", body).await.json();
        found.extend(page["issues"].as_array().unwrap().clone());
        token = page["nextPageToken"].clone();
        if page["isLast"] == true {
            break;
        }
    }
    assert_eq!(found.len(), 8);
    assert!(found.iter().all(|issue| issue.as_object().unwrap().len() == 1 && issue["id"].is_string()));
    let body = json!({"jql": "text ~ \"null address\"", "fields": ["summary"]});
    let hit = ask(&sim, APP, "POST", "search/jql", body).await.json();
    assert_eq!(hit["issues"][0]["key"], "SUP-4");
    assert_eq!(ask(&sim, APP, "POST", "search/jql", json!({"jql": "ORDER BY key"})).await.status, 400);
}

#[tokio::test]
async fn issues_links_properties_and_files() {
    let (sim, receiver, _) = site().await;
    let fields = json!({"project": {"key": "SUP"}, "issuetype": {"name": "Bug"}, "summary": "New", "description": document("d")});
    let made = ask(&sim, APP, "POST", "issue", json!({"fields": fields})).await;
    assert_eq!((made.status, made.json()["key"].clone()), (201, json!("SUP-9")));
    let link = json!({"globalId": "system=zammad&id=5", "object": {"url": "https://help.example/#ticket/zoom/5", "title": "#25005"}});
    let first = ask(&sim, APP, "POST", "issue/SUP-9/remotelink", link.clone()).await;
    let second = ask(&sim, APP, "POST", "issue/SUP-9/remotelink", link).await;
    assert_eq!((first.status, second.status), (201, 200));
    assert_eq!(first.json()["id"], second.json()["id"]);
    let value = json!({"tickets": [5]});
    assert_eq!(ask(&sim, APP, "PUT", "issue/SUP-9/properties/zammad", value.clone()).await.status, 201);
    assert_eq!(ask(&sim, APP, "GET", "issue/SUP-9/properties/zammad", Value::Null).await.json()["value"], value);
    assert_eq!(ask(&sim, APP, "DELETE", "issue/SUP-9/properties/zammad", Value::Null).await.status, 204);
    assert_eq!(ask(&sim, APP, "DELETE", "issue/SUP-9/properties/zammad", Value::Null).await.status, 404);

    let form = b"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b--\r\n";
    let path = "/rest/api/3/issue/SUP-9/attachments";
    let kind = ("Content-Type", "multipart/form-data; boundary=b");
    let unchecked = http::send(&sim.url, "POST", path, &[("Authorization", APP), kind], form).await.unwrap();
    assert_eq!(unchecked.status, 403);
    let checked = [("Authorization", APP), kind, ("X-Atlassian-Token", "no-check")];
    let stored = http::send(&sim.url, "POST", path, &checked, form).await.unwrap().json();
    assert_eq!((&stored[0]["filename"], &stored[0]["size"]), (&json!("a.txt"), &json!(5)));
    let content = ask(
        &sim,
        APP,
        "GET",
        &format!("attachment/content/{}?redirect=false", stored[0]["id"].as_str().unwrap()),
        Value::Null,
    )
    .await;
    assert_eq!((content.status, content.text().as_str()), (200, "hello"));
    assert_eq!(ask(&sim, APP, "DELETE", "issue/SUP-9", Value::Null).await.status, 204);
    sim.deliveries_done().await;
    let kinds: Vec<Value> = receiver.all().iter().map(|request| request.json()["eventType"].clone()).collect();
    let kinds: Vec<&str> = kinds.iter().map(|kind| kind.as_str().unwrap().strip_prefix("avi:jira:").unwrap()).collect();
    let (set, unset) = ("set:issue-property", "deleted:issue-property");
    assert_eq!(kinds, ["created:issue", set, unset, "created:attachment", "deleted:issue"]);
}

#[tokio::test]
async fn events_can_be_doubled_and_lost() {
    let (sim, receiver, engineers) = site().await;
    let edit = async |text: &str| {
        ask(&sim, &as_user(&engineers[0]), "PUT", "issue/SUP-1", json!({"fields": {"summary": text}})).await;
    };
    sim.faults().add_send(SendFault { kind: SendFaultKind::Lose, times: Some(1) });
    edit("lost").await;
    sim.faults().add_send(SendFault { kind: SendFaultKind::Double, times: Some(1) });
    edit("twice").await;
    edit("twice").await;
    sim.deliveries_done().await;
    assert_eq!(receiver.all().len(), 2, "a change without an effect sends no event");
    assert_eq!(sim.events().len(), 2, "the lost one was made all the same");
}
