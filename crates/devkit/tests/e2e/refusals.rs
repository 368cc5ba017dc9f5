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

/// Without the permission to comment nothing is written, and nothing behind it waits for ever.
#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_comment_does_not_stop_later_ones() {
    let env = LinkedSite::start().await;
    let nobody = PermissionScheme::default().only("ADD_COMMENTS", &[Holder::Account("nobody".into())]);
    env.site.jira.state().set_permissions("SUP", nobody);
    env.article(env.ticket, "refused", true).await;
    eventually_async("the end of it", || async {
        let queue = env.readiness().await.1["queue"].clone();
        queue["dead"].as_u64() >= Some(1) && queue["outbox"] == 0
    })
    .await;
    env.site.jira.state().set_permissions("SUP", PermissionScheme::default());
    env.article(env.ticket, "welcome", true).await;
    eventually("the comment", || env.mirrored().len() == 1).await;
    assert!(env.mirrored()[0].contains("welcome"));
}
