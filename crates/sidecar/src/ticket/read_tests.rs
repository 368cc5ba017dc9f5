use schema::UnixMs;
use schema::settings::Tags;
use serde_json::{Value, json};
use zammad::State;

use super::*;
use crate::support::verdicts::{RETRY, errors, row};
use crate::support::{MemoryHelpdesk, Setup, article, ticket};

fn reader(helpdesk: &MemoryHelpdesk) -> TicketReader {
    TicketReader::new(Arc::new(helpdesk.clone()))
}

/// Ticket 7 with one article and a tag.
fn helpdesk() -> MemoryHelpdesk {
    let helpdesk = MemoryHelpdesk::default();
    helpdesk.add_ticket(ticket(7));
    helpdesk.add_article(article(10, 7, "text"));
    helpdesk.contents().tags.entry(7).or_default().insert("jira".into());
    helpdesk
}

/// Tags cost one more call per visit.
#[tokio::test]
async fn tags_are_read_only_if_a_setting_depends_on_them() {
    let rule = |enabled: bool, when: Value| {
        let then = json!({ "createIssue": { "project": "PROJ", "issueType": "10001" } });
        json!({ "id": "r", "enabled": enabled, "when": [when], "then": then })
    };
    let with_rule =
        |rule: Value| Settings { rules: serde_json::from_value(json!([rule])).unwrap(), ..Settings::default() };
    let mut synced = Settings::default();
    synced.fields.tags = Tags { direction: Direction::ToJira, ..Tags::default() };
    let mut only_tagged = Settings::default();
    only_tagged.comments.only_tagged = Some("jira".into());
    for (name, settings, read) in [
        ("by default", Settings::default(), false),
        ("tags sync", synced, true),
        ("articles of tagged tickets", only_tagged, true),
        ("a rule for a tag", with_rule(rule(true, json!({ "tag": "jira" }))), true),
        ("a disabled rule", with_rule(rule(false, json!({ "tag": "jira" }))), false),
        ("a rule for a group", with_rule(rule(true, json!({ "group": 2 }))), false),
    ] {
        let view = reader(&helpdesk()).read(7, &settings, Bodies::none()).await.unwrap();
        assert_eq!((view.ticket.id, view.articles[0].id), (7, 10));
        assert_eq!(view.tags.len(), usize::from(read), "{name}");
    }
}

#[tokio::test]
async fn an_error_of_any_call_is_returned() {
    let mut settings = Settings::default();
    settings.comments.only_tagged = Some("jira".into());
    for method in ["ticket", "articles", "tags"] {
        let helpdesk = helpdesk();
        helpdesk.fail(method, 500);
        assert!(reader(&helpdesk).read(7, &settings, Bodies::none()).await.is_err(), "{method}");
        assert!(reader(&helpdesk).read(7, &settings, Bodies::none()).await.is_ok(), "{method}");
    }
}

#[tokio::test]
async fn the_bot_users_and_states_are_asked_for_once() {
    let helpdesk = helpdesk();
    let reader = reader(&helpdesk);
    for method in ["me", "user", "ticket_states"] {
        helpdesk.fail(method, 503);
    }
    assert!(reader.bot().await.is_err() && reader.user(3).await.is_err() && reader.states().await.is_err());
    for _ in 0..2 {
        assert_eq!(reader.bot().await.unwrap(), 3);
        assert_eq!(reader.user(3).await.unwrap().id, 3);
        assert_eq!(reader.states().await.unwrap().len(), 6);
        // From now on every further call would fail.
        for method in ["me", "user", "ticket_states"] {
            helpdesk.fail(method, 503);
        }
    }
    assert!(reader.user(4).await.is_err(), "another user");
}

/// The question about the server is for this moment, so its answer is never kept.
#[tokio::test]
async fn the_server_is_well_only_if_it_answers_now() {
    let helpdesk = helpdesk();
    let reader = reader(&helpdesk);
    assert!(reader.is_server_well().await);
    helpdesk.fail("me", 403);
    assert!(!reader.is_server_well().await);
    assert!(reader.is_server_well().await);
}

