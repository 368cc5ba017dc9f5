//! Signed bodies that would like to break the reader.

use crate::support::{Post, Site};

fn around(inner: &str) -> String {
    format!(r#"{{"x":{inner},"ticket":{{"id":7}}}}"#)
}

/// Legal JSON with readable ids is taken whatever else stands there: the ticket is read afresh anyway.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w6_signed_bodies_are_taken_or_refused_and_never_hang() {
    let site = Site::start().await;
    let deep = |open: &str, close: &str| format!("{}1{}", open.repeat(100_000), close.repeat(100_000));
    let keys = (0..1_000_000).map(|key| format!(r#""k{key}":0"#)).collect::<Vec<_>>().join(",");
    let taken = [
        ("a million keys", around(&format!("{{{keys}}}"))),
        ("a number of 10 MB", around(&"9".repeat(10_000_000))),
        ("a lone surrogate", around(r#""\ud800""#)),
        ("no article", r#"{"ticket":{"id":7}}"#.to_owned()),
        ("the largest id", format!(r#"{{"ticket":{{"id":{}}}}}"#, i64::MAX)),
    ];
    let refused = [
        ("deep lists", around(&deep("[", "]"))),
        ("deep objects", around(&deep(r#"{"a":"#, "}"))),
        ("deep and open", "[".repeat(100_000)),
        ("a ticket twice", r#"{"ticket":{"id":7},"ticket":{"id":8}}"#.to_owned()),
        ("an id twice", r#"{"ticket":{"id":7,"\u0069d":8}}"#.to_owned()),
        ("a surrogate as key", r#"{"ticket":{"\ud800":1,"id":7}}"#.to_owned()),
        ("no JSON", "ticket=7".to_owned()),
        ("two documents", r#"{"ticket":{"id":7}}{"ticket":{"id":8}}"#.to_owned()),
        ("half a document", r#"{"ticket":{"id":7}"#.to_owned()),
        ("a mark first", "\u{feff}{\"ticket\":{\"id\":7}}".to_owned()),
        ("blank", " ".to_owned()),
        ("a list", "[]".to_owned()),
        ("null", "null".to_owned()),
        ("no ids", r#"{"ticket":{},"article":{}}"#.to_owned()),
        ("id null", r#"{"ticket":{"id":null}}"#.to_owned()),
        ("id as text", r#"{"ticket":{"id":"7"}}"#.to_owned()),
        ("id 0", r#"{"ticket":{"id":0}}"#.to_owned()),
        ("id -1", r#"{"ticket":{"id":-1}}"#.to_owned()),
        ("id beyond 63 bits", r#"{"ticket":{"id":9223372036854775808}}"#.to_owned()),
        ("id beyond 64 bits", r#"{"ticket":{"id":18446744073709551616}}"#.to_owned()),
        ("id of 1 MB", format!(r#"{{"ticket":{{"id":{}}}}}"#, "7".repeat(1_000_000))),
        ("article beyond 63 bits", r#"{"ticket":{"id":7},"article":{"id":9223372036854775808}}"#.to_owned()),
    ];
    let count = taken.len() as u64;
    for (what, body) in taken {
        assert_eq!(site.ask(Post::new(body).bytes()).await.status, 202, "{what}");
    }
    for (what, body) in refused {
        let answer = site.ask(Post::new(body).bytes()).await;
        assert_eq!(answer.status, 400, "{what}");
        answer.assert_plain(400, "not-a-ticket-event");
    }
    for bytes in [b"\xff\xfe{\0".as_slice(), b"\x1f\x8b\x08\0", b"\0"] {
        site.ask(Post::new(bytes).bytes()).await.assert_plain(400, "not-a-ticket-event");
    }
    assert_eq!(site.rows().await, count);
    site.assert_alive().await;
}
