//! The edits of people in a storm.

use serde_json::{Value, json};

use super::Pair;
use crate::support::random::Random;
use crate::support::{LinkedSite, eventually_async};

/// An edit by a person.
#[derive(Clone, Debug)]
pub(super) enum Edit {
    Ticket(u64, Value),
    Article(u64, String, bool),
    Issue(String, Value),
    Transition(String, &'static str),
    Comment(String, String),
}

/// A random edit; in Jira if Zammad is closed for people.
pub(super) fn edit(random: &mut Random, pairs: &[Pair], (number, plant): (usize, &str), only_jira: bool) -> Edit {
    let pair = &pairs[random.below(pairs.len())];
    let text = format!("{plant} {number} שלום 🙂");
    match if only_jira { 5 + random.below(5) } else { random.below(10) } {
        0 => Edit::Ticket(pair.ticket, json!({ "title": text })),
        1 => Edit::Ticket(pair.ticket, json!({ "priority_id": 1 + random.below(3) })),
        2 => Edit::Ticket(pair.ticket, json!({ "state_id": 2 + 2 * random.below(2) })),
        3 | 4 => Edit::Article(pair.ticket, format!("<p>{text}</p>"), random.below(2) == 0),
        5 => Edit::Issue(pair.key.clone(), json!({ "summary": text })),
        6 => Edit::Issue(pair.key.clone(), json!({ "priority": { "id": (1 + random.below(5)).to_string() } })),
        7 => Edit::Transition(pair.key.clone(), ["11", "21", "41"][random.below(3)]),
        _ => Edit::Comment(pair.key.clone(), text),
    }
}

/// Makes the edit as a person: again if the system was away. An acknowledged edit counts as done.
pub(super) async fn perform(env: &LinkedSite, edit: &Edit) {
    let looks = || async {
        match edit {
            Edit::Ticket(id, change) => env.try_zammad("PUT", &format!("tickets/{id}"), change).await,
            Edit::Article(id, body, internal) => {
                let article =
                    json!({ "ticket_id": id, "body": body, "internal": internal, "content_type": "text/html" });
                env.try_zammad("POST", "ticket_articles", &article).await
            }
            Edit::Issue(key, fields) => {
                env.try_jira("PUT", &format!("issue/{key}"), &json!({ "fields": fields })).await
            }
            Edit::Transition(key, id) => {
                env.try_jira("POST", &format!("issue/{key}/transitions"), &json!({ "transition": { "id": id } })).await
            }
            Edit::Comment(key, text) => {
                let document = json!({ "type": "doc", "version": 1, "content": [{ "type": "paragraph", "content": [{ "type": "text", "text": text }] }] });
                env.try_jira("POST", &format!("issue/{key}/comment"), &json!({ "body": document })).await
            }
        }
    };
    eventually_async("an edit to be taken", looks).await;
}

impl LinkedSite {
    async fn try_zammad(&self, method: &str, path: &str, body: &Value) -> bool {
        let url = format!("{}/api/v1/{path}", self.site.zammad.url);
        let token = format!("Token token={}", self.site.sample.agent_tokens[0]);
        let request =
            crate::support::client().request(method.parse().unwrap(), url).json(body).header("Authorization", token);
        request.send().await.is_ok_and(|answer| answer.status().is_success())
    }

    async fn try_jira(&self, method: &str, path: &str, body: &Value) -> bool {
        let url = format!("{}/rest/api/3/{path}", self.site.jira.url);
        let account = &self.site.sample.engineers[0].account_id;
        let request = crate::support::client()
            .request(method.parse().unwrap(), url)
            .bearer_auth(format!("user:{account}"))
            .json(body);
        request.send().await.is_ok_and(|answer| answer.status().is_success())
    }
}
