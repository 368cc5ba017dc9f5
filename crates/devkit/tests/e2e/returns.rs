//! Links that come back, and what goes along when a link is made.

use devkit::jira_sim::Comment;
use devkit::zammad_sim::Incoming;
use serde_json::{Value, json};

use crate::support::{LinkedSite, eventually, eventually_async, text_of};

impl LinkedSite {
    /// The app gets a new installation, with a secret of its own and no links.
    async fn installed_anew(&mut self) {
        const NEW: &str = "3c9d5b1e-2a7f-4d40-8e6b-90c1f2a3b4d5";
        self.site.emulator.install(NEW, &self.site.jira.url).await.unwrap();
        self.site.jira.add_sink(&self.site.emulator.events_url(NEW));
        NEW.clone_into(&mut self.site.install_id);
        let made = self.admin("connection.create", Value::Null).await;
        for (setting, name) in [
            ("FORGE_SHARED_SECRET", "secret"),
            ("FORGE_WEBTRIGGER_URL", "webTriggerUrl"),
            ("FORGE_INSTALL_ID", "installId"),
        ] {
            let value = made[name].as_str().unwrap_or_else(|| panic!("{made}"));
            self.site.settings.insert(setting.to_owned(), value.to_owned());
        }
    }

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
    eventually("the comment", || env.mirrored().iter().any(|text| text.contains("Waits."))).await;
    eventually_async("the trouble to end", || async { !env.troubles().await.contains("issue-no-access") }).await;
    assert!(!env.noted().concat().contains("deleted"));
}

/// The group's setting makes a new ticket of an answer to a closed one. Engineers must see the answer.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_becomes_a_new_ticket_is_linked_to_the_same_issue() {
    let env = LinkedSite::start().await;
    let (group, customer) = {
        let ticket = env.site.zammad.ticket(env.ticket).unwrap();
        (ticket.group_id, ticket.customer_id)
    };
    let first = Incoming::mail(env.ticket, "It is on fire.").message_id("<first@customer.example>");
    env.site.zammad.receive(first).unwrap();
    eventually("the first mail", || env.mirrored().iter().any(|text| text.contains("It is on fire."))).await;
    let answer = Incoming::new_ticket(group, customer, "Re: Printer", "It burns again.");
    let (ticket, _) = env.site.zammad.receive(answer.in_reply_to("<first@customer.example>")).unwrap();
    let with_answer = |comment: &Comment| text_of(&comment.body).contains("It burns again.");
    eventually("the answer", || env.site.jira.comments(env.issue).iter().any(with_answer)).await;
    eventually_async("the link", || async {
        let stored = env.site.emulator.stored(&env.site.install_id).await.unwrap().to_string();
        stored.contains(&format!("\"link:t:{ticket}\""))
    })
    .await;
    // The new ticket hears of the issue's being done, as every ticket of the issue.
    env.jira("POST", &format!("issue/{}/transitions", env.issue_key), &json!({ "transition": { "id": "41" } })).await;
    eventually("the note", || {
        env.site.zammad.articles(ticket).iter().any(|note| note.internal && note.body.contains("solved"))
    })
    .await;
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

/// A new installation of the app has the same Jira site, but neither the secret nor the links of the one before.
#[tokio::test(flavor = "multi_thread")]
async fn an_app_that_was_installed_anew_gets_all_links_from_the_operator() {
    const CODE: &str = "links-unknown-to-forge";
    let mut env = LinkedSite::start().await;
    assert!(!env.warns_of(CODE).await);
    env.kill().await;
    env.installed_anew().await;
    env.restart().await;
    eventually_async("the warning", || async {
        env.health_details(CODE).await.contains("1 links here, 0 in the Forge app")
    })
    .await;
    let (status, report) = env.readiness().await;
    let help = report["health"]["help"][CODE].as_str().unwrap();
    assert!(status == 200 && help.contains("connector relink --all"), "{report}");
    env.article(env.ticket, "<p>Written for an app without links.</p>", true).await;
    let printed = env.connector(&["relink", "--all"]).await;
    assert!(printed.starts_with("1 links"), "{printed}");
    eventually_async("the end of the warning", || async { !env.warns_of(CODE).await }).await;
    let comments = |words: &str| env.mirrored().iter().filter(|text| text.contains(words)).count();
    eventually("the comment", || comments("Written for an app without links.") == 1).await;
    env.comment(&env.issue_key, "To the new app.", json!({})).await;
    eventually("the note", || env.notes_with("To the new app.") == 1).await;
    env.change_ticket(json!({ "title": "Synced by the new app" })).await;
    eventually_async("the summary", || async { env.field("summary").await == "Synced by the new app" }).await;
    assert_eq!(comments("Written for an app without links."), 1);
}
