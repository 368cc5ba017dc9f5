//! From an article to its comment and from a comment to its note, on the harness: everything real but the two systems.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep, timeout};

use super::load::average;
use super::subject::{Folder, beside};
use super::{at, say, wrong};
use crate::harness::{Built, HarnessError, Site};
use crate::outgoing;
use crate::zammad_sim::ZammadSim;

const ROUNDS: u64 = 50;
/// Nothing takes this long unless it is broken.
const LONG: Duration = Duration::from_secs(60);
/// How often it is looked for; small against what is measured.
const LOOK: Duration = Duration::from_millis(2);
/// The sidecar asks Forge every two seconds while anything moves. Comments come at all phases of that; each right after
/// the last would always just have missed it.
const PHASE_STEP_MS: u64 = 740;
const PHASE_MS: u64 = 2_000;

pub(super) async fn run() -> Result<(), HarnessError> {
    let app = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../forge-app");
    let built = Built { connector: beside("connector")?, app };
    built.check()?;
    for (name, first) in [("as from a real Zammad, 1.3 s", 1_300), ("3 ms", 3)] {
        say(&format!("first webhook {name} after the write:"));
        round(&built, Duration::from_millis(first)).await?;
    }
    Ok(())
}

async fn round(built: &Built, first: Duration) -> Result<(), HarnessError> {
    let folder = Folder::new("e2e")?;
    let mut options = Site::quick(&folder.0);
    options.zammad = ZammadSim::builder().first_delivery_after(first);
    let site = Site::start(built.clone(), options).await?;
    let connector = site.connect().await?;
    let (ticket, (issue, key)) = (site.story.tickets[0], site.story.issues[0].clone());
    site.link(ticket, &key).await?;
    let (mut out, mut back) = (Vec::new(), Vec::new());
    for number in 0..ROUNDS {
        let text = format!("article {number} of the bench.");
        write_article(&site, ticket, &text).await?;
        let there = || site.jira.comments(issue).iter().any(|comment| comment.body.to_string().contains(&text));
        out.push(seen(there).await?);

        sleep(Duration::from_millis(number * PHASE_STEP_MS % PHASE_MS)).await;
        let text = format!("comment {number} of the bench.");
        write_comment(&site, &key, &text).await?;
        back.push(seen(|| site.zammad.articles(ticket).iter().any(|article| article.body.contains(&text))).await?);
    }
    for (name, mut times) in [("article to comment", out), ("comment to note", back)] {
        times.sort();
        say(&format!(
            "  {name}, {ROUNDS}: p50 {:.0} ms (goal 2000), p95 {:.0} (goal 5000), max {:.0}; load {}",
            at(&times, 500),
            at(&times, 950),
            at(&times, 1_000),
            average()
        ));
    }
    connector.kill().await
}

/// How long until it holds, from now: the write before has just been answered.
async fn seen(mut holds: impl FnMut() -> bool) -> Result<Duration, HarnessError> {
    let began = Instant::now();
    let looking = async {
        while !holds() {
            sleep(LOOK).await;
        }
    };
    timeout(LONG, looking).await.map_err(|_| wrong("it never came to the other side"))?;
    Ok(began.elapsed())
}

async fn write_article(site: &Site, ticket: u64, text: &str) -> Result<(), HarnessError> {
    let body = json!({ "ticket_id": ticket, "body": text, "internal": true, "content_type": "text/plain" });
    let token = format!("Token token={}", site.story.agent_tokens[0]);
    post(&format!("{}/api/v1/ticket_articles", site.zammad.url), &token, &body).await
}

async fn write_comment(site: &Site, key: &str, text: &str) -> Result<(), HarnessError> {
    let words = json!([{ "type": "paragraph", "content": [{ "type": "text", "text": text }] }]);
    let body = json!({ "body": { "type": "doc", "version": 1, "content": words } });
    let token = format!("Bearer user:{}", site.story.engineers[0].account_id);
    post(&format!("{}/rest/api/3/issue/{key}/comment", site.jira.url), &token, &body).await
}

async fn post(url: &str, authorization: &str, body: &Value) -> Result<(), HarnessError> {
    let request = outgoing::client(Duration::from_secs(10))?.post(url).json(body).header("Accept", "application/json");
    let answer = request.header("Authorization", authorization).send().await?;
    if answer.status().is_success() { Ok(()) } else { Err(wrong(format!("{url}: {}", answer.status()))) }
}
