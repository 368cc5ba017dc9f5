//! Who may do what on the Jira site: permissions, security levels, workflows, screens, moves and archives.

use devkit::jira_sim::{Holder, JiraSim, PermissionScheme, Screens, SecurityLevel, Transition, Workflow};
use serde_json::{Value, json};

use crate::support::http::{self, Answer};

const ADMIN: &str = "Bearer user:ada";
const WRITER: &str = "Bearer user:wim";
const READER: &str = "Bearer user:rae";
const APP: &str = "Bearer app:8f1f0a52-6d1e-4a0e-9a37-2f4b1d6c9e01";

async fn site(workflow: Workflow) -> JiraSim {
    let sim = JiraSim::builder()
        .user("ada", "Ada Admin", "ada@site.example", true)
        .user("wim", "Wim Writer", "wim@site.example", false)
        .user("rae", "Rae Reader", "rae@site.example", false)
        .project("OPS", "Operations", "ada", workflow)
        .project("DEV", "Development", "ada", Workflow::open())
        .start()
        .await
        .unwrap();
    let fields = json!({"project": {"key": "OPS"}, "issuetype": {"name": "Task"}, "summary": "First"});
    assert_eq!(ask(&sim, WRITER, "POST", "issue", json!({"fields": fields})).await.status, 201);
    sim
}

async fn ask(sim: &JiraSim, auth: &str, method: &str, path: &str, body: Value) -> Answer {
    http::ask(&sim.url, auth, method, &format!("/rest/api/3/{path}"), &body).await
}

/// Without credentials at all.
async fn visit(sim: &JiraSim, path: &str) -> u16 {
    http::send(&sim.url, "GET", &format!("/rest/api/3/{path}"), &[], b"").await.unwrap().status
}

fn comment(text: &str) -> Value {
    let paragraph = json!({"type": "paragraph", "content": [{"type": "text", "text": text}]});
    json!({"body": {"type": "doc", "version": 1, "content": [paragraph]}})
}

fn only(permission: &str, accounts: &[&str]) -> PermissionScheme {
    let holders: Vec<Holder> = accounts.iter().map(|account| Holder::Account((*account).to_owned())).collect();
    PermissionScheme::default().only(permission, &holders)
}

