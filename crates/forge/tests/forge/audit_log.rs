//! The audit log for the admin page: list, filter, export, and its size.

use serde_json::{Value, json};

use crate::support::{A, B, NOW, TestEnv, call_admin, run, set_settings};

/// Stores entries of the log, the newest first: entry `n` was made `n` seconds ago.
fn fill(env: &TestEnv, install: &str, number: usize, detail: &Value) {
    for n in 0..number {
        let at = NOW - i64::try_from(n).unwrap() * 1_000;
        let entry = json!({ "at": at, "action": if n % 2 == 0 { "even" } else { "odd" }, "accountId": format!("acc-{}", n % 3), "detail": detail });
        let key = (install.to_owned(), format!("audit:7Z{n:024}"));
        env.kv.borrow_mut().insert(key, (json!({ "installId": install, "value": entry }), None));
    }
}

/// Reads all pages of a list.
fn list(env: &TestEnv, filter: &Value) -> Vec<Value> {
    let (mut entries, mut cursor) = (Vec::new(), Value::Null);
    for _ in 0..200 {
        let page = call_admin(env, "audit.list", json!({ "filter": filter, "cursor": cursor }));
        entries.extend(page["entries"].as_array().unwrap_or_else(|| panic!("{page}")).clone());
        cursor = page["cursor"].clone();
        if cursor.is_null() {
            return entries;
        }
    }
    panic!("the list has no end")
}

fn export(env: &TestEnv, format: &str) -> (String, usize) {
    let (mut text, mut cursor) = (String::new(), Value::Null);
    for page in 1..200 {
        let answer = call_admin(env, "audit.export", json!({ "format": format, "cursor": cursor }));
        assert!(answer.to_string().len() < 5_000_000, "the platform's limit of an answer");
        text.push_str(answer["text"].as_str().unwrap_or_else(|| panic!("{answer}")));
        cursor = answer["cursor"].clone();
        if cursor.is_null() {
            return (text, page);
        }
    }
    panic!("the export has no end")
}

#[test]
fn newest_entries_come_first_and_every_filter_finds_all_of_its_entries() {
    let env = TestEnv::new();
    fill(&env, A, 1_234, &Value::Null);
    let all = list(&env, &Value::Null);
    assert_eq!(all.len(), 1_234);
    assert!(all.windows(2).all(|pair| pair[0]["at"].as_i64() > pair[1]["at"].as_i64()));
    assert_eq!(list(&env, &json!({ "action": "odd" })).len(), 617);
    assert_eq!(list(&env, &json!({ "action": "odd", "accountId": "acc-1" })).len(), 206);
    assert_eq!(list(&env, &json!({ "accountId": "nobody" })).len(), 0);
    let window = json!({ "from": NOW - 700_000, "to": NOW - 100_000 });
    assert_eq!(list(&env, &window).len(), 601);
    // Whatever lies behind `from` is not read.
    let platform = env.as_user(A, "admin-1");
    let payload = json!({ "filter": { "from": NOW - 10_000, "action": "nothing" } });
    run(forge::admin(&platform, &json!({ "functionKey": "audit.list", "payload": payload }))).unwrap();
    assert_eq!(platform.queries.get(), 2, "the refusals, and one page of the log");
    let refused = call_admin(&env, "audit.list", json!({ "filter": { "from": "yesterday" } }));
    assert_eq!(refused["error"], "malformed");
}

#[test]
fn export_is_complete_in_both_formats_and_safe_for_spreadsheets() {
    let env = TestEnv::new();
    let detail = json!({ "text": "=HYPERLINK(\"http://evil.example\")", "more": "x".repeat(40_000) });
    fill(&env, A, 203, &detail);
    let entry = json!({ "at": NOW, "action": "=1+1", "accountId": "@SUM(A1)", "detail": Value::Null });
    env.kv.borrow_mut().insert((A.to_owned(), "audit:7A".into()), (json!({ "installId": A, "value": entry }), None));
    fill(&env, B, 3, &json!({ "text": "of another installation" }));
    let (csv, pages) = export(&env, "csv");
    assert!(pages > 3, "{pages}");
    let rows: Vec<&str> = csv.split("\r\n").filter(|row| !row.is_empty()).collect();
    assert_eq!(rows.len(), 1 + 204);
    assert_eq!(rows[0], "\"at\",\"action\",\"accountId\",\"detail\"");
    assert_eq!(rows[1], "\"2026-09-21T14:13:20Z\",\"'=1+1\",\"'@SUM(A1)\",\"\"");
    for cell in csv.split("\",\"").chain(csv.split("\r\n\"")) {
        assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell}");
    }
    let (lines, _) = export(&env, "json");
    let read: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(read.len(), 204);
    assert_eq!(read[1]["detail"], detail);
    assert!(!csv.contains("of another installation") && !lines.contains("of another installation"));
    assert_eq!(call_admin(&env, "audit.export", json!({ "format": "xlsx" }))["error"], "malformed");
}

#[test]
fn admin_decides_how_many_entries_are_kept_and_the_daily_work_deletes_the_others() {
    let env = TestEnv::new();
    env.connect(A);
    set_settings(&env, json!({ "audit": { "entries": 250 } }));
    let made = env.keys_of(A, "audit:").len();
    fill(&env, A, 1_000, &Value::Null);
    run(forge::scheduled(&env.platform(A))).unwrap();
    let left = env.keys_of(A, "audit:");
    assert_eq!(left.len(), 250);
    let oldest = format!("audit:7Z{:024}", 250 - made - 1);
    assert_eq!(left.iter().max(), Some(&oldest), "the newest stay");
    for entries in [0, 10_001] {
        let etag = call_admin(&env, "settings.get", Value::Null)["etag"].clone();
        let payload = json!({ "value": { "audit": { "entries": entries } }, "ifEtag": etag });
        let refused = call_admin(&env, "settings.set", payload);
        assert_eq!((&refused["field"], &refused["rule"]), (&json!("audit.entries"), &json!("out-of-range")));
    }
}

/// Each write of an entry is at a key of its own, whatever the order of the calls, and two runs that delete the oldest entries at
/// the same time delete no newer ones.
#[test]
fn concurrent_writers_and_deletions_lose_nothing_new() {
    let env = TestEnv::new();
    env.connect(A);
    set_settings(&env, json!({ "audit": { "entries": 100 } }));
    fill(&env, A, 400, &Value::Null);
    for at in 0..60 {
        // A run that is cut off at each of its calls, beside whole ones and writers.
        let cut = env.platform(A);
        cut.calls_left.set(at);
        run(forge::scheduled(&cut));
        env.now.set(env.now.get() + 1);
        call_admin(&env, "connection.create", json!({ "replace": true }));
    }
    run(forge::scheduled(&env.platform(A))).unwrap();
    let left = env.keys_of(A, "audit:");
    assert_eq!(left.len(), 100);
    let all = list(&env, &json!({ "action": "connection-created" }));
    assert_eq!(all.len(), 61, "every entry that was written since is there");
}
