//! The dry run of rules.

use devkit::harness::Connector;
use serde_json::{Value, json};

use crate::support::{LinkedSite, eventually_async};

impl LinkedSite {
    async fn dry_run(&self, arguments: &[&str]) -> String {
        let arguments = [&["rules"], arguments].concat();
        let (status, out, errors) = Connector::run(&self.site.built, &self.site.settings, &arguments).await.unwrap();
        assert!(status.success(), "{errors}");
        out
    }
}

fn rule(id: &str, enabled: bool, when: Value) -> Value {
    json!({ "id": id, "enabled": enabled, "when": when, "then": { "createIssue": { "project": "SUP", "issueType": "10001" } } })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_reports_what_rules_would_do_and_changes_nothing() {
    let env = LinkedSite::start().await;
    assert_eq!(env.dry_run(&[]).await, "there are no rules\n");
    let [tagged, high, plain, outside] = [2, 3, 5, 6].map(|at: usize| env.site.sample.tickets[at]);
    let inside = env.site.sample.groups[0].0;
    env.settings(|value| {
        value["rules"] =
            json!([rule("tagged", false, json!([{ "tag": "jira" }])), rule("high", true, json!([{ "priority": 3 }]))]);
        value["scope"] = json!({ "projects": ["NONE"], "groups": [inside] });
    })
    .await;
    env.zammad("POST", "tags/add", &json!({ "object": "Ticket", "o_id": tagged, "item": "jira" })).await;
    let other = env.site.sample.groups[1].0;
    for (ticket, change) in [
        (tagged, json!({ "title": "CANARY tagged", "priority_id": 1, "group_id": inside })),
        (high, json!({ "title": "CANARY high", "priority_id": 3, "group_id": inside })),
        (plain, json!({ "title": "CANARY plain", "priority_id": 1, "group_id": inside })),
        (outside, json!({ "title": "CANARY outside", "priority_id": 3, "group_id": other })),
        // Linked already: no rule applies to it.
        (env.ticket, json!({ "title": "CANARY linked", "priority_id": 3, "group_id": inside })),
    ] {
        env.zammad("PUT", &format!("tickets/{ticket}"), &change).await;
    }
    env.site.zammad.deliveries_done().await;
    let number = |ticket: u64| env.site.zammad.ticket(ticket).unwrap().number;
    let wanted = [
        format!("{}: rule tagged (disabled) would create an issue of type 10001 in SUP\n", number(tagged)),
        format!("{}: rule high would create an issue of type 10001 in SUP\n", number(high)),
        "5 tickets checked\n".to_owned(),
    ];
    eventually_async("the dry run", || async { env.dry_run(&[]).await == wanted.concat() }).await;
    assert!(env.dry_run(&["--limit", "1"]).await.contains("there may be more"));
    // A ticket that is gone meanwhile is reported, and the others are checked.
    env.site.zammad.state().tickets.remove(&plain);
    let output = env.dry_run(&[]).await;
    assert!(
        output.contains(&format!("ticket id {plain}: cannot be read: ")) && output.contains("rule high"),
        "{output}"
    );
}
