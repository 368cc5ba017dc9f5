//! A site with many links, and the changes that people make there.

use std::sync::Arc;
use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::bench::report::unexpected;
use crate::harness::{Connector, HarnessError, Site};
use crate::outgoing;

/// Zammad's stock states that the bench uses, and the done status of the sample data's open workflow.
const OPEN: u64 = 2;
const CLOSED: u64 = 4;
const DONE: u64 = 10_002;
/// Number of links.
pub(super) const LINKS: usize = 200;
/// A time-out for what is broken; nothing takes this long otherwise.
pub(super) const LONG: Duration = Duration::from_secs(60);
/// Links that are requested at the same time.
const TOGETHER: usize = 20;
/// Transitions of the open workflow: to In Progress, to Done.
const START: &str = "21";
const FINISH: &str = "41";

/// Where a change is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Zammad,
    Jira,
}

impl Side {
    pub(super) const fn other(self) -> Self {
        match self {
            Self::Zammad => Self::Jira,
            Self::Jira => Self::Zammad,
        }
    }
}

/// The fields that are changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Title,
    Priority,
    State,
}

/// A change by its result, in Zammad's terms: Jira's priority is 5 minus the number by the default table, and closed
/// is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ChangeKind {
    /// An article or a comment.
    Text(String),
    Title(String),
    Priority(u64),
    Closed(bool),
}

/// A person's change at a link.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub(super) link: usize,
    pub(super) side: Side,
    pub(super) kind: ChangeKind,
}

impl Change {
    /// The field it changes; none for a text.
    pub(super) const fn field(&self) -> Option<Field> {
        match self.kind {
            ChangeKind::Text(_) => None,
            ChangeKind::Title(_) => Some(Field::Title),
            ChangeKind::Priority(_) => Some(Field::Priority),
            ChangeKind::Closed(_) => Some(Field::State),
        }
    }
}

/// A ticket and its issue.
#[derive(Clone, Debug)]
struct Pair {
    ticket: u64,
    issue: u64,
    key: String,
}

/// A site on which everything is real but the two systems.
pub(super) struct BenchEnv {
    pub(super) site: Arc<Site>,
    pairs: Vec<Pair>,
    http: Client,
}

impl BenchEnv {
    /// Links this many tickets to as many issues with the same values.
    pub(super) async fn start(site: Site, links: usize) -> Result<(Self, Connector), HarnessError> {
        close_with_the_issue(&site).await?;
        let connector = site.connect().await?;
        let pairs = (0..links).map(|number| make(&site, number)).collect::<Result<Vec<_>, _>>()?;
        let site = Arc::new(site);
        // Each waits for the next poll, so several are requested together.
        for some in pairs.chunks(TOGETHER) {
            let mut linking = JoinSet::new();
            for pair in some.iter().cloned() {
                let site = Arc::clone(&site);
                linking.spawn(async move { site.link(pair.ticket, &pair.key).await });
            }
            linking.join_all().await.into_iter().collect::<Result<Vec<_>, _>>()?;
        }
        let http = outgoing::keeping_client(Duration::from_secs(30))?;
        Ok((Self { site, pairs, http }, connector))
    }

    /// The number of links, counted by Jira's remote links.
    pub(super) fn linked(&self) -> usize {
        self.site.jira.state().remote_links.len()
    }

    /// Makes the change as a person, and returns after the response.
    pub(super) async fn perform(&self, change: &Change) -> Result<(), HarnessError> {
        let Pair { ticket, key, .. } = &self.pairs[change.link];
        let (method, path, body) = match (change.side, &change.kind) {
            (Side::Zammad, ChangeKind::Text(text)) => {
                let article =
                    json!({ "ticket_id": ticket, "body": text, "internal": true, "content_type": "text/plain" });
                (Method::POST, "ticket_articles".to_owned(), article)
            }
            (Side::Zammad, what) => (Method::PUT, format!("tickets/{ticket}"), ticket_change(what)),
            (Side::Jira, ChangeKind::Text(text)) => {
                let paragraphs = json!([{ "type": "paragraph", "content": [{ "type": "text", "text": text }] }]);
                let document = json!({ "type": "doc", "version": 1, "content": paragraphs });
                (Method::POST, format!("issue/{key}/comment"), json!({ "body": document }))
            }
            (Side::Jira, ChangeKind::Closed(closed)) => {
                let transition = if *closed { FINISH } else { START };
                (Method::POST, format!("issue/{key}/transitions"), json!({ "transition": { "id": transition } }))
            }
            (Side::Jira, what) => (Method::PUT, format!("issue/{key}"), json!({ "fields": issue_change(what) })),
        };
        let (url, authorization) = match change.side {
            Side::Zammad => {
                let token = &self.site.sample.agent_tokens[0];
                (format!("{}/api/v1/{path}", self.site.zammad.url), format!("Token token={token}"))
            }
            Side::Jira => {
                // With the person's own token: a bearer would count as traffic of the app.
                let engineer = &self.site.sample.engineers[0];
                let pair = STANDARD.encode(format!("{}:{}", engineer.email, engineer.api_token));
                (format!("{}/rest/api/3/{path}", self.site.jira.url), format!("Basic {pair}"))
            }
        };
        let request = self.http.request(method, &url).json(&body).header("Accept", "application/json");
        let answer = request.header("Authorization", authorization).send().await?;
        if answer.status().is_success() { Ok(()) } else { Err(unexpected(format!("{url}: {}", answer.status()))) }
    }

