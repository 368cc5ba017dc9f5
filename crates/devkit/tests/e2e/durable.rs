//! Durability shown by a census of system calls: kill -9 alone cannot show a missing fsync (docs/testing.md finding 5).

use std::process::Stdio;

use tokio::process::Command;

use crate::support::{LinkedSite, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn at_least_one_sync_for_each_acknowledged_webhook_that_came_alone() {
    let env = LinkedSite::start().await;
    let id = env.connector.as_ref().unwrap().id().unwrap();
    let trace = env.data.path().join("trace");
    let mut strace = Command::new("strace")
        .args(["-f", "-qq", "-e", "trace=fsync,fdatasync,write,writev,sendto", "-e", "signal=none", "-s", "16", "-o"])
        .arg(&trace)
        .args(["-p", &id.to_string()])
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap_or_else(|error| panic!("strace is needed (apt-get install strace): {error}"));
    let read = || std::fs::read_to_string(&trace).unwrap_or_default();
    // Attached: the sidecar's own heartbeat shows up.
    eventually("strace", || !read().is_empty()).await;
    let accepted = |text: &str| text.matches("HTTP/1.1 202").count();
    for number in 0..20 {
        env.article(env.ticket, &format!("article {number}"), true).await;
        env.site.zammad.deliveries_done().await;
        eventually("the 202", || accepted(&read()) > number).await;
    }
    strace.start_kill().unwrap();
    strace.wait().await.unwrap();

    // Between each 202 and the one before it there is a sync that ended.
    let text = read();
    let (mut synced, mut answers) = (false, 0);
    for line in text.lines() {
        if (line.contains("fsync(") || line.contains("fdatasync(") || line.contains("sync resumed"))
            && line.ends_with("= 0")
        {
            synced = true;
        }
        if line.contains("HTTP/1.1 202") {
            assert!(synced, "a webhook was acknowledged before anything was synced:\n{line}");
            synced = false;
            answers += 1;
        }
    }
    assert_eq!(answers, 20);
}
