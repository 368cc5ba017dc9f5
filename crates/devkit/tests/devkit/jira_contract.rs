//! Every address of the Jira simulator, its results and rejections, compared with Atlassian's description.

use devkit::jira_sim::{APP_ACCOUNT, APP_ROLE, Exchange, Holder, JiraSim, PermissionScheme, Screens, SecurityLevel};
use devkit::sample::{self, Engineer};
use regex::Regex;
use serde_json::{Value, json};

use crate::support::contract::Contract;
use crate::support::http::{self, Answer};

const APP: &str = "Bearer app:8f1f0a52-6d1e-4a0e-9a37-2f4b1d6c9e01";

struct Site {
    sim: JiraSim,
    engineers: Vec<Engineer>,
}

impl Site {
    async fn start() -> Self {
        let sim = JiraSim::builder().custom_field("customfield_10042", "Zammad ticket").record().start().await.unwrap();
        let (engineers, ..) = sample::seed_jira(&sim).unwrap();
        let holders = ["Developers", APP_ROLE].map(|role| Holder::Role(role.into())).to_vec();
        sim.state().add_security_level("SUP", SecurityLevel { id: 10_001, name: "Staff".into(), holders });
        Self { sim, engineers }
    }

    async fn ask(&self, auth: &str, method: &str, path: &str, body: Value) -> Answer {
        http::ask(&self.sim.url, auth, method, &format!("/rest/api/3/{path}"), &body).await
    }

    /// As the app, and it must be taken.
    async fn app(&self, method: &str, path: &str, body: Value) -> Value {
        let answer = self.ask(APP, method, path, body).await;
        assert!(answer.status < 300, "{method} {path}: {} {}", answer.status, answer.text());
        answer.json()
    }

    fn admin(&self) -> String {
        format!("Bearer user:{}", self.engineers[0].account_id)
    }

    fn engineer(&self) -> String {
        format!("Bearer user:{}", self.engineers[1].account_id)
    }

    async fn upload(&self, auth: &str, issue: &str, token: &str) -> Answer {
        let form = b"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b--\r\n";
        let headers = [
            ("Authorization", auth),
            ("Content-Type", "multipart/form-data; boundary=b"),
            ("X-Atlassian-Token", token),
        ];
        let path = format!("/rest/api/3/issue/{issue}/attachments");
        http::send(&self.sim.url, "POST", &path, &headers, form).await.unwrap()
    }
}

