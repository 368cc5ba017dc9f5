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
    for function in ["settings.get", "settings.set", "settings.preflight"] {
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
    assert_eq!(missing("PROJ"), json!({ "missing": [], "inScope": true }));
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
