use schema::Side;
use schema::settings::{CommentPolicy, Deletion};
use serde_json::{Value, json};
use store::{Completion, Effects, FactKind, ObjectKind, Origin, Provenance};

use crate::support::{NOW, Setup, article, link, ticket};
use crate::ticket::facts::LinkKey;

/// A linked ticket with a known issue.
pub(in crate::visit) async fn linked(setup: Setup) -> Setup {
    setup.helpdesk.add_ticket(ticket(7));
    setup.link(vec![link(7)]).await;
    let snapshot = json!({
        "summary": "Printer on fire", "statusId": "1", "status": "To Do", "statusCategory": "new",
        "updatedAt": "2026-11-28T01:16:12.426Z",
    });
    let known = json!({ "snapshot": snapshot, "changedAt": NOW.0 });
    let facts = vec![LinkKey { ticket_id: 7, issue_id: "1007" }.set(FactKind::Issue, &known)];
    setup.store.record(Effects { facts, ..Effects::default() }).await.unwrap();
    setup
}

/// Visits the ticket and stores messages and effects.
pub(in crate::visit) async fn visit(setup: &Setup) -> Completion {
    let completion = setup.visitor().visit(7).await.unwrap();
    setup.store.append(completion.messages.clone()).await.unwrap();
    setup.store.record(completion.effects.clone()).await.unwrap();
    completion
}

/// Stores the completion of a visit with its messages, so that a second one with the same key is left out.
async fn complete(setup: &Setup, completion: Completion) {
    let sent = completion.messages.len();
    let before = setup.store.counts().await.unwrap().outbox;
    setup.store.append(completion.messages).await.unwrap();
    assert_eq!(setup.store.counts().await.unwrap().outbox, before + sent as u64, "a message was left out");
    setup.store.record(completion.effects).await.unwrap();
}

/// The data of the article messages, with their kinds.
pub(in crate::visit) fn sent(completion: &Completion) -> Vec<(String, Value)> {
    let messages = completion.messages.iter().filter(|message| message.kind != "ticket.changed");
    let data = |body: &str| serde_json::from_str::<Value>(body).unwrap()["data"].clone();
    messages.map(|message| (message.kind.clone(), data(&message.body))).collect()
}

pub(in crate::visit) fn kinds(completion: &Completion) -> Vec<String> {
    sent(completion).into_iter().map(|(kind, _)| kind).collect()
}

/// Forge answered that the article became this comment.
pub(in crate::visit) async fn mirrored(setup: &Setup, article: u64) {
    let comments = json!([{ "issueId": "1007", "commentId": "900" }]);
    let part = Provenance {
        side: Side::Zammad,
        object: ObjectKind::ArticlePart,
        id: format!("{article}:1"),
        origin: Origin::Theirs,
        mirror: Some(comments.to_string()),
        fingerprint: None,
        ticket_id: 7,
        carried_by: "m".into(),
        at: NOW,
    };
    setup.store.record(Effects { provenance: vec![part], ..Effects::default() }).await.unwrap();
}

/// Which articles are sent: newer than the link, not ours, allowed by both policies.
#[tokio::test]
async fn only_new_articles_of_others_that_both_policies_allow_are_sent() {
    let all = CommentPolicy::All;
    for (operator, admin, internal, id, ours, expected) in [
        ("all", all, true, 10, false, true),
        ("all", all, false, 10, false, true),
        ("all", all, true, 9, false, false),
        ("all", all, true, 10, true, false),
        ("internal", all, false, 10, false, false),
        ("internal", all, true, 10, false, true),
        ("all", CommentPolicy::Public, true, 10, false, false),
        ("public", CommentPolicy::Internal, true, 10, false, false),
        ("none", all, true, 10, false, false),
        ("all", CommentPolicy::None, true, 10, false, false),
    ] {
        let setup = linked(Setup::with(&[("COMMENT_POLICY", operator)]).await).await;
        setup.settings(|settings| settings.comments.to_jira = admin).await;
        let mut new = article(id, 7, "<p>Hello</p>");
        new["internal"] = internal.into();
        if ours {
            new["preferences"] = json!({ "connector": { "command": "c" } });
        }
        setup.helpdesk.add_article(new);
        let got = kinds(&visit(&setup).await);
        let case = format!("{operator} {admin:?} internal {internal} id {id} ours {ours}");
        assert_eq!(got, if expected { vec!["article.added"] } else { vec![] }, "{case}");
        assert_eq!(kinds(&visit(&setup).await), Vec::<String>::new(), "{case}: once");
    }
}

