//! Clients that take their time.

use std::time::Duration;

use sidecar::http::limits::CONNECTIONS;
use sidecar::http::server::Timeouts;
use tokio::net::TcpSocket;
use tokio::time::{Instant, interval};

use crate::support::{BODY, Client, Post, Site, plain, within};

const SHORT: Duration = Duration::from_millis(300);
/// The timeout plus what two busy cores may add; far from never.
const SOON: Duration = Duration::from_secs(5);

async fn hasty() -> Site {
    Site::with(Timeouts { head: SHORT, body: SHORT }, CONNECTIONS).await
}

/// Closed without a good answer, not before the timeout and soon after it.
async fn assert_given_up(what: &str, client: &mut Client, since: Instant) {
    let mut last = None;
    while let Some(answer) = within(client.next()).await {
        last = Some(answer.status);
    }
    assert!(last.is_none() || last == Some(408), "{what}: {last:?}");
    let took = since.elapsed();
    assert!((SHORT - Duration::from_millis(50)..SOON).contains(&took), "{what}: {took:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w4_half_open_heads_and_bodies_are_closed_in_time() {
    let site = hasty().await;
    let post = Post::new(BODY);
    let chunked = Post::new(BODY).chunked();
    let head = post.head();
    let halves: Vec<(&str, Vec<u8>)> = vec![
        ("nothing", Vec::new()),
        ("one byte", b"P".to_vec()),
        ("half a head", head[..head.len() / 2].to_vec()),
        ("all but the last LF", head[..head.len() - 1].to_vec()),
        ("no body", head.clone()),
        ("half a body", [&head, &post.body[..20]].concat()),
        ("half a chunk", [chunked.head(), chunked.body[..20].to_vec()].concat()),
        ("no last chunk", [chunked.head(), chunked.body[..chunked.body.len() - 5].to_vec()].concat()),
    ];
    let mut open = Vec::new();
    for (what, half) in halves {
        let since = Instant::now();
        let mut client = site.client().await;
        client.send(half).await;
        open.push((what, client, since));
    }
    for (what, client, since) in &mut open {
        assert_given_up(what, client, *since).await;
    }
    assert_eq!(site.rows().await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w4_dribbled_heads_and_bodies_are_closed_in_time() {
    let site = hasty().await;
    let post = Post::new(BODY);
    for (what, first, dribble) in [("head", 0, 100), ("body", post.head().len(), BODY.len())] {
        let bytes = post.bytes();
        let since = Instant::now();
        let mut client = site.client().await;
        client.send(&bytes[..first]).await;
        let mut beat = interval(Duration::from_millis(60));
        // A byte now and then buys no time.
        for byte in &bytes[first..first + dribble] {
            beat.tick().await;
            if !client.try_send([*byte]).await || since.elapsed() > SOON {
                break;
            }
        }
        assert_given_up(what, &mut client, since).await;
    }
    assert_eq!(site.rows().await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w4_idle_connections_are_closed_in_time() {
    let site = hasty().await;
    let mut client = site.client().await;
    client.send(plain("GET /livez")).await;
    client.answer().await.assert_plain(200, "live");
    let since = Instant::now();
    client.assert_closed().await;
    assert!(since.elapsed() < SOON);
}

/// A client that asks and asks and reads no answer has its time as well.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w4_a_client_that_reads_no_answers_is_closed_in_time() {
    let site = hasty().await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stream = within(socket.connect(site.address)).await.unwrap();
    let many = plain("GET /livez").repeat(1_000);
    // Ends when the server has closed; without a limit on writing, never.
    let closed = async { while tokio::io::AsyncWriteExt::write_all(&mut stream, &many).await.is_ok() {} };
    within(closed).await;
    within(async {
        while site.table.open() > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}
