//! The connection as an admin and an operator make it: by the admin page in a browser, and the lines that it shows.

use serde_json::{Value, json};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;
use tokio::time::Instant;

use crate::support::{LinkedSite, browser, eventually, eventually_async};

/// The lines of `connector.env` that the page shows, as the browser test sends them when it has pressed Connect.
async fn shown_lines(listener: &TcpListener) -> Vec<(String, String)> {
    let mut text = String::new();
    listener.accept().await.unwrap().0.read_to_string(&mut text).await.unwrap();
    let lines = text.lines().filter(|line| line.starts_with("FORGE_")).filter_map(|line| line.split_once('='));
    lines.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn ended_by_an_admin_and_made_again_in_the_browser_nothing_is_lost() {
    let mut env = LinkedSite::start().await;
    assert_eq!(env.admin("connection.disconnect", json!({})).await, json!({}));
    let state = async || env.admin("connection.status", Value::Null).await["state"].clone();
    eventually_async("the sidecar to stop", || async { state().await == "ended" }).await;
    env.article(env.ticket, "written while nothing is connected", true).await;
    eventually_async("the end to be named", || async {
        env.readiness().await.1["health"]["problems"] == json!(["disconnected-by-an-admin"])
    })
    .await;
    env.kill().await;

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let callback = [("CALLBACK_PORT", listener.local_addr().unwrap().port().to_string())];
    let began = Instant::now();
    let lines = {
        let page = browser::passes_with(&env, "set-up", &callback);
        let operator = async {
            let lines = shown_lines(&listener).await;
            let mut settings = env.site.settings.clone();
            settings.extend(lines.iter().cloned());
            let connector = devkit::harness::Connector::start(&env.site.built, &settings).await.unwrap();
            (lines, connector)
        };
        let ((), (lines, connector)) = tokio::join!(page, operator);
        env.site.front_to(&connector);
        env.connector = Some(connector);
        lines
    };
    let names: Vec<&str> = lines.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["FORGE_SHARED_SECRET", "FORGE_WEBTRIGGER_URL", "FORGE_INSTALL_ID"]);
    env.site.settings.extend(lines);
    eventually("what waited to arrive", || {
        let mirrored = env.mirrored();
        mirrored.len() == 1 && mirrored.iter().all(|text| text.contains("written while nothing is connected"))
    })
    .await;
    println!("from Connect to the first comment, with the checks of the page: {:.1} s", began.elapsed().as_secs_f64());
    assert_eq!(env.readiness().await.0, 200);
}
