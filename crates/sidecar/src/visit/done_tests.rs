use schema::settings::{Direction, DoneMoment, FixedNote};
use serde_json::{Value, json};
use store::{Completion, Effects, FactKind, Link};

use crate::support::{NOW, Setup, link, ticket};
use crate::ticket::facts::Of;

const PRIMARY: bool = false;
const FOLLOWER: bool = true;

/// A setup with ticket 7, linked and visited once while its issue was in progress.
async fn linked(follower: bool, change: impl FnOnce(&mut schema::Settings)) -> Setup {
    let setup = Setup::new().await;
    setup.helpdesk.add_ticket(ticket(7));
    setup.link(vec![link(7)]).await;
    if follower {
        setup.link(vec![Link { issue_id: "1007".into(), created_at: NOW.plus(-1), ..link(6) }]).await;
    }
    setup.settings(change).await;
    issue(&setup, 0, &json!({})).await;
    visit(&setup).await;
    setup
}

/// Stores a snapshot of the issue, received `later` ms after the first.
async fn issue(setup: &Setup, later: i64, changes: &Value) {
    let mut snapshot = json!({
        "summary": "Printer on fire", "statusId": "3", "status": "In Progress", "statusCategory": "indeterminate",
        "updatedAt": "2026-11-28T01:16:12.426Z",
    });
    for (name, value) in changes.as_object().unwrap() {
        snapshot[name] = value.clone();
    }
    let known = json!({ "snapshot": snapshot, "changedAt": NOW.0 + later });
    let facts = vec![Of { ticket_id: 7, issue_id: "1007" }.set(FactKind::Issue, &known)];
    setup.store.record(Effects { facts, ..Effects::default() }).await.unwrap();
}

/// The fields of an issue that is done.
fn done(resolution: Value) -> Value {
    json!({ "statusId": "9", "status": "Done", "statusCategory": "done", "resolution": resolution })
}

fn fixed() -> Value {
    json!({ "id": "10000", "name": "Fixed" })
}

fn in_versions(versions: &[(&str, bool)]) -> Value {
    let version = |(name, released): &(&str, bool)| json!({ "id": name, "name": name, "released": released });
    let mut issue = done(fixed());
    issue["fixVersions"] = versions.iter().map(version).collect();
    issue
}

/// Visits the ticket and stores the effects, as a worker would.
async fn visit(setup: &Setup) -> Completion {
    let completion = setup.visitor().visit(7).await.unwrap();
    setup.store.record(completion.effects.clone()).await.unwrap();
    completion
}

async fn change_ticket(setup: &Setup, state: u64) -> Completion {
    setup.pass(60_000);
    setup.helpdesk.contents().tickets.get_mut(&7).unwrap()["state_id"] = state.into();
    visit(setup).await
}

fn state(setup: &Setup) -> u64 {
    setup.helpdesk.contents().tickets[&7]["state_id"].as_u64().unwrap()
}

/// The notes so far: text, and whether it is internal.
fn notes(setup: &Setup) -> Vec<(String, bool)> {
    let text = |body: &str| body.replace("<p><i>", "").replace("</i></p>", "").replace("&#39;", "'");
    let written = setup.helpdesk.written("create_article").into_iter();
    written.map(|note| (text(note["body"].as_str().unwrap()), note["internal"].as_bool().unwrap())).collect()
}

/// The message that moves the issue, if the visit sends one.
fn status_write(completion: &Completion) -> Option<(String, Value)> {
    let message = completion.messages.iter().find(|message| message.kind == "field.apply")?;
    let body: Value = serde_json::from_str(&message.body).unwrap();
    Some((message.id.clone(), body["data"]["status"]["anyOf"][0].clone()))
}

#[tokio::test]
async fn a_done_issue_gives_its_pending_ticket_back_to_the_agent_with_one_note() {
    let setup = linked(PRIMARY, |_| ()).await;
    assert_eq!(status_write(&change_ticket(&setup, 3).await), None, "pending agrees with in progress");
    issue(&setup, 1, &done(fixed())).await;
    visit(&setup).await;
    assert_eq!(state(&setup), 2, "open");
    assert_eq!(notes(&setup), [("Jira PROJ-7 is done: Done, Fixed.".to_owned(), true)]);
    // Another status of the same category, and any other change, is no news.
    issue(&setup, 2, &json!({ "statusId": "10", "status": "Closed", "statusCategory": "done", "summary": "New" }))
        .await;
    let again = visit(&setup).await;
    assert_eq!((status_write(&again), notes(&setup).len()), (None, 1), "open does not move the issue back");
}

