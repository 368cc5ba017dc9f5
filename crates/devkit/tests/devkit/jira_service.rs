//! Service projects and their portal, versions and resolutions, and issues that are hidden from the app.

use devkit::{
    jira_sim::{JiraSim, Transition, Workflow},
    sample,
};
use serde_json::{Value, json};

use crate::support::http::{self, Answer};

const APP: &str = "Bearer app:x";

async fn app(sim: &JiraSim, method: &str, path: &str, body: Value) -> Answer {
    http::ask(&sim.url, APP, method, &format!("/rest/api/3/{path}"), &body).await
}

fn document(text: &str) -> Value {
    json!({"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": [{"type": "text", "text": text}]}]})
}

/// A site with a service project `HELP` and one request in it.
async fn help() -> JiraSim {
    let flow = Workflow::open().with(Transition::new(91, "Resolve", &[], 10_002).requires("resolution"));
    let sim = JiraSim::builder().service_project("HELP", "Help", "nobody", flow).start().await.unwrap();
    let fields = json!({"project": {"key": "HELP"}, "issuetype": {"name": "Task"}, "summary": "Printer",
                        "description": document("It is wet.")});
    assert_eq!(app(&sim, "POST", "issue", json!({"fields": fields})).await.status, 201);
    sim
}

fn internal() -> Value {
    json!([{"key": "sd.public.comment", "value": {"internal": true}}, {"key": "own", "value": 1}])
}

