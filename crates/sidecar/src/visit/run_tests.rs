use schema::settings::{FollowUp, FollowUps};
use schema::{Side, UnixMs};
use serde_json::{Value, json};
use store::{BatchLimits, Effects, NewMessage, ObjectKind, Settlement};
use zammad::{ClientError, Obstacle, Verdict};

use super::*;
use crate::support::{NOW, Setup, article, link, ticket};
use crate::ticket::facts::missing_fact;

/// Ticket 7 with an article after the link, and its issue's snapshot.
async fn linked(variables: &[(&str, &str)], links: Vec<Link>) -> Setup {
    let setup = Setup::with(variables).await;
    setup.helpdesk.add_ticket(ticket(7));
    setup.helpdesk.add_article(article(10, 7, "<p>It smells of burning</p>"));
    let known = json!({
        "snapshot": {
            "summary": "Printer on fire", "statusId": "1", "status": "To Do", "statusCategory": "new",
            "priorityId": "3", "updatedAt": "2026-11-28T01:16:12.426Z",
        },
        "changedAt": NOW.0,
    });
    let facts = links.iter().map(|link| LinkKey::from(link).set(FactKind::Issue, &known)).collect();
    setup.store.record(Effects { links, facts, ..Effects::default() }).await.unwrap();
    setup
}

fn kinds(completion: &Completion) -> Vec<&str> {
    completion.messages.iter().map(|message| message.kind.as_str()).collect()
}

/// The issues to which an article is sent, by the issue in its message.
fn article_issues(completion: &Completion) -> Vec<Value> {
    let added = completion.messages.iter().filter(|message| message.kind == "article.added");
    added.map(|message| serde_json::from_str::<Value>(&message.body).unwrap()["data"]["issues"].clone()).collect()
}

async fn add_rule(setup: &Setup, enabled: bool, follow_ups: FollowUps) {
    let rule = json!({
        "id": "all", "enabled": enabled, "when": [{ "group": 2 }],
        "then": { "createIssue": { "project": "PROJ", "issueType": "10001" } },
    });
    setup
        .settings(|settings| {
            settings.rules = vec![serde_json::from_value(rule).unwrap()];
            settings.follow_ups = follow_ups;
        })
        .await;
}

const OFF: FollowUps = FollowUps { answers: FollowUp::Off, related: FollowUp::Off };

/// A helpdesk has many tickets that concern no link: they cost no call.
#[tokio::test]
async fn a_ticket_is_read_only_if_something_may_follow() {
    let on = FollowUps::default();
    let lost = |ended| missing_fact(&link(7), NOW, ended);
    let state = |state| Link { state, ..link(7) };
    for (name, links, facts, rule, follow_ups, looked_at, read) in [
        ("no link", vec![], vec![], false, OFF, false, false),
        ("an ended link", vec![state(LinkState::Ended)], vec![], false, OFF, false, false),
        ("an active link", vec![link(7)], vec![], false, OFF, false, true),
        ("a paused link", vec![state(LinkState::Paused)], vec![], false, OFF, false, true),
        ("a link that ended as missing", vec![state(LinkState::Ended)], vec![lost(true)], false, OFF, false, true),
        ("one that a person ended", vec![state(LinkState::Ended)], vec![lost(false)], false, OFF, false, true),
        ("a rule", vec![], vec![], true, OFF, false, true),
        ("it may continue another one", vec![], vec![], false, on, false, true),
        ("it was looked at", vec![], vec![], false, on, true, false),
        ("a rule looks at each change", vec![], vec![], true, on, true, true),
    ] {
        let setup = linked(&[], links).await;
        setup.store.record(Effects { facts, ..Effects::default() }).await.unwrap();
        add_rule(&setup, rule, follow_ups).await;
        let visitor = setup.visitor();
        if looked_at {
            visitor.looked_at.add(7).await;
        }
        setup.helpdesk.fail("ticket", 403);
        let answer = visitor.visit(7).await;
        let no_access = Verdict::Wait(Obstacle::NoAccess);
        let is_read = matches!(&answer, Err(VisitError::Zammad(error)) if error.verdict() == no_access);
        assert_eq!(is_read, read, "{name}: {answer:?}");
        if let Ok(completion) = answer {
            assert!(completion.messages.is_empty() && completion.effects.links.is_empty(), "{name}");
        }
    }
}

