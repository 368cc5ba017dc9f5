use schema::settings::CommentPolicy;
use schema::{Id, IssueSearch, LinkEnded};
use serde_json::json;
use store::{Effects, FactKind};

use super::super::facts::LinkKey;
use super::*;
use crate::support::{NOW, Setup, article, link, ticket};

const ID: &str = "01M3250V000000000000000001";

fn message(ticket_id: Option<u64>, body: MessageBody) -> Message {
    Message { id: ID.parse::<Id>().unwrap(), ticket_id, body }
}

fn removed() -> MessageBody {
    MessageBody::LinkRemoved(LinkEnded { issue_id: "1007".into(), reason: "asked".into() })
}

#[test]
fn a_row_has_everything_that_the_outbox_orders_by() {
    for (ticket_id, of_row) in [(Some(7), 7), (None, 0)] {
        let row = outbox_row(&message(ticket_id, removed()), Some("key".into()), Privacy::Off, NOW).unwrap();
        assert_eq!((row.id.as_str(), row.ticket_id, row.kind.as_str()), (ID, of_row, "link.removed"));
        assert_eq!((row.dedup_key.as_deref(), row.created_at), (Some("key"), NOW));
        let body: Value = serde_json::from_str(&row.body).unwrap();
        assert_eq!(body["ticketId"], json!(ticket_id), "the wire knows no ticket 0");
        assert_eq!(body["data"], json!({ "issueId": "1007", "reason": "asked" }));
    }
}

/// The only way into the outbox applies the table of the privacy mode.
#[tokio::test]
async fn a_title_crosses_only_while_privacy_mode_is_off() {
    let setup = Setup::new().await;
    let title = Some("Printer on fire".to_owned());
    let [restore, _] = restore(&setup.config.zammad_public_url, &link(7), &LinkFacts::default(), title);
    for (privacy, crosses) in [(Privacy::Off, true), (Privacy::On, false)] {
        let row = outbox_row(&message(Some(7), restore.clone()), None, privacy, NOW).unwrap();
        assert_eq!(row.body.contains("Printer on fire"), crosses, "{privacy:?}");
        assert!(row.body.contains("\"issueId\":\"1007\""), "{}", row.body);
    }
}

/// Words that somebody typed may be content: only a key of an issue crosses in privacy mode.
#[test]
fn a_message_that_loses_a_needed_part_does_not_cross() {
    for (query, privacy, crosses) in
        [("printer", Privacy::Off, true), ("printer", Privacy::On, false), ("PROJ-7", Privacy::On, true)]
    {
        let search = MessageBody::IssueSearch(IssueSearch { query: query.into(), limit: 5 });
        let row = outbox_row(&message(None, search), None, privacy, NOW);
        assert_eq!(row.is_ok(), crosses, "{query} {privacy:?}: {row:?}");
    }
}

#[tokio::test]
async fn a_link_is_restored_as_of_its_beginning_and_asked_for_what_was_missed() {
    let setup = Setup::new().await;
    let [restore, question] = restore(&setup.config.zammad_public_url, &link(7), &LinkFacts::default(), None);
    let expected = LinkRestore {
        issue_id: "1007".into(),
        ticket_number: "5007".into(),
        ticket_url: "https://help.example/#ticket/zoom/7".into(),
        title: None,
        linked_at: Some("2026-09-21T14:13:20Z".into()),
    };
    assert_eq!(restore, MessageBody::LinkRestore(expected));
    let everything = IssueGet { issue: "1007".into(), catch_up_since: Some("1970-01-01T00:00:00Z".into()) };
    assert_eq!(question, MessageBody::IssueGet(everything));
}

#[tokio::test]
async fn a_question_continues_where_the_last_answer_ended() {
    let setup = Setup::new().await;
    setup.link(vec![link(7)]).await;
    let until = "2026-11-28T01:16:12.426+0000";
    let facts = vec![LinkKey { ticket_id: 7, issue_id: "1007" }.set(FactKind::CaughtUpTo, &until)];
    setup.store.record(Effects { facts, ..Effects::default() }).await.unwrap();
    let facts = setup.store.link_facts(7, "1007").await.unwrap();
    let question = issue_question(&link(7), &facts);
    assert_eq!((question.issue.as_str(), question.catch_up_since.as_deref()), ("1007", Some(until)));
}

