//! The requests of writes, and answers that differ from the request.

use std::collections::{BTreeMap, BTreeSet};

use redaction::Sensitive;
use serde_json::{Value, json};
use zammad::{Article, AttributeName, ClientError, Condition, NewFile, Text, TicketChange};

use crate::answers::note;
use crate::replay::Replay;
use crate::{Exchange, Response, VERSIONS, exchanges};

fn title(text: &str) -> TicketChange {
    TicketChange::default().title(Sensitive::new(text.to_owned()))
}

/// The exchange that the probe recorded under this name on this path.
fn step(version: &str, name: &str, path: &str) -> Exchange {
    let found = exchanges(version).into_iter().find(|one| one.step == name && one.request.path.contains(path));
    found.unwrap_or_else(|| unreachable!("no step {name} in {version}"))
}

/// Replays a recorded change and returns what the client made of it, with what it sent.
async fn change(
    replay: &Replay,
    version: &str,
    name: &str,
    change: &TicketChange,
) -> (zammad::Ticket, serde_json::Map<String, Value>) {
    replay.will_answer(step(version, name, "/tickets/").response);
    let ticket = replay.client.update_ticket(7, change).await.unwrap();
    let asked = replay.asked();
    assert_eq!((asked.method.as_str(), asked.path.as_str()), ("PUT", "/api/v1/tickets/7?expand=true"));
    (ticket, serde_json::from_slice(&asked.body).unwrap())
}

#[tokio::test]
async fn a_change_sends_what_is_set_and_nothing_else() {
    let replay = Replay::start().await;
    let key = AttributeName::new("jira_key").unwrap();
    let full = title("new title")
        .state_id(3)
        .pending_time("2033-03-03T10:00:00.000Z".to_owned())
        .priority_id(3)
        .owner_id(1)
        .attribute(&key, json!("P-1"));
    let (_, sent) = change(&replay, "6.5", "put_title", &full).await;
    let expected = json!({
        "title": "new title", "state_id": 3, "pending_time": "2033-03-03T10:00:00.000Z", "priority_id": 3, "owner_id": 1,
        "jira_key": "P-1",
    });
    assert_eq!(Value::from(sent), expected);
    let (_, sent) = change(&replay, "6.5", "put_priority", &TicketChange::default().priority_id(3)).await;
    assert_eq!(Value::from(sent), json!({ "priority_id": 3 }));
}

#[tokio::test]
async fn silent_changes_are_read_from_the_answer() {
    let replay = Replay::start().await;
    for version in VERSIONS {
        let long = "t".repeat(300);
        let (ticket, sent) = change(&replay, version, "bad_title_300", &title(&long)).await;
        assert_eq!(sent["title"], long.as_str());
        assert_eq!(ticket.title.expose().chars().count(), 250, "cut");

        let nobody = step(version, "put_owner_none", "/tickets/").response.body["owner_id"].as_u64().unwrap();
        let wanted = TicketChange::default().owner_id(nobody + 1);
        let (ticket, _) = change(&replay, version, "bad_owner_foreign", &wanted).await;
        assert_eq!(ticket.owner_id, nobody, "an owner without access to the group is nobody");

        let (ticket, _) = change(&replay, version, "pending_time", &TicketChange::default().state_id(3)).await;
        assert_eq!((ticket.state_id, ticket.pending_time.as_deref()), (3, Some("2033-03-03T10:00:00.000Z")));
        let (ticket, _) = change(&replay, version, "pending_time_offset", &TicketChange::default()).await;
        assert_eq!(ticket.pending_time.as_deref(), Some("2033-04-04T08:00:00.000Z"), "as UTC");
        let (ticket, _) = change(&replay, version, "pending_leave", &TicketChange::default().state_id(2)).await;
        assert_eq!((ticket.state_id, ticket.pending_time), (2, None), "the time goes with the state");

        let (ticket, _) = change(&replay, version, "source_reopen", &TicketChange::default().state_id(2)).await;
        assert_eq!(ticket.state_id, 2, "a merged ticket can be reopened");
    }
}