#[tokio::test]
async fn an_agent_goes_on_with_the_ticket_of_a_done_issue() {
    let setup = linked(PRIMARY, |_| ()).await;
    issue(&setup, 1, &done(fixed())).await;
    visit(&setup).await;
    for waiting in [3, 2, 7, 2] {
        assert_eq!(status_write(&change_ticket(&setup, waiting).await), None, "state {waiting} leaves the issue done");
        assert_eq!(state(&setup), waiting, "and stays");
    }
    assert_eq!(status_write(&change_ticket(&setup, 4).await), None, "closed agrees with done");
    let (_, wanted) = status_write(&change_ticket(&setup, 2).await).unwrap();
    assert_eq!(wanted, json!({ "category": "indeterminate" }), "a ticket that is opened again opens the issue");
    assert_eq!(notes(&setup).len(), 1);
}

#[tokio::test]
async fn each_time_the_issue_becomes_done_there_is_one_note() {
    for (follower, text) in
        [(PRIMARY, "Jira PROJ-7 is done: Done, Fixed."), (FOLLOWER, "The problem behind this ticket has been solved.")]
    {
        let setup = linked(follower, |_| ()).await;
        for times in 1..3 {
            issue(&setup, 2 * times, &done(fixed())).await;
            visit(&setup).await;
            visit(&setup).await;
            let expected = vec![(text.to_owned(), true); usize::try_from(times).unwrap()];
            assert_eq!(notes(&setup), expected, "{follower}");
            issue(&setup, 2 * times + 1, &json!({})).await;
            visit(&setup).await;
        }
    }
}

#[tokio::test]
async fn a_note_whose_record_was_lost_is_not_repeated() {
    let setup = linked(PRIMARY, |_| ()).await;
    issue(&setup, 1, &done(fixed())).await;
    // The effects of this visit are lost.
    setup.visitor().visit(7).await.unwrap();
    issue(&setup, 2, &done(fixed())).await;
    visit(&setup).await;
    assert_eq!(notes(&setup).len(), 1);
}

#[tokio::test]
async fn a_link_to_a_done_issue_begins_without_a_note() {
    let setup = Setup::new().await;
    setup.helpdesk.add_ticket(ticket(7));
    setup.link(vec![link(7)]).await;
    issue(&setup, 0, &done(fixed())).await;
    visit(&setup).await;
    assert_eq!((notes(&setup), state(&setup)), (vec![], 2));
}

/// The agent closed the ticket, and that made the issue done.
#[tokio::test]
async fn an_agent_who_closed_the_ticket_is_not_told() {
    let setup = linked(PRIMARY, |_| ()).await;
    let (message, wanted) = status_write(&change_ticket(&setup, 4).await).unwrap();
    assert_eq!(wanted, json!({ "category": "done" }));
    issue(&setup, 1, &done(fixed())).await;
    visit(&setup).await;
    assert_eq!(notes(&setup), [], "the answer is on its way");
    let snapshot = json!({
        "summary": "Printer on fire", "statusId": "9", "status": "Done", "statusCategory": "done",
        "updatedAt": "2026-11-28T01:16:12.426Z",
    });
    let answered = json!({ "message": message, "word": { "Outcome": { "snapshot": snapshot } } });
    let facts = vec![Of { ticket_id: 7, issue_id: "1007" }.set(FactKind::ApplyResult, &answered)];
    setup.store.record(Effects { facts, ..Effects::default() }).await.unwrap();
    visit(&setup).await;
    visit(&setup).await;
    assert_eq!((notes(&setup), state(&setup)), (vec![], 4));
}

#[tokio::test]
async fn a_ticket_closes_with_its_issue_if_a_pair_says_so() {
    let setup = linked(PRIMARY, |settings| {
        let pairs = &mut settings.fields.state.pairs;
        pairs.retain(|pair| pair.direction != Direction::ToZammad);
        pairs.iter_mut().for_each(|pair| pair.direction = Direction::Both);
    })
    .await;
    issue(&setup, 1, &done(fixed())).await;
    visit(&setup).await;
    assert_eq!((state(&setup), notes(&setup).len()), (4, 1));
    issue(&setup, 2, &json!({})).await;
    visit(&setup).await;
    assert_eq!(state(&setup), 2, "reopened with its issue");
}