#[tokio::test]
async fn only_articles_of_tagged_tickets_are_sent_if_a_tag_is_set() {
    for tagged in [false, true] {
        let setup = linked(Setup::new().await).await;
        setup.settings(|settings| settings.comments.only_tagged = Some("jira".into())).await;
        setup.helpdesk.add_article(article(10, 7, "<p>Hello</p>"));
        if tagged {
            setup.helpdesk.contents().tags.entry(7).or_default().insert("jira".into());
        }
        assert_eq!(sent(&visit(&setup).await).len(), usize::from(tagged));
    }
}

#[tokio::test]
async fn an_edited_article_is_sent_again_once_its_comment_is_known() {
    let setup = linked(Setup::new().await).await;
    setup.helpdesk.add_article(article(10, 7, "<p>Hello</p>"));
    visit(&setup).await;
    setup.helpdesk.contents().articles[0]["body"] = "<p>Hello again</p>".into();
    assert_eq!(kinds(&visit(&setup).await), Vec::<String>::new(), "not answered yet");
    mirrored(&setup, 10).await;
    let changed = sent(&visit(&setup).await);
    assert_eq!(changed[0].0, "article.changed");
    assert_eq!(changed[0].1["comments"], json!([{ "issueId": "1007", "commentId": "900" }]));
    assert_eq!(kinds(&visit(&setup).await), Vec::<String>::new());
}

/// Each change is sent, also one that was made before: a text that is hidden for the second time must not stay public.
#[tokio::test]
async fn an_article_that_is_hidden_and_shown_again_and_again_follows_each_time() {
    for policy in ["all", "public"] {
        let setup = linked(Setup::with(&[("COMMENT_POLICY", policy)]).await).await;
        setup.helpdesk.add_article(article(10, 7, "<p>Hello</p>"));
        setup.helpdesk.contents().articles[0]["internal"] = false.into();
        visit(&setup).await;
        mirrored(&setup, 10).await;
        for round in 0..3 {
            for internal in [true, false] {
                setup.pass(1_000);
                setup.helpdesk.contents().articles[0]["internal"] = internal.into();
                let completion = setup.visitor().visit(7).await.unwrap();
                let expected = if policy == "public" && internal { "article.removed" } else { "article.changed" };
                assert_eq!(kinds(&completion), [expected], "{policy} {round} {internal}");
                complete(&setup, completion).await;
            }
        }
    }
}

/// The portal of a service project shows every attachment, so Forge is told which files were added for a hidden article.
#[tokio::test]
async fn the_files_of_an_article_that_became_internal_are_named() {
    let setup = linked(Setup::new().await).await;
    let mut public = article(10, 7, "<p>Hello</p>");
    public["internal"] = false.into();
    public["attachments"] = json!([{ "id": 5, "filename": "margins.csv", "size": "3", "preferences": {} }]);
    setup.helpdesk.add_article(public);
    visit(&setup).await;
    mirrored(&setup, 10).await;
    let file = json!([{ "issueId": "1007", "attachmentId": "70" }]);
    let recorded = setup.store.recorded(7, Side::Zammad, ObjectKind::File).await.unwrap().remove(0);
    let answered = Provenance { mirror: Some(file.to_string()), ..recorded };
    setup.store.record(Effects { provenance: vec![answered], ..Effects::default() }).await.unwrap();
    for (internal, body, expected) in
        [(true, "Hello", file), (true, "Hello, all", Value::Null), (false, "Hello, all", Value::Null)]
    {
        setup.helpdesk.contents().articles[0]["internal"] = internal.into();
        setup.helpdesk.contents().articles[0]["body"] = body.into();
        let changed = sent(&visit(&setup).await);
        assert_eq!(
            (changed[0].0.as_str(), &changed[0].1["files"]),
            ("article.changed", &expected),
            "{internal} {body}"
        );
    }
}

