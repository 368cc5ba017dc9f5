//! A small Jira in memory: the endpoints that the core uses, with their refusals.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use forge::{JiraCall, JiraResponse, PrincipalKind};
use serde_json::{Map, Value, json};

pub(crate) use super::workflow::*;

/// The site. The first letter of a status id is its category: `n` new, `d` done, any other in progress.
#[derive(Default)]
pub(crate) struct Jira {
    pub(crate) issues: RefCell<BTreeMap<String, Value>>,
    pub(crate) comments: RefCell<Vec<Value>>,
    /// By issue and global id.
    pub(crate) remote_links: RefCell<BTreeMap<(String, String), Value>>,
    /// Attachments in the form of Jira's API, with `issue` and `base64` in addition.
    pub(crate) files: RefCell<Vec<Value>>,
    pub(crate) transition_rules: RefCell<Vec<TransitionRule>>,
    pub(crate) statuses: RefCell<BTreeSet<String>>,
    /// Fields that are on no screen.
    pub(crate) off_screen: RefCell<BTreeSet<String>>,
    /// Fields that a new issue requires.
    pub(crate) create_needs: RefCell<Vec<String>>,
    pub(crate) admins: RefCell<Vec<String>>,
    /// Accounts that may browse and edit issues.
    pub(crate) editors: RefCell<Vec<String>>,
    /// Accounts that may browse issues.
    pub(crate) readers: RefCell<Vec<String>>,
    /// Permissions that the app does not have; `BROWSE_PROJECTS` hides the issues.
    pub(crate) app_lacks: RefCell<BTreeSet<String>>,
    /// Ids of issues that users do not see, and keys of such projects.
    pub(crate) hidden_from_users: RefCell<BTreeSet<String>>,
    pub(crate) calls: RefCell<Vec<JiraCall>>,
    pub(crate) uploads: Cell<u32>,
    /// If set, every call returns this status.
    pub(crate) status: Cell<Option<u16>>,
    /// If set, calls whose method and path contain the text return the status.
    pub(crate) fault: RefCell<Option<(String, u16)>>,
    /// Whether documents with pictures are refused.
    pub(crate) no_media: Cell<bool>,
    pub(crate) transitions: Cell<u32>,
    /// Keys of service projects.
    pub(crate) service_projects: RefCell<BTreeSet<String>>,
    /// Documents of comments as customers of service projects have seen them.
    pub(crate) shown_to_customers: RefCell<Vec<String>>,
    /// If set, the answer to every search.
    pub(crate) search_answer: RefCell<Option<Value>>,
    /// The rest of the rate limit, in the header of every response.
    pub(crate) rest: RefCell<Option<String>>,
    last_id: Cell<u64>,
}

fn ok(status: u16, body: Value) -> JiraResponse {
    JiraResponse { status, body, ..JiraResponse::default() }
}

fn refused(field: &str) -> JiraResponse {
    ok(400, json!({ "errorMessages": [], "errors": { field: "error text of Jira" } }))
}

fn is_internal(comment: &Value) -> bool {
    let properties = comment["properties"].as_array().cloned().unwrap_or_default();
    properties.iter().any(|row| row["key"] == "sd.public.comment" && row["value"]["internal"] == true)
}

fn set_property(comment: &mut Value, property: &Value) {
    let properties = comment["properties"].as_array_mut().unwrap();
    properties.retain(|known| known["key"] != property["key"]);
    properties.push(property.clone());
}

const PRIORITIES: [&str; 5] = ["1", "2", "3", "4", "5"];
const TIME: &str = "2026-09-21T14:13:20.000+0000";