/// Pictures before their comment, both before the panel, and fields first.
#[tokio::test]
async fn an_active_link_sends_fields_then_articles_then_the_panel() {
    let setup = linked(&[], vec![link(7)]).await;
    let completion = setup.visitor().visit(7).await.unwrap();
    setup.store.record(completion.effects).await.unwrap();
    setup.pass(60_000);
    setup.helpdesk.contents().tickets.get_mut(&7).unwrap()["title"] = "Printer is wet".into();
    let mut with_file = article(11, 7, "<p>See the log</p>");
    with_file["attachments"] = json!([{ "id": 5, "filename": "a.log", "size": "3", "preferences": {} }]);
    setup.helpdesk.add_article(with_file);
    let completion = setup.visitor().visit(7).await.unwrap();
    assert_eq!(kinds(&completion), ["field.apply", "attachment.added", "article.added", "ticket.changed"]);
}

/// A follower writes nothing to the issue but is shown in its panel.
#[tokio::test]
async fn articles_go_to_the_issues_of_primary_links_only() {
    let of_issue = |issue: &str, ticket: u64, earlier: i64| Link {
        issue_id: issue.into(),
        created_at: NOW.plus(-earlier),
        ..link(ticket)
    };
    for (name, links, issues) in [
        ("one link", vec![link(7)], vec![json!(["1007"])]),
        ("two issues", vec![link(7), of_issue("2007", 7, 0)], vec![json!(["1007", "2007"])]),
        ("a follower", vec![link(7), of_issue("1007", 6, 1)], vec![]),
        ("of one issue", vec![link(7), of_issue("2007", 7, 0), of_issue("1007", 6, 1)], vec![json!(["2007"])]),
    ] {
        let setup = linked(&[], links).await;
        let completion = setup.visitor().visit(7).await.unwrap();
        assert_eq!(article_issues(&completion), issues, "{name}");
        assert_eq!(kinds(&completion).iter().filter(|kind| **kind == "ticket.changed").count(), 1, "{name}");
    }
}

#[tokio::test]
async fn a_paused_link_sends_nothing_beside_an_active_one() {
    let paused = Link { issue_id: "2007".into(), issue_key: "OTHER-7".into(), ..link(7) };
    let setup = linked(&[], vec![link(7), paused]).await;
    setup.settings(|settings| settings.scope.projects = vec!["PROJ".into()]).await;
    let completion = setup.visitor().visit(7).await.unwrap();
    assert_eq!(article_issues(&completion), [json!(["1007"])]);
    let changed: Vec<_> = completion.effects.links.iter().map(|link| (link.issue_id.as_str(), link.state)).collect();
    assert_eq!(changed, [("2007", LinkState::Paused)]);
    let panels = completion.effects.facts.iter().filter(|fact| fact.kind == FactKind::PanelHash);
    assert_eq!(panels.map(|fact| fact.issue_id.as_str()).collect::<Vec<_>>(), ["1007"]);
}

/// The ticket is there: whether its links come back depends on who ended them.
#[tokio::test]
async fn a_ticket_that_was_missing_is_forgotten_as_missing() {
    let ended = || Link { state: LinkState::Ended, ..link(7) };
    let again = ["link.restore", "issue.get"];
    for (name, link_now, ended_by_it, messages) in [
        ("ended because it was missing", ended(), true, &again[..]),
        ("ended by a person", ended(), false, &[]),
        ("not ended yet", link(7), false, &["article.added", "ticket.changed"]),
    ] {
        let setup = linked(&[], vec![link_now]).await;
        add_rule(&setup, false, OFF).await;
        let facts = vec![missing_fact(&link(7), NOW, ended_by_it)];
        setup.store.record(Effects { facts, ..Effects::default() }).await.unwrap();
        let completion = setup.visitor().visit(7).await.unwrap();
        assert_eq!(kinds(&completion), messages, "{name}");
        let missing = completion.effects.facts.iter().filter(|fact| fact.kind == FactKind::TicketMissing);
        assert_eq!(missing.map(|fact| &fact.value).collect::<Vec<_>>(), [&None], "{name}");
    }
}

