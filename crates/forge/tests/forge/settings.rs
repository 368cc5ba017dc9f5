//! The settings: read, written and checked by admins, and delivered to the sidecar.

use serde_json::{Value, json};

use crate::support::{A, TestEnv, about, apply, linked, opened, request, run, send, set_settings};

fn call(env: &TestEnv, account: &str, function: &str, payload: Value) -> Value {
    run(forge::admin(&env.as_user(A, account), &json!({ "functionKey": function, "payload": payload }))).unwrap()
}

fn set(env: &TestEnv, etag: &str, value: Value) -> Value {
    call(env, "admin-1", "settings.set", json!({ "value": value, "ifEtag": etag }))
}

#[test]
fn only_admins_read_and_write_settings() {
    let env = TestEnv::new();
    for function in [
        "settings.get",
        "settings.set",
        "settings.preflight",
        "settings.choices",
        "settings.history",
        "settings.version",
    ] {
        assert_eq!(call(&env, "user-1", function, json!({})), json!({ "error": "forbidden" }));
    }
}

#[test]
fn defaults_apply_before_the_first_write_and_a_write_needs_the_current_etag() {
    let env = TestEnv::new();
    let first = call(&env, "admin-1", "settings.get", Value::Null);
    assert_eq!((&first["etag"], &first["value"]), (&json!("0"), &json!(schema::Settings::default())));
    let audited = env.keys_of(A, "audit:").len();
    let value = json!({ "scope": { "projects": ["PROJ"] } });
    assert_eq!(set(&env, "0", value.clone()), json!({ "etag": "1" }));
    assert_eq!(set(&env, "0", value.clone()), json!({ "error": "changed-meanwhile" }));
    assert_eq!(set(&env, "", value), json!({ "error": "changed-meanwhile" }));
    assert_eq!(env.keys_of(A, "audit:").len(), audited + 1);
    let second = call(&env, "admin-1", "settings.get", Value::Null);
    assert_eq!((&second["etag"], &second["value"]["scope"]["projects"]), (&json!("1"), &json!(["PROJ"])));
}

#[test]
fn names_unknown_and_invalid_parts_and_writes_nothing() {
    let env = TestEnv::new();
    for (value, field, rule) in [
        (json!({ "colour": "red" }), "colour", "unknown"),
        (json!({ "fields": { "title": { "direction": "sideways" } } }), "settings", "malformed"),
        (json!({ "fields": { "customer": { "direction": "both" } } }), "fields.customer.direction", "to-jira-only"),
        (json!({ "attachments": { "maxBytes": 99_999_999 } }), "attachments.maxBytes", "out-of-range"),
        (json!(7), "settings", "malformed"),
    ] {
        let refused = set(&env, "0", value);
        assert_eq!(refused, json!({ "error": "invalid", "field": field, "rule": rule }));
    }
    assert!(env.keys_of(A, "cfg").is_empty());
}

#[test]
fn reply_has_settings_only_if_the_etag_differs() {
    let (env, secret) = linked();
    let config = |nonce, etag: Option<&str>| {
        let request = schema::Request { config_etag: etag.map(str::to_owned), ..request(A, vec![]) };
        opened(&send(&env, &secret, nonce, &request), &secret, nonce).config
    };
    assert_eq!(config(2, None).value, Some(json!(schema::Settings::default())));
    assert_eq!((config(3, Some("0")).etag.as_str(), config(4, Some("0")).value), ("0", None));
    set_settings(&env, json!({ "comments": { "toZammad": false } }));
    let changed = config(5, Some("0"));
    assert_eq!((changed.etag.as_str(), &changed.value.unwrap()["comments"]["toZammad"]), ("1", &json!(false)));
    assert_eq!(config(6, Some("1")).value, None);
}