fn document(text: &str) -> Value {
    json!({"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": [{"type": "text", "text": text}]}]})
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// All operations on an issue and the rows that belong to it.
async fn drive_issue(site: &Site) {
    let account = &site.engineers[1].account_id;
    let fields = json!({"project": {"key": "SUP"}, "issuetype": {"name": "Bug"}, "summary": "New", "labels": ["a"],
                        "description": document("d"), "assignee": {"accountId": account}, "duedate": "2026-12-24",
                        "customfield_10042": "#25001", "priority": {"id": "2"}, "security": {"id": "10001"},
                        "reporter": {"id": account}});
    let made = site.app("POST", "issue", json!({"fields": fields, "properties": [{"key": "p", "value": 1}]})).await;
    let key = text(&made["key"]).to_owned();
    let issue = format!("issue/{key}");
    let shown = site.app("GET", &format!("{issue}?properties=*all&expand=names"), Value::Null).await;
    assert_eq!(shown["fields"]["security"]["name"], "Staff");
    assert_eq!((&shown["fields"]["customfield_10042"], &shown["properties"]["p"]), (&json!("#25001"), &json!(1)));
    site.app("GET", &format!("{issue}?fields=summary,status&fields=assignee"), Value::Null).await;
    site.app("GET", &format!("{issue}/editmeta"), Value::Null).await;
    let update =
        json!({"labels": [{"add": "b"}, {"remove": "a"}], "comment": [{"add": {"body": document("with it")}}]});
    site.app("PUT", &issue, json!({"fields": {"summary": "Changed", "security": null}, "update": update})).await;
    let changed = site.app("PUT", &format!("{issue}?returnIssue=true"), json!({"fields": {"duedate": null}})).await;
    assert_eq!((&changed["fields"]["labels"], &changed["fields"]["comment"]["total"]), (&json!(["b"]), &json!(1)));
    site.app("PUT", &format!("{issue}/assignee"), json!({"accountId": site.engineers[2].account_id})).await;

    let all = "?expand=transitions.fields&includeUnavailableTransitions=true";
    site.app("GET", &format!("{issue}/transitions{all}"), Value::Null).await;
    let said = json!({"comment": [{"add": {"body": document("moved on")}}]});
    site.app("POST", &format!("{issue}/transitions"), json!({"transition": {"id": "41"}, "update": said})).await;

    let body = json!({"body": document("c"), "properties": [{"key": "zammad", "value": {"article": 7}}]});
    let comment = site.app("POST", &format!("{issue}/comment?expand=properties"), body).await;
    let id = text(&comment["id"]).to_owned();
    site.app("GET", &format!("{issue}/comment?orderBy=-created&maxResults=2&expand=properties"), Value::Null).await;
    site.app("GET", &format!("{issue}/comment/{id}?expand=properties"), Value::Null).await;
    let group = json!({"body": document("for some"), "visibility": {"type": "group", "value": "site-admins"}});
    let restricted = site.ask(&site.admin(), "POST", &format!("{issue}/comment"), group).await;
    assert_eq!(restricted.status, 201, "{}", restricted.text());
    let mention = json!({"type": "mention", "attrs": {"id": account, "text": "@Amira"}});
    let body = json!({"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": [mention]}]});
    site.app("PUT", &format!("{issue}/comment/{id}"), json!({"body": body})).await;
    site.app("POST", "comment/list?expand=properties", json!({"ids": [id.parse::<u64>().unwrap()]})).await;
    for (method, path, body) in [
        ("PUT", "properties/more", json!({"a": 1})),
        ("PUT", "properties/more", json!([2])),
        ("GET", "properties/more", Value::Null),
        ("GET", "properties", Value::Null),
        ("DELETE", "properties/more", Value::Null),
    ] {
        site.app(method, &format!("comment/{id}/{path}"), body.clone()).await;
        site.app(method, &format!("{issue}/{path}"), body).await;
    }
    site.app("DELETE", &format!("{issue}/comment/{id}"), Value::Null).await;

    let link = json!({"globalId": "system=zammad&id=5", "relationship": "Zammad ticket",
                      "application": {"type": "com.chefstackz.zammad", "name": "Zammad"},
                      "object": {"url": "https://help.example/#ticket/zoom/5", "title": "#25005"}});
    let links = format!("{issue}/remotelink");
    let made = site.app("POST", &links, link.clone()).await;
    site.app("POST", &links, link.clone()).await;
    assert_eq!(site.app("GET", &links, Value::Null).await.as_array().unwrap().len(), 1);
    let global_id = "globalId=system%3Dzammad%26id%3D5";
    site.app("GET", &format!("{links}?{global_id}"), Value::Null).await;
    site.app("GET", &format!("{links}/{}", made["id"]), Value::Null).await;
    site.app("PUT", &format!("{links}/{}", made["id"]), link.clone()).await;
    site.app("DELETE", &format!("{links}?{global_id}"), Value::Null).await;
    let made = site.app("POST", &links, link).await;
    site.app("DELETE", &format!("{links}/{}", made["id"]), Value::Null).await;

    let stored = site.upload(APP, &key, "no-check").await.json();
    let file = format!("attachment/{}", text(&stored[0]["id"]));
    assert!(site.app("GET", &file, Value::Null).await["id"].is_u64());
    let content = format!("attachment/content/{}", text(&stored[0]["id"]));
    let direct = site.ask(APP, "GET", &format!("{content}?redirect=false"), Value::Null).await;
    let redirect = site.ask(APP, "GET", &content, Value::Null).await;
    assert_eq!((direct.text().as_str(), redirect.status), ("hello", 303));
    let media = redirect.header("location").unwrap().strip_prefix(&site.sim.url).unwrap().to_owned();
    let media = http::send(&site.sim.url, "GET", &media, &[], b"").await.unwrap();
    assert_eq!((media.status, media.text().as_str()), (200, "hello"));
    site.app("DELETE", &file, Value::Null).await;

    for verb in ["archive", "unarchive"] {
        let names = json!({"issueIdsOrKeys": [key, "SUP-999"]});
        let answer = site.ask(&site.admin(), "PUT", &format!("issue/{verb}"), names).await;
        assert_eq!(answer.json()["numberOfIssuesUpdated"], 1);
    }
    site.app("DELETE", &issue, Value::Null).await;
}

