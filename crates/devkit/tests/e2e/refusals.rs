//! A Jira site that refuses or limits: what the connector makes of it.

use devkit::jira_sim::{Holder, JiraSim, Limits, PermissionScheme};

use crate::support::{LinkedSite, eventually, eventually_async};

/// More comments than one issue takes in two seconds: all of them arrive, each once.
#[tokio::test(flavor = "multi_thread")]
async fn rate_limits_of_an_issue_delay_but_lose_nothing() {
    let env = LinkedSite::with(|options| options.jira = JiraSim::builder().limits(Limits::published()).record()).await;
    for number in 0..30 {
        env.article(env.ticket, &format!("burst {number}."), true).await;
    }
    eventually("all comments", || env.mirrored().len() >= 30).await;
    let limited = env.site.jira.exchanges().iter().filter(|exchange| exchange.status == Some(429)).count();
    assert!(limited > 0, "the burst was to be too much");
    for number in 0..30 {
        let own = env.mirrored().iter().filter(|text| text.contains(&format!("burst {number}."))).count();
        assert_eq!(own, 1, "burst {number}");
    }
}

/// Without the permission to comment nothing is written or given up: the message waits, and other tickets go on.
#[tokio::test(flavor = "multi_thread")]
async fn a_comment_that_jira_does_not_permit_waits_and_is_no_dead_letter() {
    let env = LinkedSite::start().await;
    let nobody = PermissionScheme::default().only("ADD_COMMENTS", &[Holder::Account("nobody".into())]);
    env.site.jira.state().set_permissions("SUP", nobody);
    env.article(env.ticket, "refused", true).await;
    // Another ticket, of a project where the app may write, goes on.
    let (ticket, (issue, key)) = (
        env.site.sample.tickets[1],
        env.site.sample.issues.iter().find(|(_, key)| !key.starts_with("SUP-")).unwrap().clone(),
    );
    env.site.link(ticket, &key).await.unwrap();
    env.article(ticket, "welcome", true).await;
    eventually("the other comment", || {
        env.site.jira.comments(issue).iter().any(|comment| comment.body.to_string().contains("welcome"))
    })
    .await;
    let queue = env.readiness().await.1["queue"].clone();
    assert_eq!((queue["dead"].as_u64(), queue["outbox"].as_u64() >= Some(1)), (Some(0), true), "{queue}");
    assert!(env.mirrored().is_empty());
    let named = format!("{}: jira-forbidden", env.now().number);
    eventually_async("the warning", || async { env.health_details("jira-refuses-the-app").await.contains(&named) })
        .await;
    env.site.jira.state().set_permissions("SUP", PermissionScheme::default());
    env.retry().await;
    eventually("the comment", || env.mirrored().len() == 1).await;
    eventually_async("the end of the warning", || async { !env.warns_of("jira-refuses-the-app").await }).await;
}
