//! A client that others wrote for the real Zammad, against the simulator.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use super::{ADMIN, Simulator};
use xtask::run::{output, program, root, target_dir};

const PACKAGE: &str = "zammad_py==3.2.1";

/// What the client says; one line that tells why, where it cannot be had.
pub(super) fn play() -> Result<String> {
    let python = match installed() {
        Ok(python) => python,
        Err(error) => return Ok(format!("zammad_py: not played, it cannot be installed from here ({error:#})\n")),
    };
    let sim = Simulator::start()?;
    let mut client = Command::new(python);
    client.arg(root().join("conformance/clients/zammad_py_client.py")).args([&sim.url, ADMIN.0, ADMIN.1]);
    let played = client.stdin(Stdio::null()).output().context("the client cannot be started")?;
    let said = String::from_utf8_lossy(&played.stdout).into_owned();
    ensure!(played.status.success(), "{}", String::from_utf8_lossy(&played.stderr).trim());
    Ok(said)
}

/// A Python that has the package, in an environment of its own.
fn installed() -> Result<PathBuf> {
    let folder = root().join(target_dir()).join(PACKAGE.replace("==", "-"));
    let python = folder.join("bin/python");
    if has_it(&python) {
        return Ok(python);
    }
    let made = install(&folder, &python);
    if made.is_err() {
        // Half of it would pass for the whole next time. It may not be there at all.
        let _ = fs::remove_dir_all(&folder);
    }
    made.map(|()| python)
}

fn has_it(python: &Path) -> bool {
    output(Command::new(python).args(["-c", "import zammad_py"])).is_ok()
}

fn install(folder: &Path, python: &Path) -> Result<()> {
    output(program("python3").args(["-m", "venv", "--clear"]).arg(folder))?;
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--retries", "1", "--timeout", "15"];
    output(Command::new(python).args(pip).arg(PACKAGE)).map_err(|_| anyhow::anyhow!("{PACKAGE} is out of reach"))?;
    ensure!(has_it(python), "{PACKAGE} does not work");
    Ok(())
}
