//! The step `image`: kits for both architectures, a rebuild elsewhere, and the tests that run the image in a Docker engine of
//! their own, as an operator runs it.

use std::path::Path;

use anyhow::{Result, ensure};

use xtask::command::{Command, assignment};
use xtask::run::{build_program, cargo, is_on_path, is_root, output, program, step, target_dir};
use xtask::setup;

pub(super) fn run() -> Result<()> {
    let is_root = is_root();
    let may_be_root = is_root || output(program("sudo").args(["--non-interactive", "true"])).is_ok();
    ensure!(may_be_root, "a Docker engine needs root, or sudo without a password; `--skip image` leaves it out");
    if !is_on_path("dockerd") {
        setup::debian(&["docker.io"])?;
    }
    setup::debian(&["docker-compose", "qemu-user-static", "skopeo", "umoci"])?;
    let releng = build_program("releng", "2 to 4 min")?;
    let (kit, next) = (target_dir().join("kit"), target_dir().join("kit-next"));
    let (kit, next) = (kit.to_string_lossy(), next.to_string_lossy());
    run_releng(&releng, &["kit", "--out", &kit])?;
    run_releng(&releng, &["kit", "--out", &next, "--arch", "amd64", "--version", "999.0.0"])?;
    if output(program("git").args(["status", "--porcelain"]))?.is_empty() {
        run_releng(&releng, &["rebuild", "--times", "1", "--arch", "amd64", "--against", &kit])?;
    } else {
        println!("rebuild: skipped, the tree has changes that are in no commit");
    }
    // Of the whole workspace, so that nothing is compiled again with other features.
    let tests = ["nextest", "run", "--workspace", "--locked", "--ignore-default-filter", "-E", "binary(container)"];
    let mut run = cargo();
    if !is_root {
        let cargo = run.program().to_owned();
        run = program("sudo");
        run.args(["--non-interactive", "--preserve-env", "env"]).arg(assignment("PATH")).arg(cargo);
    }
    step("image in an engine", run.args(tests))
}

fn run_releng(releng: &Path, arguments: &[&str]) -> Result<()> {
    let mut command: Command = program(&releng.to_string_lossy());
    step(&arguments.join(" "), command.args(arguments))
}