#[test]
fn identity_upsert_changes_the_identity_map() {
    let (env, secret) = linked();
    let pair = |number: u128, zammad: u64, account: Option<&str>| {
        let person = schema::Person { id: zammad, name: None, email: None };
        let pair = schema::IdentityUpsert { person, account_id: account.map(str::to_owned) };
        schema::Message { ticket_id: None, ..about(number, 1, schema::MessageBody::IdentityUpsert(pair)) }
    };
    let both = request(A, vec![pair(2, 4, Some("acc-4")), pair(3, 5, Some("acc-5"))]);
    let reply = opened(&send(&env, &secret, 2, &both), &secret, 2);
    let people = |people: &Value| people["people"].as_array().unwrap().len();
    assert_eq!(
        (reply.config.etag.as_str(), people(&reply.config.value.unwrap())),
        ("2", 2),
        "the settings after this request"
    );
    let again = apply(&env, &secret, 3, pair(4, 4, Some("acc-4")));
    assert_eq!(again.status, schema::ResultStatus::Accepted);
    let twice = apply(&env, &secret, 4, pair(5, 6, Some("acc-4")));
    assert_eq!((twice.code.as_deref(), &twice.data.unwrap()["field"]), (Some("invalid"), &json!("people")));
    assert_eq!(apply(&env, &secret, 5, pair(6, 4, None)).status, schema::ResultStatus::Accepted);
    let now = call(&env, "admin-1", "settings.get", Value::Null);
    assert_eq!((&now["etag"], &now["value"]["people"]), (&json!("3"), &json!([{ "zammad": 5, "accountId": "acc-5" }])));
}

#[test]
fn preflight_lists_ids_that_the_project_lacks() {
    let env = TestEnv::new();
    let missing = |project: &str| call(&env, "admin-1", "settings.preflight", json!({ "project": project }));
    let first = missing("PROJ");
    assert_eq!((&first["missing"], &first["inScope"]), (&json!([]), &json!(true)));
    assert_eq!(missing("NONE"), json!({ "error": "not-a-project" }));
    assert_eq!(missing("../PROJ"), json!({ "error": "not-a-project" }));
    let custom = |jira: &str, option: &str| json!({ "zammad": format!("z{}", jira.len()), "jira": jira, "kind": "option", "direction": "both", "options": { "a": option } });
    set_settings(
        &env,
        json!({
            "fields": {
                "state": {
                    "pairs": [{ "zammad": { "id": 1 }, "jira": { "id": "d1" } }, { "zammad": { "id": 2 }, "jira": { "id": "d9" } }],
                    "transitionFields": { "customfield_77": "x", "resolution": { "id": "1" } },
                },
                "priority": { "pairs": [{ "zammad": 1, "jira": "9" }] },
                "custom": [custom("customfield_1", "8"), custom("customfield_99", "1")],
            },
            "scope": { "projects": ["OTHER"] },
        }),
    );
    let found = missing("PROJ");
    let named: Vec<String> = found["missing"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| format!("{} {}", row["field"].as_str().unwrap(), row["value"].as_str().unwrap()))
        .collect();
    assert_eq!(
        named,
        [
            "fields.state.pairs d9",
            "fields.state.transitionFields customfield_77",
            "fields.priority.pairs 9",
            "fields.custom.options customfield_1 8",
            "fields.custom customfield_99",
        ]
    );
    assert_eq!(found["inScope"], json!(false));
    env.jira.status.set(Some(503));
    assert_eq!(
        missing("PROJ"),
        json!({ "error": "forbidden" }),
        "a user whose permission cannot be checked is refused"
    );
}

/// The transitions of one issue in each status show what cannot be reached, before anything is saved.
#[test]
fn preflight_tries_the_workflow_with_the_settings_that_are_proposed() {
    let env = TestEnv::new();
    let run = |value: Value| call(&env, "admin-1", "settings.preflight", json!({ "project": "PROJ", "value": value }));
    env.jira.set("10007", "status", crate::support::status("n1"));
    env.jira.set("10008", "status", crate::support::status("i1"));
    let workflow = |value: Value| run(value)["workflows"][0].clone();
    let good = workflow(json!({}));
    assert_eq!(
        (&good["issueType"], &good["blocked"], &good["unknown"]),
        (&json!("Task"), &json!([]), &json!(["Status d1"]))
    );
    env.jira
        .transition_rules
        .borrow_mut()
        .iter_mut()
        .filter(|rule| rule.to == "d1")
        .for_each(|rule| rule.needs = vec!["customfield_7".into()]);
    let blocked = workflow(json!({}));
    let by_field =
        |from: &str| json!({ "from": from, "to": "done", "reason": "field-required", "field": "customfield_7" });
    assert_eq!(blocked["blocked"], json!([by_field("Status i1"), by_field("Status n1")]));
    let configured = json!({ "fields": { "state": { "transitionFields": { "customfield_7": "x" } } } });
    assert_eq!(workflow(configured)["blocked"], json!([]), "not saved, and tried all the same");
    env.jira.transition_rules.borrow_mut().retain(|rule| rule.to != "d1");
    assert_eq!(workflow(json!({}))["blocked"][0], json!({ "from": "Status i1", "to": "done", "reason": "no-path" }));
    let off = run(json!({ "fields": { "state": { "direction": "off" } } }));
    assert_eq!(off["workflows"], json!([]));
    assert_eq!(run(json!({ "colour": 1 })), json!({ "error": "invalid", "field": "colour", "rule": "unknown" }));
    assert_eq!(call(&env, "admin-1", "settings.get", Value::Null)["etag"], "0");
}

