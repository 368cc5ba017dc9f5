//! Makes every request that the app can send to Jira, so that all are compared with Atlassian's description: the real
//! wasm in the real bundle.

use std::collections::BTreeSet;

use devkit::faults::{Fault, FaultKind};
use devkit::jira_sim::Exchange;
use serde_json::json;

use crate::envelope_at_forge::send;
use crate::support::{LinkedSite, eventually, eventually_async};

/// Every request that crates/forge/src/issue.rs can make: the verb, and what its address ends with once ids are left
/// out.
const REQUESTS: [&str; 7] = [
    "DELETE issue/_/remotelink",
    "GET issue/_",
    "GET issue/_/comment",
    "GET issue/_/comment/_",
    "GET mypermissions",
    "POST issue/_/comment",
    "POST issue/_/remotelink",
];

fn request(exchange: &Exchange) -> String {
    let parts = exchange.path.trim_start_matches("/rest/api/3/").split('/');
    let plain = parts.map(|part| if part.bytes().any(|byte| byte.is_ascii_digit()) { "_" } else { part });
    format!("{} {}", exchange.method, plain.collect::<Vec<_>>().join("/"))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_request_of_the_app_matches_atlassians_description() {
    let env = LinkedSite::start().await;
    // Written, but the response was lost: the app checks before it writes again.
    env.site.jira.faults().add(Fault::once(FaultKind::ResetAfterApply).on("POST", "/comment"));
    env.article(env.ticket, "<p>Once, with a <b>mark</b>.</p><ul><li>and a list</li></ul>", false).await;
    eventually("the comment", || env.mirrored().len() == 1).await;
    env.comment(&env.issue_key, "An engineer answers.", json!({})).await;
    eventually("the note", || env.noted().len() == 1).await;
    env.jira("PUT", &format!("issue/{}", env.issue_key), &json!({ "fields": { "summary": "Changed" } })).await;
    env.site.jira.deliveries_done().await;
    env.site.emulator.idle().await.unwrap();
    eventually_async("empty queues", || async { env.readiness().await.1["queue"]["outbox"] == 0 }).await;
    let end = json!({ "id": "01K5DSVR000000000000000777", "kind": "link.removed", "ticketId": env.ticket,
        "data": { "issueId": env.issue.to_string(), "reason": "asked" } });
    let (status, answer) = send(&env, &end).await;
    assert_eq!(status, 200, "{answer}");

    assert_eq!(env.mirrored().len(), 1, "looked for, found, and not written again");
    let exchanges = env.site.jira.exchanges();
    let made: BTreeSet<String> = exchanges.iter().map(request).collect();
    for wanted in REQUESTS {
        assert!(made.contains(wanted), "{wanted} was not made: {made:?}");
    }
    let ended = exchanges.iter().find(|exchange| exchange.method == "DELETE").unwrap();
    assert_eq!(ended.status, Some(204), "the global id is the one that the link was made with");
    assert!(env.violations().await.is_empty());
    // Whether they are as described is asked at the end of this test, as of every other.
}
