//! Everything on loopback, to try out: simulators, Forge emulator, sidecar.

use std::os::unix::process::CommandExt as _;

use anyhow::{Context, Result, ensure};

use xtask::forge_app;
use xtask::run::{cargo, program, root, step, target_dir};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Build with optimisations.
    #[arg(long)]
    release: bool,
    /// An existing Zammad instead of the simulator; its token is taken from ZAMMAD_API_TOKEN.
    #[arg(long, value_name = "URL")]
    zammad: Option<String>,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    if options.zammad.is_some() {
        let token = std::env::var_os("ZAMMAD_API_TOKEN").is_some_and(|token| !token.is_empty());
        ensure!(token, "--zammad needs an API token of that Zammad in the environment variable ZAMMAD_API_TOKEN");
    }
    forge_app::bundle()?;
    let mut build = cargo();
    build.args(["build", "--package", "sidecar", "--package", "devkit", "--bins"]);
    if options.release {
        build.arg("--release");
    }
    step("cargo build", &mut build)?;

    let built = root().join(target_dir()).join(if options.release { "release" } else { "debug" });
    let mut devkit = program(&built.join("devkit").to_string_lossy());
    devkit.arg("dev").arg("--connector").arg(built.join("connector")).arg("--app").arg(root().join("forge-app"));
    if let Some(url) = &options.zammad {
        devkit.args(["--zammad", url]);
    }
    // Takes our place: Ctrl-C reaches it and nobody else, and its exit code is ours.
    Err(devkit.exec()).context("cannot start devkit")
}