/// Lists, people, projects and searches.
async fn drive_lists(site: &Site) {
    for path in [
        "myself",
        "serverInfo",
        "field",
        "status",
        "status/3",
        "priority",
        "priority/1",
        "resolution",
        "issuetype",
        "priority/search?maxResults=2",
        "project",
        "project/search?query=sup&maxResults=1",
        "project/SUP",
        "project/search?keys=NET,SUP",
        "project/SUP/statuses",
        "project/SUP/securitylevel",
        "project/SUP/version",
        "project/SUP/versions",
        "issue/createmeta/SUP/issuetypes",
        "issue/createmeta/SUP/issuetypes/10002",
        "user/search?query=noor",
        "user/assignable/search?project=SUP&query=a",
        "user/assignable/search?issueKey=SUP-1&query=a",
        "mypermissions?permissions=ADMINISTER,ADD_COMMENTS&issueKey=SUP-1",
        "search/jql?jql=project%3DSUP&maxResults=2",
        "mypermissions?permissions=BROWSE_PROJECTS",
        "search/jql?jql=key%3DSUP-1&fields=*all",
        "issue/SUP-1?fields=summary&expand=transitions,transitions.fields",
    ] {
        site.app("GET", path, Value::Null).await;
    }
    let project = text(&site.app("GET", "project/SUP", Value::Null).await["id"]).parse::<u64>().unwrap();
    let version = site.app("POST", "version", json!({"name": "1.0", "projectId": project})).await;
    let version = format!("version/{}", text(&version["id"]));
    site.app("PUT", &version, json!({"released": true, "releaseDate": "2026-12-24"})).await;
    assert_eq!(site.app("GET", &version, Value::Null).await["released"], true);
    let account = &site.engineers[1].account_id;
    site.app("GET", &format!("user?accountId={account}"), Value::Null).await;
    let body = json!({"jql": "project = SUP AND updated > -1d ORDER BY updated DESC", "maxResults": 3,
                      "fields": ["summary", "status", "comment"], "properties": ["zammad"], "reconcileIssues": [1]});
    let page = site.app("POST", "search/jql", body).await;
    let next = json!({"jql": "project = SUP", "maxResults": 3, "nextPageToken": page["nextPageToken"]});
    site.app("POST", "search/jql", next).await;

    let names = json!({"issueIdsOrKeys": ["SUP-2", "sup-1", "SUP-999"], "fields": ["*all"], "properties": ["zammadlink"],
                       "expand": ["transitions"], "fieldsByKeys": false});
    let found = site.app("POST", "issue/bulkfetch", names).await;
    assert_eq!(found["issues"].as_array().unwrap().len(), 2);
    let id = text(&found["issues"][0]["id"]).parse::<u64>().unwrap();
    // The description has fields of a Java class for a value here, which is not what Atlassian means.
    let body = json!({"entitiesIds": [id], "properties": {"p": {"array": true}}});
    let answer = site.ask(APP, "POST", "issue/properties", body).await;
    let task = answer.header("location").unwrap().rsplit('/').next().unwrap().to_owned();
    assert_eq!(
        (answer.status, &site.app("GET", &format!("task/{task}"), Value::Null).await["status"]),
        (303, &json!("COMPLETE"))
    );
    let body = json!({"issues": [{"issueID": id, "properties": {"p": {"array": true}}}]});
    assert_eq!(site.ask(APP, "POST", "issue/properties/multi", body).await.status, 303);
    site.app("PUT", &format!("issue/{id}/properties/zammadlink"), json!({"linked": 1})).await;
    let body =
        json!({"jql": "issue.property[zammadlink].linked = 1", "properties": ["zammadlink"], "fields": ["updated"]});
    assert_eq!(site.app("POST", "search/jql", body).await["issues"][0]["properties"]["zammadlink"]["linked"], 1);
}

