//! Zammad 7.2: a tag is one tag in whatever case, and the spelling that Zammad knows first stays. Labels of Jira differ by case.

use devkit::zammad_sim::Version;
use serde_json::json;

use crate::support::{LinkedSite, eventually, eventually_async};

impl LinkedSite {
    async fn tag(&self, method: &str, verb: &str, ticket: u64, item: &str) {
        let body = json!({ "object": "Ticket", "o_id": ticket, "item": item });
        assert_eq!(self.zammad(method, &format!("tags/{verb}"), &body).await, true);
    }

    /// The labels of the issue that are about VIPs.
    fn vip_labels(&self) -> Vec<String> {
        let labels = self.site.jira.issue(&self.issue_key).unwrap().labels;
        labels.into_iter().filter(|label| label.to_lowercase().contains("vip")).collect()
    }

    async fn set_labels(&self, labels: &[&str]) {
        self.change_issue(json!({ "labels": labels })).await;
    }

    /// Compares the link in full, as the daily comparison does.
    async fn compared(&self) {
        let printed = self.connector(&["backfill", "--restart"]).await;
        assert!(printed.contains("settled"), "{printed}");
    }

    /// How often tags or labels were written.
    async fn writes(&self) -> usize {
        let history = self.connector(&["history", &self.now().number]).await;
        history.lines().filter(|line| line.contains(" tags: written to ")).count()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tag_and_a_label_of_different_case_are_the_same() {
    let env = LinkedSite::with(|options| {
        options.zammad = std::mem::take(&mut options.zammad).version(Version::V7_2);
    })
    .await;
    env.settings(|value| value["fields"]["tags"] = json!({ "direction": "both", "prefix": "jira-" })).await;
    // The tags that both sides have when the sync of tags begins stay as they are.
    env.article(env.ticket, "<p>A look at the ticket.</p>", true).await;
    eventually("the look", || env.mirrored().len() == 1).await;
    env.tag("POST", "add", env.site.sample.tickets[1], "Jira-vip").await;

    env.set_labels(&["login", "jira-vip"]).await;
    eventually("the tag in Zammad's spelling", || env.now().tags == ["Jira-vip"]).await;
    for _ in 0..2 {
        env.compared().await;
    }
    assert_eq!((env.now().tags, env.vip_labels()), (vec!["Jira-vip".to_owned()], vec!["jira-vip".to_owned()]));
    assert_eq!(env.writes().await, 1, "the tag, once");

    env.set_labels(&["login"]).await;
    eventually("the end of the tag", || env.now().tags.is_empty()).await;
    env.compared().await;
    assert_eq!((env.writes().await, env.vip_labels()), (2, Vec::new()));

    env.tag("POST", "add", env.ticket, "JIRA-VIP").await;
    env.compared().await;
    eventually("the label", || env.vip_labels() == ["Jira-vip"]).await;
    env.tag("DELETE", "remove", env.ticket, "jira-vip").await;
    env.compared().await;
    eventually("the end of the label", || env.vip_labels().is_empty()).await;
    eventually_async("the history", || async { env.writes().await == 4 }).await;
    env.compared().await;
    assert_eq!((env.writes().await, env.now().tags), (4, Vec::new()));
    let labels = env.site.jira.issue(&env.issue_key).unwrap().labels;
    assert!(labels.iter().eq(["login"]), "other labels stay");
}