/// Forge refuses or ignores what it hears of a comment on an issue that it does not know as linked with this ticket.
#[tokio::test]
async fn changes_on_an_issue_that_came_with_a_merge_wait_until_forge_knows_of_the_merge() {
    let setup = linked(Setup::new().await).await;
    setup.helpdesk.add_article(article(10, 7, "<p>Hello</p>"));
    setup.helpdesk.add_article(article(11, 7, "<p>Hello</p>"));
    visit(&setup).await;
    mirrored(&setup, 10).await;
    mirrored(&setup, 11).await;
    let merged = store::NewMessage {
        id: "merged".into(),
        ticket_id: 3,
        kind: "ticket.merged".into(),
        body: "{}".into(),
        dedup_key: None,
        created_at: NOW,
    };
    setup.store.append(vec![merged]).await.unwrap();
    let facts = vec![LinkKey { ticket_id: 7, issue_id: "1007" }.set(FactKind::Merge, &"merged")];
    setup.store.record(Effects { facts, ..Effects::default() }).await.unwrap();
    setup.helpdesk.contents().articles[0]["body"] = "<p>Hello again</p>".into();
    setup.helpdesk.contents().articles.remove(1);
    visit(&setup).await;
    setup.pass(200_000);
    let waiting = visit(&setup).await;
    assert_eq!(kinds(&waiting), Vec::<String>::new());
    assert!(waiting.effects.rechecks.iter().any(|recheck| recheck.not_before == Some(NOW.plus(210_000))));
    let limits = store::BatchLimits { messages: 9, bytes: 9_999, per_ticket: 9 };
    let batch = setup.store.claim(setup.env.now(), 60_000, limits).await.unwrap();
    let done = vec![("merged".to_owned(), store::Settlement::Done { result: None })];
    setup.store.settle(&batch, done, Effects::default(), setup.env.now()).await.unwrap();
    assert_eq!(kinds(&visit(&setup).await), ["article.changed", "article.removed"]);
}

/// Deleted articles, and articles that a policy no longer allows, follow the deletion policy.
#[tokio::test]
async fn a_deleted_article_follows_the_policy_once() {
    for (policy, expected) in
        [(Deletion::Tombstone, Some(json!(false))), (Deletion::Delete, Some(json!(true))), (Deletion::Ignore, None)]
    {
        let setup = linked(Setup::new().await).await;
        setup.settings(|settings| settings.comments.deletions = policy).await;
        setup.helpdesk.add_article(article(10, 7, "<p>Hello</p>"));
        visit(&setup).await;
        mirrored(&setup, 10).await;
        setup.helpdesk.contents().articles.clear();
        assert_eq!(kinds(&visit(&setup).await), Vec::<String>::new(), "{policy:?}: a second look decides");
        setup.pass(119_999);
        let early = visit(&setup).await;
        assert_eq!(kinds(&early), Vec::<String>::new(), "{policy:?}: some minutes later");
        assert_eq!(early.effects.rechecks.len(), 1, "it answered the request for the second look, and makes another");
        setup.pass(1);
        let removed = sent(&visit(&setup).await);
        let delete: Vec<Value> =
            removed.iter().map(|(_, data)| data["delete"].as_bool().unwrap_or(false).into()).collect();
        assert_eq!(delete, expected.into_iter().collect::<Vec<_>>(), "{policy:?}");
        assert_eq!(kinds(&visit(&setup).await), Vec::<String>::new(), "{policy:?}: once");
    }
}

