//! Who may ring.

use crate::support::{BODY, Post, Site, signature};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w1_unsigned_empty_and_foreign_webhooks_are_refused() {
    let site = Site::start().await;
    let good = signature(BODY.as_bytes());
    // RFC 2202 style: the same body under another key.
    let foreign = "sha1=caf67549118642f811ed9ad5fe708d35bdc4cc3c";
    for (what, post) in [
        ("no signature", Post::new(BODY).without("X-Hub-Signature")),
        ("empty body, unsigned", Post::new("").without("X-Hub-Signature")),
        ("empty body, signed", Post::new("")),
        ("empty body, no length", Post::new("").without("Content-Length")),
        ("empty body, chunked", Post::new("").chunked()),
        ("another token's", Post::new(BODY).with("X-Hub-Signature", foreign)),
        ("empty signature", Post::new(BODY).with("X-Hub-Signature", "")),
        ("no digits", Post::new(BODY).with("X-Hub-Signature", "sha1=")),
        ("one digit less", Post::new(BODY).with("X-Hub-Signature", format!("sha1={}", &good[1..]))),
        ("one digit more", Post::new(BODY).with("X-Hub-Signature", format!("sha1={good}0"))),
    ] {
        let answer = site.ask(post.bytes()).await;
        answer.assert_plain(401, "unauthorized");
        assert_eq!(site.rows().await, 0, "{what}");
    }
    let mut changed = Post::new(BODY);
    changed.body[10] ^= 1;
    site.ask(changed.bytes()).await.assert_plain(401, "unauthorized");
    assert_eq!(site.rows().await, 0);
    site.assert_alive().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w2_one_strict_policy_for_signatures() {
    let site = Site::start().await;
    let good = signature(BODY.as_bytes());
    let (sound, bad) = (format!("sha1={good}"), format!("sha1={}", "0".repeat(40)));
    let upper = good.to_uppercase();
    for value in [
        format!("SHA1={good}"),
        format!("Sha1={good}"),
        format!("sha256={good}"),
        format!("sha256={}", "0".repeat(64)),
        good.clone(),
        format!("sha1:{good}"),
        format!("sha1= {good}"),
        format!("sha1=0x{good}"),
        format!("\"{sound}\""),
        format!("sha1={upper}"),
        format!("{sound},{sound}"),
        format!("{sound}, {bad}"),
        format!("{bad},{sound}"),
        format!("{sound};"),
    ] {
        let answer = site.ask(Post::new(BODY).with("X-Hub-Signature", value.clone()).bytes()).await;
        answer.assert_plain(401, "unauthorized");
        assert_eq!(site.rows().await, 0, "{value}");
    }
    for (first, second) in [(&sound, &bad), (&bad, &sound), (&sound, &sound)] {
        for name in ["X-Hub-Signature", "x-hub-signature", "X-HUB-SIGNATURE"] {
            let post = Post::new(BODY).with("X-Hub-Signature", first).and(name, second);
            site.ask(post.bytes()).await.assert_plain(401, "unauthorized");
        }
    }
    assert_eq!(site.rows().await, 0);
    site.assert_alive().await;
}
