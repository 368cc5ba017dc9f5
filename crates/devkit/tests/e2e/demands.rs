//! Attributes that Zammad demands: an empty one makes it refuse changes of its ticket, and tells no agent why.

use serde_json::json;

use crate::support::{LinkedSite, eventually, eventually_async};

impl LinkedSite {
    async fn is_listed(&self, line: &str) {
        eventually_async(line, || async { self.troubles().await.contains(line) }).await;
    }

    async fn finish_issue(&self) {
        let moves = format!("issue/{}/transitions", self.issue_key);
        self.jira("POST", &moves, &json!({ "transition": { "id": "41" } })).await;
    }

    async fn fill_in_the_category(&self) {
        let answer = self.change_ticket(json!({ "category": "hardware" })).await;
        assert_eq!(answer["category"], "hardware", "{answer}");
    }

    async fn everything_is_in_sync(&self) {
        eventually_async("no trouble", || async { self.troubles().await == "everything is in sync\n" }).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_wait_for_a_mandatory_attribute_and_follow_when_it_has_a_value() {
    let env = LinkedSite::start().await;
    env.close_with_the_issue().await;
    env.site.zammad.state().add_mandatory_attribute("category", &["hardware", "software"]);
    let before = env.now();
    env.change_issue(json!({ "summary": "Login loop behind lb-2", "priority": { "id": "5" } })).await;
    env.finish_issue().await;
    for field in ["title", "priority", "state"] {
        env.is_listed(&format!("{field}: zammad-demands (category)")).await;
    }
    // An article is no change of the ticket.
    env.comment(&env.issue_key, "Said meanwhile.", json!({})).await;
    eventually("the note", || env.noted().iter().any(|note| note.contains("Said meanwhile."))).await;
    let now = env.now();
    assert_eq!((now.title, now.priority_id, now.state_id), (before.title, before.priority_id, before.state_id));
    env.fill_in_the_category().await;
    eventually("the title", || env.now().title == "Login loop behind lb-2").await;
    eventually("the priority", || env.now().priority_id == 1).await;
    eventually("the state", || env.now().state_id == 4).await;
    env.everything_is_in_sync().await;
}

/// A core workflow of Zammad demands the attribute for closing only.
#[tokio::test(flavor = "multi_thread")]
async fn an_attribute_that_is_mandatory_for_closing_holds_up_the_state_only() {
    let env = LinkedSite::with(|options| {
        options.zammad = std::mem::take(&mut options.zammad).ticket_attribute("category", json!(""));
    })
    .await;
    env.close_with_the_issue().await;
    let workflow = json!({
        "name": "closing", "object": "Ticket", "active": true, "preferences": { "screen": ["edit"] },
        "condition_selected": { "ticket.state_id": { "operator": "is", "value": ["4"] } },
        "perform": { "ticket.category": { "operator": "set_mandatory", "set_mandatory": "true" } },
    });
    env.administer("POST", "core_workflows", &workflow).await;
    env.change_issue(json!({ "summary": "Login loop behind lb-2", "priority": { "id": "5" } })).await;
    env.finish_issue().await;
    eventually("the title", || env.now().title == "Login loop behind lb-2").await;
    eventually("the priority", || env.now().priority_id == 1).await;
    env.is_listed("state: zammad-demands (category)").await;
    let troubles = env.troubles().await;
    assert_eq!(troubles.lines().count(), 1, "{troubles}");
    assert_ne!(env.now().state_id, 4);
    env.fill_in_the_category().await;
    eventually("the state", || env.now().state_id == 4).await;
    env.everything_is_in_sync().await;
}
