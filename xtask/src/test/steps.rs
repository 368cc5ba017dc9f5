//! The steps of `cargo xtask test`, apart from the image.

use std::process::Stdio;

use anyhow::{Context, Result};
use clap::ValueEnum;

use super::image;
use crate::{conformance, tidy};
use xtask::run::{cargo, is_on_path, is_there, long_step, program, step};
use xtask::{forge_app, setup, wasm};

/// In the order they run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Step {
    /// Formatting
    Fmt,
    /// Checks of this repository that no compiler makes
    Tidy,
    /// Lints, warnings denied
    Clippy,
    /// The Forge core to wasm
    Wasm,
    /// Lint, bundle and tests of the Forge app
    ForgeApp,
    /// The binaries that the end-to-end tests run, and the tests themselves
    Build,
    /// All tests
    #[value(alias = "nextest")]
    Tests,
    /// The conformance probe against zammad-sim; it mostly waits, so it runs beside the tests
    Conformance,
    /// Documentation, warnings denied
    Doc,
    /// Bans, licences, sources and advisories of dependencies
    Deny,
    /// Kits for both architectures, a rebuild elsewhere, and the image in a Docker engine
    Image,
}

impl Step {
    /// As it is named on the command line.
    pub(super) fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    /// One line: what it does, and how long it takes the first time on two cores.
    pub(super) fn describe(self) -> String {
        let about = self.to_possible_value().and_then(|value| value.get_help().map(ToString::to_string));
        format!("{} ({} the first time)", about.unwrap_or_default(), self.first_time())
    }

    const fn first_time(self) -> &'static str {
        match self {
            Self::Fmt | Self::Tidy => "seconds",
            Self::Clippy => "about 6 min",
            Self::Wasm => "about 4 min",
            Self::ForgeApp => "about 3 min",
            Self::Build => "about 12 min",
            Self::Tests => "about 10 min",
            Self::Conformance => "about 4 min",
            Self::Doc => "about 3 min",
            Self::Deny => "about 4 min",
            Self::Image => "about 30 min",
        }
    }
}

/// Runs one step. `advisories`: whether known vulnerabilities must be looked up.
pub(super) fn run(which: Step, advisories: bool) -> Result<()> {
    match which {
        Step::Fmt => step("cargo fmt --check", cargo().args(["fmt", "--all", "--check"])),
        Step::Tidy => tidy::run(),
        Step::Clippy => step(
            "cargo clippy",
            cargo().args(["clippy", "--workspace", "--all-targets", "--locked", "--", "--deny", "warnings"]),
        ),
        Step::Wasm => wasm::build(),
        Step::ForgeApp => forge_app::run(),
        // With `--tests`, cargo resolves the features of dev-dependencies too, as the next step does: everything is
        // compiled once.
        Step::Build => step("cargo build", cargo().args(["build", "--workspace", "--bins", "--tests", "--locked"])),
        Step::Tests => tests(),
        Step::Conformance => conformance::run(&conformance::Options::default()),
        Step::Doc => {
            let mut doc = cargo();
            doc.env("RUSTDOCFLAGS", "-D warnings").args(["doc", "--workspace", "--no-deps", "--locked"]);
            step("cargo doc", &mut doc)
        }
        Step::Deny => deny(advisories),
        Step::Image => image::run(),
    }
}

fn tests() -> Result<()> {
    // The durability test counts system calls.
    if !is_there("strace") {
        setup::debian(&["strace"])?;
    }
    // A test sets the clock of the sidecar.
    if !is_there("faketime") {
        setup::debian(&["faketime"])?;
    }
    // The tests of signatures compare with OpenSSH's.
    if !is_on_path("ssh-keygen") {
        setup::debian(&["openssh-client"])?;
    }
    forge_app::browser()?;
    // Promotion is tested with the real Forge CLI, against a gateway on loopback.
    setup::npm_in("xtask/releng/tools")?;
    if let Err(error) = setup::cargo_tool("cargo-nextest", "0.9.143") {
        println!("cargo-nextest cannot be installed, so cargo test runs the tests: {error:#}");
        return step("cargo test", cargo().args(["test", "--workspace", "--locked"]));
    }
    step("cargo nextest", cargo().args(["nextest", "run", "--workspace", "--locked"]))?;
    // nextest runs no examples from the documentation.
    step("cargo test --doc", cargo().args(["test", "--workspace", "--doc", "--locked"]))
}

fn deny(advisories: bool) -> Result<()> {
    setup::cargo_tool("cargo-deny", "0.20.2")?;
    let check = |what: &[&str]| {
        let mut deny = cargo();
        deny.args(["deny", "--log-level", "error", "check"]).args(what);
        deny
    };
    step("cargo deny", &mut check(&["bans", "licenses", "sources"]))?;
    match fetch_advisories(advisories) {
        Ok(()) => step("cargo deny advisories", &mut check(&["--disable-fetch", "advisories"])),
        Err(error) if advisories => Err(error).context("the advisory database cannot be reached"),
        Err(_) => {
            println!("advisories: not checked, the database cannot be reached from here");
            Ok(())
        }
    }
}

fn fetch_advisories(show_output: bool) -> Result<()> {
    let deny = cargo();
    // Where a firewall drops packets silently, git would wait for minutes.
    let mut fetch = if is_there("timeout") {
        let mut timeout = program("timeout");
        timeout.arg("120").arg(deny.program());
        timeout
    } else {
        deny
    };
    fetch.args(["deny", "--log-level", "error", "fetch", "db"]);
    if !show_output {
        fetch.stdout(Stdio::null()).stderr(Stdio::null());
    }
    long_step("cargo deny fetch", "up to 2 min", &mut fetch)
}