impl Jira {
    pub(crate) fn new() -> Self {
        let site = Self::default();
        site.last_id.set(20_000);
        for (id, key) in [("10007", "PROJ-7"), ("10008", "PROJ-8"), ("10009", "OTHER-1")] {
            site.put(id, key, "Printer on fire");
        }
        for (from, to) in [("n1", "i1"), ("i1", "d1"), ("d1", "n1"), ("i1", "n1")] {
            site.transition_rules.borrow_mut().push(rule(from, to));
        }
        site.statuses.borrow_mut().extend(["n1", "i1", "d1"].map(str::to_owned));
        site.admins.borrow_mut().push("admin-1".into());
        site.editors.borrow_mut().push("editor-1".into());
        site.readers.borrow_mut().push("reader-1".into());
        site
    }

    fn user_may(&self, account: Option<&str>, permission: &str) -> bool {
        let known = |list: &RefCell<Vec<String>>| {
            account.is_some_and(|account| list.borrow().iter().any(|known| known == account))
        };
        match permission {
            "ADMINISTER" => known(&self.admins),
            "BROWSE_PROJECTS" => known(&self.readers) || known(&self.editors),
            _ => known(&self.editors),
        }
    }

    fn user_sees(&self, account: Option<&str>, name: &str) -> bool {
        self.user_may(account, "BROWSE_PROJECTS") && !self.hidden_from_users.borrow().contains(name)
    }

    fn put(&self, id: &str, key: &str, summary: &str) {
        let project = key.split('-').next().unwrap();
        let fields = json!({
            "summary": summary, "status": status("n1"), "priority": { "id": "2", "name": "High" }, "assignee": null,
            "reporter": { "accountId": "rep-1", "displayName": "Rita" }, "labels": ["b", "a"], "updated": TIME,
            "project": { "id": "100", "key": project }, "issuetype": { "id": "10001" },
        });
        let issue = json!({ "id": id, "key": key, "fields": fields, "properties": {} });
        self.issues.borrow_mut().insert(id.into(), issue);
    }

    pub(crate) fn field(&self, issue: &str, name: &str) -> Value {
        self.issues.borrow()[issue]["fields"][name].clone()
    }

    pub(crate) fn set(&self, issue: &str, name: &str, value: Value) {
        self.issues.borrow_mut().get_mut(issue).unwrap()["fields"][name] = value;
    }

    fn next_id(&self) -> String {
        self.last_id.set(self.last_id.get() + 1);
        self.last_id.get().to_string()
    }

    /// Adds a file as a user.
    pub(crate) fn attach(&self, issue: &str, name: &str, base64: &str, size: u64) -> String {
        let id = self.next_id();
        self.files.borrow_mut().push(json!({
            "id": id, "issue": issue, "base64": base64, "filename": name, "size": size, "mimeType": "text/plain",
            "created": TIME, "author": { "accountId": "acc-1", "displayName": "Mia" },
        }));
        id
    }

    fn faulty(&self, text: &str) -> Option<JiraResponse> {
        if let Some(status) = self.status.get() {
            return Some(JiraResponse {
                retry_after: Some(7),
                ..ok(status, json!({ "errorMessages": ["error text"] }))
            });
        }
        let fault = self.fault.borrow();
        let (part, status) = fault.as_ref()?;
        text.contains(part.as_str()).then(|| ok(*status, json!({ "errorMessages": ["error text"] })))
    }

    pub(crate) fn upload(&self, issue: &str, name: &str, base64: &str) -> JiraResponse {
        self.uploads.set(self.uploads.get() + 1);
        if let Some(faulty) = self.faulty("UPLOAD") {
            return faulty;
        }
        if !self.issues.borrow().contains_key(issue) {
            return ok(404, Value::Null);
        }
        let size = (base64.len() / 4 * 3 - base64.bytes().filter(|byte| *byte == b'=').count()) as u64;
        let id = self.attach(issue, name, base64, size);
        self.files.borrow_mut().last_mut().unwrap()["author"] = json!({ "accountId": "app-1" });
        ok(200, json!([{ "id": id, "filename": name, "size": size }]))
    }