/// A list without the article, as a proxy's cache or a lagging database may answer once.
#[tokio::test]
async fn an_article_that_is_back_at_the_second_look_was_not_deleted() {
    let setup = linked(Setup::new().await).await;
    setup.helpdesk.add_article(article(10, 7, "<p>Hello</p>"));
    visit(&setup).await;
    mirrored(&setup, 10).await;
    let articles = std::mem::take(&mut setup.helpdesk.contents().articles);
    visit(&setup).await;
    setup.helpdesk.contents().articles = articles;
    for _ in 0..2 {
        setup.pass(200_000);
        assert_eq!(kinds(&visit(&setup).await), Vec::<String>::new());
    }
    setup.helpdesk.contents().articles.clear();
    assert_eq!(kinds(&visit(&setup).await), Vec::<String>::new(), "the first look begins anew");
}

#[tokio::test]
async fn an_article_that_became_internal_is_withdrawn_if_only_public_ones_are_sent() {
    let setup = linked(Setup::with(&[("COMMENT_POLICY", "public")]).await).await;
    let mut public = article(10, 7, "<p>Hello</p>");
    public["internal"] = false.into();
    setup.helpdesk.add_article(public);
    visit(&setup).await;
    mirrored(&setup, 10).await;
    setup.helpdesk.contents().articles[0]["internal"] = true.into();
    assert_eq!(kinds(&visit(&setup).await), ["article.removed"]);
}

/// Files are sent before their article, with a notice instead of bytes where the bytes may not or cannot be sent.
#[tokio::test]
async fn files_are_announced_before_their_article() {
    for (privacy, size, direction_off, expected) in [
        ("off", "3", false, Some(Value::Null)),
        ("off", "99000000", false, Some("tooLarge".into())),
        ("off", "0", false, Some("empty".into())),
        ("on", "3", false, Some("privacy".into())),
        ("off", "3", true, None),
    ] {
        let setup = linked(Setup::with(&[("PRIVACY_MODE", privacy)]).await).await;
        setup
            .settings(|settings| {
                if direction_off {
                    settings.attachments.direction = schema::settings::Direction::Off;
                }
            })
            .await;
        let mut with_file = article(10, 7, "<p>Hello</p>");
        with_file["attachments"] =
            json!([{ "id": 5, "filename": "quarterly-report.log", "size": size, "preferences": {} }]);
        setup.helpdesk.add_article(with_file);
        let messages = sent(&visit(&setup).await);
        let files: Vec<Value> = messages
            .iter()
            .filter(|(kind, _)| kind == "attachment.added")
            .map(|(_, data)| data["notice"].clone())
            .collect();
        assert_eq!(files, expected.into_iter().collect::<Vec<_>>(), "{privacy} {size}");
        assert_eq!(messages.last().unwrap().0, "article.added");
        assert!(messages.iter().all(|(_, data)| data["bytes"].is_null()), "bytes are read when the message is sent");
    }
}

#[tokio::test]
async fn the_panel_snapshot_is_sent_when_it_changed() {
    let setup = linked(Setup::new().await).await;
    let changed =
        |completion: &Completion| completion.messages.iter().filter(|row| row.kind == "ticket.changed").count();
    assert_eq!(changed(&visit(&setup).await), 1);
    assert_eq!(changed(&visit(&setup).await), 0);
    setup.helpdesk.contents().tickets.get_mut(&7).unwrap()["priority_id"] = 3.into();
    assert_eq!(changed(&visit(&setup).await), 1);
}

