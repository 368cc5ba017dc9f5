//! E11: the secret is rotated while articles flow; nothing good is refused, and the old key ends.

use serde_json::{Value, json};

use crate::support::{LinkedSite, eventually, eventually_async};

#[tokio::test(flavor = "multi_thread")]
async fn e11_rotation_without_downtime() {
    let mut env = LinkedSite::start().await;
    let install = env.site.install_id.clone();
    let admin = env.site.sample.engineers[0].account_id.clone();
    let next = env.site.emulator.admin(&install, &admin, "connection.rotate", Value::Null).await.unwrap();
    let next = next["secret"].as_str().unwrap().to_owned();

    env.article(env.ticket, "signed by the old key", true).await;
    eventually("old key", || env.mirrored().len() == 1).await;
    let early = env.site.emulator.admin(&install, &admin, "connection.retire", Value::Null).await.unwrap();
    assert_eq!(early, json!({ "error": "next-not-seen" }));

    // The operator configures both secrets; the sidecar switches when Forge reports that `next` is live.
    env.site.settings.insert("FORGE_SHARED_SECRET_NEXT".into(), next.clone());
    env.kill().await;
    env.restart().await;
    eventually_async("the first message signed by next", || async {
        let status = env.site.emulator.admin(&install, &admin, "connection.status", Value::Null).await.unwrap();
        status["nextSeenAt"].is_i64()
    })
    .await;
    assert_eq!(env.site.emulator.admin(&install, &admin, "connection.retire", Value::Null).await.unwrap(), json!({}));
    env.article(env.ticket, "signed by the new key", true).await;
    eventually("new key", || env.mirrored().len() == 2).await;

    // At leisure, the operator moves `next` to its place.
    env.site.settings.remove("FORGE_SHARED_SECRET_NEXT");
    env.site.settings.insert("FORGE_SHARED_SECRET".into(), next);
    env.kill().await;
    env.restart().await;
    env.article(env.ticket, "and on", true).await;
    eventually("on", || env.mirrored().len() == 3).await;
    assert_eq!(env.readiness().await.0, 200);
}
