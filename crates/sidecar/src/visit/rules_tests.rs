use schema::settings::{Action, Condition, Rule};
use schema::zammad_ids::state_type;
use serde_json::Value;
use store::{Link, LinkState};

use crate::support::{Setup, article, link, ticket};

fn rule(id: &str, enabled: bool, condition: Condition) -> Rule {
    let then = Action::CreateIssue { project: "PROJ".into(), issue_type: "10001".into() };
    Rule { id: id.into(), enabled, when: vec![condition], then }
}

/// The data of the requests for issues that a visit makes.
async fn requested(setup: &Setup) -> Vec<(Option<String>, Value)> {
    let completion = setup.visitor().visit(7).await.unwrap();
    let data = |body: &str| serde_json::from_str::<Value>(body).unwrap()["data"].clone();
    completion.messages.into_iter().map(|row| (row.dedup_key, data(&row.body))).collect()
}

/// Every condition, and what keeps a matching rule from acting.
#[tokio::test]
async fn the_first_enabled_rule_whose_conditions_hold_acts() {
    for (rules, expected) in [
        (vec![rule("group", true, Condition::Group(2))], Some("group")),
        (vec![rule("group", true, Condition::Group(3))], None),
        (vec![rule("off", false, Condition::Group(2))], None),
        (vec![rule("priority", true, Condition::Priority(2))], Some("priority")),
        (vec![rule("tag", true, Condition::Tag("vip".into()))], Some("tag")),
        (vec![rule("other tag", true, Condition::Tag("vop".into()))], None),
        (vec![rule("bucket", true, Condition::Bucket(schema::Bucket::Open))], Some("bucket")),
        (vec![rule("closed", true, Condition::Bucket(schema::Bucket::Closed))], None),
        (vec![rule("one", true, Condition::Group(2)), rule("two", true, Condition::Group(2))], Some("one")),
    ] {
        let setup = Setup::new().await;
        setup.helpdesk.add_ticket(ticket(7));
        setup.helpdesk.contents().tags.entry(7).or_default().insert("vip".into());
        let name = rules[0].id.clone();
        setup.settings(|settings| settings.rules = rules).await;
        let keys: Vec<_> = requested(&setup).await.into_iter().filter_map(|(key, _)| key).collect();
        let expected: Vec<String> = expected.map(|rule| format!("rule:{rule}:7")).into_iter().collect();
        assert_eq!(keys, expected, "{name}");
    }
}

#[tokio::test]
async fn the_request_describes_the_ticket_and_leaves_old_articles_out() {
    let setup = Setup::new().await;
    let mut long = ticket(7);
    long["title"] = "word ".repeat(50).trim().into();
    setup.helpdesk.add_ticket(long);
    setup.helpdesk.add_article(article(10, 7, "<p>old</p>"));
    setup.settings(|settings| settings.rules = vec![rule("r", true, Condition::Group(2))]).await;
    let data = requested(&setup).await.remove(0).1;
    assert_eq!((&data["project"], &data["issueType"]), (&"PROJ".into(), &"10001".into()));
    assert_eq!((&data["ticketNumber"], &data["afterArticle"]), (&"5007".into(), &10.into()));
    assert!(data["summary"].as_str().unwrap().chars().count() <= 255);
    assert_eq!(data["ticketUrl"], "https://help.example/#ticket/zoom/7");
}

#[tokio::test]
async fn rules_ignore_linked_merged_and_out_of_scope_tickets() {
    for case in ["linked", "ended link", "merged", "out of scope"] {
        let setup = Setup::new().await;
        let mut one = ticket(7);
        if case == "merged" {
            one["state_id"] = 5.into();
        }
        setup.helpdesk.add_ticket(one);
        let state = if case == "ended link" { LinkState::Ended } else { LinkState::Active };
        if case.contains("link") {
            setup.link(vec![Link { state, ..link(7) }]).await;
        }
        setup
            .settings(|settings| {
                settings.rules = vec![rule("r", true, Condition::Priority(2))];
                if case == "out of scope" {
                    settings.scope.groups = vec![3];
                }
            })
            .await;
        let keys: Vec<_> = requested(&setup).await.into_iter().filter_map(|(key, _)| key).collect();
        let acted = keys.iter().any(|key| key.starts_with("rule:"));
        assert_eq!(acted, case == "ended link", "{case}: {keys:?}");
    }
}

/// A dry run considers disabled rules too.
#[test]
fn a_dry_run_includes_disabled_rules() {
    let settings =
        schema::Settings { rules: vec![rule("r", false, Condition::Group(2))], ..schema::Settings::default() };
    let ticket = sync::Ticket { group: 2, state_type: state_type::OPEN, ..any_ticket() };
    assert!(super::matching_rule(&settings, &ticket, true).is_none());
    assert_eq!(super::matching_rule(&settings, &ticket, false).unwrap().id, "r");
    let merged = sync::Ticket { state_type: state_type::MERGED, ..ticket };
    assert!(super::matching_rule(&settings, &merged, false).is_none());
}

fn any_ticket() -> sync::Ticket {
    sync::Ticket {
        owner_taken_away: false,
        title: String::new(),
        state: 2,
        state_type: state_type::OPEN,
        priority: 2,
        owner: None,
        group: 2,
        customer: 4,
        tags: std::collections::BTreeSet::new(),
        attributes: std::collections::BTreeMap::new(),
        changed_at: schema::UnixMs(0),
    }
}

/// A rule that is too wide, or a loop of mails: it pauses, says so, and goes on when an operator lets it.
#[tokio::test]
async fn a_rule_that_makes_too_many_issues_pauses() {
    let setup = Setup::new().await;
    setup
        .settings(|settings| {
            settings.rules = vec![rule("wide", true, Condition::Group(2))];
            settings.rule_limits.per_hour = 3;
        })
        .await;
    let visitor = setup.visitor();
    let mut made = 0;
    for id in 1..=6 {
        setup.helpdesk.add_ticket(ticket(id));
        made += visitor.visit(id).await.unwrap().messages.len();
    }
    assert_eq!(made, 3);
    assert_eq!(crate::ticket::brake::paused(setup.store.as_ref()).await.unwrap(), ["wide"]);
    // A new process, hours later: still paused.
    setup.pass(10 * 3_600_000);
    assert!(setup.visitor().visit(6).await.unwrap().messages.is_empty());
}

/// Mails that machines wrote make no issue: automatic replies, bounces, Jira's own mails.
#[tokio::test]
async fn a_ticket_that_a_machine_opened_makes_no_issue() {
    for changes in [
        serde_json::json!({ "preferences": { "is-auto-response": true } }),
        serde_json::json!({ "from": "Jira <jira@corp.atlassian.net>", "type": "email" }),
        serde_json::json!({ "from": "MAILER-DAEMON@mx.example", "type": "email" }),
    ] {
        let setup = Setup::new().await;
        setup.settings(|settings| settings.rules = vec![rule("r", true, Condition::Group(2))]).await;
        setup.helpdesk.add_ticket(ticket(7));
        let mut first = article(10, 7, "text");
        for (name, value) in changes.as_object().unwrap() {
            first[name] = value.clone();
        }
        setup.helpdesk.add_article(first);
        assert!(requested(&setup).await.is_empty(), "{changes}");
    }
}
