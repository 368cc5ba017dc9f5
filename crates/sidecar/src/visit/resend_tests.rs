use serde_json::{Value, json};
use store::{Completion, Effects};

use crate::support::{Setup, article, link, ticket};
use crate::ticket::facts::LinkKey;

/// A ticket whose article 10 with file 5 could not be written on its issue.
async fn failed(code: &str) -> Setup {
    let setup = Setup::new().await;
    setup.link(vec![link(7)]).await;
    setup.helpdesk.add_ticket(ticket(7));
    let mut said = article(10, 7, "The printer is broken.");
    said["attachments"] = json!([{ "id": 5, "filename": "log.txt", "size": "3", "preferences": {} }]);
    setup.helpdesk.add_article(said);
    let of = LinkKey { ticket_id: 7, issue_id: "1007" };
    let troubles = ["article:10:1", "file:5"].map(|field| of.trouble(field.into(), Some(code), None, setup.env.now()));
    setup.store.record(Effects { troubles: troubles.into(), ..Effects::default() }).await.unwrap();
    setup
}

async fn sent_again(setup: &Setup) -> Vec<Value> {
    let done: Completion = setup.visitor().visit(7).await.unwrap();
    let bodies = done.messages.iter().map(|message| serde_json::from_str::<Value>(&message.body).unwrap());
    bodies.filter(|body| body["data"]["again"] == true).collect()
}

#[tokio::test]
async fn an_article_and_a_file_refused_on_one_issue_are_sent_to_it_again() {
    let setup = failed("issue-no-access").await;
    let again = sent_again(&setup).await;
    let kinds: Vec<&str> = again.iter().map(|body| body["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["article.added", "attachment.added"]);
    setup.pass(60_000);
    let done = setup.visitor().visit(7).await.unwrap();
    assert_eq!(done.effects.rechecks.len(), 1, "every visit asks for the next attempt");
    assert!(again.iter().all(|body| body["data"]["issues"] == json!(["1007"])), "{again:?}");
}

#[tokio::test]
async fn content_that_jira_never_takes_is_only_listed() {
    let setup = failed("jira-refused").await;
    assert!(sent_again(&setup).await.is_empty());
}

#[tokio::test]
async fn an_article_that_may_no_longer_be_sent_is_not_sent_again() {
    let setup = failed("jira-forbidden").await;
    setup.settings(|settings| settings.comments.to_jira = schema::settings::CommentPolicy::None).await;
    assert!(sent_again(&setup).await.is_empty());
}