/// A ticket with a public and an internal article.
async fn said(variables: &[(&str, &str)]) -> Setup {
    let setup = Setup::with(variables).await;
    setup.helpdesk.add_ticket(ticket(7));
    let mut public = article(10, 7, "<p>It smells of burning</p>");
    public["internal"] = false.into();
    setup.helpdesk.add_article(public);
    setup.helpdesk.add_article(article(11, 7, "<p>Margin is 40 %</p>"));
    setup
}

async fn request(setup: &Setup, settings: &Settings) -> Result<LinkRequest, ClientError> {
    let ticket = setup.shared_helpdesk().ticket(7).await.unwrap();
    link_request(setup.shared_helpdesk().as_ref(), &setup.config, settings, &ticket, "PROJ-7").await
}

#[tokio::test]
async fn a_link_request_names_the_ticket_and_where_its_articles_begin() {
    let request = request(&said(&[]).await, &Settings::default()).await.unwrap();
    assert_eq!((request.issue.as_str(), request.ticket_number.as_str()), ("PROJ-7", "5007"));
    assert_eq!(request.ticket_url, "https://help.example/#ticket/zoom/7");
    assert_eq!((request.title.as_deref(), request.after_article), (Some("Printer on fire"), 11));
}

/// Both policies, the tag and the privacy mode decide what goes along; nothing at all is better than an empty document.
#[tokio::test]
async fn the_articles_so_far_go_along_as_the_policies_say() {
    type Change = fn(&mut Settings);
    let on = [("PRIVACY_MODE", "on")];
    let only_internal = [("COMMENT_POLICY", "internal")];
    let tagged: Change = |settings| settings.comments.only_tagged = Some("jira".into());
    for (name, variables, change, with_tag, public, internal) in [
        ("by default", &[][..], (|_| ()) as Change, false, true, false),
        ("all", &[], |settings| settings.comments.history = CommentPolicy::All, false, true, true),
        ("none", &[], |settings| settings.comments.history = CommentPolicy::None, false, false, false),
        ("the operator's policy", &only_internal, |_| (), false, false, false),
        ("without the tag", &[], tagged, false, false, false),
        ("with the tag", &[], tagged, true, true, false),
        ("privacy mode", &on, |settings| settings.comments.history = CommentPolicy::All, false, false, false),
    ] {
        let setup = said(variables).await;
        if with_tag {
            setup.helpdesk.contents().tags.entry(7).or_default().insert("jira".into());
        }
        let mut settings = Settings::default();
        change(&mut settings);
        let description = request(&setup, &settings).await.unwrap().description;
        let text = description.as_ref().map(Value::to_string).unwrap_or_default();
        assert_eq!((text.contains("burning"), text.contains("Margin")), (public, internal), "{name}: {text}");
        assert_eq!(description.is_some(), public || internal, "{name}");
    }
}

/// Tags cost one more call, so they are read for the setting that needs them only.
#[tokio::test]
async fn an_error_of_any_needed_call_is_returned() {
    for (method, only_tagged, fails) in
        [("articles", None, true), ("tags", None, false), ("tags", Some("jira".to_owned()), true)]
    {
        let setup = said(&[]).await;
        setup.helpdesk.fail(method, 503);
        let mut settings = Settings::default();
        settings.comments.only_tagged = only_tagged;
        assert_eq!(request(&setup, &settings).await.is_err(), fails, "{method} {:?}", settings.comments.only_tagged);
    }
}

#[test]
fn the_newest_article_is_the_one_with_the_highest_id() {
    let articles = |ids: &[u64]| -> Vec<Article> {
        ids.iter().map(|id| serde_json::from_value(article(*id, 7, "text")).unwrap()).collect()
    };
    for (ids, newest) in [(&[][..], 0), (&[10], 10), (&[10, 12, 11], 12)] {
        assert_eq!(newest_article(&articles(ids)), newest);
    }
}
