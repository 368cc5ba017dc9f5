//! Other tools than Docker take the archive, and the other architecture runs.

use std::os::unix::fs::PermissionsExt as _;

use devkit::harness::{Built, Site};
use serde_json::{Value, json};
use tokio::process::Command;

use super::support::engine::LONG;
use super::support::kit::{Kit, run};
use super::support::site::{article, comments_with};

#[tokio::test(flavor = "multi_thread")]
async fn skopeo_and_umoci_take_it_as_docker_archive_and_as_oci() {
    for arch in ["amd64", "arm64"] {
        let kit = Kit::unpack("kit", arch).await;
        let folder = tempfile::tempdir().unwrap();
        let archive = kit.archive(arch).to_string_lossy().into_owned();
        for form in ["docker-archive", "oci-archive"] {
            let said = run(Command::new("skopeo").args(["inspect", "--config", &format!("{form}:{archive}")])).await;
            let config: Value = serde_json::from_str(&said).unwrap();
            assert_eq!(config["architecture"], arch, "{form}");
            assert_eq!(config["config"]["User"], "65532:0", "{form}");
            assert_eq!(config["config"]["Labels"]["org.opencontainers.image.version"], kit.version(), "{form}");
        }
        let raw = run(Command::new("skopeo").args(["inspect", &format!("oci-archive:{archive}")])).await;
        let said: Value = serde_json::from_str(&raw).unwrap();
        assert_eq!(said["Digest"], kit.image(arch)["manifestDigest"]);

        let layout = folder.path().join("layout");
        run(Command::new("mkdir").arg(&layout)).await;
        run(Command::new("tar").args(["-xf", &archive, "-C"]).arg(&layout)).await;
        let bundle = folder.path().join("bundle");
        let image = format!("{}:{}", layout.display(), kit.version());
        run(Command::new("umoci").args(["unpack", "--rootless", "--image", &image]).arg(&bundle)).await;
        let binary = std::fs::metadata(bundle.join("rootfs/connector")).unwrap();
        assert_eq!(binary.permissions().mode() & 0o7777, 0o555);
        let spec: Value = serde_json::from_slice(&std::fs::read(bundle.join("config.json")).unwrap()).unwrap();
        assert_eq!(spec["process"]["args"], json!(["/connector", "serve"]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_arm64_image_runs_and_syncs() {
    let kit = Kit::unpack("kit", "arm64").await;
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    run(Command::new("mkdir").arg(at("layout"))).await;
    run(Command::new("tar").arg("-xf").arg(kit.archive("arm64")).arg("-C").arg(at("layout"))).await;
    let image = format!("{}:{}", at("layout").display(), kit.version());
    run(Command::new("umoci").args(["unpack", "--rootless", "--image", &image]).arg(at("bundle"))).await;
    // The emulator in the binary's place; everything else is as in any end-to-end test.
    let wrapper = at("connector");
    let binary = at("bundle").join("rootfs/connector");
    std::fs::write(&wrapper, format!("#!/bin/sh\nexec qemu-aarch64-static {} \"$@\"\n", binary.display())).unwrap();
    std::fs::set_permissions(&wrapper, std::fs::Permissions::from_mode(0o755)).unwrap();
    let built = Built { connector: wrapper, ..Built::of_workspace().unwrap() };

    std::fs::create_dir(at("data")).unwrap();
    let site = Site::start(built, Site::quick(&at("data"))).await.unwrap();
    let connector = site.connect().await.unwrap();
    site.link(site.sample.tickets[0], &site.sample.issues[0].1).await.unwrap();
    article(&site, "from the other architecture").await;
    let arrived = async {
        while comments_with(&site, "from the other architecture") == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    assert!(tokio::time::timeout(LONG, arrived).await.is_ok(), "{}", connector.log());
}