#[tokio::test]
async fn attributes_are_read_by_name() {
    let replay = Replay::start().await;
    let (key, kind) = (AttributeName::new("jira_key").unwrap(), AttributeName::new("jira_kind").unwrap());
    for version in VERSIONS {
        let wish = TicketChange::default().attribute(&key, json!("P-1"));
        let (ticket, _) = change(&replay, version, "put_key", &wish).await;
        assert_eq!(ticket.attribute(&key), Some(&json!("P-1")));
        assert_eq!(ticket.attribute(&AttributeName::new("jira_other").unwrap()), None);
        assert!(!format!("{ticket:?}").contains("P-1"));
        let wish = TicketChange::default().attribute(&key, Value::Null);
        let (ticket, sent) = change(&replay, version, "put_key_null", &wish).await;
        assert_eq!((ticket.attribute(&key), sent.get("jira_key")), (Some(&Value::Null), Some(&Value::Null)));
        // A number is stored as a text.
        let (ticket, _) = change(&replay, version, "put_key_number", &TicketChange::default()).await;
        assert_eq!(ticket.attribute(&key), Some(&json!("5")));

        let unknown = step(version, "put_kind_unknown", "/tickets/");
        replay.will_answer(unknown.response);
        let stored = replay.client.update_ticket(7, &TicketChange::default()).await;
        match version {
            "6.5" => assert_eq!(stored.unwrap().attribute(&kind), Some(&json!("nonsense"))),
            _ => assert_eq!(stored.unwrap_err().code(), "zammad-refused"),
        }
    }
}

#[tokio::test]
async fn tags_are_sent_in_the_body() {
    let replay = Replay::start().await;
    let tag = Sensitive::new("probe tag".to_owned());
    replay.will_answer(step("6.5", "add_new", "/tags/").response);
    replay.client.add_tag(7, &tag).await.unwrap();
    let expected = json!({ "object": "Ticket", "o_id": 7, "item": "probe tag" });
    assert_eq!(serde_json::from_slice::<Value>(&replay.asked().body).unwrap(), expected);
    replay.will_answer(step("6.5", "remove_unknown", "/tags/").response);
    replay.client.remove_tag(7, &tag).await.unwrap();
    let asked = replay.asked();
    assert_eq!((asked.method.as_str(), asked.path.as_str()), ("DELETE", "/api/v1/tags/remove"));
    assert_eq!(serde_json::from_slice::<Value>(&asked.body).unwrap(), expected);
    // 6.1 stores what 6.5 refuses, and then reads it as two.
    for version in VERSIONS {
        replay.will_answer(step(version, "add_spaces", "/tags/").response);
        assert_eq!(replay.client.add_tag(7, &tag).await.is_ok(), version == "6.1");
    }
}

#[tokio::test]
async fn states_priorities_and_groups_come_with_their_names() {
    let replay = Replay::start().await;
    for version in VERSIONS {
        replay.will_answer(step(version, "ticket_states", "ticket_states").response);
        let states = replay.client.ticket_states().await.unwrap();
        let of = |kind: u64| states.iter().find(|state| state.state_type_id == kind).unwrap();
        assert_eq!(
            (of(1).name.as_str(), of(3).name.as_str(), of(6).name.as_str()),
            ("new", "pending reminder", "merged")
        );
        let removed = states.iter().find(|state| !state.active);
        assert_eq!(removed.map(|state| (state.id, state.state_type_id)), (version == "6.1").then_some((6, 7)));

        replay.will_answer(step(version, "ticket_priorities", "ticket_priorities").response);
        let priorities = replay.client.ticket_priorities().await.unwrap();
        let names: Vec<_> = priorities.iter().map(|one| (one.id, one.name.as_str(), one.active)).collect();
        assert_eq!(names, [(1, "1 low", true), (2, "2 normal", true), (3, "3 high", true)]);

        replay.will_answer(step(version, "groups", "/groups").response);
        match replay.client.groups().await {
            Ok(groups) => assert!(groups.iter().any(|group| group.name == "Users" && group.active)),
            Err(error) => assert_eq!((version, error.code()), ("6.1", "zammad-no-access")),
        }
    }
}

#[tokio::test]
async fn agents_are_asked_for_by_permission() {
    let replay = Replay::start().await;
    for version in VERSIONS {
        let recorded = step(version, "search_agents", "/users/search").response;
        let expected: Vec<u64> =
            recorded.body.as_array().unwrap().iter().map(|user| user["id"].as_u64().unwrap()).collect();
        replay.will_answer(recorded);
        let agents = replay.client.agents(&Text::new("Ä & B=c").unwrap()).await.unwrap();
        assert!(agents.len() >= 2);
        assert_eq!(agents.iter().map(|agent| agent.id).collect::<Vec<_>>(), expected);
        assert_eq!(
            replay.asked().path,
            "/api/v1/users/search?query=%C3%84+%26+B%3Dc&permissions=ticket.agent&limit=50",
            "words stay one value"
        );
        assert!(!format!("{agents:?}").to_lowercase().contains("probe"));
    }
}

