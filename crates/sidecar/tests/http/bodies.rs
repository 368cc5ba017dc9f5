//! How much may come in.

use sidecar::http::bodies::LARGEST_BODY;

use crate::support::{BODY, Post, Site, within};

/// A webhook of exactly so many bytes.
fn padded(size: usize) -> Post {
    let (open, close) = (r#"{"ticket":{"id":7,"body":""#, r#""},"article":{}}"#);
    Post::new([open, &"x".repeat(size - open.len() - close.len()), close].concat())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w5_a_declared_giant_is_413_before_its_first_byte() {
    let site = Site::start().await;
    for length in [LARGEST_BODY + 1, 1 << 30, 999_999_999_999_999_999] {
        let post = Post::new(BODY).with("Content-Length", length.to_string());
        for post in [post.head(), post.and("Expect", "100-continue").head()] {
            let mut client = site.client().await;
            client.send(post).await;
            client.answer().await.assert_plain(413, "too-large");
            client.assert_closed().await;
        }
    }
    site.assert_alive().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w5_legal_webhooks_are_taken_up_to_16_mib() {
    let site = Site::start().await;
    // The size a legal article was seen to make (docs/platforms/zammad.md §6.2), then the boundary.
    for post in [padded(8_400_000), padded(LARGEST_BODY), padded(LARGEST_BODY).chunked()] {
        site.ask(post.bytes()).await.assert_plain(202, "accepted");
    }
    assert_eq!(site.rows().await, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w5_endless_chunks_stop_at_the_limit() {
    let site = Site::start().await;
    verify(&site).await;
    let mut client = site.client().await;
    client.send(Post::new(BODY).without("Content-Length").and("Transfer-Encoding", "chunked").head()).await;
    let chunk = [b"10000\r\n".as_slice(), &[b'x'; 0x10000], b"\r\n"].concat();
    let mut sent = 0;
    // Bytes beyond the limit may remain in the sockets' buffers, a few MiB.
    while sent <= 2 * LARGEST_BODY && client.try_send(&chunk).await {
        sent += chunk.len();
    }
    assert!((LARGEST_BODY..2 * LARGEST_BODY).contains(&sent), "{sent}");
    client.answer().await.assert_plain(413, "too-large");
    client.assert_closed().await;
    assert_eq!(site.rows().await, 1);
    site.assert_alive().await;
}

/// A usual webhook, so that this address counts as Zammad's.
async fn verify(site: &Site) {
    site.ask(Post::new(BODY).bytes()).await.assert_plain(202, "accepted");
}

/// Of senders of whom nothing was verified, bodies are refused before they take the memory that Zammad needs.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w5_bodies_of_strangers_have_less_memory() {
    let site = Site::start().await;
    until(&site, 503).await.assert_plain(503, "bodies");
    verify(&site).await;
    until(&site, 202).await;
    site.assert_alive().await;
}

/// One large webhook after the other until one is answered so.
async fn until(site: &Site, status: u16) -> crate::support::Answer {
    let large = padded(14_000_000);
    within(async {
        loop {
            let mut client = site.client().await;
            client.send(large.head()).await;
            // Refused in the middle, it need not take the rest.
            for chunk in large.body.chunks(64 * 1024) {
                if !client.try_send(chunk).await {
                    break;
                }
            }
            if let Some(answer) = client.next().await {
                if answer.status == status {
                    return answer;
                }
                assert!([202, 503].contains(&answer.status), "{answer:?}");
            }
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w5_bodies_together_have_a_limit_and_it_heals() {
    let site = Site::start().await;
    verify(&site).await;
    let post = padded(LARGEST_BODY);
    let most = post.body.len() - 1;
    let mut client = site.client().await;
    client.send(post.head()).await;
    client.send(&post.body[..most]).await;
    let refused = until(&site, 503).await;
    refused.assert_plain(503, "bodies");
    assert_eq!(refused.header("retry-after"), Some("5"));
    // The usual webhook finds room all the same: a few huge bodies do not lock Zammad out.
    site.ask(Post::new(BODY).bytes()).await.assert_plain(202, "accepted");
    // The large one is not harmed, and once it has ended there is room.
    client.send(&post.body[most..]).await;
    client.answer().await.assert_plain(202, "accepted");
    until(&site, 202).await;
    site.assert_alive().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w7_encoded_bodies_are_415() {
    let site = Site::start().await;
    for encoding in ["gzip", "br", "deflate", "zstd", "x-gzip", "GZIP", "identity", "gzip, gzip", ""] {
        let answer = site.ask(Post::new(BODY).and("Content-Encoding", encoding).bytes()).await;
        answer.assert_plain(415, "content-encoding");
    }
    assert_eq!(site.rows().await, 0);
    site.assert_alive().await;
}
