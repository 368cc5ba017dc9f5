//! The image run as the kit's compose overlay says, against the simulators.

use serde_json::json;
use tokio::process::Command;

use super::support::engine::Engine;
use super::support::kit::{Kit, run};
use super::support::site::{
    HARDENED, arrives, article, comments_with, link, put_behind_the_front, settings_file, site,
};

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

    // In the place of Zammad's own stack stands what a test needs: a network with a name of its own, as many stacks have. It is
    // the host's, since the simulators listen on loopback only.
    let at = |name: &str| folder.path().join(name);
    settings_file(&site, folder.path());
    std::fs::copy(kit.path.join("compose.yaml"), at("compose.yaml")).unwrap();
    let stack = "services: {chefstackz-connector: {container_name: sidecar}}\n\
                 networks: {zammad: {external: true, name: host}}\n";
    std::fs::write(at("docker-compose.yml"), stack).unwrap();
    let compose = |arguments: &[&str]| {
        let mut command = Command::new("docker-compose");
        command.env("DOCKER_HOST", engine.host()).env("CONNECTOR_NETWORK", "zammad").current_dir(folder.path());
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
