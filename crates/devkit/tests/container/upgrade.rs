//! Another version on the same volume, and back.

use devkit::harness::Site;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};

use super::support::engine::Engine;
use super::support::kit::{Kit, run};
use super::support::site::{
    HARDENED, arrives, article, comments_with, link, put_behind_the_front, settings_file, site,
};

async fn start(site: &Site, engine: &Engine, kit: &Kit, settings: &str) {
    let reference = format!("chefstackz/zammad-connector:{}", kit.version());
    let mut start = engine.docker(&["run", "--detach", "--name", "sidecar", "--env-file", settings]);
    run(start.args(["--volume", "data:/data"]).args(HARDENED).arg(&reference)).await;
    engine.healthy("sidecar").await;
    put_behind_the_front(site, engine, "sidecar").await;
}

async fn end(site: &Site, engine: &Engine) {
    site.front.set(None);
    run(&mut engine.docker(&["stop", "--time", "10", "sidecar"])).await;
    run(&mut engine.docker(&["rm", "sidecar"])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn upgrade_and_downgrade_lose_nothing() {
    let (old, new) = (Kit::unpack("kit", "amd64").await, Kit::unpack("kit-next", "amd64").await);
    assert_ne!(old.version(), new.version());
    let (site, folder) = site().await;
    let settings = settings_file(&site, folder.path());
    let engine = Engine::start().await;
    engine.load(&old.archive("amd64")).await;
    engine.load(&new.archive("amd64")).await;

    start(&site, &engine, &old, &settings).await;
    link(&site, &engine, "sidecar").await;
    article(&site, "before the upgrade").await;
    arrives(&site, &engine, "sidecar", "before the upgrade").await;
    // Stopped right after an article: whether it was sent, queued or not yet taken is the next version's to find out.
    article(&site, "during the upgrade").await;
    end(&site, &engine).await;

    start(&site, &engine, &new, &settings).await;
    arrives(&site, &engine, "sidecar", "during the upgrade").await;
    article(&site, "after the upgrade").await;
    arrives(&site, &engine, "sidecar", "after the upgrade").await;
    article(&site, "during the way back").await;
    end(&site, &engine).await;

    start(&site, &engine, &old, &settings).await;
    arrives(&site, &engine, "sidecar", "during the way back").await;
    article(&site, "after the way back").await;
    arrives(&site, &engine, "sidecar", "after the way back").await;
    end(&site, &engine).await;
    for text in
        ["before the upgrade", "during the upgrade", "after the upgrade", "during the way back", "after the way back"]
    {
        assert_eq!(comments_with(&site, text), 1, "{text}");
    }
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refuses_a_later_schema_and_does_not_change_it() {
    let kit = Kit::unpack("kit", "amd64").await;
    let (site, folder) = site().await;
    let settings = settings_file(&site, folder.path());
    let engine = Engine::start().await;
    engine.load(&kit.archive("amd64")).await;
    start(&site, &engine, &kit, &settings).await;
    end(&site, &engine).await;

    let volume = engine.docker(&["volume", "inspect", "--format", "{{.Mountpoint}}", "data"]).output().await.unwrap();
    let database = format!("{}/connector.db", String::from_utf8(volume.stdout).unwrap().trim());
    let mut db = SqliteConnectOptions::new().filename(&database).connect().await.unwrap();
    // As a later version's migration leaves it.
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9999, 'of a later version', 1, x'00', 0)",
    )
    .execute(&mut db)
    .await
    .unwrap();
    db.close().await.unwrap();
    let before = std::fs::read(&database).unwrap();

    let reference = format!("chefstackz/zammad-connector:{}", kit.version());
    let mut again = engine.docker(&["run", "--detach", "--name", "sidecar", "--env-file", &settings]);
    run(again.args(["--volume", "data:/data"]).args(HARDENED).arg(&reference)).await;
    run(&mut engine.docker(&["wait", "sidecar"])).await;
    assert_eq!(engine.inspect("sidecar", ".State.ExitCode").await, 69);
    let log = engine.logs("sidecar").await;
    assert!(log.contains("its schema (9999) is newer than this program"), "{log}");
    assert_eq!(std::fs::read(&database).unwrap(), before);
    engine.stop().await;
}
