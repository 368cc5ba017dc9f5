//! Reads an image archive without trusting it: every blob is hashed, every reference followed, no other file accepted.

use std::collections::BTreeMap;
use std::io::Read as _;

use anyhow::{Context, Result, bail, ensure};
use flate2::read::GzDecoder;
use serde_json::Value;

use crate::archive::{self, Entry};
use crate::digest;

/// Far more than our image has; a small archive must not fill the memory.
const MOST_UNPACKED: u64 = 64 << 20;

/// The content of an archive.
#[derive(Debug)]
pub(crate) struct Contents {
    pub(crate) config_digest: String,
    pub(crate) manifest_digest: String,
    pub(crate) architecture: String,
    /// Repository and tag.
    pub(crate) reference: String,
    pub(crate) user: String,
    /// The files of the one layer.
    pub(crate) files: Vec<Entry>,
}

/// Reads and checks an archive as [`super::build`] writes it.
pub(crate) fn read(bytes: &[u8]) -> Result<Contents> {
    let (entries, _) = archive::read(bytes).context("the image archive")?;
    archive::has_plain_modes(&entries).context("the image archive")?;
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for entry in entries {
        if !entry.is_directory() {
            files.insert(entry.path, entry.bytes);
        }
    }
    for (path, bytes) in &files {
        if let Some(name) = path.strip_prefix("blobs/sha256/") {
            ensure!(digest::sha256(bytes) == name, "blob {name} of the image does not have the digest it is named by");
        }
    }
    let index = parse(files.remove("index.json"), "index.json")?;
    let docker = parse(files.remove("manifest.json"), "manifest.json")?;
    ensure!(files.remove("oci-layout").is_some(), "the image archive has no oci-layout");

    let [described] = array(&index["manifests"], "manifests of index.json")?;
    let (manifest_digest, manifest) = take(&mut files, described)?;
    let manifest = parse(Some(manifest), "the image's manifest")?;
    let (config_digest, config) = take(&mut files, &manifest["config"])?;
    let config = parse(Some(config), "the image's configuration")?;
    let [layer] = array(&manifest["layers"], "layers of the image's manifest")?;
    let (layer_digest, layer) = take(&mut files, layer)?;
    if let Some(path) = files.keys().next() {
        bail!("the image archive has a file that nothing refers to: {path}");
    }
    let [docker] = array(&docker, "manifest.json")?;
    let path_of = |digest: &str| digest.replacen("sha256:", "blobs/sha256/", 1);
    let same =
        docker["Config"] == path_of(&config_digest) && docker["Layers"] == serde_json::json!([path_of(&layer_digest)]);
    ensure!(same, "manifest.json and index.json of the image archive do not name the same image");

    let unpacked = gunzip(&layer)?;
    let [diff_id] = array(&config["rootfs"]["diff_ids"], "diff_ids of the image's configuration")?;
    ensure!(*diff_id == digest::oci(&unpacked), "the image's layer does not have the digest its configuration says");
    let (files, _) = archive::read(&unpacked).context("the image's layer")?;
    Ok(Contents {
        config_digest,
        manifest_digest,
        architecture: text(&config["architecture"])?,
        reference: text(&docker["RepoTags"][0])?,
        user: text(&config["config"]["User"])?,
        files,
    })
}

fn parse(bytes: Option<Vec<u8>>, what: &str) -> Result<Value> {
    let bytes = bytes.with_context(|| format!("the image archive has no {what}"))?;
    serde_json::from_slice(&bytes).with_context(|| format!("{what} is not valid JSON"))
}

fn array<'a, const N: usize>(value: &'a Value, what: &str) -> Result<&'a [Value; N]> {
    let found = value.as_array().and_then(|found| found.as_slice().try_into().ok());
    found.with_context(|| format!("{what}: not exactly {N}"))
}

/// Removes and returns the blob of a descriptor; what remains at the end is not referred to.
fn take(files: &mut BTreeMap<String, Vec<u8>>, descriptor: &Value) -> Result<(String, Vec<u8>)> {
    let digest = text(&descriptor["digest"])?;
    let path = digest.replacen("sha256:", "blobs/sha256/", 1);
    let bytes = files.remove(&path).with_context(|| format!("the image archive has no blob {digest}"))?;
    ensure!(descriptor["size"].as_u64() == Some(bytes.len() as u64), "blob {digest} does not have the size it should");
    Ok((digest, bytes))
}

fn text(value: &Value) -> Result<String> {
    value.as_str().map(str::to_owned).context("the JSON of the image lacks a text")
}

fn gunzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut unpacked = Vec::new();
    let read = GzDecoder::new(bytes)
        .take(MOST_UNPACKED)
        .read_to_end(&mut unpacked)
        .context("the image's layer is not gzip")?;
    ensure!((read as u64) < MOST_UNPACKED, "the image's layer unpacks to more than {MOST_UNPACKED} bytes");
    Ok(unpacked)
}
