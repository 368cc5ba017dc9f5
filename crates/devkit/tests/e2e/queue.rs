//! Forge is down, slow or responds unexpectedly, and messages that it never accepts.

use serde_json::json;

use crate::support::{LinkedSite, eventually, eventually_async};

#[tokio::test(flavor = "multi_thread")]
async fn forge_down_during_a_burst_of_1000_webhooks() {
    let env = LinkedSite::start().await;
    let mut pairs = vec![(env.ticket, env.issue)];
    for (ticket, (issue, key)) in env.site.sample.tickets.iter().zip(&env.site.sample.issues).skip(1).take(9) {
        env.site.link(*ticket, key).await.unwrap();
        pairs.push((*ticket, *issue));
    }
    env.site.emulator.fault(json!({ "target": "webtrigger", "mode": "down" })).await.unwrap();
    for number in 0..100 {
        for (ticket, _) in &pairs {
            env.article(*ticket, &format!("burst {number:03}."), true).await;
        }
    }
    env.site.zammad.deliveries_done().await;
    eventually_async("the outbox", || async { env.readiness().await.1["queue"]["outbox"].as_u64() >= Some(1_000) })
        .await;
    env.site.emulator.fault(json!({ "target": "webtrigger", "mode": "none" })).await.unwrap();

    let ours = |issue: u64| {
        let comments = env.site.jira.comments(issue);
        // The articles from before the link are a comment of their own.
        comments
            .iter()
            .map(|comment| comment.body.to_string())
            .filter(|text| text.contains("burst "))
            .collect::<Vec<_>>()
    };
    eventually("all comments", || pairs.iter().all(|(_, issue)| ours(*issue).len() >= 100)).await;
    for (_, issue) in &pairs {
        let order: Vec<String> =
            ours(*issue).iter().map(|text| text.split("burst ").nth(1).unwrap()[..3].to_owned()).collect();
        let want: Vec<String> = (0..100).map(|number| format!("{number:03}")).collect();
        assert_eq!(order, want, "issue {issue}: once each, in order");
    }
}

/// Q4: what Jira never takes becomes a visible dead letter; the ticket's other messages and other tickets flow.
#[tokio::test(flavor = "multi_thread")]
async fn q4_a_poisoned_message_is_abandoned_and_the_rest_is_sent() {
    let env = LinkedSite::start().await;
    let refuse = devkit::faults::Fault::once(devkit::faults::FaultKind::Status { status: 400, retry_after: None });
    env.site.jira.faults().add(refuse.on("POST", "/comment"));
    env.article(env.ticket, "poison", true).await;
    eventually_async("the dead letter", || async { env.readiness().await.1["queue"]["dead"] == 1 }).await;
    env.article(env.ticket, "healthy", true).await;
    eventually("the healthy one", || env.mirrored().iter().any(|text| text.contains("healthy"))).await;
    assert_eq!(env.mirrored().len(), 1);
    assert!(env.log().contains("jira-refused"), "{}", env.log());
}

/// Q5: whatever Forge answers instead of 200, everything is sent again and arrives once.
#[tokio::test(flavor = "multi_thread")]
async fn q5_every_unexpected_response_is_followed_by_a_retry() {
    let env = LinkedSite::start().await;
    let faults = [
        json!({ "mode": "status", "status": 500 }),
        json!({ "mode": "status", "status": 424 }),
        json!({ "mode": "status", "status": 404 }),
        json!({ "mode": "status", "status": 429, "retryAfter": "1" }),
        json!({ "mode": "status", "status": 429, "retryAfter": "-5" }),
        json!({ "mode": "status", "status": 503, "retryAfter": "soon" }),
        json!({ "mode": "reset" }),
        json!({ "mode": "drop-reply" }),
    ];
    for (number, mut fault) in faults.into_iter().enumerate() {
        fault["target"] = json!("webtrigger");
        fault["count"] = json!(1);
        env.site.emulator.fault(fault).await.unwrap();
        env.article(env.ticket, &format!("odd {number}."), true).await;
        eventually(&format!("odd {number}"), || {
            env.mirrored().iter().any(|text| text.contains(&format!("odd {number}.")))
        })
        .await;
        assert_eq!(env.mirrored().len(), number + 1);
    }
}

/// Q6: applied by Forge, but the response is lost: one effect.
#[tokio::test(flavor = "multi_thread")]
async fn q6_a_lost_response_creates_one_comment() {
    let env = LinkedSite::start().await;
    env.site.emulator.fault(json!({ "target": "webtrigger", "mode": "drop-reply", "count": 3 })).await.unwrap();
    env.article(env.ticket, "once", true).await;
    eventually("the comment", || env.mirrored().len() == 1).await;
    env.article(env.ticket, "twice", true).await;
    eventually("the next comment", || env.mirrored().len() >= 2).await;
    assert_eq!(env.mirrored().len(), 2);
}

/// A 401 makes the sidecar not ready and names what to check; nothing is lost, and it recovers without an operator.
#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_signature_is_reported_and_recovers() {
    let env = LinkedSite::start().await;
    env.site.emulator.fault(json!({ "target": "webtrigger", "mode": "status", "status": 401 })).await.unwrap();
    env.article(env.ticket, "waits", true).await;
    eventually_async("red readiness", || async {
        let (status, report) = env.readiness().await;
        status == 503 && report["health"]["problems"] == json!(["forge-refuses-the-signature"])
    })
    .await;
    env.site.emulator.fault(json!({ "target": "webtrigger", "mode": "none" })).await.unwrap();
    eventually("the comment", || env.mirrored().len() == 1).await;
    eventually_async("green readiness", || async { env.readiness().await.0 == 200 }).await;
}