#[tokio::test]
async fn the_portal_shows_comments_unless_they_were_made_internal() {
    let sim = help().await;
    assert_eq!(app(&sim, "GET", "project/HELP", Value::Null).await.json()["projectTypeKey"], "service_desk");
    let path = "issue/HELP-1/comment";
    let public = app(&sim, "POST", path, json!({"body": document("public")})).await.json();
    let body = json!({"body": document("inner"), "properties": internal()});
    let inner = app(&sim, "POST", &format!("{path}?expand=properties"), body).await.json();
    assert_eq!((&public["jsdPublic"], &inner["jsdPublic"]), (&json!(true), &json!(false)));
    let internal = json!({"key": "sd.public.comment", "value": {"internal": true}});
    assert!(inner["properties"].as_array().unwrap().contains(&internal));

    let one = format!("{path}/{}", inner["id"].as_str().unwrap());
    app(&sim, "PUT", &one, json!({"body": document("inner, edited"), "properties": []})).await;
    let shown = app(&sim, "GET", &format!("{one}?expand=properties"), Value::Null).await.json();
    assert_eq!(shown["jsdPublic"], false);
    assert!(shown["properties"].as_array().unwrap().contains(&internal));

    let request = sim.portal("HELP-1").unwrap();
    let seen: Vec<String> = request.comments.iter().map(|row| row.id.to_string()).collect();
    assert_eq!((request.summary.as_str(), seen), ("Printer", vec![public["id"].as_str().unwrap().to_owned()]));
    let dumped = http::ask(&sim.url, "none", "GET", "/__sim/portal/HELP-1", &Value::Null).await.json();
    assert_eq!(dumped["comments"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_comment_that_was_public_once_stays_in_the_list_of_what_customers_could_read() {
    let sim = help().await;
    let made = app(&sim, "POST", "issue/HELP-1/comment", json!({"body": document("first")})).await.json();
    let id = made["id"].as_str().unwrap();
    let property = format!("comment/{id}/properties/sd.public.comment");
    app(&sim, "PUT", &property, json!({"internal": true})).await;
    app(&sim, "PUT", &format!("issue/HELP-1/comment/{id}"), json!({"body": document("hidden")})).await;
    assert!(sim.portal("HELP-1").unwrap().comments.is_empty());
    app(&sim, "PUT", &property, json!({"internal": false})).await;
    app(&sim, "DELETE", &format!("issue/HELP-1/comment/{id}"), Value::Null).await;
    let texts: Vec<String> = sim.shown_to_customers().into_iter().map(|shown| shown.text).collect();
    assert_eq!(texts, ["first\n", "hidden\n"]);
}

#[tokio::test]
async fn a_customer_replies_on_the_portal() {
    let sim = help().await;
    sim.state().add_customer("customer:1", "Edda");
    let id = sim.reply("customer:1", "HELP-1", "Still wet.").unwrap();
    let comment = app(&sim, "GET", &format!("issue/HELP-1/comment/{id}"), Value::Null).await.json();
    assert_eq!((&comment["jsdPublic"], &comment["author"]["accountType"]), (&json!(true), &json!("customer")));
    assert_eq!(sim.portal("HELP-1").unwrap().comments.len(), 1);
    let event = sim.events().pop().unwrap();
    assert_eq!((&event["eventType"], &event["selfGenerated"]), (&json!("avi:jira:commented:issue"), &json!(false)));
    assert!(sim.reply("customer:1", "HELP-9", "x").is_none());
}

#[tokio::test]
async fn the_portal_shows_files_that_a_public_comment_shows() {
    let sim = help().await;
    let form = b"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\nhello\r\n--b--\r\n";
    let headers = [
        ("Authorization", APP),
        ("Content-Type", "multipart/form-data; boundary=b"),
        ("X-Atlassian-Token", "no-check"),
    ];
    let path = "/rest/api/3/issue/HELP-1/attachments";
    let made = http::send(&sim.url, "POST", path, &headers, form).await.unwrap().json();
    assert!(sim.portal("HELP-1").unwrap().attachments.is_empty());
    let content = format!("attachment/content/{}", made[0]["id"].as_str().unwrap());
    let location = app(&sim, "GET", &content, Value::Null).await.header("location").unwrap().to_owned();
    let media =
        json!({"type": "media", "attrs": {"type": "file", "id": location.rsplit('/').next(), "collection": ""}});
    let body = json!({"type": "doc", "version": 1, "content": [{"type": "mediaSingle", "content": [media]}]});
    for (properties, files) in [(internal(), 0), (json!([]), 1)] {
        let comment = json!({"body": body, "properties": properties});
        assert_eq!(app(&sim, "POST", "issue/HELP-1/comment", comment).await.status, 201);
        assert_eq!(sim.portal("HELP-1").unwrap().attachments.len(), files);
    }
}

#[tokio::test]
async fn outside_of_service_projects_there_is_no_portal_and_every_comment_is_public() {
    let sim = JiraSim::builder().start().await.unwrap();
    sample::seed_jira(&sim).unwrap();
    let body = json!({"body": document("x"), "properties": internal()});
    assert_eq!(app(&sim, "POST", "issue/SUP-1/comment", body).await.json()["jsdPublic"], true);
    assert!(sim.portal("SUP-1").is_none());
    assert_eq!(app(&sim, "GET", "project/SUP", Value::Null).await.json()["projectTypeKey"], "software");
}

#[tokio::test]
async fn an_issue_can_be_fixed_in_versions_that_are_released() {
    let sim = help().await;
    let id = sim.state().add_version("HELP", "1.0").unwrap();
    let fixed = json!({"fields": {"fixVersions": [{"name": "1.0"}]}});
    assert_eq!(app(&sim, "PUT", "issue/HELP-1", fixed).await.status, 204);
    let fields = async || {
        app(&sim, "GET", "issue/HELP-1?fields=fixVersions", Value::Null).await.json()["fields"]["fixVersions"].clone()
    };
    let before = fields().await;
    assert_eq!((&before[0]["id"], &before[0]["released"]), (&json!(id.to_string()), &json!(false)));
    assert!(sim.state().release_version(id, "2026-12-24"));
    let after = fields().await;
    assert_eq!((&after[0]["released"], &after[0]["releaseDate"]), (&json!(true), &json!("2026-12-24")));
    let taken = json!({"update": {"fixVersions": [{"remove": {"id": id.to_string()}}]}});
    assert_eq!(app(&sim, "PUT", "issue/HELP-1", taken).await.status, 204);
    assert_eq!(fields().await, json!([]));
    let changed = sim.events().into_iter().rfind(|event| event.get("changelog").is_some()).unwrap();
    assert_eq!(changed["changelog"]["items"][0]["fieldId"], "fixVersions");
    let unknown = json!({"fields": {"fixVersions": [{"name": "9"}]}});
    assert_eq!(app(&sim, "PUT", "issue/HELP-1", unknown).await.status, 400);
}

#[tokio::test]
async fn a_transition_sets_the_resolution() {
    let sim = help().await;
    let body = json!({"transition": {"id": "91"}, "fields": {"resolution": {"name": "Duplicate"}}});
    assert_eq!(app(&sim, "POST", "issue/HELP-1/transitions", body).await.status, 204);
    let shown = app(&sim, "GET", "issue/HELP-1?fields=resolution", Value::Null).await.json();
    let known = app(&sim, "GET", "resolution", Value::Null).await.json();
    assert_eq!(shown["fields"]["resolution"]["name"], "Duplicate");
    assert!(known.as_array().unwrap().contains(&shown["fields"]["resolution"]));
}

#[tokio::test]
async fn an_issue_without_access_is_like_one_that_does_not_exist() {
    let sim = JiraSim::builder().start().await.unwrap();
    let (engineers, ..) = sample::seed_jira(&sim).unwrap();
    let texts = ["Issue does not exist or you do not have permission to see it."];
    let unknown = json!({"errorMessages": texts, "errors": {}});
    let hide = json!({"hidden": true});
    for (path, back) in [("issues/SUP-1/hidden", "issue"), ("projects/SUP/hidden", "project")] {
        let address = format!("/__sim/{path}");
        assert_eq!(http::ask(&sim.url, "none", "PUT", &address, &hide).await.status, 200);
        for (method, path) in [("GET", "issue/SUP-1"), ("GET", "issue/SUP-99"), ("POST", "issue/SUP-1/comment")] {
            let answer = app(&sim, method, path, json!({"body": document("x")})).await;
            assert_eq!((answer.status, answer.json()), (404, unknown.clone()), "{method} {path}");
        }
        let user = format!("Bearer user:{}", engineers[1].account_id);
        assert_eq!(http::ask(&sim.url, &user, "GET", "/rest/api/3/issue/SUP-1", &Value::Null).await.status, 200);
        let shown = if back == "issue" {
            sim.state().hide_issue("SUP-1", false)
        } else {
            assert_eq!(app(&sim, "GET", "project/SUP", Value::Null).await.status, 404);
            sim.state().hide_project("SUP", false)
        };
        assert!(shown);
        assert_eq!(app(&sim, "GET", "issue/SUP-1", Value::Null).await.status, 200);
    }
}
