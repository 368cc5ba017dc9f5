//! More clients than places: whoever waits gives way, whoever is being answered does not.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use tokio::sync::Semaphore;

use crate::support::{BODY, Client, LONG, Post, Site, plain, within};

const PLACES: usize = 64;

/// Waits until the evicted are gone, then says who is still connected.
async fn settled(site: &Site, places: usize) {
    within(async {
        while site.table.open() > places {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

async fn crowd(site: &Site, places: usize, size: usize, bytes: &[u8]) -> Vec<Client> {
    let mut crowd = Vec::new();
    for _ in 0..size {
        let mut client = site.client().await;
        client.try_send(bytes).await;
        assert!(site.table.open() <= places, "never more than the places");
        crowd.push(client);
    }
    crowd
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w4_a_crowd_of_half_open_connections_costs_only_itself() {
    let site = Site::with(LONG, PLACES).await;
    let mut half_open = crowd(&site, PLACES, 200, b"POST /hooks/zammad HTTP/1.1\r\nHost: c\r\n").await;
    for _ in 0..20 {
        site.ask(Post::new(BODY).bytes()).await.assert_plain(202, "accepted");
    }
    assert_eq!(site.rows().await, 20);
    settled(&site, PLACES).await;
    // The oldest gave way: 200 - 64 of the crowd, and up to 20 more for the webhooks.
    for client in &mut half_open[..200 - PLACES] {
        client.assert_closed().await;
    }
    half_open.truncate(0);
    settled(&site, 0).await;
}

/// A head alone makes nobody important: otherwise 512 unfinished bodies would shut Zammad out.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w4_a_crowd_of_unfinished_bodies_costs_only_itself() {
    let site = Site::with(LONG, PLACES).await;
    let post = Post::new(BODY);
    let part = [post.head(), post.body[..10].to_vec()].concat();
    let chunked = Post::new(BODY).chunked();
    let chunked = [chunked.head(), chunked.body[..10].to_vec()].concat();
    let _bodies = (crowd(&site, PLACES, 100, &part).await, crowd(&site, PLACES, 100, &chunked).await);
    for _ in 0..20 {
        site.ask(Post::new(BODY).bytes()).await.assert_plain(202, "accepted");
    }
    settled(&site, PLACES).await;
    assert_eq!(site.rows().await, 20);
}

/// One body among many half-open heads is none of the crowd.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w4_half_open_heads_do_not_cost_a_body_its_place() {
    let site = Site::with(LONG, 8).await;
    let post = Post::new(BODY).and("Expect", "100-continue");
    let mut slow = site.client().await;
    slow.send(post.head()).await;
    // The server has read the head, so the crowd comes after it.
    assert_eq!(slow.answer().await.status, 100);
    slow.send(&post.body[..10]).await;
    let _crowd = crowd(&site, 8, 50, b"POST").await;
    slow.send(&post.body[10..]).await;
    slow.answer().await.assert_plain(202, "accepted");
}

/// Nor is a newcomer among many unfinished bodies.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w4_unfinished_bodies_do_not_cost_a_newcomer_its_place() {
    let site = Site::with(LONG, 8).await;
    let post = Post::new(BODY).and("Expect", "100-continue");
    let mut bodies = Vec::new();
    for _ in 0..8 {
        let mut client = site.client().await;
        client.send(post.head()).await;
        assert_eq!(client.answer().await.status, 100);
        bodies.push(client);
    }
    let mut newcomers = crowd(&site, 8, 4, b"").await;
    for client in &mut newcomers {
        client.send(plain("GET /livez")).await;
        client.answer().await.assert_plain(200, "live");
    }
}

/// A server with a route that is answered when the test says so.
async fn gated(places: usize) -> (Site, Arc<Semaphore>, Arc<Semaphore>) {
    let (entered, gate) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let (inside, outside) = (Arc::clone(&entered), Arc::clone(&gate));
    let slow = get(async move || {
        inside.add_permits(1);
        outside.acquire().await.unwrap().forget();
        "done"
    });
    let site = Site::serving(LONG, places, |routes: Router| routes.route("/slow", slow)).await;
    (site, entered, gate)
}

/// Evicting a webhook between its last byte and its 202 would make Zammad send it again, or lose it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w4_a_request_being_answered_is_not_evicted() {
    let (site, entered, gate) = gated(2).await;
    let mut busy = [site.client().await, site.client().await];
    for client in &mut busy {
        client.send(plain("GET /slow")).await;
        within(entered.acquire()).await.unwrap().forget();
    }
    for mut client in crowd(&site, 2, 10, b"POST").await {
        client.assert_closed().await;
    }
    gate.add_permits(2);
    for client in &mut busy {
        assert_eq!(client.answer().await.body, "done");
    }
    // Answered, they soon wait like everybody else and give way.
    within(async {
        loop {
            let mut late = site.client().await;
            if late.try_send(plain("GET /livez")).await && late.next().await.is_some() {
                break;
            }
        }
    })
    .await;
}
