use schema::Side;
use schema::settings::{FollowUp, FollowUps};
use serde_json::{Value, json};
use store::{Completion, Effects, Link, LinkState};

use crate::support::{Setup, article, link, ticket};

/// Ticket 7 is linked and has a mail; ticket 8 is new.
async fn followed(settings: FollowUps) -> Setup {
    let setup = Setup::new().await;
    setup.settings(|all| all.follow_ups = settings).await;
    setup.helpdesk.add_ticket(ticket(7));
    setup.helpdesk.add_ticket(ticket(8));
    setup.link(vec![link(7)]).await;
    setup.helpdesk.add_article(mail(10, 7, json!({ "message_id": "<a@help.example>" })));
    visit(&setup, 7).await;
    setup
}

fn mail(id: u64, ticket: u64, headers: Value) -> Value {
    let mut mail = article(id, ticket, "<p>It is broken again</p>");
    (mail["type"], mail["sender"], mail["internal"]) = (json!("email"), json!("Customer"), json!(false));
    mail.as_object_mut().unwrap().extend(headers.as_object().unwrap().clone());
    mail
}

async fn visit(setup: &Setup, ticket: u64) -> Completion {
    let completion = setup.visitor().visit(ticket).await.unwrap();
    setup.store.record(completion.effects.clone()).await.unwrap();
    completion
}

/// The issues that the new ticket is to be linked to, with the text that goes along.
fn requested(completion: &Completion) -> Vec<(String, String)> {
    let requests = completion.messages.iter().filter(|row| row.kind == "link.requested");
    let data = requests.map(|row| serde_json::from_str::<Value>(&row.body).unwrap()["data"].clone());
    data.map(|data| (data["issue"].as_str().unwrap().to_owned(), data["description"].to_string())).collect()
}

fn notes(setup: &Setup) -> Vec<String> {
    let contents = setup.helpdesk.contents();
    let notes = contents.articles.iter().filter(|article| article["ticket_id"] == 8 && article["internal"] == true);
    notes.map(|note| note["body"].to_string()).collect()
}

const ANSWER: &str = "answers a mail";
const RELATED: &str = "is linked in Zammad";

/// Each way to continue a ticket, with each setting.
#[tokio::test]
async fn a_ticket_that_continues_a_linked_one_is_linked_or_noted_as_the_admin_wants() {
    for (way, answers, related, linked, noted) in [
        (ANSWER, FollowUp::Link, FollowUp::Off, 1, 0),
        (ANSWER, FollowUp::Note, FollowUp::Off, 0, 1),
        (ANSWER, FollowUp::Off, FollowUp::Link, 0, 0),
        (RELATED, FollowUp::Off, FollowUp::Link, 1, 0),
        (RELATED, FollowUp::Link, FollowUp::Note, 0, 1),
        (RELATED, FollowUp::Link, FollowUp::Off, 0, 0),
        ("is another one", FollowUp::Link, FollowUp::Note, 0, 0),
    ] {
        let case = format!("{way} {answers:?} {related:?}");
        let setup = followed(FollowUps { answers, related }).await;
        let headers = if way == ANSWER { json!({ "in_reply_to": "a@help.example" }) } else { json!({}) };
        setup.helpdesk.add_article(mail(20, 8, headers));
        if way == RELATED {
            setup.helpdesk.contents().linked.insert(8, vec![7]);
        }
        let requests = requested(&visit(&setup, 8).await);
        assert_eq!(requests.len(), linked, "{case}");
        for (issue, text) in requests {
            assert!(issue == "1007" && text.contains("broken again"), "{case}: {issue} {text}");
        }
        setup.visitor().visit(8).await.unwrap();
        let notes = notes(&setup);
        assert_eq!(notes.len(), noted, "{case}: {notes:?}");
        assert!(notes.iter().all(|note| note.contains("#5007") && note.contains("PROJ-7")), "{notes:?}");
    }
}