/// Refusals of every sort.
async fn drive_refusals(site: &Site) {
    let link = json!({"object": {"url": "https://help.example/", "title": "t"}});
    let (admin, engineer) = (site.admin(), site.engineer());
    let ways = json!({"transition": {"id": "41"}});
    for (status, auth, method, path, body) in [
        (401, "Bearer user:nobody", "GET", "myself", Value::Null),
        (401, "Basic eDp5", "GET", "issue/SUP-1", Value::Null),
        (404, APP, "GET", "issue/SUP-999", Value::Null),
        (404, APP, "PUT", "issue/SUP-999", json!({"fields": {}})),
        (404, APP, "DELETE", "issue/SUP-999", Value::Null),
        (404, APP, "GET", "issue/SUP-999/transitions", Value::Null),
        (404, APP, "GET", "issue/SUP-1/comment/1", Value::Null),
        (404, APP, "GET", "issue/SUP-1/properties/none", Value::Null),
        (404, APP, "GET", "issue/SUP-1/remotelink?globalId=none", Value::Null),
        (404, APP, "DELETE", "issue/SUP-1/remotelink/1", Value::Null),
        (404, APP, "GET", "attachment/1", Value::Null),
        (404, APP, "GET", "attachment/content/1", Value::Null),
        (404, APP, "GET", "project/NONE", Value::Null),
        (404, APP, "GET", "version/1", Value::Null),
        (404, APP, "GET", "task/1", Value::Null),
        (404, APP, "GET", "status/none", Value::Null),
        (404, APP, "GET", "priority/99", Value::Null),
        (404, APP, "GET", "user?accountId=none", Value::Null),
        (404, APP, "GET", "comment/1/properties", Value::Null),
        (404, APP, "GET", "mypermissions?permissions=ADD_COMMENTS&issueKey=SUP-999", Value::Null),
        (404, APP, "GET", "user/assignable/search?project=NONE&query=a", Value::Null),
        (400, APP, "GET", "mypermissions?permissions=NONSENSE", Value::Null),
        (400, APP, "GET", "user/search", Value::Null),
        (400, APP, "GET", "issue/createmeta/NONE/issuetypes", Value::Null),
        (400, APP, "GET", "issue/createmeta/SUP/issuetypes/1", Value::Null),
        (400, APP, "GET", "issue/SUP-1/remotelink/x", Value::Null),
        (400, APP, "POST", "issue", json!({"fields": {"project": {"key": "NONE"}}})),
        (400, APP, "POST", "issue", json!({"fields": {"project": {"key": "SUP"}, "issuetype": {"id": "10001"}}})),
        (400, APP, "PUT", "issue/SUP-1", json!({"fields": {"summary": "x".repeat(256)}})),
        (400, APP, "PUT", "issue/SUP-1", json!({"fields": {"resolution": {"name": "Done"}}})),
        (400, APP, "PUT", "issue/SUP-1", json!({"fields": {"customfield_1": "x"}})),
        (400, APP, "POST", "issue/SUP-1/comment", json!({"body": "text"})),
        (
            400,
            &engineer,
            "POST",
            "issue/SUP-1/comment",
            json!({"body": document("x"), "visibility": {"type": "role", "value": "Administrators"}}),
        ),
        (400, APP, "POST", "issue/SUP-1/transitions", json!({"transition": {"id": "99"}})),
        (400, APP, "POST", "issue/SUP-1/transitions", json!({})),
        (400, APP, "POST", "issue/SUP-1/remotelink", json!({"object": {"url": "", "title": "t"}})),
        (400, APP, "POST", "search/jql", json!({"jql": "ORDER BY key"})),
        (400, APP, "POST", "search/jql", json!({"jql": "issue.property[unknown].linked = 1"})),
        (400, APP, "POST", "issue/bulkfetch", json!({"issueIdsOrKeys": []})),
        (400, APP, "POST", "issue/bulkfetch", json!({"issueIdsOrKeys": vec!["SUP-1"; 101]})),
        (400, APP, "POST", "issue/properties", json!({"entitiesIds": [1], "properties": {"p": 1}})),
        (401, "", "POST", "issue/properties", json!({"entitiesIds": [1], "properties": {"p": 1}})),
        (400, APP, "POST", "issue/properties/multi", json!({"issues": [{"issueID": 1, "properties": {"p": 1}}]})),
        (400, APP, "POST", "comment/list", json!({"ids": []})),
        (400, APP, "PUT", "issue/SUP-1/assignee", json!({})),
        (400, &admin, "PUT", "issue/archive", json!({"issueIdsOrKeys": ["SUP-999"]})),
        (403, &engineer, "PUT", "issue/archive", json!({"issueIdsOrKeys": ["SUP-1"]})),
        (403, &engineer, "DELETE", "issue/SUP-1", Value::Null),
        (403, &engineer, "PUT", "issue/SUP-1?overrideScreenSecurity=true", json!({"fields": {}})),
        (410, APP, "POST", "search", json!({"jql": "project = SUP"})),
        (401, "", "POST", "issue/SUP-1/comment", json!({"body": document("anonymous")})),
    ] {
        let answer = site.ask(auth, method, path, body).await;
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.text());
    }
    assert_eq!(site.upload(APP, "SUP-1", "none").await.status, 403);

    let app_only = [Holder::Account(APP_ACCOUNT.into())];
    let names = [
        "ADD_COMMENTS",
        "EDIT_ISSUES",
        "ASSIGN_ISSUES",
        "LINK_ISSUES",
        "CREATE_ATTACHMENTS",
        "CREATE_ISSUES",
        "TRANSITION_ISSUES",
        "EDIT_OWN_COMMENTS",
    ];
    let scheme = names.iter().fold(PermissionScheme::default(), |scheme, name| scheme.only(name, &app_only));
    site.sim.state().set_permissions("SUP", scheme);
    let comment = site.app("POST", "issue/SUP-1/comment", json!({"body": document("app's")})).await;
    let comment = text(&comment["id"]).to_owned();
    let fields = json!({"fields": {"project": {"key": "SUP"}, "issuetype": {"id": "10001"}, "summary": "s"}});
    for (status, method, path, body) in [
        (400, "POST", "issue/SUP-1/comment".to_owned(), json!({"body": document("x")})),
        (400, "PUT", format!("issue/SUP-1/comment/{comment}"), json!({"body": document("x")})),
        (400, "DELETE", format!("issue/SUP-1/comment/{comment}"), Value::Null),
        (403, "PUT", format!("comment/{comment}/properties/p"), json!(1)),
        (400, "PUT", "issue/SUP-1".to_owned(), json!({"fields": {"summary": "s"}})),
        (400, "POST", "issue/SUP-1/transitions".to_owned(), ways),
        (400, "POST", "issue".to_owned(), fields),
        (403, "PUT", "issue/SUP-1/assignee".to_owned(), json!({"accountId": null})),
        (403, "PUT", "issue/SUP-1/properties/p".to_owned(), json!(1)),
        (403, "POST", "issue/SUP-1/remotelink".to_owned(), link),
    ] {
        let answer = site.ask(&engineer, method, &path, body).await;
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.text());
    }
    assert_eq!(site.upload(&engineer, "SUP-1", "no-check").await.status, 403);
}