#[tokio::test]
async fn the_settings_decide_who_is_told_and_who_can_read_it() {
    for (follower, change, expected) in [
        (FOLLOWER, (true, FixedNote::Public), Some(false)),
        (FOLLOWER, (true, FixedNote::Internal), Some(true)),
        (FOLLOWER, (true, FixedNote::Off), None),
        (PRIMARY, (true, FixedNote::Public), Some(true)),
        (PRIMARY, (false, FixedNote::Public), None),
    ] {
        let (primary, fixed_note) = change;
        let setup = linked(follower, |settings| {
            (settings.done_notes.primary, settings.followers.fixed_note) = (primary, fixed_note);
        })
        .await;
        issue(&setup, 1, &done(fixed())).await;
        visit(&setup).await;
        let internal: Vec<bool> = notes(&setup).into_iter().map(|(_, internal)| internal).collect();
        assert_eq!(internal, expected.into_iter().collect::<Vec<_>>(), "{change:?}, follower {follower}");
    }
}

/// "Solved" is said only of resolutions that the admin lists; of the others agents read status and resolution.
#[tokio::test]
async fn an_issue_that_was_not_solved_is_not_called_solved() {
    for (resolution, solved) in [
        (Value::Null, false),
        (json!({ "id": "10000", "name": "Fertig" }), true),
        (json!({ "id": "10001", "name": "Won't Do" }), false),
        (json!({ "id": "10002", "name": "Duplicate" }), false),
    ] {
        let setup = linked(FOLLOWER, |settings| settings.followers.fixed_note = FixedNote::Public).await;
        issue(&setup, 1, &done(resolution.clone())).await;
        visit(&setup).await;
        let (text, internal) = &notes(&setup)[0];
        assert_eq!((text.contains("has been solved"), *internal), (solved, !solved), "{text}");
        if !solved {
            let named = resolution["name"].as_str().map_or_else(String::new, |name| format!(", {name}"));
            assert_eq!(*text, format!("Jira PROJ-7 is done: Done{named}."));
        }
    }
}

/// With `doneNotes.at` = `released` agents first read in which versions the fix will be.
#[tokio::test]
async fn agents_are_told_when_all_fix_versions_are_released() {
    for (follower, first, last) in [
        (PRIMARY, "Jira PROJ-7 is done: Done, Fixed. It will be in 4.2.", "Jira PROJ-7 is released: 4.1.7, 4.2."),
        (
            FOLLOWER,
            "The problem behind this ticket is fixed, and the fix will be in 4.2.",
            "The problem behind this ticket has been solved.",
        ),
    ] {
        let setup = linked(follower, |settings| {
            (settings.done_notes.at, settings.followers.fixed_note) = (DoneMoment::Released, FixedNote::Public);
        })
        .await;
        issue(&setup, 1, &in_versions(&[("4.1.7", true), ("4.2", false)])).await;
        visit(&setup).await;
        visit(&setup).await;
        assert_eq!(notes(&setup), [(first.to_owned(), true)]);
        // A release does not change the issue's own time.
        issue(&setup, 1, &in_versions(&[("4.1.7", true), ("4.2", true)])).await;
        visit(&setup).await;
        visit(&setup).await;
        assert_eq!(notes(&setup)[1..], [(last.to_owned(), !follower)]);
    }
}

#[tokio::test]
async fn nobody_waits_for_the_release_of_what_is_released_or_was_not_solved() {
    for (change, text) in [
        (in_versions(&[("4.1.7", true)]), "The problem behind this ticket has been solved."),
        (in_versions(&[]), "The problem behind this ticket has been solved."),
        (
            {
                let mut issue = in_versions(&[("4.2", false)]);
                issue["resolution"] = json!({ "id": "10001", "name": "Won't Do" });
                issue
            },
            "Jira PROJ-7 is done: Done, Won't Do.",
        ),
    ] {
        let setup = linked(FOLLOWER, |settings| settings.done_notes.at = DoneMoment::Released).await;
        issue(&setup, 1, &change).await;
        visit(&setup).await;
        assert_eq!(notes(&setup), [(text.to_owned(), true)]);
    }
}