    pub(crate) fn download(&self, id: &str, most: u64) -> JiraResponse {
        if let Some(faulty) = self.faulty("DOWNLOAD") {
            return faulty;
        }
        let files = self.files.borrow();
        match files.iter().find(|file| file["id"] == id) {
            Some(file) if file["size"].as_u64().unwrap() > most => ok(413, Value::Null),
            Some(file) => ok(200, file["base64"].clone()),
            None => ok(404, Value::Null),
        }
    }

    pub(crate) fn respond(&self, account: Option<&str>, call: JiraCall) -> JiraResponse {
        let mut response = self.answer(account, call);
        response.limit.rest = self.rest.borrow().clone();
        response
    }

    fn answer(&self, account: Option<&str>, call: JiraCall) -> JiraResponse {
        self.calls.borrow_mut().push(call.clone());
        let path = call.strings.join("{}");
        if let Some(faulty) = self.faulty(&format!("{} {path}", call.method)) {
            return faulty;
        }
        let param = |at: usize| call.params.get(at).cloned().unwrap_or_default();
        let body = call.body.clone().unwrap_or_default();
        match (call.method, path.split('?').next().unwrap()) {
            ("GET", "/rest/api/3/mypermissions") => {
                let (name, issue) = (param(0), param(1));
                if !issue.is_empty() && !self.issues.borrow().contains_key(&issue) {
                    return ok(404, json!({ "errorMessages": ["error text"] }));
                }
                let may = match call.principal {
                    PrincipalKind::User => self.user_may(account, &name),
                    PrincipalKind::App => !self.app_lacks.borrow().contains(&name),
                };
                ok(200, json!({ "permissions": { name: { "havePermission": may } } }))
            }
            ("GET", "/rest/api/3/myself") => ok(200, json!({ "accountId": "app-1", "accountType": "app" })),
            ("POST", "/rest/api/3/search/jql") => self.search(&body),
            ("POST", "/rest/api/3/issue") => self.create(&body),
            ("POST", "/rest/api/3/issue/bulkfetch") => {
                let issues = self.issues.borrow();
                let wanted = body["issueIdsOrKeys"].as_array().unwrap();
                assert!(wanted.len() <= 100, "Jira refuses more");
                let seen =
                    |id: &&Value| call.principal == PrincipalKind::App || self.user_sees(account, id.as_str().unwrap());
                let found = wanted.iter().filter(seen).filter_map(|id| issues.get(id.as_str().unwrap())).cloned();
                ok(200, json!({ "issues": found.collect::<Vec<_>>(), "issueErrors": [] }))
            }
            ("POST", "/rest/api/3/issue/properties/multi") => {
                for row in body["issues"].as_array().unwrap() {
                    let mut issues = self.issues.borrow_mut();
                    let issue = issues.get_mut(&row["issueID"].to_string()).unwrap();
                    for (name, value) in row["properties"].as_object().unwrap() {
                        issue["properties"][name] = value.clone();
                    }
                }
                let location = Some("https://jira.example/rest/api/3/task/1".to_owned());
                JiraResponse { status: 303, location, ..JiraResponse::default() }
            }
            ("GET", "/rest/api/3/status") => {
                ok(200, self.statuses.borrow().iter().map(|id| status(id)).collect::<Vec<_>>().into())
            }
            ("GET", "/rest/api/3/priority/search") => {
                ok(200, json!({ "values": PRIORITIES.map(|id| json!({ "id": id, "name": format!("P{id}") })) }))
            }
            ("GET", "/rest/api/3/resolution") => ok(200, json!([{ "id": "10000", "name": "Done" }])),
            ("GET", "/rest/api/3/project/search") => {
                let seen = |key: &str| call.principal == PrincipalKind::App || self.user_sees(account, key);
                let projects = [("100", "PROJ"), ("101", "OTHER")].into_iter().filter(|(_, key)| seen(key));
                let projects: Vec<Value> = projects.map(|(id, key)| self.project(id, key)).collect();
                ok(200, json!({ "values": projects, "isLast": true }))
            }
            ("GET", "/rest/api/3/project/{}") if matches!(param(0).as_str(), "100" | "PROJ") => {
                ok(200, self.project("100", "PROJ"))
            }
            ("PUT", "/rest/api/3/comment/{}/properties/sd.public.comment") => {
                let mut comments = self.comments.borrow_mut();
                let comment = comments.iter_mut().find(|comment| comment["id"] == param(0)).unwrap();
                set_property(comment, &json!({ "key": "sd.public.comment", "value": body }));
                ok(200, Value::Null)
            }
            ("GET", "/rest/api/3/project/{}/statuses") if param(0) == "PROJ" => {
                let rows: Vec<Value> = self.statuses.borrow().iter().map(|id| status(id)).collect();
                ok(200, json!([{ "id": "10001", "name": "Task", "statuses": rows }]))
            }
            ("GET", "/rest/api/3/issue/createmeta/{}/issuetypes") if param(0) == "PROJ" => ok(
                200,
                json!({ "issueTypes": [{ "id": "10001", "name": "Task", "subtask": false }, { "id": "10099", "subtask": true }] }),
            ),
            ("GET", "/rest/api/3/issue/createmeta/{}/issuetypes/{}") if param(0) == "PROJ" => {
                ok(200, self.create_meta())
            }
            ("GET", "/rest/api/3/user") => match param(0).as_str() {
                "acc-gone" => ok(404, json!({})),
                id => ok(200, json!({ "accountId": id, "displayName": "New Name" })),
            },
            ("GET", "/rest/api/3/user/search" | "/rest/api/3/user/assignable/search") => {
                let person = json!({ "accountId": "acc-1", "displayName": "Mia", "active": true, "accountType": "atlassian", "emailAddress": "mia@x.example" });
                let gone = json!({ "accountId": "acc-2", "active": false, "accountType": "atlassian" });
                let app = json!({ "accountId": "app-1", "active": true, "accountType": "app" });
                ok(200, json!([gone, app, person]))
            }
            ("DELETE", "/rest/api/3/attachment/{}") => {
                if self.app_lacks.borrow().contains("DELETE_OWN_ATTACHMENTS") {
                    return ok(403, Value::Null);
                }
                self.files.borrow_mut().retain(|file| file["id"] != param(0));
                ok(204, Value::Null)
            }
            ("GET", "/rest/api/3/attachment/content/{}") => {
                let uuid = format!("5c2e8f1a-9b7d-4e3c-8a61-{:0>12}", param(0));
                let location = Some(format!("https://media.example/file/{uuid}/binary?token=t"));
                JiraResponse { status: 303, location, ..JiraResponse::default() }
            }
            ("GET", _) if call.principal == PrincipalKind::User && !self.user_may(account, "BROWSE_PROJECTS") => {
                ok(404, json!({ "errorMessages": ["error text"] }))
            }
            (method, path) => match path.strip_prefix("/rest/api/3/issue/{}") {
                Some(rest) => {
                    let mut response = self.of_issue(method, rest, &param(0), &param(1), body);
                    if call.strings.iter().any(|part| part.contains("expand=transitions,")) && response.status == 200 {
                        let id = response.body["id"].as_str().unwrap().to_owned();
                        response.body["transitions"] = json!(self.offered(&id));
                    }
                    response
                }
                None => ok(404, Value::Null),
            },
        }
    }

