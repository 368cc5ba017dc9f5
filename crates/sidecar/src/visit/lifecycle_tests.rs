use schema::Side;
use schema::settings::FollowUp;
use serde_json::json;
use store::{Completion, Effects, FactKind, Link, LinkState, ObjectKind, Origin, Provenance, RecheckCause};
use zammad::ClientError;

use super::super::context::VisitError;
use crate::support::{NOW, Setup, article, link, ticket};
use crate::ticket::facts::LinkKey;

/// A setup with ticket 7, linked, and its issue's snapshot with this status category.
async fn linked(category: &str) -> Setup {
    let setup = Setup::new().await;
    setup.helpdesk.add_ticket(ticket(7));
    setup.link(vec![link(7)]).await;
    store_issue(&setup, 7, category).await;
    setup
}

async fn store_issue(setup: &Setup, ticket_id: u64, category: &str) {
    let issue_id = format!("100{ticket_id}");
    let snapshot = json!({
        "summary": "Printer on fire", "statusId": "3", "status": "Any", "statusCategory": category,
        "updatedAt": "2026-11-28T01:16:12.426Z",
    });
    let known = json!({ "snapshot": snapshot, "changedAt": NOW.0 });
    let facts = vec![LinkKey { ticket_id, issue_id: &issue_id }.set(FactKind::Issue, &known)];
    setup.store.record(Effects { facts, ..Effects::default() }).await.unwrap();
}

async fn visit(setup: &Setup) -> Completion {
    setup.visitor().visit(7).await.unwrap()
}

/// The kinds of the completion's messages.
fn kinds(completion: &Completion) -> Vec<&str> {
    completion.messages.iter().map(|message| message.kind.as_str()).collect()
}

fn states(links: &[Link]) -> Vec<(u64, LinkState)> {
    links.iter().map(|link| (link.ticket_id, link.state)).collect()
}

#[tokio::test]
async fn a_ticket_without_link_and_rule_is_not_even_read() {
    let setup = Setup::new().await;
    setup
        .settings(|all| {
            (all.follow_ups.answers, all.follow_ups.related) = (FollowUp::Off, FollowUp::Off);
        })
        .await;
    setup.helpdesk.fail("ticket", 500);
    let completion = visit(&setup).await;
    assert!(completion.messages.is_empty() && completion.effects.links.is_empty());
}

#[tokio::test]
async fn connection_faults_leave_the_link_alone() {
    for error in [ClientError::Connect { operation: "ticket" }, ClientError::Interrupted { operation: "ticket" }] {
        let setup = linked("new").await;
        setup.helpdesk.fail_with("ticket", error);
        assert!(matches!(setup.visitor().visit(7).await, Err(VisitError::Zammad(_))));
    }
}

#[tokio::test]
async fn links_move_to_the_merge_target_with_notes_on_both_sides() {
    let setup = linked("new").await;
    let mut source = ticket(7);
    source["state_id"] = 5.into();
    setup.helpdesk.add_ticket(source);
    setup.helpdesk.add_ticket(ticket(8));
    setup.helpdesk.contents().merged_into.insert(7, 8);
    let moved = Provenance {
        side: Side::Zammad,
        object: ObjectKind::Article,
        id: "12".into(),
        origin: Origin::Theirs,
        mirror: None,
        fingerprint: None,
        ticket_id: 7,
        carried_by: "m".into(),
        at: NOW,
    };
    setup.store.record(Effects { provenance: vec![moved], ..Effects::default() }).await.unwrap();

    let completion = visit(&setup).await;
    assert_eq!(kinds(&completion), ["ticket.merged"]);
    assert_eq!(states(&completion.effects.links), [(7, LinkState::Ended), (8, LinkState::Active)]);
    assert_eq!(completion.effects.links[1].after_article, 12, "moved articles are not sent again");
    assert_eq!(completion.effects.provenance[0].ticket_id, 8);
    assert!(completion.effects.facts.iter().any(|fact| fact.ticket_id == 8 && fact.kind == FactKind::Issue));
    assert!(completion.effects.facts.iter().all(|fact| fact.kind != FactKind::Memory), "the merge starts afresh");
    assert!(matches!(completion.effects.rechecks[0].cause, RecheckCause::Merged(_)));
    assert_eq!(completion.effects.rechecks[0].ticket_id, 8);
    let notes = setup.helpdesk.notes();
    assert!(notes.len() == 1 && notes[0].contains("Linked to Jira PROJ-7 since ticket #5007 was merged"), "{notes:?}");
    visit(&setup).await;
    assert_eq!(setup.helpdesk.notes().len(), 1, "a repeated visit finds the note by its mark");
}

