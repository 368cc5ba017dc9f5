//! Changes that Zammad makes without a webhook (docs/platforms/zammad.md §2, §3, §12), and how they are found.

use devkit::faults::{SendFault, SendFaultKind};
use serde_json::{Value, json};

use crate::support::{LinkedSite, client, eventually, eventually_async};

impl LinkedSite {
    /// The daily comparison, now: new settings begin a round, and a process that starts is at it at once.
    async fn compare(&mut self) {
        self.settings(|_| {}).await;
        self.kill().await;
        self.restart().await;
    }

    /// The text of our comment for this article.
    fn comment_of(&self, article: u64) -> Option<String> {
        let comments = self.site.jira.comments(self.issue);
        let own =
            comments.iter().find(|c| c.properties.get("chefstackz.zammad").is_some_and(|m| m["article"] == article));
        own.map(|comment| crate::support::text_of(&comment.body))
    }
}

/// A `PUT` with a body is answered 200 and changes nothing, so an edited comment cannot change its note.
#[tokio::test(flavor = "multi_thread")]
async fn an_article_cannot_be_edited_so_an_edit_is_a_further_note() {
    let env = LinkedSite::start().await;
    let article = env.article(env.ticket, "<p>As it was.</p>", true).await;
    let answer = env.zammad("PUT", &format!("ticket_articles/{article}"), &json!({ "body": "Another." })).await;
    assert!(answer["body"].as_str().unwrap().contains("As it was."), "{answer}");
    let comment = env.comment(&env.issue_key, "first words", json!({})).await;
    eventually("the note", || env.noted().len() == 1).await;
    for words in ["second words", "third words"] {
        let document = json!({ "type": "doc", "version": 1, "content": [{ "type": "paragraph", "content": [{ "type": "text", "text": words }] }] });
        env.jira("PUT", &format!("issue/{}/comment/{comment}", env.issue_key), &json!({ "body": document })).await;
        eventually(words, || env.noted().iter().any(|note| note.contains(words))).await;
    }
    let notes = env.noted();
    assert_eq!(notes.len(), 3, "{notes:?}");
    assert!(notes[0].contains("first words") && !notes[0].contains("edited"));
    assert!(notes[1..].iter().all(|note| note.contains("edited")));
}

