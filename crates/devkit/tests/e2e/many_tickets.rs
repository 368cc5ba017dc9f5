//! One issue with more tickets than one invocation of the Forge app handles: each of them hears of each event.

use devkit::harness::Site;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::{Value, json};

use crate::support::{LinkedSite, eventually, eventually_async};

/// More than are handled at once, and than one record of links holds. 2,000 pass too, in some minutes.
const TICKETS: usize = 120;
/// The note of a follower when the issue is done.
const SOLVED: &str = "The problem behind this ticket has been solved.";
/// Links that are requested at the same time.
const TOGETHER: usize = 20;

impl LinkedSite {
    /// Links so many further tickets to the issue.
    async fn link_many(&self, number: usize) -> Vec<u64> {
        let make = |number: usize| async move {
            let ticket = json!({ "title": format!("Also affected {number}"), "group_id": self.site.sample.groups[0].0,
                "customer_id": self.site.sample.customers[0].id, "article": { "body": "Here too.", "internal": true } });
            self.zammad("POST", "tickets", &ticket).await["id"].as_u64().unwrap()
        };
        let tickets: Vec<u64> = stream::iter(0..number).map(make).buffer_unordered(8).collect().await;
        let site: &Site = &self.site;
        let links = stream::iter(&tickets).map(|&ticket| site.link(ticket, &self.issue_key));
        links.buffer_unordered(TOGETHER).try_for_each(|_| async { Ok(()) }).await.unwrap();
        tickets
    }

    /// How many of these tickets have exactly one article with this text.
    fn with_text(&self, tickets: &[u64], text: &str) -> usize {
        let has_one = |ticket: &&u64| {
            self.site.zammad.articles(**ticket).iter().filter(|article| article.body.contains(text)).count() == 1
        };
        tickets.iter().filter(has_one).count()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_ticket_of_an_issue_hears_of_each_event_and_others_do_not_wait() {
    let env = LinkedSite::start().await;
    env.settings(|value| value["followers"]["comments"] = json!(true)).await;
    let tickets = env.link_many(TICKETS).await;
    let (other, (_, other_key)) = (env.site.sample.tickets[1], env.site.sample.issues[1].clone());
    env.site.link(other, &other_key).await.unwrap();
    env.comment(&env.issue_key, "A fix is on its way.", json!({})).await;
    env.jira("POST", &format!("issue/{}/transitions", env.issue_key), &json!({ "transition": { "id": "41" } })).await;
    env.comment(&other_key, "Something else.", json!({})).await;
    eventually("the other ticket's note", || env.with_text(&[other], "Something else.") == 1).await;
    assert!(env.with_text(&tickets, SOLVED) < TICKETS, "it did not wait for all of them");
    eventually("the comment", || env.with_text(&tickets, "A fix is on its way.") == TICKETS).await;
    eventually("the end of the work", || env.with_text(&tickets, SOLVED) == TICKETS).await;
    env.jira("DELETE", &format!("issue/{}", env.issue_key), &Value::Null).await;
    eventually("the end of the links", || env.with_text(&tickets, "has been deleted") == TICKETS).await;
    let is_forgotten = || async {
        let stored = env.site.emulator.stored(&env.site.install_id).await.unwrap().to_string();
        !stored.contains("\"cmd:") && !stored.contains(&format!("\"link:i:{}", env.issue))
    };
    eventually_async("an empty queue", is_forgotten).await;
}
