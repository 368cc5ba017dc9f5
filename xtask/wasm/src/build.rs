//! The module as the compiler makes it: with rustup's standard library for wasm, or with Debian's compiler.

use std::path::{Path, PathBuf};

use anyhow::Result;
use xtask::command::Command;
use xtask::environment::plain;
use xtask::paths;
use xtask::run::{cargo, long_step, output, program, target_dir};
use xtask::setup;

const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const TARGET: &str = "wasm32-unknown-unknown";

/// The path of the module. `debian` skips rustup.
pub(crate) fn module(debian: bool) -> Result<PathBuf> {
    if !debian && setup::rustup_target(TARGET) {
        return build(&mut cargo(), "rustc", &target_dir(), "1 min");
    }
    with_debian()
}

fn build(command: &mut Command, rustc: &str, target_dir: &Path, first_time: &str) -> Result<PathBuf> {
    command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", paths::rust_flags(rustc, target_dir)?.join(" "));
    command.args(["build", "--package", "forge", "--lib", "--profile", "wasm", "--target", TARGET, "--locked"]);
    command.arg("--target-dir").arg(target_dir);
    long_step("cargo build (wasm)", first_time, command)?;
    Ok(target_dir.join(TARGET).join("wasm/forge.wasm"))
}

/// docs/platforms/forge.md §13: Debian's rustc comes with the sources of its standard library; cargo builds that for the
/// target. A separate target directory, because it is another compiler.
fn with_debian() -> Result<PathBuf> {
    setup::debian(&["rustc-web", "rust-web-src", "libstd-rust-web-dev", "lld"])?;
    let sysroot = output(program("rustc").args(["--print", "sysroot"]))?;
    let linkers = format!("{sysroot}/lib/rustlib/x86_64-unknown-linux-gnu/bin");
    let path = format!("{linkers}:{}", plain("PATH").unwrap_or_default().to_string_lossy());
    let mut command = cargo();
    command.env("RUSTC", DEBIAN_RUSTC).env("RUSTC_BOOTSTRAP", "1").env("PATH", path);
    command.arg("-Zbuild-std=std,panic_abort");
    build(&mut command, DEBIAN_RUSTC, &target_dir().join("wasm-debian"), "2 min")
}