/// With this switch, a newer Zammad answers a search with an object instead of a list.
#[tokio::test]
async fn no_search_asks_for_a_total_count() {
    let replay = Replay::start().await;
    replay.will_answer(Response::of(200, json!([])));
    let text = Text::new("2025-01-22T10:46:58.255Z").unwrap();
    let (client, condition) = (&replay.client, Condition::updated_after(&text));
    let asked = || {
        let asked = replay.asked();
        format!("{} {}", asked.path, String::from_utf8_lossy(&asked.body))
    };
    let mut searches = Vec::new();
    client.search_tickets(&condition, 1, 50).await.unwrap();
    searches.push(asked());
    client.changed_since(&text, 1, 50).await.unwrap();
    searches.push(asked());
    client.latest_change().await.unwrap();
    searches.push(asked());
    client.existing_tickets(&[7]).await.unwrap();
    searches.push(asked());
    client.agents(&text).await.unwrap();
    searches.push(asked());
    assert!(
        searches.iter().all(|search| search.contains("/search") && !search.contains("total_count")),
        "{searches:?}"
    );
}

/// From 6.5 on the first answer has all; 6.1 and 6.4 answer with ids, and are asked again for the articles.
#[tokio::test]
async fn existing_tickets_cost_one_request_where_zammad_allows() {
    let row = json!({ "id": 7, "title": "Printer", "article_ids": [10, 11] });
    let old = json!({ "tickets": [7], "tickets_count": 1, "assets": {} });
    let none = json!({ "tickets": [], "tickets_count": 0, "assets": {} });
    let found = BTreeMap::from([(7, BTreeSet::from([10, 11]))]);
    for (answers, expected) in
        [(vec![json!([row])], found.clone()), (vec![old, json!([row])], found), (vec![none], BTreeMap::new())]
    {
        let replay = Replay::start().await;
        replay.will_answer_each(answers.iter().map(|answer| Response::of(200, answer.clone())));
        assert_eq!(replay.client.existing_tickets(&[7, 8]).await.unwrap(), expected, "{answers:?}");
        let calls = replay.all_asked();
        assert_eq!(calls.len(), answers.len());
        for (number, call) in calls.iter().enumerate() {
            let asked: Value = serde_json::from_slice(&call.body).unwrap();
            assert_eq!(asked["expand"], if number == 0 { Value::Null } else { json!(true) });
            assert_eq!(asked["condition"]["conditions"][0]["value"], json!([7, 8]));
        }
    }
}

/// An article of which only the ids can be read has no content, and costs nothing but itself.
#[tokio::test]
async fn an_article_that_is_too_large_costs_only_itself() {
    let replay = Replay::start().await;
    // With the ids first, as recorded.
    let article = |id: u64, body: &str| {
        format!(
            r#"{{"id":{id},"ticket_id":7,"type":"note","sender":"Agent","body":"{body}","content_type":"text/plain",
                "internal":false,"created_by_id":3,"created_at":"t","updated_at":"t"}}"#
        )
    };
    let large = "x".repeat(17 * 1024 * 1024);
    let mut response =
        Response::of(200, json!(format!("[{},{},{}]", article(10, "a"), article(11, &large), article(12, "b"))));
    // The server sends texts of other types as they are.
    response.headers.insert("content-type".into(), "text/plain".into());
    replay.will_answer(response);
    let mut read = Vec::new();
    let mut each = |article: Article| read.push((article.id, article.is_unreadable(), article.body.expose().len()));
    replay.client.each_article(7, &mut each).await.unwrap();
    assert_eq!(read, [(10, false, 1), (11, true, 0), (12, false, 1)]);
}

/// A list that is cut short is no list: its last articles would count as deleted.
#[tokio::test]
async fn a_list_of_articles_that_is_cut_short_is_an_error() {
    for text in ["[", "[{\"id\": 10", "<html>", "{}", "null", ""] {
        let replay = Replay::start().await;
        let mut response = Response::of(200, json!(text));
        response.headers.insert("content-type".into(), "text/html".into());
        replay.will_answer(response);
        let error = replay.client.each_article(7, &mut |_| {}).await.unwrap_err();
        assert!(matches!(error, ClientError::Unreadable { .. }), "{text}: {error}");
    }
}

/// The last change of the owner counts; entries of other forms are passed over.
#[tokio::test]
async fn the_history_says_who_changed_the_owner() {
    let entry = |by: u64, attribute: &str, to: Value| json!({ "object": "Ticket", "type": "updated", "attribute": attribute, "id_to": to, "created_by_id": by });
    let created = json!({ "object": "Ticket", "type": "created", "created_by_id": 4 });
    for (history, expected) in [
        (
            json!([created, entry(3, "owner", json!(3)), entry(1, "owner", json!(1)), entry(5, "priority", json!(2))]),
            Some((1, Some(1))),
        ),
        (json!([entry(5, "owner", Value::Null)]), Some((5, None))),
        (json!([entry(1, "owner", json!(1)), entry(3, "owner", json!(3))]), Some((3, Some(3)))),
        (json!([created, 7, null]), None),
        (json!([]), None),
    ] {
        let replay = Replay::start().await;
        replay.will_answer(Response::of(200, json!({ "history": history, "assets": {} })));
        assert_eq!(replay.client.last_owner_change(7).await.unwrap(), expected, "{history}");
        assert!(replay.asked().path.ends_with("/ticket_history/7"));
    }
}

