//! The image run as the kit's compose overlay says, against the simulators.

use serde_json::json;
use tokio::process::Command;

use super::support::engine::Engine;
use super::support::kit::{Kit, run};
use super::support::site::{
    HARDENED, arrives, article, comments_with, link, put_behind_the_front, settings_file, site,
};

/// The network in the overlay, which a service in the host's network cannot have.
const NETWORK: &str = "    networks:\n      - \"${CONNECTOR_NETWORK:-default}\"\n";

#[tokio::test(flavor = "multi_thread")]
async fn the_kit_runs_by_its_overlay_syncs_and_stops() {
    let kit = Kit::unpack("kit", "amd64").await;
    let (site, folder) = site().await;
    let engine = Engine::start().await;
    engine.load(&kit.archive("amd64")).await;
    let reference = format!("chefstackz/zammad-connector:{}", kit.version());
    let id = engine.inspect(&reference, ".Id").await;
    let published = [&kit.image("amd64")["configDigest"], &kit.image("amd64")["manifestDigest"]];
    assert!(published.contains(&&id), "{id} is none of {published:?}");

    // In the place of Zammad's own stack stands what a test needs: the host's network, since the simulators listen on
    // loopback only, and a name.
    let at = |name: &str| folder.path().join(name);
    settings_file(&site, folder.path());
    let overlay = std::fs::read_to_string(kit.path.join("compose.yaml")).unwrap();
    let (before, after) = overlay.split_once(NETWORK).unwrap();
    std::fs::write(at("compose.yaml"), format!("{before}{after}")).unwrap();
    let stack = "services: {chefstackz-connector: {network_mode: host, container_name: sidecar}}\n";
    std::fs::write(at("docker-compose.yml"), stack).unwrap();
    let compose = |arguments: &[&str]| {
        let mut command = Command::new("docker-compose");
        command.env("DOCKER_HOST", engine.host()).current_dir(folder.path());
        command.args(["-p", "zammad", "-f", "docker-compose.yml", "-f", "compose.yaml"]).args(arguments);
        command
    };
    run(&mut compose(&["up", "-d", "--no-build"])).await;
    engine.healthy("sidecar").await;
    put_behind_the_front(&site, &engine, "sidecar").await;

    let host = engine.inspect("sidecar", ".HostConfig").await;
    assert_eq!(host["ReadonlyRootfs"], true);
    assert_eq!(host["CapDrop"], json!(["ALL"]));
    assert_eq!(host["SecurityOpt"], json!(["no-new-privileges:true"]));
    assert_eq!((&host["Memory"], &host["PidsLimit"]), (&json!(64 << 20), &json!(64)));
    let process = engine.inspect("sidecar", ".State.Pid").await;
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    assert!(status.contains("\nUid:\t65532\t65532\t65532\t65532\n"), "{status}");
    assert!(status.contains("\nCapEff:\t0000000000000000\n") && status.contains("\nNoNewPrivs:\t1\n"), "{status}");

    link(&site, &engine, "sidecar").await;
    article(&site, "from the container").await;
    arrives(&site, &engine, "sidecar", "from the container").await;
    assert_eq!(comments_with(&site, "from the container"), 1);
    assert_eq!(run(&mut engine.docker(&["diff", "sidecar"])).await, "", "it writes to its volume and nowhere else");
    let inside = run(engine.docker(&["exec", "sidecar", "/connector"]).arg("healthcheck")).await;
    assert_eq!(inside, "ready");
    assert!(
        !engine.docker(&["exec", "sidecar", "/bin/sh", "-c", "true"]).status().await.unwrap().success(),
        "no shell"
    );

    // The engine kills what is not gone after 10 s, and that would be exit 137.
    run(&mut engine.docker(&["stop", "--time", "10", "sidecar"])).await;
    assert_eq!(engine.inspect("sidecar", ".State.ExitCode").await, 0, "{}", engine.logs("sidecar").await);
    engine.stop().await;
}

/// Many stacks put Zammad's services into a network of their own.
#[tokio::test(flavor = "multi_thread")]
async fn the_overlay_joins_the_network_that_is_named() {
    let kit = Kit::unpack("kit", "amd64").await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(kit.path.join("compose.yaml"), folder.path().join("compose.yaml")).unwrap();
    std::fs::write(folder.path().join("connector.env"), "").unwrap();
    let stack = "services: {zammad-nginx: {image: nginx, networks: [zammad]}}\nnetworks: {zammad: {}}\n";
    std::fs::write(folder.path().join("docker-compose.yml"), stack).unwrap();
    for (named, joined) in [("", "default"), ("zammad", "zammad")] {
        let mut compose = Command::new("docker-compose");
        compose.current_dir(folder.path()).env("CONNECTOR_NETWORK", named);
        let config = run(compose.args(["-f", "docker-compose.yml", "-f", "compose.yaml", "config"])).await;
        let service = config.split("chefstackz-connector:").nth(1).unwrap();
        let networks = service.split("networks:").nth(1).unwrap();
        assert!(networks.trim_start().starts_with(&format!("{joined}: ")), "{named}: {config}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_as_any_user_of_group_0() {
    let kit = Kit::unpack("kit", "amd64").await;
    let (site, folder) = site().await;
    let engine = Engine::start().await;
    engine.load(&kit.archive("amd64")).await;
    let reference = format!("chefstackz/zammad-connector:{}", kit.version());
    let settings = settings_file(&site, folder.path());
    for user in ["4711:0", "1000650000:0"] {
        let mut start =
            engine.docker(&["run", "--detach", "--name", "sidecar", "--user", user, "--env-file", &settings]);
        run(start.args(["--volume", "data:/data"]).args(HARDENED).arg(&reference)).await;
        engine.healthy("sidecar").await;
        run(&mut engine.docker(&["rm", "--force", "sidecar"])).await;
        run(&mut engine.docker(&["volume", "rm", "data"])).await;
    }
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn exits_on_an_empty_secret_and_logs_the_reason() {
    let kit = Kit::unpack("kit", "amd64").await;
    let engine = Engine::start().await;
    engine.load(&kit.archive("amd64")).await;
    let reference = format!("chefstackz/zammad-connector:{}", kit.version());
    // The sample as it comes: nothing filled in.
    let sample = kit.path.join("connector.env.example").to_string_lossy().into_owned();
    let mut start = engine.docker(&["run", "--detach", "--name", "sidecar", "--env-file", &sample]);
    run(start.args(HARDENED).arg(&reference)).await;
    run(&mut engine.docker(&["wait", "sidecar"])).await;
    assert_eq!(engine.inspect("sidecar", ".State.ExitCode").await, 78);
    let log = engine.logs("sidecar").await;
    for name in ["FORGE_SHARED_SECRET", "FORGE_WEBTRIGGER_URL", "FORGE_INSTALL_ID", "ZAMMAD_API_TOKEN"] {
        assert!(log.contains(name), "{name} is not named: {log}");
    }
    engine.stop().await;
}