/// The addresses that the simulator routes, as its source lists them.
fn routes() -> Vec<(String, Vec<String>)> {
    let source = include_str!("../../src/jira_sim/api/routes.rs");
    let arm = Regex::new(r#"\(((?:"[A-Z]+"(?: \| )?)+), \[(.*)\]\) =>"#).unwrap();
    let mut found = Vec::new();
    for line in arm.captures_iter(source) {
        let path: Vec<String> = line[2].split(", ").map(|part| part.trim_matches('"').to_owned()).collect();
        for method in line[1].split(" | ") {
            found.push((method.trim_matches('"').to_owned(), path.clone()));
        }
    }
    found
}

fn is_of(exchange: &Exchange, method: &str, path: &[String]) -> bool {
    let parts: Vec<&str> = exchange.path.trim_start_matches("/rest/api/3/").split('/').collect();
    let same = || parts.iter().zip(path).all(|(part, wanted)| wanted == "_" || part == wanted);
    exchange.method == method && parts.len() == path.len() && same()
}

#[tokio::test]
async fn every_response_matches_atlassians_description() {
    let site = Site::start().await;
    drive_issue(&site).await;
    drive_lists(&site).await;
    site.sim.state().set_screens("NET", Screens::default());
    drive_refusals(&site).await;
    let exchanges = site.sim.exchanges();
    for (method, path) in routes() {
        let mut own = exchanges.iter().filter(|exchange| is_of(exchange, &method, &path));
        // The old search exists only to respond that it was removed.
        let wanted = |status: u16| status < 400 || (path == ["search"] && status == 410);
        let removed_get = path == ["search"] && method == "GET";
        assert!(
            removed_get || own.any(|exchange| exchange.status.is_some_and(wanted)),
            "{method} {path:?} is not driven"
        );
    }
    let Some(mut contract) = Contract::find() else { return };
    let faults = contract.faults(&exchanges);
    assert!(faults.is_empty(), "{} of {}:\n{}", faults.len(), exchanges.len(), faults.join("\n"));
    assert!(contract.seen.len() > 100, "{} operations and statuses", contract.seen.len());
}

/// Changes an exchange, or the response in it, so that it differs from the description.
type Change<'a> = &'a dyn Fn(&mut Exchange, &mut Value);

/// Tests the comparison itself.
#[tokio::test]
async fn the_comparison_detects_differences() {
    let site = Site::start().await;
    site.app("GET", "issue/SUP-1", Value::Null).await;
    site.app("POST", "issue/SUP-1/comment", json!({"body": document("c")})).await;
    let Some(mut contract) = Contract::find() else { return };
    let good = site.sim.exchanges();
    assert_eq!(contract.faults(&good), [""; 0]);
    let mut fault = |change: Change, which: usize| {
        let mut exchange = good[which].clone();
        let mut body = serde_json::from_slice(&exchange.answer).unwrap();
        change(&mut exchange, &mut body);
        exchange.answer = body.to_string().into_bytes();
        contract.faults(&[exchange]).len()
    };
    let changes: [(Change, usize); 10] = [
        (&|_, body| body["id"] = json!(7), 0),
        (&|_, body| body["more"] = json!(7), 0),
        (&|_, body| body["fields"]["updated"] = json!("yesterday"), 0),
        (&|_, body| body["fields"]["status"]["statusCategory"]["id"] = json!("4"), 0),
        (&|_, body| body["self"] = json!("not an address"), 0),
        (&|exchange, _| exchange.status = Some(409), 0),
        (&|exchange, _| exchange.query = "nonsense=1".into(), 0),
        (&|exchange, _| exchange.query = "updateHistory=perhaps".into(), 0),
        (&|exchange, _| exchange.path = "/rest/api/3/nonsense".into(), 0),
        (&|exchange, _| exchange.body = br#"{"body":{},"author":{"accountId":"x"}}"#.to_vec(), 1),
    ];
    for (index, (change, which)) in changes.iter().enumerate() {
        assert!(fault(change, *which) > 0, "change {index} was not found");
    }
}

/// Events carry issues, comments and files in the API's form.
#[tokio::test]
async fn events_match_atlassians_description() {
    let site = Site::start().await;
    drive_issue(&site).await;
    site.sim.move_issue(&site.engineers[0].account_id, "SUP-2", "NET").unwrap();
    let events = site.sim.events();
    let kinds = [
        "created:issue",
        "updated:issue",
        "deleted:issue",
        "assigned:issue",
        "commented:issue",
        "deleted:comment",
        "created:attachment",
        "deleted:attachment",
        "set:issue-property",
        "deleted:issue-property",
        "mentioned:comment",
    ];
    for kind in kinds {
        let kind = format!("avi:jira:{kind}");
        assert!(events.iter().any(|event| event["eventType"] == *kind), "{kind}");
    }
    for event in &events {
        let kind = text(&event["eventType"]);
        assert!(event["issue"]["id"].is_string() && event["issue"]["key"].is_string(), "{kind}");
        assert!(event["atlassianId"].is_string() && event["selfGenerated"].is_boolean(), "{kind}");
        assert_eq!(
            event["changelog"]["items"].is_array(),
            kind == "avi:jira:updated:issue" || kind == "avi:jira:assigned:issue" && event["changelog"].is_object(),
            "{kind}"
        );
        assert_eq!(event["comment"].is_object(), kind.contains("comment"), "{kind}");
        assert_eq!(event["attachment"].is_object(), kind.contains("attachment"), "{kind}");
        assert_eq!(event["property"].is_object(), kind.contains("property"), "{kind}");
    }
    let Some(mut contract) = Contract::find() else { return };
    assert_eq!(contract.faults_of_events(&events), [""; 0]);
}
