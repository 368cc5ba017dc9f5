//! Calls of git whose results do not depend on the machine's configuration.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use xtask::command::Command;

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

    /// The output of git, without the last line end.
    pub(super) fn text(&self, arguments: &[&str]) -> Result<String> {
        let text = String::from_utf8(self.bytes(arguments)?).context("git printed something that is not UTF-8")?;
        Ok(text.trim_end_matches('\n').to_owned())
    }

    pub(super) fn bytes(&self, arguments: &[&str]) -> Result<Vec<u8>> {
        // Replacement objects would show another history than the one that was reviewed.
        Command::new("git")
            .args(["--no-replace-objects", "--literal-pathspecs", "-c", "core.quotepath=off", "-c", "core.fsmonitor="])
            .args(["-c", "log.showSignature=false"])
            .args(arguments)
            .current_dir(&self.root)
            .env_remove("GIT_DIR")
            .env_remove("GIT_WORK_TREE")
            .env_remove("GIT_INDEX_FILE")
            .bytes()
    }

    /// A file as it is in a commit; `None` if the commit does not have it.
    pub(super) fn file(&self, commit: &str, path: &str) -> Result<Option<Vec<u8>>> {
        if self.text(&["ls-tree", "--name-only", commit, "--", path])?.is_empty() {
            return Ok(None);
        }
        self.bytes(&["cat-file", "blob", &format!("{commit}:{path}")]).map(Some)
    }

    /// The committer, `Name <mail>`, from the environment or the configuration.
    pub(super) fn user(&self) -> Result<String> {
        let identity = self.text(&["var", "GIT_COMMITTER_IDENT"])?;
        let end = identity.rfind('>').context("git has no user: set user.name and user.email")?;
        Ok(identity[..=end].to_owned())
    }
}
