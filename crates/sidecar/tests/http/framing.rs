//! Where one request ends and the next begins.

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::support::{BODY, Client, Post, Site, plain, signature, within};

/// Every framing that two parsers may read differently, as whole requests.
fn ambiguous() -> Vec<(&'static str, Vec<u8>)> {
    let signed = format!("X-Hub-Signature: sha1={}", signature(BODY.as_bytes()));
    let (length, chunked) = (format!("Content-Length: {}", BODY.len()), "Transfer-Encoding: chunked".to_owned());
    let with = |headers: &[&str]| {
        let lines = [&["POST /hooks/zammad HTTP/1.1", &signed][..], headers].concat().join("\r\n");
        format!("{lines}\r\n\r\n{BODY}").into_bytes()
    };
    let host = "Host: c";
    let text = |text: &str| text.as_bytes().to_vec();
    vec![
        ("CL, TE", with(&[host, &length, &chunked])),
        ("TE, CL", with(&[host, &chunked, &length])),
        ("two CL alike", with(&[host, &length, &length])),
        ("two CL", with(&[host, &length, "content-length: 1"])),
        ("CL list", with(&[host, "Content-Length: 7, 7"])),
        ("CL +7", with(&[host, "Content-Length: +7"])),
        ("CL -7", with(&[host, "Content-Length: -7"])),
        ("CL hex", with(&[host, "Content-Length: 0x7"])),
        ("CL empty", with(&[host, "Content-Length:"])),
        ("CL beyond 64 bits", with(&[host, "Content-Length: 18446744073709551617"])),
        ("blank before colon", with(&[host, "Content-Length : 7"])),
        ("xchunked", with(&[host, "Transfer-Encoding: xchunked"])),
        ("identity", with(&[host, "Transfer-Encoding: identity"])),
        ("gzip, chunked", with(&[host, "Transfer-Encoding: gzip, chunked"])),
        ("chunked twice", with(&[host, &chunked, &chunked])),
        ("TE with vertical tab", with(&[host, "Transfer-Encoding: \u{b}chunked"])),
        ("folded", with(&[host, "X: y", " Content-Length: 7"])),
        ("folded by tab", with(&[host, "Transfer-Encoding:", "\tchunked"])),
        ("no colon", with(&[host, "chunked"])),
        ("no host", with(&[&length])),
        ("two hosts", with(&[host, host, &length])),
        ("empty host", with(&["Host: ", &length])),
        ("NUL", with(&[host, "X: \0"])),
        ("chunked in 1.0", format!("POST / HTTP/1.0\r\n{host}\r\n{chunked}\r\n\r\n0\r\n\r\n").into_bytes()),
        ("absolute", text("GET http://c/livez HTTP/1.1\r\nHost: c\r\n\r\n")),
        ("authority", text("CONNECT c:80 HTTP/1.1\r\nHost: c\r\n\r\n")),
        ("asterisk", text("OPTIONS * HTTP/1.1\r\nHost: c\r\n\r\n")),
        ("fragment", text("GET /livez#x HTTP/1.1\r\nHost: c\r\n\r\n")),
        ("backslash", text("GET /hooks\\zammad HTTP/1.1\r\nHost: c\r\n\r\n")),
        ("angle bracket", text("GET /<livez> HTTP/1.1\r\nHost: c\r\n\r\n")),
        ("two blanks", text("GET  /livez HTTP/1.1\r\nHost: c\r\n\r\n")),
        ("version 2", text("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")),
        ("version 0.9", text("GET /livez\r\n\r\n")),
        ("TLS", text("\x16\x03\x01\x02\0\x01\0\x01\r\n\r\n")),
        ("one bare LF", text("GET /livez HTTP/1.1\nHost: c\r\n\r\n")),
        ("bare LF between headers", text("GET /livez HTTP/1.1\r\nHost: c\nX: y\r\n\r\n")),
        ("only bare LF", text("GET /livez HTTP/1.1\nHost: c\n\n")),
        ("bare LF at the end", text("GET /livez HTTP/1.1\r\nHost: c\r\n\n")),
        ("bare CR", text("GET /livez HTTP/1.1\r\nHost: c\rX: y\r\n\r\n")),
        ("empty line first", text("\r\n\r\nGET /livez HTTP/1.1\r\nHost: c\r\n\r\n")),
        ("head of 32 KiB", [b"GET /livez HTTP/1.1\r\nHost: c\r\nX: ".as_slice(), &[b'x'; 32 * 1024]].concat()),
        ("200 headers", format!("GET /livez HTTP/1.1\r\nHost: c\r\n{}\r\n", "X: y\r\n".repeat(200)).into_bytes()),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w3_ambiguous_requests_are_400_and_the_end_of_the_connection() {
    let site = Site::start().await;
    for (what, request) in ambiguous() {
        let mut client = site.client().await;
        // Behind it, what a smuggler would want to be taken for a request.
        client.try_send([request, Post::new(BODY).bytes()].concat()).await;
        let answer = within(client.next()).await.unwrap_or_else(|| panic!("{what}: an answer"));
        assert_eq!(answer.status, 400, "{what}");
        answer.assert_plain(400, "bad-request");
        assert_eq!(answer.header("connection"), Some("close"), "{what}");
        client.assert_closed().await;
    }
    assert_eq!(site.rows().await, 0, "nothing smuggled");
    site.assert_alive().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w3_an_ambiguous_second_request_gets_no_answer() {
    let site = Site::start().await;
    for (what, request) in ambiguous() {
        let mut client = site.client().await;
        client.send(plain("GET /livez")).await;
        assert_eq!(client.answer().await.status, 200);
        client.try_send(request).await;
        assert_eq!(within(client.next()).await, None, "{what}");
    }
    site.assert_alive().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w3_what_came_before_an_ambiguous_request_is_still_answered() {
    let site = Site::start().await;
    for (what, request) in ambiguous() {
        let mut client = site.client().await;
        client.try_send([Post::new(BODY).bytes(), plain("GET /livez"), request].concat()).await;
        let first = within(client.next()).await.unwrap_or_else(|| panic!("{what}: the first answer"));
        first.assert_plain(202, "accepted");
        let second = within(client.next()).await.unwrap_or_else(|| panic!("{what}: the second answer"));
        second.assert_plain(200, "live");
        client.assert_closed().await;
    }
    assert_eq!(site.rows().await, ambiguous().len() as u64);
}

/// The framing of a chunked body is not followed, so nothing behind one may be judged as if it were.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w3_a_chunked_request_is_the_last_of_its_connection() {
    let site = Site::start().await;
    let to = |line| Post { line, ..Post::new(BODY) }.chunked();
    for (what, post, status) in [
        ("taken", Post::new(BODY).chunked(), 202),
        ("no event", Post::new("[]").chunked(), 400),
        ("health", to("GET /livez HTTP/1.1"), 200),
        ("readiness", to("GET /readyz HTTP/1.1"), 200),
        ("other path", to("POST /other HTTP/1.1"), 404),
        ("other method", to("PUT /hooks/zammad HTTP/1.1"), 405),
        ("other method on health", to("POST /livez HTTP/1.1"), 405),
    ] {
        let mut client = site.client().await;
        client.send(post.bytes()).await;
        let answer = client.answer().await;
        assert_eq!((answer.status, answer.header("connection")), (status, Some("close")), "{what}");
        // hyper alone would take this one: neither host nor unambiguous length.
        client.try_send("GET /livez HTTP/1.1\nContent-Length: 0\nTransfer-Encoding: chunked\n\n0\r\n\r\n").await;
        assert_eq!(within(client.next()).await, None, "{what}");
    }
    site.assert_alive().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w3_pipelined_requests_are_answered_in_order() {
    let site = Site::start().await;
    let mut client = site.client().await;
    let bad = Post::new("{}").bytes();
    let round = [Post::new(BODY).bytes(), plain("GET /livez"), bad, plain("GET /nowhere")].concat();
    let mut all = round.clone();
    for _ in 1..5 {
        all.extend([Post::new(BODY).bytes(), round[Post::new(BODY).bytes().len()..].to_vec()].concat());
    }
    client.send(&all).await;
    for _ in 0..5 {
        client.answer().await.assert_plain(202, "accepted");
        client.answer().await.assert_plain(200, "live");
        client.answer().await.assert_plain(400, "not-a-ticket-event");
        client.answer().await.assert_plain(404, "not-found");
    }
    assert_eq!(site.rows().await, 5);
}

/// However the network cuts it, two requests are the same two requests.
#[test]
fn any_split_of_two_requests_gives_the_same_two_answers() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let site = runtime.block_on(Site::start());
    let two = |client: &mut Client, bytes: Vec<u8>, cuts: Vec<usize>| {
        runtime.block_on(async {
            client.stream.set_nodelay(true).unwrap();
            let mut from = 0;
            for cut in cuts.into_iter().chain([bytes.len()]) {
                client.send(&bytes[from..cut]).await;
                // Lets the server see this piece by itself, most of the time; the answers may not depend on it.
                tokio::task::yield_now().await;
                from = cut;
            }
            let mut answers = [client.answer().await, client.answer().await];
            for answer in &mut answers {
                answer.headers.retain(|(name, _)| name != "date");
            }
            answers
        })
    };
    let request = |second: bool| {
        let second = if second { Post::new(BODY).bytes() } else { plain("GET /nowhere") };
        [Post::new(BODY).bytes(), second].concat()
    };
    let cuts = proptest::collection::btree_set(1..request(false).len(), 0..12);
    let mut runner = TestRunner::new(ProptestConfig { cases: 48, failure_persistence: None, ..Default::default() });
    let outcome = runner.run(&(cuts, any::<bool>()), |(cuts, second)| {
        let mut whole = runtime.block_on(site.client());
        let mut split = runtime.block_on(site.client());
        let want = two(&mut whole, request(second), Vec::new());
        let got = two(&mut split, request(second), cuts.into_iter().collect());
        prop_assert_eq!(&got, &want);
        prop_assert_eq!([want[0].status, want[1].status], [202, if second { 202 } else { 404 }]);
        Ok(())
    });
    outcome.unwrap();
}

/// A body that nobody asked for is not the next request, whether the connection goes on or not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w3_an_unread_body_is_never_a_request() {
    let site = Site::start().await;
    let inner = Post::new(BODY).bytes();
    for (line, status) in [("GET /livez HTTP/1.1", 200), ("POST /nowhere HTTP/1.1", 404)] {
        for padding in [0, 100_000] {
            let body = [inner.clone(), vec![b'\n'; padding], inner.clone()].concat();
            let mut client = site.client().await;
            client.try_send(Post { line, ..Post::new(body) }.bytes()).await;
            assert_eq!(client.answer().await.status, status);
            if client.try_send(plain("GET /readyz")).await {
                let next = within(client.next()).await;
                assert!(next.is_none_or(|answer| answer.body.contains("\"health\"")), "{line}");
            }
        }
    }
    assert_eq!(site.rows().await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_asks_before_it_sends_is_told_to() {
    let site = Site::start().await;
    let mut client = site.client().await;
    for _ in 0..3 {
        let post = Post::new(BODY).and("Expect", "100-continue");
        client.send(post.head()).await;
        assert_eq!(client.answer().await.status, 100);
        client.send(&post.body).await;
        client.answer().await.assert_plain(202, "accepted");
    }
    assert_eq!(site.rows().await, 3);
}
