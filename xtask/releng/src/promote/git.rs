//! What git says, asked in a way that the machine's configuration does not change.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// A working tree.
pub(super) struct Git {
    root: PathBuf,
}

impl Git {
    pub(super) fn new(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// What git prints, without the last line end.
    pub(super) fn text(&self, arguments: &[&str]) -> Result<String> {
        let text = String::from_utf8(self.bytes(arguments)?).context("git printed something that is not UTF-8")?;
        Ok(text.trim_end_matches('\n').to_owned())
    }

    pub(super) fn bytes(&self, arguments: &[&str]) -> Result<Vec<u8>> {
        // Replacement objects would show another history than the one that was reviewed.
        let output = Command::new("git")
            .args(["--no-replace-objects", "--literal-pathspecs", "-c", "core.quotepath=off", "-c", "core.fsmonitor="])
            .args(["-c", "log.showSignature=false"])
            .args(arguments)
            .current_dir(&self.root)
            .env_remove("GIT_DIR")
            .env_remove("GIT_WORK_TREE")
            .env_remove("GIT_INDEX_FILE")
            .stdin(Stdio::null())
            .output()
            .context("cannot start git")?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            bail!("git {} failed: {}", arguments.join(" "), said.trim());
        }
        Ok(output.stdout)
    }

    /// A file as it is in a commit, `None` where it is not in it.
    pub(super) fn file(&self, commit: &str, path: &str) -> Result<Option<Vec<u8>>> {
        if self.text(&["ls-tree", "--name-only", commit, "--", path])?.is_empty() {
            return Ok(None);
        }
        self.bytes(&["cat-file", "blob", &format!("{commit}:{path}")]).map(Some)
    }

    /// Who works here, `Name <mail>`, from the environment or the configuration.
    pub(super) fn user(&self) -> Result<String> {
        let identity = self.text(&["var", "GIT_COMMITTER_IDENT"])?;
        let end = identity.rfind('>').context("git knows no user: set user.name and user.email")?;
        Ok(identity[..=end].to_owned())
    }
}