#[tokio::test]
async fn changed_tickets_come_longest_ago_first() {
    let replay = Replay::start().await;
    replay.will_answer(Response::of(200, json!([])));
    let time = Text::new("2025-01-22T10:46:58.255Z").unwrap();
    assert!(replay.client.changed_since(&time, 3, 500).await.unwrap().is_empty());
    let asked: Value = serde_json::from_slice(&replay.asked().body).unwrap();
    assert_eq!(json!([asked["sort_by"], asked["order_by"]]), json!([["updated_at", "id"], ["asc", "asc"]]));
    assert_eq!(json!([asked["page"], asked["per_page"], asked["expand"]]), json!([3, 200, true]));
    assert_eq!(asked["condition"]["conditions"][0]["value"], time.as_str());

    assert_eq!(replay.client.latest_change().await.unwrap(), None);
    let one = step("6.5", "read_expand", "/tickets/").response.body;
    replay.will_answer(Response::of(200, json!([one])));
    assert_eq!(replay.client.latest_change().await.unwrap(), one["updated_at"].as_str().map(str::to_owned));
    let asked: Value = serde_json::from_slice(&replay.asked().body).unwrap();
    assert_eq!(json!([asked["order_by"], asked["per_page"]]), json!([["desc", "desc"], 1]));
}

#[tokio::test]
async fn files_go_with_all_three_keys_and_clean_names() {
    let replay = Replay::start().await;
    let file = |name: &str, mime_type: &str| NewFile {
        filename: Sensitive::new(name.to_owned()),
        mime_type: mime_type.to_owned(),
        base64: Sensitive::new("aGVsbG8K".to_owned()),
    };
    let mut article = note(7);
    article.internal = false;
    article.attachments = vec![file("../../etc/passwd", "text/plain"), file("ok.html", "text/html; x=\r\ny")];
    assert!(!format!("{article:?}").contains("aGVs") && !format!("{article:?}").contains("passwd"));
    for version in VERSIONS {
        replay.will_answer(step(version, "ok", "/ticket_articles").response);
        let stored = replay.client.create_article(&article).await.unwrap();
        let sizes: Vec<_> = stored.attachments.iter().map(|file| (file.size.unwrap(), file.mime_type())).collect();
        assert_eq!(sizes, [(6, Some("text/plain")), (256, Some("application/octet-stream"))]);
        let asked: Value = serde_json::from_slice(&replay.asked().body).unwrap();
        assert_eq!(asked["internal"], false, "public");
        assert_eq!(
            asked["attachments"],
            json!([
                { "filename": "passwd", "mime-type": "text/plain", "data": "aGVsbG8K" },
                { "filename": "ok.html", "mime-type": "application/octet-stream", "data": "aGVsbG8K" },
            ])
        );
        replay.will_answer(step(version, "wrapped_base64", "/ticket_articles").response);
        let again = replay.client.create_article(&note(7)).await.unwrap();
        assert_eq!(again.attachments[0].store_file_id, stored.attachments[0].store_file_id, "equal bytes are one file");
        let asked: Value = serde_json::from_slice(&replay.asked().body).unwrap();
        assert_eq!(asked.get("attachments"), None);
    }
}

#[tokio::test]
async fn an_inline_image_says_so() {
    let replay = Replay::start().await;
    for version in VERSIONS {
        let mut recorded = step(version, "html_image_data", "/ticket_articles").response;
        recorded.body["attachments"][0]["preferences"]["Content-ID"] = json!("<7.abc@help.example>");
        replay.will_answer(recorded);
        let article = replay.client.article(8).await.unwrap();
        let [image] = article.attachments.as_slice() else { unreachable!("one image") };
        assert!(image.is_inline() && image.store_file_id.is_some());
        assert_eq!((image.mime_type(), image.content_id()), (Some("image/png"), Some("7.abc@help.example")));
        assert!(!format!("{image:?}").contains("help.example"));
        replay.will_answer(step(version, "ok", "/ticket_articles").response);
        let article = replay.client.article(8).await.unwrap();
        assert!(article.attachments.iter().all(|file| !file.is_inline() && file.content_id().is_none()));
    }
}