/// The people's mail domain is part of Zammad's host name, and a mail quotes the ticket's address: privacy mode must still work.
#[tokio::test]
async fn zammads_own_address_does_not_stop_messages_in_privacy_mode() {
    let setup = linked(Setup::with(&[("PRIVACY_MODE", "on")]).await).await;
    let anna = json!({
        "id": 4, "login": "anna@help.example", "firstname": "Anna", "lastname": "Bell", "email": "anna@help.example",
        "active": true,
    });
    setup.helpdesk.contents().users.insert(4, anna);
    setup.helpdesk.add_article(article(10, 7, "<p>Your ticket:</p><p>https://help.example/#ticket/zoom/7</p>"));
    let sent = sent(&visit(&setup).await);
    assert_eq!(sent[0].0, "article.added");
    assert_eq!(sent[0].1["url"], "https://help.example/#ticket/zoom/7/10");
}

/// Automatic mails are left out, an encrypted one becomes a notice without text and files, whatever the mode.
#[tokio::test]
async fn kinds_of_articles_follow_their_setting() {
    for privacy in ["off", "on"] {
        let setup = linked(Setup::with(&[("PRIVACY_MODE", privacy)]).await).await;
        let mut automatic = article(10, 7, "<p>I am on holiday</p>");
        automatic["preferences"] = json!({ "is-auto-response": true });
        setup.helpdesk.add_article(automatic);
        let mut encrypted = article(11, 7, "<p>salary list</p>");
        encrypted["preferences"] = json!({ "security": { "encryption": { "success": true } } });
        encrypted["attachments"] = json!([{ "id": 5, "filename": "smime.p7m", "size": "3", "preferences": {} }]);
        setup.helpdesk.add_article(encrypted);
        let sent = sent(&visit(&setup).await);
        assert_eq!(sent.len(), 1, "{privacy}: {sent:?}");
        assert_eq!((sent[0].0.as_str(), &sent[0].1["articleId"]), ("article.added", &json!(11)));
        assert!(!sent[0].1.to_string().contains("salary"));
        assert_eq!(sent[0].1["notice"], json!(true), "never public in a portal");
        assert!(sent_nothing_new(&setup).await);
    }
}

async fn sent_nothing_new(setup: &Setup) -> bool {
    sent(&visit(setup).await).is_empty()
}

/// One damaged row of Zammad's database costs that article, and is no deletion.
#[tokio::test]
async fn an_unreadable_article_costs_itself_only() {
    let setup = linked(Setup::new().await).await;
    setup.helpdesk.add_article(article(10, 7, "first"));
    visit(&setup).await;
    mirrored(&setup, 10).await;
    setup.helpdesk.contents().articles[0]["body"] = Value::Null;
    setup.helpdesk.add_article(article(11, 7, "second"));
    let sent = sent(&visit(&setup).await);
    assert_eq!(sent.len(), 1, "{sent:?}");
    assert_eq!((sent[0].0.as_str(), &sent[0].1["articleId"]), ("article.added", &json!(11)));
}

/// Logos and icons of signatures are pictures inside the text that are tiny.
#[tokio::test]
async fn tiny_pictures_inside_the_text_are_left_out() {
    for (disposition, size, sent_files) in [
        ("inline; filename=logo.png", json!("2000"), 0),
        ("inline", json!("9000"), 1),
        ("inline", Value::Null, 1),
        ("attachment", json!("2000"), 1),
    ] {
        let setup = linked(Setup::new().await).await;
        let mut with_file = article(10, 7, "text");
        with_file["attachments"] = json!([{
            "id": 5, "filename": "logo.png", "size": size, "preferences": { "Content-Disposition": disposition },
        }]);
        setup.helpdesk.add_article(with_file);
        let kinds = kinds(&visit(&setup).await);
        let files = kinds.iter().filter(|kind| *kind == "attachment.added").count();
        assert_eq!(files, sent_files, "{disposition} {size}");
    }
}

