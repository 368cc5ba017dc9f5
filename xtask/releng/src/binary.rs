//! The binary `connector` as it is shipped: static, position independent, and the same bytes wherever it is built.
//!
//! Every difference between two machines is removed: paths by remapping, for Rust and for C; settings of the user by clearing
//! them; build ids by having none; the compiler by `rust-toolchain.toml` (amd64), or by recording which one it was (arm64,
//! where it may be Debian's: docs/platforms/forge.md §13).

use std::path::PathBuf;

use anyhow::{Context, Result};
use xtask::command::Command;
use xtask::run::{cargo, long_step, output, program, root, target_dir};
use xtask::{environment, paths, setup};

use crate::arch::Arch;
use crate::digest;
use crate::sbom::{Component, Crate};
use crate::source::Source;

/// A binary and the compiler and C library that it was made with.
pub(crate) struct Binary {
    pub(crate) bytes: Vec<u8>,
    /// `rustc --version` of the compiler.
    pub(crate) rustc: String,
    /// The C library that is linked in, by Debian's package.
    pub(crate) libc: Component,
}

/// A compiler and its target directory.
struct Toolchain {
    /// None: the one of `rust-toolchain.toml`.
    rustc: Option<&'static str>,
    target_dir: PathBuf,
}

impl Toolchain {
    fn rustc(&self) -> &'static str {
        self.rustc.unwrap_or("rustc")
    }
}

/// Builds it for `arch`.
pub(crate) fn build(source: &Source, arch: Arch) -> Result<Binary> {
    setup::cargo_tool("cargo-auditable", "0.7.7")?;
    let toolchain = toolchain(arch)?;
    let mut command = cargo();
    clean(&mut command);
    command
        .args(["auditable", "build", "--release", "--package", "sidecar", "--bin", "connector", "--locked"])
        .args(["--target", arch.triple(), "--target-dir"])
        .arg(&toolchain.target_dir)
        .env("SOURCE_DATE_EPOCH", source.epoch.to_string())
        .env("RUSTC_WRAPPER", root().join("sidecar-image/remapping-rustc"))
        .env("REMAP", remap(&toolchain)?)
        .env("CARGO_ENCODED_RUSTFLAGS", rust_flags(arch).join("\u{1f}"))
        .env(format!("CFLAGS_{}", arch.triple().replace('-', "_")), c_flags(&toolchain)?);
    if let Some(compiler) = arch.cross_compiler() {
        let triple = arch.triple().replace('-', "_");
        command.env(format!("CC_{triple}"), compiler);
        // Not among the flags: those go into every crate's hash, and a path must not.
        command
            .env(format!("CARGO_TARGET_{}_LINKER", triple.to_uppercase()), root().join("sidecar-image/static-pie-gcc"));
    }
    if let Some(rustc) = toolchain.rustc {
        command.env("RUSTC", rustc).env("RUSTC_BOOTSTRAP", "1").arg("-Zbuild-std=std,panic_unwind");
    }
    long_step(&format!("cargo auditable build ({})", arch.oci()), "3 to 6 min", &mut command)?;
    let bytes = digest::read(&toolchain.target_dir.join(arch.triple()).join("release/connector"))?;
    let rustc = output(program(toolchain.rustc()).arg("--version"))?;
    let package = if arch.cross_compiler().is_some() { "libc6-dev-arm64-cross" } else { "libc6-dev" };
    Ok(Binary { bytes, rustc, libc: libc(package)? })
}

fn toolchain(arch: Arch) -> Result<Toolchain> {
    if arch.cross_compiler().is_some() {
        setup::debian(&["gcc-aarch64-linux-gnu", "libc6-dev-arm64-cross"])?;
    }
    if output(program("rustc").arg("-vV"))?.contains(&format!("host: {}\n", arch.triple()))
        || setup::rustup_target(arch.triple())
    {
        return Ok(Toolchain { rustc: None, target_dir: target_dir().join("dist") });
    }
    setup::debian(&["rustc-web", "rust-web-src", "libstd-rust-web-dev"])?;
    Ok(Toolchain { rustc: Some("/usr/bin/rustc"), target_dir: target_dir().join("dist-debian") })
}

