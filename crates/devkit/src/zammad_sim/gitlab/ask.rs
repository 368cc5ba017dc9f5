//! Queries the endpoint and makes the response for the client.

use super::link::Link;
use crate::{
    outgoing,
    zammad_sim::model::{
        entities::Id,
        gitlab::{Config, Question},
    },
};
use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};

/// How long Zammad waits for the endpoint.
const TIMEOUT: Duration = Duration::from_secs(16);

const VERIFY: &str = "      query {\n        currentUser {\n          username\n        }\n      }\n";
const ISSUE: &str = "      query($fullpath: ID!, $issue_id: String) {
        project(fullPath: $fullpath) {
          issue(iid: $issue_id) {
            iid
            webUrl
            title
            state
            milestone {
              title
            }
            assignees {
              edges {
                node {
                  name
                }
              }
            }
            labels {
              edges {
                node {
                  title
                  color
                  textColor
                  description
                }
              }
            }
          }
        }
      }
";
const FAILED: &str = "GitLab request failed. Please have a look at the log file for details.";

/// Links of a ticket that GitLab spells otherwise than the ticket does.
#[derive(Clone, Debug)]
pub(in crate::zammad_sim) struct ChangedLinks {
    pub ticket: Id,
    /// The user who asked.
    pub user: Id,
    pub links: Vec<String>,
}

/// Queries the endpoint. Returns the body of the response, and links that must be stored again.
pub(in crate::zammad_sim) async fn ask(question: Question) -> (Value, Option<ChangedLinks>) {
    let mut changed = None;
    let answer = match outgoing::client(TIMEOUT) {
        Ok(client) => match question {
            Question::Verify(config) => verify(&client, &config).await.map(|()| json!({"result": "ok"})),
            Question::Issues { config, links, ticket } => {
                let issues = issues(&client, &config, &links).await;
                issues.map(|(issues, now)| {
                    changed =
                        ticket.filter(|_| now != links).map(|(ticket, user)| ChangedLinks { ticket, user, links: now });
                    json!({"result": "ok", "response": issues})
                })
            }
        },
        Err(_) => Err(FAILED.to_owned()),
    };
    (answer.unwrap_or_else(|text| json!({"result": "failed", "message": text})), changed)
}

async fn verify(client: &Client, config: &Config) -> Result<(), String> {
    let body = post(client, config, &json!({"query": VERIFY})).await.ok_or(FAILED)?;
    let name = body.pointer("/data/currentUser/username").and_then(Value::as_str).unwrap_or_default();
    if name.is_empty() { Err("Invalid GitLab GraphQL API token.".to_owned()) } else { Ok(()) }
}

/// One after the other; the first bad link ends it all, an unknown issue is left out.
async fn issues(client: &Client, config: &Config, links: &[String]) -> Result<(Vec<Value>, Vec<String>), String> {
    let (mut shown, mut now) = (Vec::new(), Vec::new());
    for given in links {
        let link = Link::read(given, config)?;
        let variables = json!({"fullpath": link.fullpath, "issue_id": link.iid});
        let body = post(client, config, &json!({"query": ISSUE, "variables": variables})).await.ok_or(FAILED)?;
        let issue = body.pointer("/data/project/issue").filter(|issue| !issue.is_null()).cloned();
        let issue = match issue {
            Some(issue) => Some(issue),
            None => moved(client, config, &link).await,
        };
        now.push(issue.as_ref().and_then(|issue| text(issue, "/webUrl")).unwrap_or_else(|| given.clone()));
        shown.extend(issue.as_ref().map(display));
    }
    Ok((shown, now))
}

/// An issue that GraphQL does not know may have moved: REST returns its new address.
async fn moved(client: &Client, config: &Config, link: &Link) -> Option<Value> {
    let project = utf8_percent_encode(&link.fullpath, NON_ALPHANUMERIC);
    // Without the port, which is Zammad's mistake.
    let host = link.host.split(':').next().unwrap_or_default();
    let url = format!("{}://{host}/api/v4/projects/{project}/issues/{}", link.scheme, link.iid);
    let answer = headers(client.get(url), config).send().await.ok()?;
    let body: Value = serde_json::from_slice(&answer.bytes().await.ok()?).ok()?;
    let link = Link::read(body.get("web_url")?.as_str()?, config).ok()?;
    let variables = json!({"fullpath": link.fullpath, "issue_id": link.iid});
    let body = post(client, config, &json!({"query": ISSUE, "variables": variables})).await?;
    body.pointer("/data/project/issue").filter(|issue| !issue.is_null()).cloned()
}

async fn post(client: &Client, config: &Config, body: &Value) -> Option<Value> {
    let request = headers(client.post(&config.endpoint), config);
    let request = request.header("Content-Type", "application/json; charset=utf-8").body(body.to_string());
    let answer = request.send().await.ok().filter(|answer| answer.status().is_success())?;
    serde_json::from_slice(&answer.bytes().await.ok()?).ok()
}

fn headers(request: RequestBuilder, config: &Config) -> RequestBuilder {
    request
        .header("Accept-Encoding", "gzip;q=1.0,deflate;q=0.6,identity;q=0.3")
        .header("Accept", "*/*")
        .header("User-Agent", "Zammad User Agent")
        .header("Private-Token", &config.api_token)
        .header("Connection", "close")
}

fn text(value: &Value, place: &str) -> Option<String> {
    value.pointer(place).and_then(Value::as_str).map(str::to_owned)
}

/// An issue as the client's side bar shows it.
fn display(issue: &Value) -> Value {
    let nodes = |name: &str| {
        let edges = issue.pointer(&format!("/{name}/edges")).and_then(Value::as_array);
        edges.into_iter().flatten().filter_map(|edge| edge.get("node")).cloned().collect::<Vec<_>>()
    };
    let labels: Vec<Value> = nodes("labels")
        .iter()
        .map(|node| json!({"title": node["title"], "color": node["color"], "text_color": node["textColor"]}))
        .collect();
    let assignees: Vec<Value> = nodes("assignees").iter().map(|node| node["name"].clone()).collect();
    let state = text(issue, "/state").unwrap_or_default();
    let icon = if state == "opened" { "open".to_owned() } else { state };
    json!({"id": issue["iid"], "title": issue["title"], "url": issue["webUrl"], "icon_state": icon,
           "milestone": issue.pointer("/milestone/title"), "assignees": assignees, "labels": labels})
}