/// An admin may have just added the state.
#[tokio::test]
async fn a_state_that_the_list_lacks_makes_it_read_again() {
    let helpdesk = helpdesk();
    let reader = reader(&helpdesk);
    let own = State { id: 17, name: "solved by vendor".into(), state_type_id: 5, active: false };
    assert_eq!(reader.states_with(2).await.unwrap().len(), 6);
    helpdesk.contents().own_states.push(own);
    assert_eq!(reader.states_with(2).await.unwrap().len(), 6, "known states need no further call");
    let states = reader.states_with(17).await.unwrap();
    assert_eq!(states.iter().find(|state| state.id == 17), Some(&StateInfo { id: 17, type_id: 5, active: false }));
    assert_eq!(reader.states_with(99).await.unwrap().len(), 7, "a state that does not exist is no error");
}

/// A user of whom the bot can learn nothing costs the name, and everything else is tried again.
#[tokio::test]
async fn each_verdict_decides_whether_a_user_counts_as_unknown() {
    let rows = [
        (RETRY, false),
        (Verdict::RetryFewTimes, false),
        (Verdict::Wait(Obstacle::Token), false),
        (Verdict::Wait(Obstacle::Maintenance), false),
        (Verdict::Wait(Obstacle::TokenAccess), false),
        (Verdict::Wait(Obstacle::NoAccess), true),
        (Verdict::Wait(Obstacle::Redirect), false),
        (Verdict::Wait(Obstacle::NotZammad), false),
        (Verdict::Wait(Obstacle::Unreadable), true),
        (Verdict::GiveUp(Reason::Gone), true),
        (Verdict::GiveUp(Reason::Refused), false),
        (Verdict::GiveUp(Reason::TooLarge), false),
    ];
    for error in errors("user") {
        let unknown = *row(&rows, &error);
        assert_eq!(is_without_user(&error), unknown, "{error:?}");
        let helpdesk = helpdesk();
        helpdesk.fail_with("user", error.clone());
        let name = reader(&helpdesk).user_name(3).await.map(|name| name.is_none());
        assert_eq!(name, if unknown { Ok(true) } else { Err(error) });
    }
}

#[tokio::test]
async fn a_name_has_both_parts_that_are_filled_in() {
    for (first, last, name) in [
        (json!("Nicole"), json!("Braun"), Some("Nicole Braun")),
        (json!(" Nicole "), json!(""), Some("Nicole")),
        (Value::Null, json!("Braun"), Some("Braun")),
        (json!("-"), Value::Null, None),
        (json!(" "), Value::Null, None),
        (Value::Null, Value::Null, None),
    ] {
        let helpdesk = helpdesk();
        let user = json!({ "id": 3, "login": "nicole", "firstname": first, "lastname": last, "active": true });
        helpdesk.contents().users.insert(3, user);
        let found = reader(&helpdesk).user_name(3).await.unwrap().map(Sensitive::into_inner);
        assert_eq!(found.as_deref(), name, "{first} {last}");
    }
}

/// Each text of the ticket and of its people is searched for.
#[tokio::test]
async fn content_of_the_ticket_is_found_in_outgoing_bytes() {
    let setup = Setup::new().await;
    let mut owned = ticket(7);
    owned["owner_id"] = 5.into();
    setup.helpdesk.add_ticket(owned);
    let user = |id: u64, name: &str| {
        json!({
            "id": id, "login": format!("{name}-login"), "firstname": "First", "lastname": name,
            "email": format!("{name}@mail.example"), "active": true,
        })
    };
    setup.helpdesk.contents().users.extend([(4, user(4, "Customersname")), (5, user(5, "Ownersname"))]);
    let mut said = article(10, 7, "<p>It smells of burning plastic</p>");
    said.as_object_mut().unwrap().extend(
        json!({
            "subject": "Rückruf erbeten", "from": "Sendersname", "to": "Recipientsname", "cc": "Copiedname",
            "created_by": "writers-login",
            "attachments": [{ "id": 5, "filename": "quarterly-report.pdf", "size": "3", "preferences": {} }],
        })
        .as_object()
        .unwrap()
        .clone(),
    );
    setup.helpdesk.add_article(said);
    let reader = setup.reader();
    for (text, what) in [
        ("Printer on fire", Some("title")),
        ("Rückruf erbeten", Some("title")),
        ("It smells of burning plastic", Some("body")),
        ("Customersname", Some("name")),
        ("customersname-login", Some("email")),
        ("Customersname@mail.example", Some("name")),
        ("Ownersname", Some("name")),
        ("Sendersname", Some("name")),
        ("Recipientsname", Some("name")),
        ("Copiedname", Some("name")),
        ("writers-login", Some("name")),
        ("quarterly-report.pdf", Some("file-name")),
        ("https://help.example/#ticket/zoom/7/10", None),
        ("5007 open 2 normal", None),
    ] {
        let found = reader.find_content(7, &[b"", text.as_bytes()]).await.unwrap().map(|leak| leak.what);
        assert_eq!(found.is_some(), what.is_some(), "{text}: {found:?}");
        if text.len() < 13 || what == Some("body") {
            assert_eq!(found, what, "{text}");
        }
    }
    setup.helpdesk.contents().tickets.clear();
    assert!(reader.find_content(7, &[b"Printer on fire"]).await.unwrap().is_some(), "the content is kept");
    reader.forget_content(7).await;
    assert!(reader.find_content(7, &[b"Printer on fire"]).await.is_err());
}

