//! A third-party client for Zammad, run against the simulator.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

use super::simulator::{ADMIN, Simulator};
use xtask::command::Command;
use xtask::run::{output, program, root, target_dir};

const PACKAGE: &str = "zammad_py==3.2.1";

/// The output of the client; where it cannot be installed, one line with the reason.
pub(super) fn play() -> Result<String> {
    let python = match installed() {
        Ok(python) => python,
        Err(error) => return Ok(format!("zammad_py: skipped, it cannot be installed from here ({error:#})\n")),
    };
    let sim = Simulator::start()?;
    let mut client = Command::new(python);
    client.arg(root().join("conformance/clients/zammad_py_client.py")).args([&sim.url, ADMIN.0, ADMIN.1]);
    let played = client.output()?;
    let printed = String::from_utf8_lossy(&played.stdout).into_owned();
    ensure!(played.status.success(), "{}", String::from_utf8_lossy(&played.stderr).trim());
    Ok(printed)
}

/// A Python that has the package, in a virtual environment.
fn installed() -> Result<PathBuf> {
    let folder = root().join(target_dir()).join(PACKAGE.replace("==", "-"));
    let python = folder.join("bin/python");
    if has_it(&python) {
        return Ok(python);
    }
    let made = install(&folder, &python);
    if made.is_err() {
        // A partial installation would be taken for a complete one next time. The folder may be missing.
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
    output(Command::new(python).args(pip).arg(PACKAGE))
        .map_err(|_| anyhow::anyhow!("{PACKAGE} cannot be downloaded"))?;
    ensure!(has_it(python), "{PACKAGE} does not work");
    Ok(())
}