#[test]
fn choices_are_the_names_of_both_sides() {
    let (env, secret) = linked();
    let before = call(&env, "admin-1", "settings.choices", Value::Null);
    assert_eq!(before["helpdesk"], Value::Null);
    assert_eq!(before["jira"]["projects"][0]["key"], "PROJ");
    assert_eq!(before["jira"]["statuses"][0], json!({ "id": "d1", "name": "Status d1", "category": "done" }));
    assert_eq!(
        (&before["jira"]["priorities"][0]["name"], &before["jira"]["resolutions"][0]["name"]),
        (&json!("P1"), &json!("Done"))
    );
    let names = crate::support::golden("helpdesk.names");
    let message = schema::Message { id: crate::support::id(77), ticket_id: None, body: names };
    apply(&env, &secret, 77, message);
    let after = call(&env, "admin-1", "settings.choices", Value::Null);
    assert_eq!(after["helpdesk"]["names"]["states"][0]["name"], "new");
    *env.jira.fault.borrow_mut() = Some(("GET /rest/api/3/status".into(), 503));
    assert_eq!(call(&env, "admin-1", "settings.choices", Value::Null), json!({ "error": "jira-unavailable" }));
}

#[test]
fn each_save_is_kept_with_who_and_when_and_what() {
    let env = TestEnv::new();
    for number in 0..25 {
        let value = json!({ "scope": { "projects": [format!("P{number}")] } });
        assert_eq!(set(&env, &number.to_string(), value)["etag"], json!((number + 1).to_string()));
    }
    let list = call(&env, "admin-1", "settings.history", Value::Null);
    let versions = list["versions"].as_array().unwrap();
    assert_eq!(versions.len(), 20, "the newest");
    let newest = &versions[0];
    assert_eq!((&newest["etag"], &newest["accountId"]), (&json!("25"), &json!("admin-1")));
    assert_eq!(newest["changed"], json!([{ "path": "scope.projects", "before": ["P23"], "after": ["P24"] }]));
    assert_eq!(newest.get("value"), None, "only when it is asked for");
    let old = call(&env, "admin-1", "settings.version", json!({ "etag": "20" }));
    assert_eq!(old["value"]["scope"]["projects"], json!(["P19"]));
    let back = set(&env, "25", old["value"].clone());
    assert_eq!(back["etag"], "26");
    for gone in [json!({ "etag": "1" }), json!({ "etag": "x" }), json!({})] {
        assert_eq!(call(&env, "admin-1", "settings.version", gone), json!({ "error": "not-found" }));
    }
}

#[test]
fn a_pasted_list_of_people_is_read_by_address_or_id() {
    let (env, secret) = linked();
    let message =
        schema::Message { id: crate::support::id(77), ticket_id: None, body: crate::support::golden("helpdesk.names") };
    apply(&env, &secret, 77, message);
    let csv = "agent;account\n# a comment\n\nnicole@helpdesk.example;acc-1\n4;acc-2\n9;acc-3\n";
    let read = call(&env, "admin-1", "people.read", json!({ "csv": csv }));
    assert_eq!(read["pairs"], json!([{ "zammad": 4, "accountId": "acc-1" }]));
    assert_eq!(read["faults"], json!([{ "line": 5, "reason": "twice" }, { "line": 6, "reason": "agent" }]));
    assert_eq!(call(&env, "user-1", "people.read", json!({ "csv": csv })), json!({ "error": "forbidden" }));
    assert_eq!(call(&env, "admin-1", "people.read", json!({ "csv": 7 }))["error"], "invalid");
}
