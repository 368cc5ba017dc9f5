//! A disk without room: nothing is acknowledged that is not there.

use store::Store as _;

use crate::support::{BODY, Post, Site, plain};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_store_is_503_acknowledges_nothing_and_heals() {
    let site = Site::start().await;
    assert_eq!(site.ask(plain("GET /readyz")).await.status, 200);
    // SQLite takes a cap below the size for the size itself.
    site.store.limit_pages(1).await.unwrap();
    let (mut taken, mut refused) = (0, Vec::new());
    while refused.len() < 5 {
        let answer = site.ask(Post::new(BODY).bytes()).await;
        match answer.status {
            202 => taken += 1,
            _ => refused.push(answer),
        }
        assert!(taken < 10_000, "the cap holds");
    }
    for answer in &refused {
        answer.assert_plain(503, "store");
        assert_eq!(answer.header("retry-after"), Some("5"));
    }
    assert_eq!(site.store.counts().await.unwrap().inbox, taken, "what was acknowledged, no more and no less");

    site.store.limit_pages(100_000).await.unwrap();
    site.assert_alive().await;
    assert_eq!(site.ask(plain("GET /readyz")).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_store_is_not_ready() {
    let site = Site::start().await;
    assert_eq!(site.ask(plain("GET /readyz")).await.status, 200);
    site.store.limit_pages(1).await.unwrap();
    while site.ask(Post::new(BODY).bytes()).await.status == 202 {}
    assert_not_ready(&site).await;
    site.store.limit_pages(100_000).await.unwrap();
    // Readiness finds it out by itself: no webhook has come meanwhile.
    assert_eq!(site.ask(plain("GET /readyz")).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_takes_nothing_is_503_and_not_ready() {
    let site = Site::start().await;
    site.store.close().await.unwrap();
    let answer = site.ask(Post::new(BODY).bytes()).await;
    answer.assert_plain(503, "store");
    assert_eq!(answer.header("retry-after"), Some("5"));
    assert_not_ready(&site).await;
    assert_eq!(site.ask(plain("GET /livez")).await.status, 200);
}

async fn assert_not_ready(site: &Site) {
    let ready = site.ask(plain("GET /readyz")).await;
    assert_eq!(ready.status, 503, "{}", ready.body);
    assert!(ready.body.contains("store-not-writable"), "{}", ready.body);
}