    /// The value of a field on one side.
    pub(super) fn value(&self, side: Side, link: usize, field: Field) -> Option<ChangeKind> {
        let pair = &self.pairs[link];
        match side {
            Side::Zammad => {
                let state = self.site.zammad.state();
                let ticket = state.tickets.get(&pair.ticket)?;
                Some(match field {
                    Field::Title => ChangeKind::Title(ticket.title.clone()),
                    Field::Priority => ChangeKind::Priority(ticket.priority_id),
                    Field::State => ChangeKind::Closed(ticket.state_id == CLOSED),
                })
            }
            Side::Jira => {
                let state = self.site.jira.state();
                let issue = state.issues.get(&pair.issue)?;
                Some(match field {
                    Field::Title => ChangeKind::Title(issue.summary.clone()),
                    Field::Priority => ChangeKind::Priority(5_u64.saturating_sub(issue.priority)),
                    Field::State => ChangeKind::Closed(issue.status == DONE),
                })
            }
        }
    }

    /// Whether the side where a change was not made shows it.
    pub(super) fn shows(&self, change: &Change) -> bool {
        let there = change.side.other();
        if let Some(field) = change.field() {
            return self.value(there, change.link, field).as_ref() == Some(&change.kind);
        }
        let ChangeKind::Text(text) = &change.kind else { return false };
        let pair = &self.pairs[change.link];
        match there {
            Side::Jira => {
                let state = self.site.jira.state();
                state.comments_of(pair.issue).any(|comment| contains_text(&comment.body, text))
            }
            Side::Zammad => {
                let state = self.site.zammad.state();
                state.articles_of(pair.ticket).any(|article| article.body.contains(text))
            }
        }
    }

    /// Whether both sides hold the same in a field.
    pub(super) fn agrees(&self, link: usize, field: Field) -> bool {
        self.value(Side::Zammad, link, field) == self.value(Side::Jira, link, field)
    }
}

/// Makes tickets close with their issues, so that a state can be measured in both directions: by default a done issue gives its
/// ticket back to the agent.
async fn close_with_the_issue(site: &Site) -> Result<(), HarnessError> {
    let account = &site.sample.engineers[0].account_id;
    let admin = |function: &'static str, payload| site.emulator.admin(&site.install_id, account, function, payload);
    let mut now = admin("settings.get", Value::Null).await?;
    let pairs = now["value"]["fields"]["state"]["pairs"].as_array_mut();
    let pairs = pairs.ok_or_else(|| unexpected("the settings have no pairs of states"))?;
    pairs.retain(|pair| pair["direction"] != "toZammad");
    pairs.iter_mut().for_each(|pair| pair["direction"] = json!("both"));
    let set = admin("settings.set", json!({ "value": now["value"], "ifEtag": now["etag"] })).await?;
    if set["etag"].is_string() { Ok(()) } else { Err(unexpected(format!("the settings were refused: {set}"))) }
}

/// Creates a ticket and an issue with the same title, priority and state, without events.
fn make(site: &Site, number: usize) -> Result<Pair, HarnessError> {
    let (sample, title) = (&site.sample, format!("Pair {number}"));
    let ticket = json!({ "title": title, "group_id": sample.groups[0].0, "customer_id": sample.customers[0].id,
        "state_id": OPEN, "priority_id": 2, "article": { "body": "It does not work.", "internal": true } });
    let ticket = site
        .zammad
        .request_without_triggers(sample.agents[0].id, "POST", "/api/v1/tickets", &ticket)
        .map_err(unexpected)?;
    let fields = json!({ "project": { "key": "SUP" }, "issuetype": { "name": "Task" }, "summary": title });
    let account = &sample.engineers[0].account_id;
    let issue = site
        .jira
        .request_without_events(account, "POST", "/rest/api/3/issue", &json!({ "fields": fields }))
        .map_err(unexpected)?;
    let pair = Pair {
        ticket: ticket["id"].as_u64().unwrap_or_default(),
        issue: issue["id"].as_str().and_then(|id| id.parse().ok()).unwrap_or_default(),
        key: issue["key"].as_str().unwrap_or_default().to_owned(),
    };
    Ok(pair)
}

fn ticket_change(what: &ChangeKind) -> Value {
    match what {
        ChangeKind::Title(title) | ChangeKind::Text(title) => json!({ "title": title }),
        ChangeKind::Priority(priority) => json!({ "priority_id": priority }),
        ChangeKind::Closed(closed) => json!({ "state_id": if *closed { CLOSED } else { OPEN } }),
    }
}

fn issue_change(what: &ChangeKind) -> Value {
    match what {
        ChangeKind::Priority(priority) => json!({ "priority": { "id": (5 - priority).to_string() } }),
        ChangeKind::Title(title) | ChangeKind::Text(title) => json!({ "summary": title }),
        // A status is changed by a transition.
        ChangeKind::Closed(_) => json!({}),
    }
}

/// Whether a document has this text in one of its nodes.
fn contains_text(node: &Value, text: &str) -> bool {
    node["text"].as_str().is_some_and(|own| own.contains(text))
        || node["content"].as_array().is_some_and(|inner| inner.iter().any(|node| contains_text(node, text)))
}
