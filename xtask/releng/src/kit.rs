//! The kit: an archive for one architecture with everything that an operator needs; nothing else has to be downloaded.

use anyhow::{Context, Result};
use xtask::run::root;

use crate::arch::Arch;
use crate::archive::{self, Entry};
use crate::digest;
use crate::manifest::{PRODUCT, Release};
use crate::sign::Signer;

/// The sums, their OpenSSH signature and their minisign signature.
pub(crate) const SUMS: &str = "SHA256SUMS";
pub(crate) const SIGNATURE: &str = "SHA256SUMS.sig";
pub(crate) const MINISIGNATURE: &str = "SHA256SUMS.minisig";
/// The files of every kit besides the image. Each is in the sums.
pub(crate) const FILES: &[&str] = &[
    "OPERATOR-GUIDE.md",
    "RELEASE-NOTES.md",
    "THIRD-PARTY-LICENCES.txt",
    "compose.yaml",
    "connector.env.example",
    "release.json",
    "sbom-connector.cdx.json",
    "sbom-forge.cdx.json",
    "verify.sh",
];

/// The parts of a kit that are built; the rest comes from the repository.
pub(crate) struct Parts {
    pub(crate) image: Vec<u8>,
    pub(crate) licences: String,
    pub(crate) connector_bill: Vec<u8>,
    pub(crate) forge_bill: Vec<u8>,
}

/// `<product>-<version>-linux-<arch>`: the kit's folder, and its file without `.tar`.
pub(crate) fn name(version: &str, arch: Arch) -> String {
    format!("{PRODUCT}-{version}-linux-{}", arch.oci())
}

/// The image archive's name in the kit.
pub(crate) fn image_name(version: &str, arch: Arch) -> String {
    format!("connector-{version}-linux-{}.image.tar", arch.oci())
}

/// The kit's archive.
pub(crate) fn write(release: &Release, arch: Arch, parts: Parts, notes: &str, signer: &Signer) -> Result<Vec<u8>> {
    let text = |path: &str| {
        std::fs::read_to_string(root().join(path))
            .with_context(|| path.to_owned())
            .map(|text| fill(&text, release, arch))
    };
    let guide = format!("{}\n{}", text("sidecar-image/INSTALL.md")?, text("docs/operators.md")?);
    let mut files = vec![
        Entry::file(image_name(&release.version, arch), 0o644, parts.image),
        Entry::file("OPERATOR-GUIDE.md", 0o644, guide),
        Entry::file("RELEASE-NOTES.md", 0o644, notes),
        Entry::file("THIRD-PARTY-LICENCES.txt", 0o644, parts.licences),
        Entry::file("compose.yaml", 0o644, text("sidecar-image/compose.yaml")?),
        Entry::file("connector.env.example", 0o644, text("sidecar-image/connector.env.example")?),
        Entry::file("release.json", 0o644, release.to_json()?),
        Entry::file("sbom-connector.cdx.json", 0o644, parts.connector_bill),
        Entry::file("sbom-forge.cdx.json", 0o644, parts.forge_bill),
        Entry::file("verify.sh", 0o755, text("sidecar-image/verify.sh")?),
    ];
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let sums = sums(files.iter().map(|file| (file.path.as_str(), file.bytes.as_slice())));
    files.push(Entry::file(SIGNATURE, 0o644, signer.ssh(sums.as_bytes())?));
    if let Some(signature) = signer.minisign(sums.as_bytes(), &release.version)? {
        files.push(Entry::file(MINISIGNATURE, 0o644, signature));
    }
    files.push(Entry::file(SUMS, 0o644, sums));
    files.sort_by(|a, b| a.path.cmp(&b.path));

    let folder = format!("{}/", name(&release.version, arch));
    let mut entries = vec![Entry::directory(folder.clone())];
    entries.extend(files.into_iter().map(|file| Entry { path: format!("{folder}{}", file.path), ..file }));
    archive::write(&entries, release.source_date_epoch)
}

/// Lines as `sha256sum` prints and `sha256sum --check` reads them, sorted by name.
pub(crate) fn sums<'a>(files: impl Iterator<Item = (&'a str, &'a [u8])>) -> String {
    let mut lines: Vec<(&str, String)> = files.map(|(name, bytes)| (name, digest::sha256(bytes))).collect();
    lines.sort_unstable();
    lines.iter().map(|(name, sum)| format!("{sum}  {name}\n")).collect()
}

/// Fills in the version and the names, so that a line copied from a guide works unchanged.
fn fill(text: &str, release: &Release, arch: Arch) -> String {
    text.replace("@VERSION@", &release.version)
        .replace("@ARCH@", arch.oci())
        .replace("@PREVIOUS@", release.previous.as_ref().map_or("(none)", |previous| previous.version.as_str()))
        .replace("@KIT@", &name(&release.version, arch))
        .replace("@IMAGE@", &image_name(&release.version, arch))
}
