//! `cargo xtask kit`: builds a release's folder without releasing it, for tests, for rebuilds and for customers who build
//! themselves.

use std::path::PathBuf;

use anyhow::Result;
use xtask::run::target_dir;

use crate::arch::Arch;
use crate::assemble::{assemble, store};
use crate::sign::Signer;
use crate::source::Source;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Architectures; default: all.
    #[arg(long, value_enum, value_delimiter = ',')]
    arch: Vec<Arch>,
    /// Output folder; an existing one is replaced. Default: target/kit.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// A version other than the workspace's, to test upgrades.
    #[arg(long)]
    version: Option<String>,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let mut source = Source::read()?;
    if let Some(version) = &options.version {
        crate::source::check_version(version)?;
        source.version.clone_from(version);
    }
    let architectures = if options.arch.is_empty() { Arch::ALL.to_vec() } else { options.arch.clone() };
    let signer = Signer::from_environment_or_throwaway()?;
    let out = options.out.clone().unwrap_or_else(|| target_dir().join("kit"));
    let made = assemble(&source, &architectures, None, &signer)?;
    let mut files = made.files;
    files.push(("allowed_signers".into(), signer.allowed_signers()?.into_bytes()));
    store(&files, &out)?;
    for image in &made.release.images {
        println!(
            "image linux/{}: {} bytes packed, {} unpacked, config {}, manifest {}",
            image.arch, image.compressed_bytes, image.unpacked_bytes, image.config_digest, image.manifest_digest
        );
    }
    if !source.clean {
        println!("the tree has changes that are not in {}: this kit cannot be reproduced", source.commit);
    }
    println!("{}", out.display());
    Ok(())
}
