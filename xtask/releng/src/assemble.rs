//! Builds a release's folder from a commit: binaries, images, bills of materials, kits, notes, sums, signatures. Its content
//! depends on the commit, the compilers and the key only.

use std::path::Path;

use anyhow::{Context, Result};
use xtask::run::root;

use crate::arch::Arch;
use crate::image::Recipe;
use crate::kit::Parts;
use crate::manifest::{Image, PRODUCT, Previous, Release};
use crate::sbom::{self, Subject};
use crate::sign::Signer;
use crate::source::Source;
use crate::{binary, digest, forge, hardening, image, kit, licences, manifest, notes};

/// A release's files, by name.
pub(crate) struct Assembled {
    pub(crate) release: Release,
    pub(crate) files: Vec<(String, Vec<u8>)>,
}

/// Builds all files of a release.
pub(crate) fn assemble(
    source: &Source,
    architectures: &[Arch],
    previous: Option<Previous>,
    signer: &Signer,
) -> Result<Assembled> {
    let (forge, forge_bill) = forge::build(source)?;
    let mut built = Vec::new();
    for arch in architectures {
        built.push((*arch, sidecar(source, *arch)?));
    }
    let release = Release {
        format: manifest::FORMAT,
        product: PRODUCT.into(),
        version: source.version.clone(),
        commit: source.commit.clone(),
        source_date_epoch: source.epoch,
        previous,
        images: built.iter().map(|(_, built)| built.entry.clone()).collect(),
        forge,
    };
    let changelog = std::fs::read_to_string(root().join("CHANGELOG.md")).context("CHANGELOG.md")?;
    let inner_notes = notes::write(&release, &changelog, None)?;
    let mut files = Vec::new();
    for (arch, Sidecar { image, licences, bill, .. }) in built {
        let parts = Parts { image, licences, connector_bill: bill, forge_bill: forge_bill.clone() };
        let archive = kit::write(&release, arch, parts, &inner_notes, signer)?;
        let name = format!("{}.tar", kit::name(&source.version, arch));
        files.push((format!("{name}.sig"), signer.ssh(&archive)?.into_bytes()));
        files.push((name, archive));
    }
    files.push(("release.json".into(), release.to_json()?));
    let outer_notes = notes::write(&release, &changelog, Some(&sums(&files)))?;
    files.push(("RELEASE-NOTES.md".into(), outer_notes.into_bytes()));
    let sums = sums(&files);
    files.push((kit::SIGNATURE.into(), signer.ssh(sums.as_bytes())?.into_bytes()));
    if let Some(signature) = signer.minisign(sums.as_bytes(), &source.version)? {
        files.push((kit::MINISIGNATURE.into(), signature.into_bytes()));
    }
    files.push((kit::SUMS.into(), sums.into_bytes()));
    files.sort();
    Ok(Assembled { release, files })
}

fn sums(files: &[(String, Vec<u8>)]) -> String {
    kit::sums(files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())))
}

struct Sidecar {
    entry: Image,
    image: Vec<u8>,
    licences: String,
    bill: Vec<u8>,
}

fn sidecar(source: &Source, arch: Arch) -> Result<Sidecar> {
    let binary = binary::build(source, arch)?;
    let expected = format!("sidecar-image/hardening-{}.txt", arch.oci());
    hardening::check(
        &binary.bytes,
        &std::fs::read_to_string(root().join(&expected)).context(expected.clone())?,
        &expected,
    )?;
    let (crates, needs) = sbom::crates("sidecar", arch.triple())?;
    let mut parts: Vec<_> = crates.iter().map(|found| found.component.clone()).collect();
    parts.push(binary::sqlite(&crates)?);
    parts.push(binary.libc.clone());
    let binary_sha256 = digest::sha256(&binary.bytes);
    let bill = sbom::bill(source, &Subject { name: PRODUCT, sha256: &binary_sha256, needs }, &parts)?;
    let licences = licences::report(&crates, &binary.libc)?;
    let recipe = Recipe::read(&std::fs::read_to_string(root().join("sidecar-image/image.toml"))?)?;
    let image = image::build(&recipe, arch, source, &image::files(binary.bytes, licences.clone()))?;
    let entry = Image {
        arch: arch.oci().into(),
        file: kit::image_name(&source.version, arch),
        tarball_sha256: digest::sha256(&image.archive),
        config_digest: image.config_digest,
        manifest_digest: image.manifest_digest,
        compressed_bytes: image.compressed_bytes,
        unpacked_bytes: image.unpacked_bytes,
        binary_sha256,
        rustc: binary.rustc,
        libc: binary.libc.version,
        sbom_sha256: digest::sha256(&bill),
    };
    Ok(Sidecar { entry, image: image.archive, licences, bill })
}

/// Writes the files into `folder`, all or none: the folder is made under another name and then renamed.
pub(crate) fn store(files: &[(String, Vec<u8>)], folder: &Path) -> Result<()> {
    let parent = folder.parent().context("the folder has no parent")?;
    std::fs::create_dir_all(parent)?;
    let work = tempfile::tempdir_in(parent)?;
    for (name, bytes) in files {
        std::fs::write(work.path().join(name), bytes).with_context(|| format!("cannot write {name}"))?;
    }
    if folder.exists() {
        std::fs::remove_dir_all(folder)?;
    }
    std::fs::rename(work.keep(), folder).with_context(|| format!("cannot make {}", folder.display()))
}