/// Otherwise the answer would make a second issue.
#[tokio::test]
async fn no_rule_applies_to_a_ticket_that_is_linked_as_a_follow_up() {
    let rule = json!({
        "id": "all", "name": "All", "enabled": true, "when": [{ "group": 2 }],
        "then": { "createIssue": { "project": "PROJ", "issueType": "10001" } },
    });
    for (answered, expected) in [("<a@help.example>", "link.requested"), ("<other@help.example>", "issue.create")] {
        let setup = followed(FollowUps::default()).await;
        setup.settings(|all| all.rules = vec![serde_json::from_value(rule.clone()).unwrap()]).await;
        setup.helpdesk.add_article(mail(20, 8, json!({ "references": answered })));
        let completion = visit(&setup, 8).await;
        let kinds: Vec<&str> = completion.messages.iter().map(|row| row.kind.as_str()).collect();
        assert_eq!(kinds, [expected]);
    }
}

/// Not to be handed on: ended links, issues and groups out of scope, answers of machines, merged tickets.
#[tokio::test]
async fn nothing_is_handed_on_that_an_admin_or_agent_has_ended() {
    type Change = fn(&mut Value, &mut Value, &mut Link, &mut schema::Settings);
    let changes: [(&str, Change, usize); 6] = [
        ("as it is", |_, _, _, _| {}, 1),
        ("ended link", |_, _, link, _| link.state = LinkState::Ended, 0),
        ("project out of scope", |_, _, _, settings| settings.scope.projects = vec!["OTHER".into()], 0),
        ("group out of scope", |_, _, _, settings| settings.scope.groups = vec![99], 0),
        ("merged", |ticket, _, _, _| ticket["state_id"] = 5.into(), 0),
        ("automatic", |_, mail, _, _| mail["preferences"] = json!({ "is-auto-response": true }), 0),
    ];
    for (case, change, expected) in changes {
        let setup = followed(FollowUps::default()).await;
        let mut answer = mail(20, 8, json!({ "in_reply_to": "<a@help.example>" }));
        let (mut new, mut old) = (ticket(8), setup.store.links_of_ticket(7).await.unwrap().remove(0));
        let mut settings = schema::Settings::default();
        change(&mut new, &mut answer, &mut old, &mut settings);
        setup.helpdesk.add_ticket(new);
        setup.helpdesk.add_article(answer);
        setup.store.record(Effects { links: vec![old], ..Effects::default() }).await.unwrap();
        setup.settings(|all| *all = settings.clone()).await;
        assert_eq!(requested(&visit(&setup, 8).await).len(), expected, "{case}");
    }
}

/// Most tickets continue nothing: they must not be read again at each of their webhooks.
#[tokio::test]
async fn a_ticket_without_a_link_is_read_once() {
    let setup = followed(FollowUps::default()).await;
    setup.helpdesk.add_article(mail(20, 8, json!({})));
    let visitor = setup.visitor();
    visitor.visit(8).await.unwrap();
    setup.helpdesk.fail("ticket", 500);
    assert!(visitor.visit(8).await.unwrap().messages.is_empty());
}

#[tokio::test]
async fn mails_are_recorded_as_hashes_once_and_move_with_a_merge() {
    let setup = followed(FollowUps::default()).await;
    let recorded = setup.store.recorded(7, Side::Zammad, store::ObjectKind::Mail).await.unwrap();
    assert!(recorded.len() == 1 && !recorded[0].id.contains("help.example"), "{recorded:?}");
    let again = visit(&setup, 7).await;
    assert!(again.effects.provenance.iter().all(|object| object.object != store::ObjectKind::Mail));
    setup.helpdesk.contents().tickets.get_mut(&7).unwrap()["state_id"] = 5.into();
    setup.helpdesk.add_ticket(ticket(6));
    setup.helpdesk.contents().merged_into.insert(7, 6);
    visit(&setup, 7).await;
    assert_eq!(setup.store.recorded(6, Side::Zammad, store::ObjectKind::Mail).await.unwrap().len(), 1);
}
