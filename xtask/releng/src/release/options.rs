//! The arguments of `cargo xtask release`.

use std::path::PathBuf;

use crate::arch::Arch;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Where to publish: a folder, or s3://, gs://, az:// or https:// (WebDAV); credentials are read from the environment, under
    /// the names that the provider's own tools use.
    #[arg(long, value_name = "URL")]
    pub(super) to: String,
    /// Proof that CI passed for this commit: the file written by `cargo xtask test --proof FILE`.
    #[arg(long, value_name = "FILE")]
    pub(super) ci_proof: PathBuf,
    /// Accept that the Forge app needs more scopes than the last release, so that every admin has to consent first.
    #[arg(long)]
    pub(super) consent_required: bool,
    /// Forge CLI to call: it uploads the app under the release's tag, once; `cargo xtask promote` deploys that.
    #[arg(long, value_name = "PROGRAM", default_value = "xtask/releng/tools/forge")]
    pub(super) forge: PathBuf,
    /// Architectures; default: all. For tests.
    #[arg(long, value_enum, value_delimiter = ',')]
    pub(super) arch: Vec<Arch>,
    /// Show every step and the verdict of every check; build, sign and publish nothing.
    #[arg(long)]
    pub(super) dry_run: bool,
}
