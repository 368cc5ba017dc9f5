//! The checks, in an order in which each one makes the next one meaningful. The first failure ends the check.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail, ensure};

use crate::archive::{self, Entry};
use crate::digest;
use crate::image;
use crate::kit::{FILES, MINISIGNATURE, SIGNATURE, SUMS, sums};
use crate::manifest::{IMAGE, PRODUCT, Release};
use crate::{sbom, sign};

/// A kit as it was downloaded.
pub(crate) struct Kit<'a> {
    /// The archive's file name.
    pub(crate) name: &'a str,
    /// The archive.
    pub(crate) archive: &'a [u8],
    /// The content of `<name>.sig`, if there is that file.
    pub(crate) signature: Option<&'a str>,
    /// Keys that may sign.
    pub(crate) allowed_signers: &'a str,
}

/// Checks `kit` and reports each check that passed.
///
/// # Errors
/// The first check that fails, with its finding.
pub(crate) fn check(kit: &Kit<'_>, passed: &mut dyn FnMut(&str)) -> Result<()> {
    let signature = kit.signature.with_context(|| format!("signature: there is no {}.sig beside the kit", kit.name))?;
    sign::verify(kit.archive, signature, kit.allowed_signers).context("signature of the archive")?;
    passed("signature of the archive");

    let files = contents(kit)?;
    passed("members of the archive");

    let listed = check_sums(&files)?;
    passed(&format!("sums of {listed} files"));

    let signature = text(&files, SIGNATURE)?;
    sign::verify(get(&files, SUMS)?, signature, kit.allowed_signers).with_context(|| format!("signature of {SUMS}"))?;
    passed(&format!("signature of {SUMS}"));

    let release = Release::read(get(&files, "release.json")?)?;
    let shipped = release
        .images
        .iter()
        .find(|image| format!("{PRODUCT}-{}-linux-{}.tar", release.version, image.arch) == kit.name);
    let shipped = shipped.with_context(|| format!("release.json is not about a kit of the name {}", kit.name))?;
    let archive = get(&files, &shipped.file)?;
    ensure!(
        digest::sha256(archive) == shipped.tarball_sha256,
        "image: {} is not the one of release.json",
        shipped.file
    );
    let image = image::read(archive).context("image")?;
    ensure!(image.config_digest == shipped.config_digest, "image: the config digest is not the published one");
    ensure!(image.manifest_digest == shipped.manifest_digest, "image: the manifest digest is not the published one");
    ensure!(image.architecture == shipped.arch, "image: it is for {}", image.architecture);
    ensure!(image.reference == format!("{IMAGE}:{}", release.version), "image: it is tagged {}", image.reference);
    let user = image.user.split(':').next().unwrap_or_default();
    ensure!(!["", "0", "root"].contains(&user), "image: it runs as root");
    check_files(&image.files, &shipped.binary_sha256)?;
    passed(&format!("image {} {}", image.config_digest, image.manifest_digest));

    let bill = get(&files, "sbom-connector.cdx.json")?;
    ensure!(digest::sha256(bill) == shipped.sbom_sha256, "bill of materials: not the one of release.json");
    let (subject, parts) = sbom::read(bill)?;
    ensure!(subject == shipped.binary_sha256, "bill of materials: it is about another binary");
    let bill = get(&files, "sbom-forge.cdx.json")?;
    ensure!(
        digest::sha256(bill) == release.forge.sbom_sha256,
        "bill of materials: Forge's is not the one of release.json"
    );
    let (subject, forge_parts) = sbom::read(bill)?;
    ensure!(subject == release.forge.bundle_sha256, "bill of materials: it is about another Forge bundle");
    passed(&format!("bills of materials, {parts} and {forge_parts} components"));
    Ok(())
}

type Files = BTreeMap<String, Vec<u8>>;

/// The files of the kit by name: exactly the expected ones, in one folder with the name of the kit.
fn contents(kit: &Kit<'_>) -> Result<Files> {
    let (entries, _) = archive::read(kit.archive)?;
    archive::has_plain_modes(&entries).context("members")?;
    let folder = format!("{}/", kit.name.strip_suffix(".tar").context("the kit's name does not end in .tar")?);
    let mut files = Files::new();
    for entry in entries {
        if entry.path == folder {
            continue;
        }
        let name = entry.path.strip_prefix(&folder).filter(|name| !name.contains('/'));
        let Some(name) = name else { bail!("members: {:?} does not belong into the kit", entry.path) };
        files.insert(name.to_owned(), entry.bytes);
    }
    let is_image = |name: &str| name.starts_with("connector-") && name.ends_with(".image.tar");
    for name in files.keys() {
        let known = FILES.contains(&name.as_str()) || [SUMS, SIGNATURE, MINISIGNATURE].contains(&name.as_str());
        ensure!(known || is_image(name), "members: {name:?} does not belong into the kit");
    }
    for name in FILES.iter().chain(&[SUMS, SIGNATURE]) {
        ensure!(files.contains_key(*name), "members: {name} is missing");
    }
    ensure!(files.keys().filter(|name| is_image(name)).count() == 1, "members: not exactly one image");
    Ok(files)
}

/// Every file is listed with its sum, and no other name. Returns the number of files.
fn check_sums(files: &Files) -> Result<usize> {
    let listed = text(files, SUMS)?;
    let covered: Vec<(&str, &[u8])> = files
        .iter()
        .filter(|(name, _)| ![SUMS, SIGNATURE, MINISIGNATURE].contains(&name.as_str()))
        .map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
        .collect();
    let expected = sums(covered.iter().copied());
    for line in expected.lines() {
        let name = line.split_once("  ").map_or(line, |(_, name)| name);
        ensure!(listed.lines().any(|found| found == line), "sums: {name} does not have its digest in {SUMS}");
    }
    ensure!(listed == expected, "sums: {SUMS} lists something that is not in the kit");
    Ok(covered.len())
}

/// The rules for files in an image: the binary, few others, no special permission bits, one writable directory.
fn check_files(files: &[Entry], binary_sha256: &str) -> Result<()> {
    let binary = files.iter().find(|file| file.path == "connector").context("image: it has no binary")?;
    ensure!(digest::sha256(&binary.bytes) == binary_sha256, "image: the binary is not the one of release.json");
    ensure!(files.iter().filter(|file| !file.is_directory()).count() <= 6, "image: it has more than 6 files");
    for file in files {
        ensure!(file.mode & 0o7000 == 0, "image: {} has special permission bits", file.path);
        ensure!(file.path == "data/" || file.mode & 0o022 == 0, "image: {} can be written to", file.path);
    }
    Ok(())
}

fn get<'a>(files: &'a Files, name: &str) -> Result<&'a [u8]> {
    files.get(name).map(Vec::as_slice).with_context(|| format!("members: {name} is missing"))
}

fn text<'a>(files: &'a Files, name: &str) -> Result<&'a str> {
    std::str::from_utf8(get(files, name)?).with_context(|| format!("{name} is not UTF-8"))
}
