//! A site whose sidecar runs in a container.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;

use devkit::harness::{Built, Site, SiteOptions};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::engine::{Engine, LONG};
use super::kit::run;

/// The container's restrictions, equal to those of the overlay, for `docker run`.
pub(crate) const HARDENED: &[&str] = &[
    "--read-only",
    "--cap-drop=ALL",
    "--security-opt=no-new-privileges",
    "--memory=64m",
    "--pids-limit=64",
    "--network=host",
];

/// A site whose sidecar will be a container on the host's network, so that all of it stays on loopback.
pub(crate) async fn site() -> (Site, TempDir) {
    let unused = tempfile::tempdir().unwrap();
    let quick = Site::quick(unused.path());
    let options = SiteOptions {
        // Retries nearly as long as a real Zammad: a webhook that fails during an upgrade is sent again.
        zammad: quick.zammad.retry_scale(0.5),
        settings: vec![("DATA_DIR".into(), "/data".into())],
        ..quick
    };
    (Site::start(Built::of_workspace().unwrap(), options).await.unwrap(), unused)
}

/// The settings as a file for `--env-file`.
pub(crate) fn settings_file(site: &Site, folder: &Path) -> String {
    let mut text = String::new();
    for (name, value) in &site.settings {
        writeln!(text, "{name}={value}").unwrap();
    }
    let path = folder.join("connector.env");
    std::fs::write(&path, text).unwrap();
    path.to_string_lossy().into_owned()
}

/// Puts the container behind the address that Zammad was given.
pub(crate) async fn put_behind_the_front(site: &Site, engine: &Engine, container: &str) {
    let log = engine.logs(container).await;
    let line = log.lines().rev().find(|line| line.contains("\"listen\"")).unwrap_or_else(|| panic!("{log}"));
    let line: Value = serde_json::from_str(line).unwrap();
    site.front.set(Some(line["listen"].as_str().unwrap().parse::<SocketAddr>().unwrap()));
}

/// An agent's article on the sample's first ticket.
pub(crate) async fn article(site: &Site, body: &str) {
    let url = format!("{}/api/v1/ticket_articles", site.zammad.url);
    let article =
        json!({ "ticket_id": site.sample.tickets[0], "body": body, "internal": true, "content_type": "text/html" });
    let token = format!("Token token={}", site.sample.agent_tokens[0]);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = client.post(url).header("Authorization", token).json(&article).send().await.unwrap();
    assert!(answer.status().is_success(), "{}", answer.status());
}

/// How many comments on the sample's first issue hold `text`.
pub(crate) fn comments_with(site: &Site, text: &str) -> usize {
    let comments = site.jira.comments(site.sample.issues[0].0);
    comments.iter().filter(|comment| comment.body.to_string().contains(text)).count()
}

/// Looks until a comment holds `text`.
pub(crate) async fn arrives(site: &Site, engine: &Engine, container: &str, text: &str) {
    let arrived = async {
        while comments_with(site, text) == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    if tokio::time::timeout(LONG, arrived).await.is_err() {
        panic!("{text} never arrived\n{}", engine.logs(container).await);
    }
}

pub(crate) async fn link(site: &Site, engine: &Engine, container: &str) {
    let number = site.zammad.ticket(site.sample.tickets[0]).unwrap().number;
    run(&mut engine.docker(&["exec", container, "/connector", "link", &number, &site.sample.issues[0].1])).await;
}
