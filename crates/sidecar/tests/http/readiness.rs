//! Webhooks that arrive but cannot be used, as `/readyz` shows them.

use serde_json::{Value, json};

use crate::support::{BODY, Post, Site, plain};

async fn health(site: &Site) -> Value {
    let ready = site.ask(plain("GET /readyz")).await;
    assert_eq!(ready.status, 200, "a warning is no reason to take no webhooks: {}", ready.body);
    serde_json::from_str::<Value>(&ready.body).unwrap()["health"].clone()
}

/// A custom payload in Zammad: signed by it, but without the ids.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signed_webhook_without_a_ticket_id_is_a_warning_until_one_can_be_read() {
    let site = Site::start().await;
    assert_eq!(health(&site).await["warnings"], json!([]));
    for payload in [r#"{"text":"Printer on fire"}"#, r#"{"ticket":{"id":"7"},"article":{"id":8}}"#, "no JSON"] {
        site.ask(Post::new(payload).bytes()).await.assert_plain(400, "not-a-ticket-event");
        let health = health(&site).await;
        assert_eq!(health["warnings"], json!(["webhook-payload"]), "{payload}");
        assert!(health["help"]["webhook-payload"].as_str().unwrap().contains("custom payload"), "{health}");
    }
    assert_eq!(site.rows().await, 0);
    site.assert_alive().await;
    assert_eq!(health(&site).await["warnings"], json!([]));
}

/// Anybody can send these, so they are counted and are no warning.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn webhooks_with_a_wrong_signature_are_counted_only() {
    let site = Site::start().await;
    for _ in 0..3 {
        let forged = Post::new(BODY).with("X-Hub-Signature", "sha1=00000000000000000000000000000000000000ff");
        site.ask(forged.bytes()).await.assert_plain(401, "unauthorized");
    }
    let health = health(&site).await;
    assert_eq!((&health["refused_webhooks"], &health["warnings"]), (&json!(3), &json!([])));
}
