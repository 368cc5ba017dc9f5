//! A Jira site that refuses or limits: what the connector makes of it.

use devkit::jira_sim::{Holder, JiraSim, Limits, PermissionScheme};

use crate::kit::{Linked, eventually, eventually_async};

/// More comments than one issue takes in two seconds: all of them arrive, each once.
#[tokio::test(flavor = "multi_thread")]
async fn limits_of_an_issue_delay_and_lose_nothing() {
    let world = Linked::with(|options| options.jira = JiraSim::builder().limits(Limits::published()).record()).await;
    for number in 0..30 {
        world.article(world.ticket, &format!("burst {number}."), true).await;
    }
    eventually("all comments", || world.mirrored().len() >= 30).await;
    let limited = world.site.jira.exchanges().iter().filter(|exchange| exchange.status == Some(429)).count();
    assert!(limited > 0, "the burst was to be too much");
    for number in 0..30 {
        let own = world.mirrored().iter().filter(|text| text.contains(&format!("burst {number}."))).count();
        assert_eq!(own, 1, "burst {number}");
    }
}

/// Without the permission to comment nothing is written, and nothing behind it waits for ever.
#[tokio::test(flavor = "multi_thread")]
async fn a_refused_comment_does_not_stop_what_follows() {
    let world = Linked::start().await;
    let nobody = PermissionScheme::default().only("ADD_COMMENTS", &[Holder::Account("nobody".into())]);
    world.site.jira.state().set_permissions("SUP", nobody);
    world.article(world.ticket, "refused", true).await;
    eventually_async("the end of it", || async {
        let queue = world.readiness().await.1["queue"].clone();
        queue["dead"].as_u64() >= Some(1) && queue["outbox"] == 0
    })
    .await;
    world.site.jira.state().set_permissions("SUP", PermissionScheme::default());
    world.article(world.ticket, "welcome", true).await;
    eventually("the comment", || world.mirrored().len() == 1).await;
    assert!(world.mirrored()[0].contains("welcome"));
}
