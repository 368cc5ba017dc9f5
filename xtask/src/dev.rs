//! `cargo xtask dev`: simulators, Forge emulator and sidecar on loopback, to try out.

use anyhow::{Context, Result};

use xtask::environment::secret;
use xtask::forge_app;
use xtask::run::{cargo, long_step, program, root, target_dir};

const TOKEN: &str = "ZAMMAD_API_TOKEN";

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Build with optimisations.
    #[arg(long)]
    release: bool,
    /// Use an existing Zammad instead of the simulator; its API token is read from ZAMMAD_API_TOKEN.
    #[arg(long, value_name = "URL")]
    zammad: Option<String>,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let token = match &options.zammad {
        Some(_) => Some(secret(TOKEN)?.context("--zammad needs an API token of that Zammad in ZAMMAD_API_TOKEN")?),
        None => None,
    };
    println!("dev: 1/3 Forge app (npm packages, wasm, bundle; about 5 min the first time)");
    forge_app::bundle()?;
    println!("dev: 2/3 sidecar and simulators");
    let mut build = cargo();
    build.args(["build", "--package", "sidecar", "--package", "devkit", "--bins"]);
    if options.release {
        build.arg("--release");
    }
    long_step("cargo build", "3 to 6 min", &mut build)?;

    println!("dev: 3/3 start; Ctrl-C ends all of it");
    let built = root().join(target_dir()).join(if options.release { "release" } else { "debug" });
    let mut devkit = program(&built.join("devkit").to_string_lossy());
    devkit.arg("dev").arg("--connector").arg(built.join("connector")).arg("--app").arg(root().join("forge-app"));
    if let (Some(url), Some(token)) = (&options.zammad, &token) {
        devkit.args(["--zammad", url]).secret(TOKEN, token);
    }
    // Replaces this process, so that Ctrl-C reaches devkit alone and its exit code becomes ours.
    Err(devkit.exec())
}
