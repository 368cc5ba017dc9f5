//! A link whose other side always says no keeps no other link waiting, and what it says no to can be read.

use std::time::Duration;

use devkit::faults::{Fault, FaultKind};
use devkit::harness::Connector;
use devkit::jira_sim::JiraSim;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::envelope_at_forge::send;
use crate::support::{LinkedSite, eventually, eventually_async};

impl LinkedSite {
    /// Whatever is asked of the linked issue is answered so.
    fn poison(&self, kind: FaultKind, times: Option<u32>) {
        let path = Some(format!("/issue/{}", self.issue));
        self.site.jira.faults().add(Fault { path, times, ..Fault::always(kind) });
    }

    /// A further link; its ticket and issue.
    async fn healthy(&self) -> (u64, u64) {
        let (ticket, (issue, key)) = (self.site.sample.tickets[1], self.site.sample.issues[1].clone());
        self.site.link(ticket, &key).await.unwrap();
        (ticket, issue)
    }

    fn shows_comment(&self, issue: u64, words: &str) -> bool {
        self.site.jira.comments(issue).iter().any(|comment| comment.body.to_string().contains(words))
    }

    /// Asserts that an article becomes a comment although the damaged message is still queued.
    async fn prompt(&self, (ticket, issue): (u64, u64), words: &str) {
        self.article(ticket, &format!("<p>{words}</p>"), true).await;
        eventually(words, || self.shows_comment(issue, words)).await;
    }
}

const fn status(status: u16, retry_after: Option<u32>) -> FaultKind {
    FaultKind::Status { status, retry_after }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issue_that_always_responds_400_is_listed_and_delays_no_other() {
    // Not recorded: Atlassian describes no 400 for a read.
    let env = LinkedSite::with(|options| options.jira = JiraSim::builder()).await;
    let other = env.healthy().await;
    env.poison(status(400, None), None);
    for round in 0..3 {
        env.change_ticket(json!({ "title": format!("Refused {round}"), "priority_id": 3 - round % 2 })).await;
        env.article(env.ticket, &format!("<p>refused {round}</p>"), true).await;
        env.prompt(other, &format!("prompt {round}.")).await;
    }
    let listed = || async {
        let troubles = env.troubles().await;
        ["title: jira-refused", "not delivered: article.added jira-refused"].iter().all(|line| troubles.contains(line))
    };
    eventually_async("the reasons", listed).await;
    env.prompt(other, "and at the end.").await;
}

/// The reason is in the answer's data, a field for a field, and the fields that Jira takes are written.
#[tokio::test(flavor = "multi_thread")]
async fn the_response_names_the_rejected_field_and_the_reason() {
    let env = LinkedSite::start().await;
    let refused = Fault::always(status(400, None)).on("PUT", &format!("/issue/{}", env.issue));
    env.site.jira.faults().add(refused);
    let summary = env.field("summary").await;
    let message = json!({ "id": "01K5DSVR000000000000000778", "kind": "field.apply", "ticketId": env.ticket, "data": {
        "issueId": env.issue.to_string(), "fields": { "summary": "x" }, "expected": { "summary": schema::fingerprint(&summary) } } });
    let (http, answer) = send(&env, &message).await;
    let answer: Value = serde_json::from_str(&answer).unwrap();
    let result = &answer["results"][0];
    assert_eq!((http, &result["status"]), (200, &json!("accepted")), "{answer}");
    assert_eq!(result["data"]["refused"], json!([{ "field": "summary", "code": "jira-refused" }]), "{result}");
    assert_eq!(result["data"]["snapshot"]["summary"], summary);
}

#[tokio::test(flavor = "multi_thread")]
async fn waits_as_long_as_jiras_rate_limit_demands() {
    let env = LinkedSite::start().await;
    let other = env.healthy().await;
    let posts = || {
        let is_ours = |exchange: &&devkit::jira_sim::Exchange| {
            exchange.method == "POST" && exchange.path.ends_with(&format!("/issue/{}/comment", env.issue))
        };
        env.site.jira.exchanges().iter().filter(is_ours).count()
    };
    let before = posts();
    env.poison(status(429, Some(8)), Some(1));
    let started = Instant::now();
    env.article(env.ticket, "<p>limited once.</p>", true).await;
    env.prompt(other, "not limited.").await;
    assert!(!env.shows_comment(env.issue, "limited once."), "the other one did not wait for it");
    eventually("the limited one", || env.shows_comment(env.issue, "limited once.")).await;
    assert!(started.elapsed() >= Duration::from_secs(8), "{:?}", started.elapsed());
    assert_eq!(posts() - before, 2, "refused once, asked once more");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issue_that_always_responds_500_waits_alone_and_in_order() {
    let env = LinkedSite::start().await;
    let other = env.healthy().await;
    env.poison(status(500, None), None);
    env.change_ticket(json!({ "title": "After the storm" })).await;
    for number in 0..5 {
        env.article(env.ticket, &format!("<p>waiting {number}.</p>"), true).await;
        env.prompt(other, &format!("prompt {number}.")).await;
    }
    let waiting = env.readiness().await.1;
    assert!(waiting["queue"]["outbox"].as_u64() >= Some(5), "{waiting}");
    assert!(env.mirrored().is_empty());
    env.site.jira.clear_faults();
    eventually("all of them", || env.mirrored().len() == 5).await;
    let order: Vec<bool> =
        env.mirrored().iter().enumerate().map(|(at, text)| text.contains(&format!("waiting {at}."))).collect();
    assert_eq!(order, [true; 5], "{:?}", env.mirrored());
    eventually_async("the title", || async { env.field("summary").await == "After the storm" }).await;
}

/// Neither a yes nor a no: the invocation gives it up in time for the others.
#[tokio::test(flavor = "multi_thread")]
async fn an_issue_that_never_responds_delays_others_only_briefly() {
    let env = LinkedSite::start().await;
    let other = env.healthy().await;
    env.poison(FaultKind::Hang, None);
    env.article(env.ticket, "<p>into the void.</p>", true).await;
    for number in 0..2 {
        env.prompt(other, &format!("prompt {number}.")).await;
    }
    env.site.jira.clear_faults();
    eventually("what had waited", || env.mirrored().len() == 1).await;
}

/// Zammad refuses a change as a whole for one value in it.
#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_zammad_rejects_fails_alone() {
    let env = LinkedSite::start().await;
    let (priority, number) = (env.now().priority_id, env.now().number);
    // All together, then the first of them alone.
    let path = format!("/tickets/{}", env.ticket);
    env.site.zammad.faults().add(Fault { times: Some(2), ..Fault::always(FaultKind::Refused).on("PUT", &path) });
    let wanted = if priority == 3 { "5" } else { "1" };
    env.change_issue(json!({ "summary": "Taken all the same", "priority": { "id": wanted } })).await;
    eventually("the title", || env.now().title == "Taken all the same").await;
    eventually_async("the trouble", || async { env.troubles().await.contains("priority: not-stored") }).await;
    assert_eq!(env.now().priority_id, priority);
    // It is not requested again until it changes, and then it is removed from the list.
    let back = if wanted == "5" { "1" } else { "5" };
    env.change_issue(json!({ "priority": { "id": back } })).await;
    eventually_async("the end of it", || async { !env.troubles().await.contains("priority") }).await;
    let arguments = ["history", number.as_str()];
    let (_, out, _) = Connector::run(&env.site.built, &env.site.settings, &arguments).await.unwrap();
    assert!(out.contains("title: written to Zammad"), "{out}");
}
