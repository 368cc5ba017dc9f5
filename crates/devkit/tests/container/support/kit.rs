//! A kit of `cargo xtask kit`, unpacked.

use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;
use tokio::process::Command;

/// A kit's folder, and what it says of itself.
pub(crate) struct Kit {
    _folder: TempDir,
    pub(crate) path: PathBuf,
    pub(crate) release: Value,
}

impl Kit {
    /// The kit for `arch` of the folder `name` in `target`.
    pub(crate) async fn unpack(name: &str, arch: &str) -> Self {
        let published = target().join(name);
        let text = std::fs::read(published.join("release.json"))
            .unwrap_or_else(|error| panic!("{}: {error}; `cargo xtask kit` makes it", published.display()));
        let release: Value = serde_json::from_slice(&text).unwrap();
        let kit = format!("chefstackz-zammad-connector-{}-linux-{arch}", release["version"].as_str().unwrap());
        let folder = tempfile::tempdir().unwrap();
        let archive = published.join(format!("{kit}.tar"));
        run(Command::new("tar").arg("-xf").arg(archive).arg("-C").arg(folder.path())).await;
        Self { path: folder.path().join(kit), _folder: folder, release }
    }

    /// The entry of `release.json` for the image for `arch`.
    pub(crate) fn image(&self, arch: &str) -> &Value {
        self.release["images"].as_array().unwrap().iter().find(|image| image["arch"] == arch).unwrap()
    }

    /// The image's archive.
    pub(crate) fn archive(&self, arch: &str) -> PathBuf {
        self.path.join(self.image(arch)["file"].as_str().unwrap())
    }

    pub(crate) fn version(&self) -> &str {
        self.release["version"].as_str().unwrap()
    }
}

/// Cargo's target folder: test binaries are in `target/<profile>/deps`.
fn target() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    own.ancestors().nth(3).map(Path::to_owned).unwrap()
}

/// Runs a program to its end and returns what it prints; panics with what it complains of.
pub(crate) async fn run(command: &mut Command) -> String {
    let output = command.kill_on_drop(true).output().await.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}: {said}", output.status);
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
