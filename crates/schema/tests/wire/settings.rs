//! The settings: their defaults are a golden file, and invalid settings are refused.

use schema::settings::{Action, Conflict, CustomField, CustomKind, Direction, Identity, Rule};
use schema::{Invalid, Settings, Validate};
use serde_json::json;

use crate::support::{compare_with_golden, folder};

#[test]
fn defaults_match_the_golden_file() {
    compare_with_golden(&folder("tests/golden/settings.json"), &Settings::default());
    assert_eq!(Settings::default().validate(), Ok(()));
}

#[test]
fn missing_parts_have_their_defaults() {
    let read: Settings = serde_json::from_value(json!({})).unwrap();
    assert_eq!(read, Settings::default());
    let partly: Settings = serde_json::from_value(json!({ "fields": { "title": { "direction": "off" } } })).unwrap();
    assert_eq!(partly.fields.title.direction, Direction::Off);
    assert_eq!(partly.fields.title.conflict, Conflict::Newest);
    assert_eq!(partly.fields.state, Settings::default().fields.state);
}

fn refused(change: impl FnOnce(&mut Settings)) -> Invalid {
    let mut settings = Settings::default();
    change(&mut settings);
    settings.validate().unwrap_err()
}

#[test]
fn refuses_invalid_settings() {
    let person = |zammad, account: &str| Identity { zammad, account_id: account.into() };
    let rule = |id: &str| Rule {
        id: id.into(),
        enabled: true,
        when: vec![],
        then: Action::CreateIssue { project: "PROJ".into(), issue_type: "10001".into() },
    };
    let custom = |zammad: &str, jira: &str| CustomField {
        zammad: zammad.into(),
        jira: jira.into(),
        kind: CustomKind::Text,
        direction: Direction::Both,
        conflict: Conflict::Newest,
        options: [].into(),
    };
    assert_eq!(refused(|s| s.people = vec![person(4, "a"), person(5, "a")]).rule, "twice");
    assert_eq!(refused(|s| s.people = vec![person(0, "a")]).rule, "out-of-range");
    assert_eq!(refused(|s| s.attachments.max_bytes = u64::MAX).field, "attachments.maxBytes");
    assert_eq!(refused(|s| s.fields.customer.direction = Direction::Both).rule, "to-jira-only");
    assert_eq!(refused(|s| s.fields.state.pairs[0].zammad.id = Some(4)).rule, "id-or-type");
    assert_eq!(refused(|s| s.fields.state.pairs[0].jira.category = Some("closed".into())).rule, "id-or-category");
    assert_eq!(refused(|s| s.fields.state.pairs[0].direction = Direction::Off).rule, "off");
    let nameless = |s: &mut Settings| s.fields.state.pairs[0].jira.resolution = Some(String::new());
    assert_eq!(refused(nameless).field, "fields.state.pairs.jira.resolution");
    assert_eq!(refused(|s| s.rules = vec![rule("r")]).field, "rules.when");
    assert_eq!(refused(|s| s.fields.custom = vec![custom("a b", "customfield_1")]).rule, "not-an-attribute-name");
    assert_eq!(refused(|s| s.fields.custom = vec![custom("a", "summary")]).rule, "not-a-field-id");
    assert_eq!(refused(|s| s.service_projects.public_comments = vec![String::new()]).rule, "empty");
    let twice = |s: &mut Settings| s.fields.custom = vec![custom("a", "customfield_1"), custom("a", "customfield_2")];
    assert_eq!(refused(twice).rule, "twice");
}

/// Pairs that were saved before they had a direction hold both ways.
#[test]
fn a_pair_without_direction_holds_both_ways() {
    let pairs = json!([{ "zammad": { "typeId": 5 }, "jira": { "category": "done" } }]);
    let read: Settings = serde_json::from_value(json!({ "fields": { "state": { "pairs": pairs } } })).unwrap();
    assert_eq!(read.fields.state.pairs[0].direction, Direction::Both);
}

#[test]
fn selectors_compare_the_id_before_type_or_category() {
    let settings = Settings::default();
    let pair = &settings.fields.state.pairs[0];
    assert!(pair.zammad.matches(2, 2) && pair.zammad.matches(77, 2) && !pair.zammad.matches(4, 5));
    assert!(pair.jira.matches("3", "indeterminate") && !pair.jira.matches("3", "done"));
    assert!(settings.scope.has_issue("PROJ-7") && settings.scope.has_group(3));
}
