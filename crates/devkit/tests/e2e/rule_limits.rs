//! The brake of rules: one that would make too many issues in an hour pauses until an operator lets it go on.

use serde_json::json;

use crate::support::{LinkedSite, eventually, eventually_async};

impl LinkedSite {
    fn issues(&self) -> usize {
        self.site.jira.state().issues.len()
    }

    /// An agent changes the priority of tickets, and all visits that follow have ended.
    async fn visited(&self, tickets: &[u64], priority: u64) {
        for ticket in tickets {
            self.zammad("PUT", &format!("tickets/{ticket}"), &json!({ "priority_id": priority })).await;
        }
        self.site.zammad.deliveries_done().await;
        eventually_async("the visits", || async { self.readiness().await.1["queue"]["inbox"] == 0 }).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_pauses_at_its_limit_until_an_operator_lets_it_go_on() {
    let mut env = LinkedSite::start().await;
    env.settings(|value| {
        value["rules"] = json!([{ "id": "tagged", "enabled": true, "when": [{ "tag": "jira" }],
                "then": { "createIssue": { "project": "SUP", "issueType": "10001" } } }]);
        value["ruleLimits"] = json!({ "perHour": 2 });
    })
    .await;
    let (before, tickets) = (env.issues(), [1, 2, 4, 6].map(|at: usize| env.site.sample.tickets[at]));
    for ticket in tickets {
        env.zammad("POST", "tags/add", &json!({ "object": "Ticket", "o_id": ticket, "item": "jira" })).await;
    }
    env.visited(&tickets, 1).await;
    eventually("the issues", || env.issues() == before + 2).await;
    eventually_async("the warning", || async { env.health_details("rule-paused").await == r#"["tagged"]"# }).await;
    let (status, report) = env.readiness().await;
    let help = report["health"]["help"]["rule-paused"].as_str().unwrap();
    assert!(status == 200 && help.contains("connector rules resume"), "{report}");
    // It stays paused in a new process.
    env.kill().await;
    env.restart().await;
    env.visited(&tickets, 3).await;
    eventually_async("the warning", || async { env.warns_of("rule-paused").await }).await;
    assert_eq!(env.issues(), before + 2);
    assert_eq!(
        env.connector(&["rules", "resume", "tagged"]).await.trim(),
        "rule tagged resumed; tickets that matched while it was paused get their issue at their next change"
    );
    // The two tickets that are left are found at their next change.
    env.visited(&tickets, 1).await;
    eventually("the issues of the others", || env.issues() == before + 4).await;
    eventually_async("the end of the warning", || async { !env.warns_of("rule-paused").await }).await;
    env.visited(&tickets, 3).await;
    assert_eq!(env.issues(), before + 4, "one for each ticket");
}