    fn of_issue(&self, method: &str, rest: &str, name: &str, second: &str, body: Value) -> JiraResponse {
        let found = self.issues.borrow().values().find(|issue| issue["id"] == name || issue["key"] == name).cloned();
        let Some(mut issue) = found else { return ok(404, Value::Null) };
        if self.app_lacks.borrow().contains("BROWSE_PROJECTS") {
            return ok(404, Value::Null);
        }
        let id = issue["id"].as_str().unwrap().to_owned();
        match (method, rest) {
            ("GET", "") => {
                let project = issue["fields"]["project"]["key"].as_str().unwrap().to_owned();
                issue["fields"]["project"] = self.project("100", &project);
                let listed = self.files.borrow();
                issue["fields"]["attachment"] = listed.iter().filter(|file| file["issue"] == *id).cloned().collect();
                ok(200, issue)
            }
            ("PUT", "") => self.edit(&id, body["fields"].as_object().unwrap(), &body["update"]),
            ("GET", "/editmeta") => ok(200, json!({ "fields": self.screen() })),
            ("GET", "/transitions") => ok(200, json!({ "transitions": self.offered(&id) })),
            ("POST", "/transitions") => self.transition(&id, &body),
            ("GET", "/remotelink") => {
                let links = self.remote_links.borrow();
                let own = links.iter().filter(|((of_issue, _), _)| *of_issue == id).map(|(_, link)| link.clone());
                ok(200, own.collect::<Vec<_>>().into())
            }
            ("POST", "/remotelink") => {
                let global_id = body["globalId"].as_str().unwrap().to_owned();
                self.remote_links.borrow_mut().insert((id, global_id), body);
                ok(201, json!({ "id": 1 }))
            }
            ("DELETE", "/remotelink") => {
                self.remote_links.borrow_mut().remove(&(id, second.to_owned()));
                ok(204, Value::Null)
            }
            ("PUT", "/properties/zammadlink") => {
                self.issues.borrow_mut().get_mut(&id).unwrap()["properties"]["zammadlink"] = body;
                ok(201, Value::Null)
            }
            ("DELETE", "/properties/zammadlink") => {
                self.issues.borrow_mut().get_mut(&id).unwrap()["properties"]
                    .as_object_mut()
                    .unwrap()
                    .remove("zammadlink");
                ok(204, Value::Null)
            }
            (_, rest) if rest.starts_with("/comment") => self.comment(method, rest, &id, second, body),
            (method, rest) => panic!("unexpected request: {method} {rest}"),
        }
    }