/// The link itself comes back, so a rule must not make a second issue meanwhile.
#[tokio::test]
async fn no_rule_applies_to_a_ticket_whose_link_is_requested_again() {
    for (ended_by_it, issues) in [(true, 0), (false, 1)] {
        let setup = linked(&[], vec![Link { state: LinkState::Ended, ..link(7) }]).await;
        add_rule(&setup, true, OFF).await;
        let facts = vec![missing_fact(&link(7), NOW, ended_by_it)];
        setup.store.record(Effects { facts, ..Effects::default() }).await.unwrap();
        let completion = setup.visitor().visit(7).await.unwrap();
        let created = kinds(&completion).iter().filter(|kind| **kind == "issue.create").count();
        assert_eq!(created, issues, "ended because it was missing: {ended_by_it}");
    }
}

/// Until Forge knows of a merge, it would refuse changes of comments on the moved issue.
#[tokio::test]
async fn a_merge_is_remembered_until_forge_knows_of_it() {
    let setup = linked(&[], vec![link(7)]).await;
    let message = NewMessage {
        id: "merged".into(),
        ticket_id: 3,
        kind: "ticket.merged".into(),
        body: "{}".into(),
        dedup_key: None,
        created_at: NOW,
    };
    setup.store.append(vec![message]).await.unwrap();
    let facts = vec![LinkKey::from(&link(7)).set(FactKind::Merge, &"merged")];
    setup.store.record(Effects { facts, ..Effects::default() }).await.unwrap();
    let merges = |completion: &Completion| -> Vec<Option<String>> {
        let facts = completion.effects.facts.iter().filter(|fact| fact.kind == FactKind::Merge);
        facts.map(|fact| fact.value.clone()).collect()
    };
    assert_eq!(merges(&setup.visitor().visit(7).await.unwrap()), []);
    let limits = BatchLimits { messages: 9, bytes: 9_999, per_ticket: 9 };
    let batch = setup.store.claim(NOW, 60_000, limits).await.unwrap();
    let done = vec![("merged".to_owned(), Settlement::Done { result: None })];
    setup.store.settle(&batch, done, Effects::default(), NOW).await.unwrap();
    assert_eq!(merges(&setup.visitor().visit(7).await.unwrap()), [None], "the fact is deleted");
}

#[tokio::test]
async fn the_mails_of_a_linked_ticket_are_recorded_for_its_answers() {
    for (answers, recorded) in [(FollowUp::Link, 1), (FollowUp::Off, 0)] {
        let setup = linked(&[], vec![link(7)]).await;
        setup.settings(|settings| settings.follow_ups = FollowUps { answers, related: FollowUp::Off }).await;
        let mut mail = article(11, 7, "<p>It is still broken</p>");
        (mail["type"], mail["message_id"]) = ("email".into(), "<a@help.example>".into());
        setup.helpdesk.add_article(mail);
        let completion = setup.visitor().visit(7).await.unwrap();
        setup.store.record(completion.effects).await.unwrap();
        let mails = setup.store.recorded(7, Side::Zammad, ObjectKind::Mail).await.unwrap();
        assert_eq!(mails.len(), recorded, "{answers:?}");
    }
}

/// In privacy mode the messages of a visit are searched for the content that the ticket has now.
#[tokio::test]
async fn the_search_for_content_is_renewed_by_each_visit() {
    let setup = linked(&[("PRIVACY_MODE", "on")], vec![link(7)]).await;
    let visitor = setup.visitor();
    for title in ["First headline", "Second headline"] {
        setup.helpdesk.contents().tickets.get_mut(&7).unwrap()["title"] = title.into();
        visitor.visit(7).await.unwrap();
        assert!(visitor.reader.find_content(7, &[title.as_bytes()]).await.unwrap().is_some(), "{title}");
    }
}

/// Another ticket's absence is no absence of this one.
#[tokio::test]
async fn only_the_absence_of_the_ticket_itself_makes_it_missing() {
    for (method, operation, missing) in
        [("ticket", "ticket", true), ("articles", "articles", true), ("ticket", "user", false)]
    {
        let setup = linked(&[], vec![link(7)]).await;
        let (status, text, said) = (404, String::new(), zammad::Said::NotFound);
        setup.helpdesk.fail_with(method, ClientError::Status { operation, status, text, said, retry_after: None });
        match setup.visitor().visit(7).await {
            Ok(completion) => {
                assert!(missing && completion.messages.is_empty(), "{method} {operation}");
                let since: Vec<Option<UnixMs>> = completion.effects.rechecks.iter().map(|one| one.not_before).collect();
                assert!(since[0] > Some(NOW), "a second look decides");
            }
            Err(error) => assert!(!missing, "{method} {operation}: {error:?}"),
        }
    }
}
