//! Properties of every response: a fixed code, the same headers, nothing of the request.

use crate::support::{BODY, Post, Site, plain, within};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn error_answers_say_a_fixed_word_and_echo_nothing() {
    let site = Site::start().await;
    let canary = "Zitronenfalter";
    let to = |line| Post { line, ..Post::new(canary) }.and("X-Canary", canary);
    let post = |body: &str| Post::new(body).and("X-Canary", canary);
    for (request, status, word) in [
        (post(canary).bytes(), 400, "not-a-ticket-event"),
        (post(BODY).with("X-Zammad-Delivery", canary).bytes(), 400, "not-a-ticket-event"),
        (post(BODY).with("X-Hub-Signature", canary).bytes(), 401, "unauthorized"),
        (post(BODY).without("X-Hub-Signature").bytes(), 401, "unauthorized"),
        (post(BODY).and("Content-Encoding", canary).bytes(), 415, "content-encoding"),
        (post(BODY).with("Content-Length", "99999999").bytes(), 413, "too-large"),
        (to("POST /Zitronenfalter HTTP/1.1").bytes(), 404, "not-found"),
        (to("GET /?Zitronenfalter HTTP/1.1").bytes(), 404, "not-found"),
        (to("GET /hooks/zammad?Zitronenfalter HTTP/1.1").bytes(), 405, "method-not-allowed"),
        (to("POST /livez?Zitronenfalter HTTP/1.1").bytes(), 405, "method-not-allowed"),
        (to("Zitronenfalter /readyz HTTP/1.1").bytes(), 405, "method-not-allowed"),
        (to("GET Zitronenfalter HTTP/1.1").bytes(), 400, "bad-request"),
        (post(BODY).and("Content-Length", canary).bytes(), 400, "bad-request"),
        (plain(&format!("GET /{}", canary.repeat(1_500))), 400, "bad-request"),
    ] {
        let answer = site.ask(&request).await;
        let what = String::from_utf8_lossy(&request[..request.len().min(120)]).into_owned();
        assert_eq!((answer.status, word), (status, word), "{what}");
        answer.assert_plain(status, word);
        assert!(!format!("{answer:?}").contains(canary), "{what}");
    }
    site.assert_alive().await;
}

/// Whatever stands in the target, hyper's own bare answers are never seen.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_byte_in_a_target_gets_one_of_our_answers() {
    let site = Site::start().await;
    for byte in 0..=255_u8 {
        for place in ["/", "/livez?"] {
            let mut client = site.client().await;
            let request = [b"GET ", place.as_bytes(), &[byte], b" HTTP/1.1\r\nHost: c\r\nConnection: close\r\n\r\n"];
            client.try_send(request.concat()).await;
            let answer = within(client.next()).await.unwrap_or_else(|| panic!("byte {byte}: an answer"));
            match answer.status {
                200 => answer.assert_plain(200, "live"),
                404 => answer.assert_plain(404, "not-found"),
                400 => answer.assert_plain(400, "bad-request"),
                other => panic!("byte {byte}: {other}"),
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopping_server_lets_open_requests_end() {
    let site = Site::start().await;
    let post = Post::new(BODY);
    let mut client = site.client().await;
    client.send(&post.head()).await;
    // Answered, so the loop is surely past accepting the first.
    assert_eq!(site.ask(plain("GET /livez")).await.status, 200);
    let ended = site.end();
    let rest = async {
        client.send(&post.body).await;
        client.answer().await.assert_plain(202, "accepted");
        client.assert_closed().await;
    };
    tokio::join!(ended, rest);
}