#[tokio::test]
async fn permissions_decide_what_is_seen_and_done() {
    let sim = site(Workflow::open()).await;
    assert_eq!(visit(&sim, "issue/OPS-1").await, 404, "visitors see nothing");
    let open = [Holder::Anyone];
    sim.state().set_permissions("OPS", PermissionScheme::default().only("BROWSE_PROJECTS", &open));
    assert_eq!(visit(&sim, "issue/OPS-1").await, 200, "unless the scheme lets them");
    assert_eq!(visit(&sim, "myself").await, 401);

    sim.state().set_permissions("OPS", only("BROWSE_PROJECTS", &["wim"]));
    let hidden = ask(&sim, READER, "GET", "issue/OPS-1", Value::Null).await;
    assert_eq!(hidden.json()["errorMessages"][0], "Issue does not exist or you do not have permission to see it.");
    let found = ask(&sim, READER, "POST", "search/jql", json!({"jql": "key = OPS-1"})).await.json();
    assert_eq!(found["issues"], json!([]));
    assert_eq!(ask(&sim, READER, "GET", "project/OPS", Value::Null).await.status, 404);
    assert_eq!(ask(&sim, WRITER, "GET", "issue/OPS-1", Value::Null).await.status, 200);

    sim.state().set_permissions("OPS", only("ADD_COMMENTS", &["wim"]));
    let refused = ask(&sim, READER, "POST", "issue/OPS-1/comment", comment("x")).await;
    let text = "Rae Reader, you do not have the permission to comment on this issue.";
    assert_eq!((refused.status, &refused.json()["errors"]["comment"]), (400, &json!(text)));
    assert_eq!(ask(&sim, WRITER, "POST", "issue/OPS-1/comment", comment("x")).await.status, 201);
    let have = ask(&sim, READER, "GET", "mypermissions?permissions=ADD_COMMENTS&issueKey=OPS-1", Value::Null).await;
    assert_eq!(have.json()["permissions"]["ADD_COMMENTS"]["havePermission"], false);
    let have = ask(&sim, READER, "GET", "mypermissions?permissions=ADD_COMMENTS", Value::Null).await;
    assert_eq!(have.json()["permissions"]["ADD_COMMENTS"]["havePermission"], true, "there is a project where it holds");

    sim.state().set_permissions(
        "OPS",
        only("ASSIGN_ISSUES", &["wim"]).only("ASSIGNABLE_USER", &[Holder::Account("wim".into())]),
    );
    let to = |account: &str| json!({"fields": {"assignee": {"accountId": account}}});
    let refused = ask(&sim, READER, "PUT", "issue/OPS-1", to("wim")).await;
    let text = "Field 'assignee' cannot be set. It is not on the appropriate screen, or unknown.";
    assert_eq!((refused.status, &refused.json()["errors"]["assignee"]), (400, &json!(text)));
    let refused = ask(&sim, WRITER, "PUT", "issue/OPS-1", to("rae")).await;
    assert_eq!(refused.json()["errors"]["assignee"], "User 'rae' cannot be assigned issues.");
    assert_eq!(ask(&sim, WRITER, "PUT", "issue/OPS-1", to("wim")).await.status, 204);
    let people = ask(&sim, WRITER, "GET", "user/assignable/search?issueKey=OPS-1&query=", Value::Null).await.json();
    assert_eq!(people.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_security_level_hides_an_issue_from_all_others() {
    let sim = site(Workflow::open()).await;
    let holders = vec![Holder::Reporter, Holder::Role("Administrators".into())];
    sim.state().add_security_level("OPS", SecurityLevel { id: 10_100, name: "Confidential".into(), holders });
    let level = json!({"fields": {"security": {"name": "Confidential"}}});
    assert_eq!(ask(&sim, WRITER, "PUT", "issue/OPS-1", level.clone()).await.status, 400, "not for everybody to set");
    assert_eq!(ask(&sim, ADMIN, "PUT", "issue/OPS-1", level).await.status, 204);
    for (auth, status) in [(WRITER, 200), (ADMIN, 200), (READER, 404), (APP, 404)] {
        assert_eq!(ask(&sim, auth, "GET", "issue/OPS-1", Value::Null).await.status, status, "{auth}");
    }
    assert_eq!(ask(&sim, READER, "POST", "issue/OPS-1/comment", comment("x")).await.status, 404);
    let created = ask(&sim, WRITER, "POST", "issue/OPS-1/comment", comment("x")).await.json();
    let id: u64 = created["id"].as_str().unwrap().parse().unwrap();
    let listed = ask(&sim, READER, "POST", "comment/list", json!({"ids": [id]})).await.json();
    assert_eq!(listed["values"], json!([]));
}

#[tokio::test]
async fn a_transition_has_conditions_and_a_screen() {
    let approve = Transition::new(71, "Approve", &[10_000], 10_002)
        .requires("resolution")
        .offers("duedate")
        .only_for(Holder::Lead);
    let sim = site(Workflow::strict().with(approve)).await;
    let names = async |auth: &str, query: &str| {
        let ways = ask(&sim, auth, "GET", &format!("issue/OPS-1/transitions?{query}"), Value::Null).await.json();
        let ways = ways["transitions"].as_array().unwrap().clone();
        ways.iter()
            .map(|way| (way["name"].as_str().unwrap().to_owned(), way["isAvailable"] == true))
            .collect::<Vec<_>>()
    };
    let way = |name: &str, available: bool| (name.to_owned(), available);
    assert_eq!(names(WRITER, "").await, [way("Start work", true)]);
    assert_eq!(names(ADMIN, "").await, [way("Start work", true), way("Approve", true)]);
    assert_eq!(
        names(WRITER, "includeUnavailableTransitions=true").await,
        [way("Start work", true), way("Approve", false)]
    );
    let shown =
        ask(&sim, ADMIN, "GET", "issue/OPS-1/transitions?transitionId=71&expand=transitions.fields", Value::Null);
    let fields = shown.await.json()["transitions"][0]["fields"].clone();
    assert_eq!((&fields["resolution"]["required"], &fields["duedate"]["required"]), (&json!(true), &json!(false)));
    let go = async |auth: &str, fields: Value| {
        let body = json!({"transition": {"id": "71"}, "fields": fields});
        ask(&sim, auth, "POST", "issue/OPS-1/transitions", body).await
    };
    let done = json!({"resolution": {"name": "Done"}});
    let refused = go(WRITER, done.clone()).await;
    assert_eq!(refused.json()["errorMessages"][0], "Transition id '71' is not valid for this issue.");
    assert_eq!(go(ADMIN, json!({})).await.json()["errors"]["resolution"], "Resolution is required.");
    let other = go(ADMIN, json!({"resolution": {"name": "Done"}, "summary": "x"})).await.json();
    let text = "Field 'summary' cannot be set. It is not on the appropriate screen, or unknown.";
    assert_eq!(other["errors"]["summary"], text);
    assert_eq!(go(ADMIN, done).await.status, 204);
    sim.state().set_permissions("OPS", only("TRANSITION_ISSUES", &[]));
    assert_eq!(names(ADMIN, "").await, []);
}

#[tokio::test]
async fn a_screen_may_lack_a_field_and_require_another() {
    let sim = site(Workflow::open()).await;
    sim.state().set_screens(
        "OPS",
        Screens {
            create_lacks: ["labels".to_owned()].into(),
            edit_lacks: ["priority".to_owned()].into(),
            create_requires: ["duedate".to_owned()].into(),
        },
    );
    let edit = |auth, query: &str| {
        let path = format!("issue/OPS-1{query}");
        let sim = &sim;
        async move { ask(sim, auth, "PUT", &path, json!({"fields": {"priority": {"name": "High"}}})).await }
    };
    let text = "Field 'priority' cannot be set. It is not on the appropriate screen, or unknown.";
    let refused = edit(WRITER, "").await;
    assert_eq!((refused.status, &refused.json()["errors"]["priority"]), (400, &json!(text)));
    assert_eq!(edit(WRITER, "?overrideScreenSecurity=true").await.status, 403);
    assert_eq!(edit(ADMIN, "?overrideScreenSecurity=true").await.status, 204);
    let meta = ask(&sim, WRITER, "GET", "issue/OPS-1/editmeta", Value::Null).await.json();
    assert!(meta["fields"].get("priority").is_none() && meta["fields"].get("labels").is_some());

    let create = async |more: Value| {
        let mut fields = json!({"project": {"key": "OPS"}, "issuetype": {"name": "Task"}, "summary": "s"});
        fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        ask(&sim, WRITER, "POST", "issue", json!({"fields": fields})).await
    };
    assert_eq!(create(json!({})).await.json()["errors"]["duedate"], "Due date is required.");
    assert_eq!(create(json!({"duedate": "2026-12-24", "labels": ["x"]})).await.status, 400);
    assert_eq!(create(json!({"duedate": "2026-12-24"})).await.status, 201);
}

#[tokio::test]
async fn restricted_comments_are_for_members() {
    let sim = site(Workflow::open()).await;
    let restricted = |kind: &str, name: &str| {
        let mut body = comment("for some");
        body["visibility"] = json!({"type": kind, "value": name});
        body
    };
    for (kind, name, of) in [("role", "Administrators", "project role"), ("group", "site-admins", "group")] {
        let refused = ask(&sim, WRITER, "POST", "issue/OPS-1/comment", restricted(kind, name)).await;
        let text = format!("You are currently not a member of the {of}: {name}.");
        assert_eq!((refused.status, &refused.json()["errors"]["commentLevel"]), (400, &json!(text)));
        assert_eq!(ask(&sim, ADMIN, "POST", "issue/OPS-1/comment", restricted(kind, name)).await.status, 201);
    }
    for (auth, seen) in [(ADMIN, 2), (WRITER, 0), (APP, 2)] {
        let total = ask(&sim, auth, "GET", "issue/OPS-1/comment", Value::Null).await.json()["total"].clone();
        assert_eq!(total, seen, "{auth}");
    }
}

#[tokio::test]
async fn a_moved_issue_keeps_its_number_and_answers_to_both_keys() {
    let sim = site(Workflow::strict()).await;
    let before = sim.issue("OPS-1").unwrap();
    let to = json!({"project": "DEV", "as": "ada"});
    let moved = http::ask(&sim.url, "none", "POST", "/__sim/issues/OPS-1/move", &to).await;
    assert_eq!(moved.json()["key"], "DEV-1");
    assert_eq!(sim.move_issue("ada", "OPS-1", "NONE"), None);
    for name in ["OPS-1", "DEV-1", &before.id.to_string()] {
        let shown = ask(&sim, READER, "GET", &format!("issue/{name}?fields=project"), Value::Null).await.json();
        assert_eq!((&shown["key"], &shown["id"]), (&json!("DEV-1"), &json!(before.id.to_string())), "{name}");
        assert_eq!(shown["fields"]["project"]["key"], "DEV");
        let found = ask(&sim, READER, "POST", "search/jql", json!({"jql": format!("key = {name}")})).await.json();
        assert_eq!(found["issues"].as_array().unwrap().len(), 1, "{name}");
    }
    let event = sim.events().pop().unwrap();
    assert_eq!((&event["eventType"], &event["issue"]["key"]), (&json!("avi:jira:updated:issue"), &json!("DEV-1")));
    let key =
        event["changelog"]["items"].as_array().unwrap().iter().find(|item| item["field"] == "Key").unwrap().clone();
    assert_eq!((&key["fromString"], &key["toString"]), (&json!("OPS-1"), &json!("DEV-1")));
    assert_eq!(ask(&sim, ADMIN, "DELETE", "issue/OPS-1", Value::Null).await.status, 204);
    assert_eq!(ask(&sim, ADMIN, "GET", "issue/DEV-1", Value::Null).await.status, 404);
}

#[tokio::test]
async fn an_archived_issue_can_only_be_read() {
    let sim = site(Workflow::open()).await;
    let created = ask(&sim, WRITER, "POST", "issue/OPS-1/comment", comment("before")).await.json();
    let path = format!("issue/OPS-1/comment/{}", created["id"].as_str().unwrap());
    let names = json!({"issueIdsOrKeys": ["OPS-1"]});
    assert_eq!(ask(&sim, WRITER, "PUT", "issue/archive", names.clone()).await.status, 403);
    assert_eq!(ask(&sim, ADMIN, "PUT", "issue/archive", names.clone()).await.status, 200);
    assert_eq!(ask(&sim, WRITER, "GET", "issue/OPS-1", Value::Null).await.status, 200);
    let found = ask(&sim, WRITER, "POST", "search/jql", json!({"jql": "project = OPS"})).await.json();
    assert_eq!(found["issues"], json!([]));
    let link = json!({"object": {"url": "https://help.example/", "title": "t"}});
    for (method, path, body, status) in [
        ("PUT", "issue/OPS-1", json!({"fields": {"summary": "x"}}), 400),
        ("DELETE", "issue/OPS-1", Value::Null, 403),
        ("POST", "issue/OPS-1/comment", comment("after"), 400),
        ("PUT", path.as_str(), comment("after"), 400),
        ("DELETE", path.as_str(), Value::Null, 400),
        ("POST", "issue/OPS-1/transitions", json!({"transition": {"id": "21"}}), 400),
        ("PUT", "issue/OPS-1/properties/p", json!(1), 403),
        ("POST", "issue/OPS-1/remotelink", link, 403),
        ("PUT", "issue/OPS-1/assignee", json!({"accountId": null}), 403),
    ] {
        assert_eq!(ask(&sim, ADMIN, method, path, body).await.status, status, "{method} {path}");
    }
    assert_eq!(ask(&sim, ADMIN, "PUT", "issue/unarchive", names).await.status, 200);
    assert_eq!(ask(&sim, WRITER, "POST", "issue/OPS-1/comment", comment("after")).await.status, 201);
}

#[tokio::test]
async fn an_api_token_logs_in_with_its_address() {
    let sim = site(Workflow::open()).await;
    let basic =
        |text: &str| format!("Basic {}", base64::Engine::encode(&base64::engine::general_purpose::STANDARD, text));
    let me = ask(&sim, &basic("wim@site.example:token-wim"), "GET", "myself", Value::Null).await;
    assert_eq!(me.json()["accountId"], "wim");
    for wrong in ["wim@site.example:token-ada", "wim@site.example:", "token-wim", ":"] {
        assert_eq!(ask(&sim, &basic(wrong), "GET", "myself", Value::Null).await.status, 401, "{wrong}");
    }
}