/// A link that came with a merged ticket: what was written before the sidecar knew of the merge is on the other issue only.
#[tokio::test]
async fn an_article_written_before_a_merge_was_known_is_sent_to_the_issue_of_the_moved_link() {
    let setup = linked(Setup::new().await).await;
    for id in [10, 11, 12] {
        setup.helpdesk.add_article(article(id, 7, "<p>Hello</p>"));
    }
    visit(&setup).await;
    mirrored(&setup, 10).await;
    mirrored(&setup, 12).await;
    let moved = store::Link { issue_id: "2007".into(), issue_key: "PROJ-2007".into(), after_article: 10, ..link(7) };
    setup.link(vec![moved]).await;
    let messages = sent(&visit(&setup).await);
    let added: Vec<&Value> =
        messages.iter().filter(|(kind, _)| kind == "article.added").map(|(_, data)| data).collect();
    // 10 is older than the moved link; for 11 Forge has not answered yet.
    assert_eq!(added.len(), 1, "{messages:?}");
    assert_eq!((&added[0]["articleId"], &added[0]["issues"]), (&json!(12), &json!(["2007"])));
}

/// An article that came with the merged ticket is not sent to the issue that the target had before.
#[tokio::test]
async fn an_article_of_a_merged_ticket_stays_on_its_own_issue() {
    let setup = linked(Setup::new().await).await;
    setup.helpdesk.add_article(article(10, 7, "<p>Hello</p>"));
    visit(&setup).await;
    mirrored(&setup, 10).await;
    let own = store::Link { after_article: 10, ..link(7) };
    let before = store::Link { issue_id: "2007".into(), issue_key: "PROJ-2007".into(), after_article: 3, ..link(7) };
    setup.link(vec![own, before]).await;
    assert!(!kinds(&visit(&setup).await).contains(&"article.added".to_owned()));
}

/// The answer of Forge is still on its way when the article is deleted: its comment is removed once it is known.
#[tokio::test]
async fn an_article_deleted_before_its_comment_was_known_is_removed_afterwards() {
    let setup = linked(Setup::new().await).await;
    setup.helpdesk.add_article(article(10, 7, "<p>Hello</p>"));
    visit(&setup).await;
    setup.helpdesk.contents().articles.clear();
    visit(&setup).await;
    setup.pass(120_000);
    let waiting = visit(&setup).await;
    assert_eq!(kinds(&waiting), Vec::<String>::new());
    assert_eq!(waiting.effects.rechecks[0].not_before, Some(NOW.plus(130_000)), "it is looked at again soon");
    mirrored(&setup, 10).await;
    let removed = visit(&setup).await;
    assert_eq!((kinds(&removed), removed.effects.rechecks.len()), (vec!["article.removed".to_owned()], 0));
}

/// A comment on the issue of another link becomes known after the deletion.
#[tokio::test]
async fn a_comment_that_is_known_after_the_deletion_is_removed_too() {
    let setup = linked(Setup::new().await).await;
    setup.helpdesk.add_article(article(10, 7, "<p>Hello</p>"));
    visit(&setup).await;
    mirrored(&setup, 10).await;
    setup.helpdesk.contents().articles.clear();
    visit(&setup).await;
    setup.pass(120_000);
    assert_eq!(kinds(&visit(&setup).await), ["article.removed"]);
    let comments = json!([{ "issueId": "2007", "commentId": "901" }, { "issueId": "1007", "commentId": "900" }]);
    let known = setup.store.provenance(Side::Zammad, ObjectKind::ArticlePart, "10:1").await.unwrap().unwrap();
    let part = Provenance { mirror: Some(comments.to_string()), ..known };
    setup.store.record(Effects { provenance: vec![part], ..Effects::default() }).await.unwrap();
    let removed = sent(&visit(&setup).await);
    assert_eq!((removed[0].0.as_str(), &removed[0].1["comments"]), ("article.removed", &comments));
    assert_eq!(kinds(&visit(&setup).await), Vec::<String>::new());
}