/// Removes the user's settings, none of which may change the bytes.
fn clean(command: &mut Command) {
    for name in environment::names() {
        let ours =
            ["RUSTFLAGS", "CFLAGS", "CC", "AR", "LDFLAGS", "CPPFLAGS", "RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER"];
        if name == "CARGO_BUILD_JOBS" {
            // The number of jobs does not change the bytes; `cargo xtask rebuild` checks that.
            continue;
        }
        if ours.contains(&name.as_str())
            || ["CARGO_PROFILE_", "CARGO_BUILD_", "CARGO_TARGET_"].iter().any(|prefix| name.starts_with(prefix))
        {
            command.env_remove(name);
        }
    }
    command.env("CARGO_INCREMENTAL", "0").env("LC_ALL", "C").env("TZ", "UTC");
}

fn rust_flags(arch: Arch) -> Vec<String> {
    let mut flags: Vec<String> = [
        "-Ctarget-feature=+crt-static",
        "-Crelocation-model=pie",
        "-Clink-arg=-Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code",
        "-Clink-arg=-Wl,--build-id=none",
    ]
    .map(str::to_owned)
    .to_vec();
    flags.push(match arch.cross_compiler() {
        Some(_) => "-Clinker-flavor=gcc".into(),
        // rustc would use the lld of rustup's toolchain where the user may read its folder, and silently GNU ld where not:
        // two users built two programs. Debian's linker is used for everybody.
        None => "-Clinker-features=-lld".into(),
    });
    flags
}

/// For `remapping-rustc`.
fn remap(toolchain: &Toolchain) -> Result<String> {
    let places = paths::remapped(toolchain.rustc(), &toolchain.target_dir)?;
    Ok(places.iter().map(|(from, to)| format!("{}={to}", from.display())).collect::<Vec<_>>().join("\n"))
}

fn c_flags(toolchain: &Toolchain) -> Result<String> {
    let mut flags = "-fstack-protector-strong -D_FORTIFY_SOURCE=2 -gno-record-gcc-switches".to_owned();
    for (from, to) in paths::remapped(toolchain.rustc(), &toolchain.target_dir)? {
        flags.push_str(&format!(" -ffile-prefix-map={}={to}", from.display()));
    }
    Ok(flags)
}

/// The C library that is linked in, for bills of materials: its vulnerabilities are the binary's.
pub(crate) fn libc(package: &str) -> Result<Component> {
    let version = output(program("dpkg-query").args(["-W", "-f", "${Version}", package]))
        .with_context(|| format!("the version of {package}: releases are built on Debian"))?;
    Ok(Component {
        name: "glibc".into(),
        purl: format!("pkg:deb/debian/glibc@{}?arch=source&distro=debian-12", version.replace('+', "%2B")),
        version,
        licence: Some("LGPL-2.1-or-later".into()),
        hash: None,
        needs: Vec::new(),
    })
}

/// SQLite itself: scanners look for its version, not for that of the crate around it.
pub(crate) fn sqlite(crates: &[Crate]) -> Result<Component> {
    let wrapper = crates.iter().find(|found| found.component.name == "libsqlite3-sys").context("no libsqlite3-sys")?;
    let header = std::fs::read_to_string(wrapper.folder.join("sqlite3/sqlite3.h")).context("SQLite's header")?;
    let line =
        header.lines().find_map(|line| line.strip_prefix("#define SQLITE_VERSION ")).context("SQLite's version")?;
    let version = line.trim().trim_matches('"').to_owned();
    Ok(Component {
        name: "sqlite".into(),
        purl: format!("pkg:generic/sqlite@{version}"),
        version,
        licence: Some("blessing".into()),
        hash: None,
        needs: Vec::new(),
    })
}
