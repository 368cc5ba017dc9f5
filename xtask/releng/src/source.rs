//! The commit that is built. Every name, number and time in a release comes from it, none from the machine.

use anyhow::{Context, Result, ensure};
use xtask::run::{output, program, root};

/// A commit and its data.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// 40 hex digits.
    pub(crate) commit: String,
    /// The commit's time: `SOURCE_DATE_EPOCH`, <https://reproducible-builds.org/specs/source-date-epoch/>.
    pub(crate) epoch: u64,
    /// The version of the workspace.
    pub(crate) version: String,
    /// Whether the tree has no changes since the commit.
    pub(crate) clean: bool,
}

impl Source {
    /// Reads the workspace that this program works on.
    pub(crate) fn read() -> Result<Self> {
        let manifest = std::fs::read_to_string(root().join("Cargo.toml")).context("Cargo.toml")?;
        let manifest: toml::Table = manifest.parse().context("Cargo.toml")?;
        let version = manifest["workspace"]["package"]["version"].as_str().context("Cargo.toml has no version")?;
        let epoch = git(&["log", "-1", "--format=%ct"])?;
        Ok(Self {
            commit: git(&["rev-parse", "HEAD"])?,
            epoch: epoch.parse().context("the commit's time is no number")?,
            version: version.to_owned(),
            clean: git(&["status", "--porcelain"])?.is_empty(),
        })
    }

    /// The commit's time as RFC 3339 in UTC.
    pub(crate) fn date(&self) -> Result<String> {
        let time = time::OffsetDateTime::from_unix_timestamp(i64::try_from(self.epoch)?)?;
        Ok(time.format(&time::format_description::well_known::Rfc3339)?)
    }

    /// The git tag and the Forge build tag.
    pub(crate) fn tag(&self) -> String {
        format!("v{}", self.version)
    }
}

/// The output of git, run at the root of the workspace.
pub(crate) fn git(arguments: &[&str]) -> Result<String> {
    // A build machine's clone may belong to another user.
    let trusted = format!("safe.directory={}", root().display());
    output(program("git").args(["-c", &trusted]).args(arguments))
}

/// Rejects a version that is not of the form 1.2.3: it becomes part of file names, tags and addresses.
pub(crate) fn check_version(version: &str) -> Result<()> {
    let parts: Vec<&str> = version.split('.').collect();
    let number = |part: &&str| part.parse::<u32>().is_ok_and(|number| number.to_string() == **part);
    ensure!(parts.len() == 3 && parts.iter().all(number), "{version:?} is not of the form 1.2.3");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_three_plain_numbers() {
        for good in ["0.0.0", "1.2.3", "10.20.30"] {
            assert!(check_version(good).is_ok(), "{good}");
        }
        for bad in ["", "1.2", "1.2.3.4", "01.2.3", "1.2.3-rc1", "v1.2.3", "1.2.x", "../1.2.3", "+1.2.3", "1.2.3\n"] {
            assert!(check_version(bad).is_err(), "{bad:?}");
        }
    }
}