    fn comment(&self, method: &str, rest: &str, issue: &str, second: &str, mut body: Value) -> JiraResponse {
        // Jira refuses a text node without text.
        assert!(!body.to_string().contains(r#""text":"""#), "{body}");
        let mut comments = self.comments.borrow_mut();
        // Jira refuses a document that contains null.
        if matches!(method, "POST" | "PUT") && body["body"].to_string().contains("null") {
            return refused("comment");
        }
        if self.no_media.get() && body["body"].to_string().contains("\"media\"") {
            return refused("comment");
        }
        let permission = match method {
            "POST" => "ADD_COMMENTS",
            "PUT" => "EDIT_OWN_COMMENTS",
            "DELETE" => "DELETE_OWN_COMMENTS",
            _ => "BROWSE_PROJECTS",
        };
        if self.app_lacks.borrow().contains(permission) {
            return refused("comment");
        }
        let at = comments.iter().position(|comment| comment["id"] == second);
        match (method, rest, at) {
            ("POST", "/comment", _) => {
                body["id"] = self.next_id().into();
                body["issueId"] = issue.into();
                comments.push(body.clone());
                self.show_to_customer(issue, &body);
                ok(201, body)
            }
            ("GET", "/comment", _) => {
                let own = comments.iter().rev().filter(|comment| comment["issueId"] == issue).cloned();
                let start = second.parse().unwrap_or(0);
                ok(200, json!({ "comments": own.skip(start).take(100).collect::<Vec<_>>() }))
            }
            (_, _, None) => ok(404, Value::Null),
            ("GET", _, Some(at)) => ok(200, self.with_visibility(issue, comments[at].clone())),
            ("PUT", _, Some(at)) => {
                // Jira keeps the properties that an edit does not have.
                comments[at]["body"] = body["body"].take();
                for property in body["properties"].as_array().into_iter().flatten() {
                    set_property(&mut comments[at], property);
                }
                self.show_to_customer(issue, &comments[at]);
                ok(200, comments[at].clone())
            }
            ("DELETE", _, Some(at)) => {
                comments.remove(at);
                ok(204, Value::Null)
            }
            _ => panic!("unexpected request: {method} {rest}"),
        }
    }

    fn project(&self, id: &str, key: &str) -> Value {
        let kind = if self.service_projects.borrow().contains(key) { "service_desk" } else { "software" };
        json!({ "id": id, "key": key, "name": format!("Project {key}"), "projectTypeKey": kind })
    }

    fn is_service(&self, issue: &str) -> bool {
        let key = self.issues.borrow()[issue]["key"].as_str().unwrap().to_owned();
        self.service_projects.borrow().contains(key.split('-').next().unwrap())
    }

    /// Jira says of every comment outside of service projects that it is public.
    fn with_visibility(&self, issue: &str, mut comment: Value) -> Value {
        comment["jsdPublic"] = json!(!self.is_service(issue) || !is_internal(&comment));
        comment
    }

    fn show_to_customer(&self, issue: &str, comment: &Value) {
        if self.is_service(issue) && !is_internal(comment) {
            self.shown_to_customers.borrow_mut().push(comment["body"].to_string());
        }
    }

    fn screen(&self) -> Map<String, Value> {
        let priorities: Vec<Value> = PRIORITIES.iter().map(|id| json!({ "id": id })).collect();
        let fields = json!({
            "summary": {}, "description": {}, "labels": {}, "assignee": {}, "reporter": {}, "priority": { "allowedValues": priorities },
            "customfield_1": { "allowedValues": [{ "id": "7", "value": "Red" }] }, "customfield_2": {},
        });
        let Value::Object(mut fields) = fields else { panic!() };
        fields.retain(|name, _| !self.off_screen.borrow().contains(name));
        fields
    }

    /// Checks all fields and, like Jira in some cases, names only the first invalid one.
    fn edit(&self, id: &str, fields: &Map<String, Value>, update: &Value) -> JiraResponse {
        let screen = self.screen();
        for (name, value) in fields {
            let allowed = screen.get(name).and_then(|field| field.get("allowedValues")).and_then(Value::as_array);
            let known = allowed.is_none_or(|allowed| allowed.iter().any(|one| one["id"] == value["id"]));
            if !screen.contains_key(name) || !known || value["accountId"] == "nobody" || value == "bad" {
                return refused(name);
            }
        }
        for change in update["labels"].as_array().into_iter().flatten() {
            let mut labels = self.field(id, "labels").as_array().unwrap().clone();
            labels.retain(|label| *label != change["remove"] && *label != change["add"]);
            labels.extend(change.get("add").cloned());
            self.set(id, "labels", labels.into());
        }
        for (name, value) in fields {
            let shown = match name.as_str() {
                "assignee" | "reporter" if !value.is_null() => json!({ "accountId": value["accountId"] }),
                _ => value.clone(),
            };
            self.set(id, name, shown);
        }
        ok(200, self.issues.borrow()[id].clone())
    }

    fn leaving(&self, id: &str) -> Vec<(usize, TransitionRule)> {
        let from = self.field(id, "status")["id"].clone();
        self.transition_rules
            .borrow()
            .iter()
            .cloned()
            .enumerate()
            .filter(|(_, rule)| from == rule.from && !rule.hidden)
            .collect()
    }

    fn offered(&self, id: &str) -> Vec<Value> {
        let offer = |(index, rule): (usize, TransitionRule)| {
            let fields: Map<String, Value> = rule
                .needs
                .iter()
                .map(|name| (name.clone(), json!({ "required": true, "hasDefaultValue": false })))
                .chain(rule.takes.iter().map(|name| (name.clone(), json!({ "required": false }))))
                .chain([("optional".to_owned(), json!({ "required": false }))])
                .collect();
            json!({ "id": index.to_string(), "name": format!("To {}", rule.to), "to": status(&rule.to), "fields": fields, "isAvailable": true })
        };
        self.leaving(id).into_iter().map(offer).collect()
    }

    fn transition(&self, id: &str, body: &Value) -> JiraResponse {
        let wanted = body["transition"]["id"].as_str().unwrap();
        let Some((_, rule)) = self.leaving(id).into_iter().find(|(index, _)| index.to_string() == wanted) else {
            return ok(400, json!({ "errorMessages": ["error text"] }));
        };
        if let Some(missing) = rule.needs.iter().find(|name| body["fields"][name.as_str()].is_null()) {
            return refused(missing);
        }
        if rule.refused {
            return ok(400, json!({ "errorMessages": ["error text of a validator"], "errors": {} }));
        }
        for (name, value) in body["fields"].as_object().into_iter().flatten() {
            if !rule.needs.contains(name) && !rule.takes.contains(name) {
                return refused(name);
            }
            self.set(id, name, value.clone());
        }
        self.transitions.set(self.transitions.get() + 1);
        self.set(id, "status", status(&rule.to));
        ok(204, Value::Null)
    }

    fn create_meta(&self) -> Value {
        let fields: Vec<Value> = self
            .screen()
            .into_iter()
            .map(|(name, mut field)| {
                field["fieldId"] = json!(name);
                field["name"] = json!(name.to_uppercase());
                field["required"] = json!(name == "summary" || self.create_needs.borrow().contains(&name));
                field["schema"] = json!({ "type": "string" });
                field
            })
            .collect();
        json!({ "fields": fields })
    }

    fn create(&self, body: &Value) -> JiraResponse {
        let fields = &body["fields"];
        if !fields["description"].is_null() && self.off_screen.borrow().contains("description") {
            return refused("description");
        }
        if let Some(missing) = self.create_needs.borrow().iter().find(|name| fields[name.as_str()].is_null()) {
            return refused(missing);
        }
        let id = self.next_id();
        let key = format!("{}-{}", fields["project"]["key"].as_str().unwrap(), id);
        self.put(&id, &key, fields["summary"].as_str().unwrap());
        self.set(&id, "description", fields["description"].clone());
        for property in body["properties"].as_array().unwrap() {
            let name = property["key"].as_str().unwrap();
            self.issues.borrow_mut().get_mut(&id).unwrap()["properties"][name] = property["value"].clone();
        }
        ok(201, json!({ "id": id, "key": key }))
    }

    fn search(&self, body: &Value) -> JiraResponse {
        if let Some(answer) = self.search_answer.borrow().clone() {
            return ok(200, answer);
        }
        let jql = body["jql"].as_str().unwrap();
        let word = jql.split("text ~ \"").nth(1).map(|rest| rest.split('"').next().unwrap().to_lowercase());
        let version = jql.split("fixVersion = ").nth(1).map(|rest| rest.split(' ').next().unwrap().to_owned());
        let status = jql.split("AND status = ").nth(1);
        let issues = self.issues.borrow();
        let fits = |issue: &&Value| {
            let summary = issue["fields"]["summary"].as_str().unwrap().to_lowercase();
            let project = format!("\"{}\"", issue["fields"]["project"]["key"].as_str().unwrap());
            let versions = issue["fields"]["fixVersions"].as_array().cloned().unwrap_or_default();
            status.is_none_or(|id| issue["fields"]["status"]["id"] == id)
                && word.as_ref().is_none_or(|word| summary.contains(word))
                && version.as_ref().is_none_or(|id| versions.iter().any(|version| version["id"] == id.as_str()))
                && (!jql.contains("issue.property[zammadlink].linked = 1")
                    || issue["properties"]["zammadlink"]["linked"] == 1)
                && (!jql.contains("project") || jql.contains(&project))
        };
        ok(200, json!({ "issues": issues.values().filter(fits).cloned().collect::<Vec<_>>() }))
    }
}
