//! Plays one day of a customer.

use std::collections::BTreeSet;

use serde_json::json;

use crate::model::{Act, What};
use crate::test_env::{TestEnv, document};

const DAY_MS: i64 = 86_400_000;

/// Plays the acts from the next midnight on; returns the number of changes and the links that changed.
pub(crate) async fn play(env: &mut TestEnv, acts: &[Act]) -> (usize, BTreeSet<usize>) {
    let midnight = (env.now() / DAY_MS + 1) * DAY_MS;
    env.run_until(midnight).await;
    let (mut changes, mut links) = (0, BTreeSet::new());
    for (number, act) in acts.iter().enumerate() {
        env.run_until(midnight + act.at).await;
        perform(env, act, number).await;
        if act.what != What::OpenPanel {
            changes += 1;
            links.insert(act.link);
        }
    }
    env.run_until(midnight + DAY_MS).await;
    (changes, links)
}

async fn perform(env: &mut TestEnv, act: &Act, number: usize) {
    let pair = env.pairs[act.link].clone();
    let text = format!("Change {number} of the day.");
    match act.what {
        What::OpenPanel => return env.open_panel(&pair).await,
        What::Article => {
            let body =
                json!({ "ticket_id": pair.ticket, "body": text, "internal": true, "content_type": "text/plain" });
            return env.change_ticket(&pair, "ticket_articles", body).await;
        }
        What::TicketTitle => {
            return env.change_ticket(&pair, &format!("tickets/{}", pair.ticket), json!({ "title": text })).await;
        }
        What::TicketState => {
            let closed = env.site.zammad.ticket(pair.ticket).unwrap().state_id == 4;
            let state = json!({ "state_id": if closed { 2 } else { 4 } });
            return env.change_ticket(&pair, &format!("tickets/{}", pair.ticket), state).await;
        }
        What::Comment | What::IssueStatus | What::IssueSummary => {}
    }
    env.underway.push((env.now(), act.moment));
    match act.what {
        What::Comment => {
            let path = format!("issue/{}/comment", pair.key);
            env.change_issue("POST", &path, json!({ "body": document(&text) })).await;
        }
        What::IssueStatus => {
            // To In Progress and back to Done, by the sample's open workflow.
            let done = env.site.jira.issue(&pair.key).unwrap().status == 10_002;
            let transition = json!({ "transition": { "id": if done { "21" } else { "41" } } });
            env.change_issue("POST", &format!("issue/{}/transitions", pair.key), transition).await;
        }
        _ => {
            let fields = json!({ "fields": { "summary": text } });
            env.change_issue("PUT", &format!("issue/{}", pair.key), fields).await;
        }
    }
}
