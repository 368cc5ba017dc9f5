//! E11: the secret is rotated while articles flow; nothing good is refused, and the old key ends.

use serde_json::{Value, json};

use crate::kit::{Linked, eventually, eventually_async};

#[tokio::test(flavor = "multi_thread")]
async fn e11_rotation_without_downtime() {
    let mut world = Linked::start().await;
    let install = world.site.install_id.clone();
    let admin = world.site.story.engineers[0].account_id.clone();
    let next = world.site.emulator.admin(&install, &admin, "connection.rotate", Value::Null).await.unwrap();
    let next = next["secret"].as_str().unwrap().to_owned();

    world.article(world.ticket, "signed by the old key", true).await;
    eventually("old key", || world.mirrored().len() == 1).await;
    let early = world.site.emulator.admin(&install, &admin, "connection.retire", Value::Null).await.unwrap();
    assert_eq!(early, json!({ "error": "next-not-seen" }));

    // The operator gives the sidecar both; it goes over by itself once Forge says that `next` is live.
    world.site.settings.insert("FORGE_SHARED_SECRET_NEXT".into(), next.clone());
    world.kill().await;
    world.restart().await;
    eventually_async("the first message signed by next", || async {
        let status = world.site.emulator.admin(&install, &admin, "connection.status", Value::Null).await.unwrap();
        status["nextSeenAt"].is_i64()
    })
    .await;
    assert_eq!(world.site.emulator.admin(&install, &admin, "connection.retire", Value::Null).await.unwrap(), json!({}));
    world.article(world.ticket, "signed by the new key", true).await;
    eventually("new key", || world.mirrored().len() == 2).await;

    // At leisure, the operator moves `next` to its place.
    world.site.settings.remove("FORGE_SHARED_SECRET_NEXT");
    world.site.settings.insert("FORGE_SHARED_SECRET".into(), next);
    world.kill().await;
    world.restart().await;
    world.article(world.ticket, "and on", true).await;
    eventually("on", || world.mirrored().len() == 3).await;
    assert_eq!(world.readiness().await.0, 200);
}