/// It sends no webhook, and the ticket's `updated_at` stays: only the comparison finds it.
#[tokio::test(flavor = "multi_thread")]
async fn an_article_that_becomes_internal_is_marked_in_its_comment() {
    let mut env = LinkedSite::start().await;
    let article = env.article(env.ticket, "<p>Said to the customer.</p>", false).await;
    eventually("the comment", || env.comment_of(article).is_some_and(|text| text.contains("public"))).await;
    env.zammad("PUT", &format!("ticket_articles/{article}"), &json!({ "internal": true })).await;
    env.compare().await;
    eventually("its new visibility", || env.comment_of(article).is_some_and(|text| text.contains("internal"))).await;
    assert!(env.comment_of(article).unwrap().contains("Said to the customer."));
    // Where only public articles are published, it goes.
    env.settings(|value| value["comments"]["toJira"] = json!("public")).await;
    env.compare().await;
    eventually("its end", || env.comment_of(article).is_some_and(|text| text.contains("no longer shown here"))).await;
    assert_eq!(env.mirrored().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_note_leaves_a_tombstone_and_our_own_leaves_nothing() {
    let mut env = LinkedSite::with(|options| {
        options.settings.push(("CONFIRM_DELETED_SECONDS".to_owned(), "1".to_owned()));
    })
    .await;
    let article = env.article(env.ticket, "<p>Said too early.</p>", true).await;
    eventually("the comment", || env.comment_of(article).is_some()).await;
    env.comment(&env.issue_key, "From Jira.", json!({})).await;
    eventually("the note", || env.noted().len() == 1).await;
    let own = env.site.zammad.articles(env.ticket).last().unwrap().id;
    for (id, token) in [(article, &env.site.sample.agent_tokens[0]), (own, &env.site.sample.bot_token)] {
        let url = format!("{}/api/v1/ticket_articles/{id}", env.site.zammad.url);
        let request = client().delete(url).header("Authorization", format!("Token token={token}"));
        assert!(request.send().await.unwrap().status().is_success());
    }
    env.compare().await;
    eventually("the tombstone", || env.comment_of(article).is_some_and(|t| t.contains("no longer shown here"))).await;
    assert!(!env.comment_of(article).unwrap().contains("Said too early."));
    // The comment that our note was made of is as it was, and does not come again.
    env.comment(&env.issue_key, "Afterwards.", json!({})).await;
    eventually("the next note", || env.noted().iter().any(|note| note.contains("Afterwards."))).await;
    assert_eq!(env.noted().len(), 1);
    let comments = env.site.jira.comments(env.issue);
    assert!(comments.iter().any(|comment| comment.body.to_string().contains("From Jira.")));
}

/// Each webhook shows the ticket as it is when it is sent, not as it was when it was caused.
#[tokio::test(flavor = "multi_thread")]
async fn two_webhooks_of_the_same_content_are_one_write() {
    let env = LinkedSite::start().await;
    env.site.zammad.faults().add_send(SendFault { kind: SendFaultKind::Delay { ms: 700 }, times: Some(2) });
    env.change_ticket(json!({ "title": "The first thought" })).await;
    env.change_ticket(json!({ "title": "The second thought" })).await;
    eventually_async("the title", || async { env.field("summary").await == "The second thought" }).await;
    env.site.zammad.deliveries_done().await;
    env.site.jira.deliveries_done().await;
    env.site.emulator.idle().await.unwrap();
    eventually_async("empty queues", || async {
        let queue = env.readiness().await.1["queue"].clone();
        (queue["inbox"].as_u64(), queue["outbox"].as_u64()) == (Some(0), Some(0))
    })
    .await;
    let exchanges = env.site.jira.exchanges();
    let writes: Vec<String> = exchanges
        .iter()
        .filter(|exchange| exchange.method == "PUT" && exchange.path.ends_with(&format!("/issue/{}", env.issue)))
        .map(|exchange| String::from_utf8_lossy(&exchange.body).into_owned())
        .collect();
    assert_eq!(writes.len(), 1, "{writes:?}");
    assert!(writes[0].contains("The second thought"));
}

/// Zammad gives a webhook up after 108 s and forgets it.
#[tokio::test(flavor = "multi_thread")]
async fn the_sweep_finds_changes_without_a_webhook() {
    let env = LinkedSite::with(|options| options.settings.push(("SWEEP_SECONDS".into(), "1".into()))).await;
    env.site.zammad.faults().add_send(SendFault { kind: SendFaultKind::Lose, times: None });
    env.change_ticket(json!({ "title": "Sent by nobody" })).await;
    eventually_async("the title", || async { env.field("summary").await == "Sent by nobody" }).await;
    for number in 0..3 {
        env.article(env.ticket, &format!("<p>told by nobody {number}.</p>"), number == 1).await;
    }
    eventually("the comments", || env.mirrored().len() == 3).await;
    // A change by a trigger of Zammad's own, or by anybody else, is found like this too; ours is not taken for one.
    env.comment(&env.issue_key, "Answered.", json!({})).await;
    eventually("the note", || env.noted().len() == 1).await;
    env.change_ticket(json!({ "priority_id": 1 })).await;
    eventually_async("the priority", || async { env.field("priority").await["name"] == "Low" }).await;
    assert_eq!((env.mirrored().len(), env.noted().len()), (3, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_send_no_webhook_and_are_synced_by_the_comparison() {
    let mut env = LinkedSite::start().await;
    env.settings(|value| value["fields"]["tags"] = json!({ "direction": "both", "prefix": "j-" })).await;
    // The tags that both sides have when the sync of tags begins stay as they are.
    env.article(env.ticket, "<p>A look at the ticket.</p>", true).await;
    eventually("the look", || env.mirrored().len() == 1).await;
    for tag in ["j-printer", "only-here"] {
        let body = json!({ "object": "Ticket", "o_id": env.ticket, "item": tag });
        env.zammad("POST", "tags/add", &body).await;
    }
    env.compare().await;
    let labels = |env: &LinkedSite| {
        let labels = env.site.jira.issue(&env.issue_key).unwrap().labels;
        labels.iter().any(|label| label == "j-printer") && labels.iter().all(|label| label != "only-here")
    };
    eventually("the label", || labels(&env)).await;
    let body = json!({ "object": "Ticket", "o_id": env.ticket, "item": "j-printer" });
    env.zammad("DELETE", "tags/remove", &body).await;
    env.compare().await;
    eventually("the end of the label", || !labels(&env)).await;
    let before: Value = env.field("labels").await;
    let mut with = before.as_array().unwrap().clone();
    with.push(json!("j-from-jira"));
    env.change_issue(json!({ "labels": with })).await;
    let tagged = || env.site.zammad.dump().to_string().contains("j-from-jira");
    eventually("the tag", tagged).await;
}
