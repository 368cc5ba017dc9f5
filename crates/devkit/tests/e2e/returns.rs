//! Links that come back, and what goes along when a link is made.

use serde_json::json;

use crate::support::{LinkedSite, eventually, eventually_async, text_of};

impl LinkedSite {
    fn notes_with(&self, words: &str) -> usize {
        self.noted().iter().filter(|note| note.contains(words)).count()
    }
}

/// An engineer writes while the link has ended; the link is brought back by the operator.
#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_is_brought_back_gets_what_was_written_meanwhile() {
    let env = LinkedSite::start().await;
    let number = env.now().number;
    env.connector(&["unlink", &number, &env.issue_key]).await;
    eventually_async("the link to end in Forge", || async {
        let stored = env.site.emulator.stored(&env.site.install_id).await.unwrap().to_string();
        !stored.contains(&format!("link:t:{}", env.ticket))
    })
    .await;
    env.comment(&env.issue_key, "Written without a link.", json!({})).await;
    env.article(env.ticket, "<p>An article meanwhile.</p>", true).await;
    env.connector(&["relink", &number, &env.issue_key]).await;
    eventually("the note", || env.notes_with("Written without a link.") == 1).await;
    eventually("the comment", || env.mirrored().iter().any(|text| text.contains("An article meanwhile."))).await;
    env.comment(&env.issue_key, "Written afterwards.", json!({})).await;
    eventually("the next note", || env.notes_with("Written afterwards.") == 1).await;
    assert_eq!(env.notes_with("Written without a link."), 1);
}

/// The app may not see the issue for a while: nothing ends, and it is noticed without an event when it may.
#[tokio::test(flavor = "multi_thread")]
async fn an_issue_that_the_app_may_not_see_comes_back_by_itself() {
    let env = LinkedSite::with(|options| {
        options.settings.push(("CHECK_DELETED_SECONDS".to_owned(), "1".to_owned()));
    })
    .await;
    assert!(env.site.jira.state().hide_issue(&env.issue_key, true));
    env.article(env.ticket, "<p>Waits.</p>", true).await;
    eventually_async("the trouble", || async { env.troubles().await.contains("issue-no-access") }).await;
    assert!(env.site.jira.state().hide_issue(&env.issue_key, false));
    env.retry().await;
    eventually("the comment", || env.mirrored().iter().any(|text| text.contains("Waits."))).await;
    eventually_async("the trouble to end", || async { !env.troubles().await.contains("issue-no-access") }).await;
    assert!(!env.noted().concat().contains("deleted"));
}

/// Public articles go along as one comment when a ticket is linked, and the issue's description as a note.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_before_a_link_goes_along_once() {
    let env = LinkedSite::start().await;
    let (ticket, (issue, key)) = (env.site.sample.tickets[1], env.site.sample.issues[1].clone());
    env.article(ticket, "<p>Public words.</p>", false).await;
    env.article(ticket, "<p>Internal words.</p>", true).await;
    let description = json!({ "type": "doc", "version": 1, "content": [
        { "type": "paragraph", "content": [{ "type": "text", "text": "Steps to reproduce." }] },
    ] });
    env.jira("PUT", &format!("issue/{key}"), &json!({ "fields": { "description": description } })).await;
    env.site.link(ticket, &key).await.unwrap();
    let comments =
        || -> Vec<String> { env.site.jira.comments(issue).iter().map(|comment| text_of(&comment.body)).collect() };
    eventually("the history", || comments().iter().any(|text| text.contains("Public words."))).await;
    let notes = || -> Vec<String> { env.site.zammad.articles(ticket).into_iter().map(|it| it.body).collect() };
    eventually("the description", || notes().iter().any(|note| note.contains("Steps to reproduce."))).await;
    assert!(!comments().concat().contains("Internal words."), "{:?}", comments());
    assert_eq!(comments().iter().filter(|text| text.contains("Public words.")).count(), 1);
}
