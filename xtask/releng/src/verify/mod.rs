//! `cargo xtask verify`: checks a kit offline and trusts nothing in it: signature of the whole archive, structure, sums, signature
//! of the sums, image, bills of materials. `verify.sh` in the kit does the same with sha256sum, tar and ssh-keygen.

mod kit;
#[cfg(test)]
mod tests;

pub(crate) use kit::{Kit, check};

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::digest;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Archive of the kit; its signature `<kit>.sig` is in the same folder.
    kit: PathBuf,
    /// Keys that may sign, as published apart from the kit (ssh-keygen(1), ALLOWED SIGNERS).
    #[arg(long, value_name = "FILE")]
    allowed_signers: PathBuf,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let name = file_name(&options.kit)?;
    let archive = digest::read(&options.kit)?;
    let signature = std::fs::read_to_string(signature_of(&options.kit)).ok();
    let allowed = std::fs::read_to_string(&options.allowed_signers)
        .with_context(|| format!("cannot read {}", options.allowed_signers.display()))?;
    let kit = Kit { name: &name, archive: &archive, signature: signature.as_deref(), allowed_signers: &allowed };
    match check(&kit, &mut |line| println!("ok    {line}")) {
        Ok(()) => {
            println!("PASS  {name}");
            Ok(())
        }
        Err(error) => {
            println!("FAIL  {error:#}");
            bail!("{name} must not be used")
        }
    }
}

/// The path of a kit's signature.
pub(crate) fn signature_of(kit: &Path) -> PathBuf {
    let mut path = kit.as_os_str().to_owned();
    path.push(".sig");
    path.into()
}

fn file_name(path: &Path) -> Result<String> {
    Ok(path.file_name().and_then(|name| name.to_str()).context("the name of the kit is not UTF-8")?.to_owned())
}
