//! Which requests are for us, and that the same event comes once.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

use redaction::logs::JsonLines;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::support::{BODY, Post, Site, plain, within};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w8_the_same_delivery_twice_is_one_event() {
    let site = Site::start().await;
    let post = Post::new(BODY);
    let other_case = Post::new(BODY).with("X-Zammad-Delivery", post.headers[3].1.to_uppercase());
    for again in [post.bytes(), post.bytes(), other_case.bytes()] {
        site.ask(again).await.assert_plain(202, "accepted");
    }
    assert_eq!(site.rows().await, 1);
    // The payload is built anew for each attempt, so the same delivery may come with another body.
    let later = Post::new(r#"{"ticket":{"id":7,"title":"y"},"article":{}}"#);
    site.ask(later.with("X-Zammad-Delivery", post.headers[3].1.clone()).bytes()).await.assert_plain(202, "accepted");
    assert_eq!(site.rows().await, 1);
    let ids = ["", "1", "00000000-0000-4000-8000-00000000000g", "00000000-0000-4000-8000-000000000001, x"];
    for id in ids {
        site.ask(Post::new(BODY).with("X-Zammad-Delivery", id).bytes()).await.assert_plain(400, "not-a-ticket-event");
    }
    site.ask(post.and("X-Zammad-Delivery", "x").bytes()).await.assert_plain(400, "not-a-ticket-event");
    site.ask(Post::new(BODY).without("X-Zammad-Delivery").bytes()).await.assert_plain(400, "not-a-ticket-event");
    assert_eq!(site.rows().await, 1);
}

/// Another ticket under a delivery id that came before is another event: answered 202, it must not be dropped.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_delivery_id_with_two_tickets_is_two_events() {
    let site = Site::start().await;
    let post = Post::new(BODY);
    let other = Post::new(r#"{"ticket":{"id":8,"title":"y"},"article":{}}"#);
    let other = other.with("X-Zammad-Delivery", post.headers[3].1.clone());
    for again in [post.bytes(), other.bytes(), post.bytes(), other.bytes()] {
        site.ask(again).await.assert_plain(202, "accepted");
    }
    assert_eq!(site.rows().await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w8_a_client_that_hangs_up_unanswered_is_stored_once() {
    let site = Site::start().await;
    for _ in 0..20 {
        let (before, post) = (site.rows().await, Post::new(BODY));
        let mut client = site.client().await;
        client.send(post.bytes()).await;
        drop(client);
        // Zammad repeats the request if it received no answer.
        site.ask(post.bytes()).await.assert_plain(202, "accepted");
        assert_eq!(site.rows().await, before + 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w8_other_paths_are_404_and_never_redirect() {
    let site = Site::start().await;
    for line in [
        "POST /hooks/zammad/ HTTP/1.1",
        "POST //hooks/zammad HTTP/1.1",
        "POST /hooks//zammad HTTP/1.1",
        "POST /Hooks/Zammad HTTP/1.1",
        "POST /HOOKS/ZAMMAD HTTP/1.1",
        "POST /hooks HTTP/1.1",
        "POST /hooks/ HTTP/1.1",
        "POST /hooks/zammad.json HTTP/1.1",
        "POST /hooks/zammad%2f HTTP/1.1",
        "POST /hooks%2fzammad HTTP/1.1",
        "POST /hooks/./zammad HTTP/1.1",
        "POST /x/../hooks/zammad HTTP/1.1",
        "POST /%2e%2e/hooks/zammad HTTP/1.1",
        "POST /hooks/zammad;x HTTP/1.1",
        "POST / HTTP/1.1",
        "POST /livez/ HTTP/1.1",
    ] {
        let answer = site.ask(Post { line, ..Post::new(BODY) }.bytes()).await;
        assert_eq!(answer.status, 404, "{line}");
        answer.assert_plain(404, "not-found");
    }
    assert_eq!(site.rows().await, 0);
    site.assert_alive().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w8_only_post_stores_a_notification() {
    let site = Site::start().await;
    for method in ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "post"] {
        let line: &'static str = format!("{method} /hooks/zammad HTTP/1.1").leak();
        for post in [Post { line, ..Post::new(BODY) }, Post { line, ..Post::new("") }] {
            let answer = site.ask(post.bytes()).await;
            assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")), "{method}");
            answer.assert_plain(405, "method-not-allowed");
        }
    }
    let mut client = site.client().await;
    client.send(plain("HEAD /hooks/zammad")).await;
    let mut bytes = Vec::new();
    within(tokio::io::AsyncReadExt::read_to_end(&mut client.stream, &mut bytes)).await.unwrap();
    let head = String::from_utf8(bytes).unwrap();
    assert!(head.starts_with("HTTP/1.1 405 ") && head.contains("\r\nallow: POST\r\n"), "{head}");
    assert!(head.ends_with("\r\n\r\n"), "{head}");
    assert_eq!(site.rows().await, 0);
}

/// Everything any test of this process logs, at every level.
fn log() -> MutexGuard<'static, Vec<u8>> {
    static LOG: OnceLock<Arc<Mutex<Vec<u8>>>> = OnceLock::new();
    let log = LOG.get_or_init(|| {
        let log = Arc::new(Mutex::new(Vec::new()));
        let writer = Arc::clone(&log);
        let lines = JsonLines::new(move || Tee(Arc::clone(&writer)), || "now".to_owned());
        tracing::subscriber::set_global_default(tracing_subscriber::registry().with(lines)).unwrap();
        log
    });
    log.lock().unwrap()
}

struct Tee(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Tee {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The request of an older Zammad that follows the redirect of a proxy.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w8_a_get_with_content_in_its_query_leaves_no_trace_of_it() {
    drop(log());
    let site = Site::start().await;
    let canaries = ["Kanarienvogel", "k4n4r1", "canary%40example.org", "Delivery-Canary"];
    let line = format!("GET /hooks/zammad?ticket={}&article={}%20{} HTTP/1.1", canaries[0], canaries[1], canaries[2]);
    let get = Post { line: line.leak(), ..Post::new("") }.with("X-Zammad-Delivery", canaries[3]);
    let seen = site.ask(get.bytes()).await;
    seen.assert_plain(405, "method-not-allowed");
    let mut everywhere = vec![format!("{seen:?}")];
    for line in ["POST /hooks/Kanarienvogel HTTP/1.1", "POST /hooks/zammad/?Kanarienvogel=1 HTTP/1.1"] {
        everywhere.push(format!("{:?}", site.ask(Post { line, ..Post::new("k4n4r1") }.bytes()).await));
    }
    everywhere.push(format!("{:?}", site.ask(Post::new("k4n4r1").bytes()).await));
    let unsigned = Post::new("k4n4r1").with("X-Hub-Signature", "Kanarienvogel");
    everywhere.push(format!("{:?}", site.ask(unsigned.bytes()).await));
    everywhere.push(format!("{:?}", site.ask(plain("GET http://Kanarienvogel/k4n4r1")).await));
    site.ask(Post::new(BODY).bytes()).await.assert_plain(202, "accepted");

    let ready = site.ask(plain("GET /readyz")).await;
    assert_eq!(ready.status, 200, "a warning is no reason to take no webhooks");
    let page: serde_json::Value = serde_json::from_str(&ready.body).unwrap();
    let warning = page["health"]["warnings"][0].as_str().unwrap().to_owned();
    assert!(warning.starts_with("get-on-hook-path"), "{warning}");

    let log = String::from_utf8(log().clone()).unwrap();
    for line in ["GET on the webhook path", "not a ticket event"] {
        assert_eq!(log.matches(line).count(), 1, "once a minute: {log}");
    }
    everywhere.extend([ready.body, log]);
    for text in everywhere {
        for canary in canaries.into_iter().chain(["canary"]) {
            assert!(!text.to_lowercase().contains(&canary.to_lowercase()), "{canary} in {text}");
        }
    }
}