#[tokio::test]
async fn links_wait_while_the_merge_target_is_unknown() {
    let setup = linked("new").await;
    let mut source = ticket(7);
    source["state_id"] = 5.into();
    setup.helpdesk.add_ticket(source);
    let completion = visit(&setup).await;
    assert!(completion.messages.is_empty() && completion.effects.links.is_empty());
    assert_eq!(completion.effects.troubles[0].code.as_deref(), Some("merge-target-unknown"));
}

#[tokio::test]
async fn a_link_to_an_issue_of_the_merge_target_is_not_doubled() {
    let setup = linked("new").await;
    let mut source = ticket(7);
    source["state_id"] = 5.into();
    setup.helpdesk.add_ticket(source);
    setup.helpdesk.add_ticket(ticket(8));
    setup.helpdesk.contents().merged_into.insert(7, 8);
    setup.link(vec![Link { issue_id: "1007".into(), ..link(8) }]).await;
    assert_eq!(states(&visit(&setup).await.effects.links), [(7, LinkState::Ended)]);
}

#[tokio::test]
async fn an_issue_that_is_gone_ends_the_link_with_one_note() {
    for (reason, text) in [
        ("deleted", "has been deleted"),
        ("archived", "has been archived"),
        ("no-access", "cannot be read any more"),
        ("something-else", "has been deleted"),
    ] {
        let setup = linked("new").await;
        let facts = vec![LinkKey { ticket_id: 7, issue_id: "1007" }.set(FactKind::IssueGone, &reason)];
        setup.store.record(Effects { facts, ..Effects::default() }).await.unwrap();
        let completion = visit(&setup).await;
        assert_eq!(states(&completion.effects.links), [(7, LinkState::Ended)], "{reason}");
        assert!(completion.effects.facts.iter().any(|fact| fact.kind == FactKind::IssueGone && fact.value.is_none()));
        visit(&setup).await;
        let notes = setup.helpdesk.notes();
        assert!(notes.len() == 1 && notes[0].contains(text), "{reason}: {notes:?}");
    }
}

#[tokio::test]
async fn links_pause_out_of_scope_and_resume_without_sending_what_was_written_meanwhile() {
    for (groups, projects, reason) in [
        (vec![9], vec![], Some("group-out-of-scope")),
        (vec![], vec!["OTHER".to_owned()], Some("project-out-of-scope")),
        (vec![2], vec!["PROJ".to_owned()], None),
    ] {
        let setup = linked("new").await;
        setup.settings(|settings| (settings.scope.groups, settings.scope.projects) = (groups, projects)).await;
        setup.helpdesk.add_article(article(10, 7, "while paused"));
        let completion = visit(&setup).await;
        match reason {
            None => assert!(completion.effects.links.is_empty()),
            Some(reason) => {
                assert_eq!(states(&completion.effects.links), [(7, LinkState::Paused)]);
                assert_eq!(completion.effects.troubles[0].code.as_deref(), Some(reason));
                assert!(completion.messages.is_empty(), "{reason}");
                setup.store.record(completion.effects).await.unwrap();
                setup.settings(|_| ()).await;
                let resumed = visit(&setup).await;
                assert_eq!(states(&resumed.effects.links), [(7, LinkState::Active)]);
                assert_eq!(resumed.effects.links[0].after_article, 10);
                assert_eq!(resumed.effects.troubles[0].code, None);
                assert_eq!(kinds(&resumed).iter().filter(|kind| **kind == "article.added").count(), 0);
            }
        }
    }
}