/// A ticket that is too large to be kept is read anew for each search, and found wherever it is.
#[tokio::test]
async fn content_of_a_large_ticket_is_found_and_not_kept() {
    let setup = Setup::new().await;
    setup.helpdesk.add_ticket(ticket(7));
    for id in 10..40 {
        let lines: String = (0..2_000).map(|line| format!("<p>Line {line} of article {id}</p>")).collect();
        setup.helpdesk.add_article(article(id, 7, &lines));
    }
    let reader = setup.reader();
    for (text, found) in [("Line 1999 of article 39", true), ("Line 7 of article 10", true), ("Line of nothing", false)]
    {
        assert_eq!(reader.find_content(7, &[text.as_bytes()]).await.unwrap().is_some(), found, "{text}");
    }
    setup.helpdesk.fail("articles", 500);
    assert!(reader.find_content(7, &[b"x"]).await.is_err(), "nothing is sent unchecked");
}

/// An erased or hidden person cannot be sent, and whoever cannot be asked for now stops the message.
#[tokio::test]
async fn a_search_without_a_user_is_complete_only_if_nothing_can_be_learnt_of_the_user() {
    for (status, complete) in [(404, true), (403, true), (500, false), (401, false)] {
        let helpdesk = helpdesk();
        helpdesk.fail("user", status);
        assert_eq!(reader(&helpdesk).find_content(7, &[b"x"]).await.is_ok(), complete, "{status}");
    }
    let helpdesk = helpdesk();
    helpdesk.fail("ticket", 404);
    assert!(reader(&helpdesk).find_content(7, &[b"x"]).await.is_err(), "nothing is sent unchecked");
}

#[tokio::test]
async fn the_merge_takes_the_fields_as_zammad_has_them() {
    let helpdesk = helpdesk();
    let mut owned = ticket(7);
    owned
        .as_object_mut()
        .unwrap()
        .extend(json!({ "state_id": 4, "owner_id": 3, "severity": "high", "note": null }).as_object().unwrap().clone());
    helpdesk.add_ticket(owned);
    let reader = reader(&helpdesk);
    let mut view = reader.read(7, &Settings::default(), Bodies::none()).await.unwrap();
    view.tags.insert("jira".into());
    let ticket = merge_input(&view, &reader.states().await.unwrap());
    assert_eq!((ticket.title.as_str(), ticket.state, ticket.state_type), ("Printer on fire", 4, 5));
    assert_eq!((ticket.priority, ticket.owner, ticket.group, ticket.customer), (2, Some(3), 2, 4));
    assert_eq!(ticket.tags, BTreeSet::from(["jira".to_owned()]));
    assert_eq!((&ticket.attributes["severity"], &ticket.attributes["note"]), (&json!("high"), &Value::Null));
    assert!(!ticket.attributes.contains_key("title"), "fields of every ticket are no attributes");
    assert_eq!(ticket.changed_at, parse_rfc3339("2026-11-28T01:16:12.426Z").unwrap());
    assert!(!ticket.owner_taken_away);
}

#[tokio::test]
async fn what_the_merge_cannot_know_has_a_value_that_maps_to_nothing() {
    let helpdesk = helpdesk();
    let mut hidden = ticket(7);
    (hidden["state_id"], hidden["updated_at"]) = (99.into(), "soon".into());
    helpdesk.add_ticket(hidden);
    let reader = reader(&helpdesk);
    let view = reader.read(7, &Settings::default(), Bodies::none()).await.unwrap();
    let ticket = merge_input(&view, &reader.states().await.unwrap());
    assert_eq!((ticket.state, ticket.state_type), (99, 0), "a state that is hidden from the bot");
    assert_eq!((ticket.owner, ticket.changed_at), (None, UnixMs::default()), "user 1 is nobody");
}
