//! The sidecar's image, written without a base image: files → one layer → configuration → manifest → one archive that
//! `docker load`, podman and skopeo accept.

mod files;
mod oci;
mod read;
mod recipe;

pub(crate) use files::files;
pub(crate) use read::read;
pub(crate) use recipe::Recipe;

use std::io::Write as _;

use anyhow::Result;
use flate2::{Compression, GzBuilder};
use serde_json::json;

use crate::arch::Arch;
use crate::archive::{self, Entry};
use crate::digest;
use crate::manifest::IMAGE;
use crate::source::Source;

/// An image as it is published.
pub(crate) struct Image {
    /// The archive: docker-archive and OCI layout in one, with shared blobs.
    pub(crate) archive: Vec<u8>,
    /// Name of the image for Docker's classic store and for podman.
    pub(crate) config_digest: String,
    /// Name of the image for Docker's containerd store.
    pub(crate) manifest_digest: String,
    /// Bytes of the compressed layer.
    pub(crate) compressed_bytes: u64,
    /// Bytes of all files.
    pub(crate) unpacked_bytes: u64,
}

/// Builds the image of `files`. The same arguments produce the same bytes.
pub(crate) fn build(recipe: &Recipe, arch: Arch, source: &Source, files: &[Entry]) -> Result<Image> {
    let layer = archive::write(files, source.epoch)?;
    let packed = gzip(&layer)?;
    let config = oci::json(&oci::config(recipe, arch, source, &digest::oci(&layer))?)?;
    let manifest = oci::json(&oci::manifest(&config, &packed))?;
    let reference = format!("{IMAGE}:{}", source.version);
    let index = oci::json(&oci::index(&manifest, arch, &reference, &source.version))?;
    let docker = oci::json(&json!([{
        "Config": blob(&config),
        "RepoTags": [reference],
        "Layers": [blob(&packed)],
    }]))?;
    let mut blobs = [&config, &manifest, &packed].map(|bytes| Entry::file(blob(bytes), 0o644, bytes.clone()));
    blobs.sort_by(|a, b| a.path.cmp(&b.path));
    let mut entries = vec![Entry::directory("blobs/"), Entry::directory("blobs/sha256/")];
    entries.extend(blobs);
    entries.push(Entry::file("index.json", 0o644, index));
    entries.push(Entry::file("manifest.json", 0o644, docker));
    entries.push(Entry::file("oci-layout", 0o644, oci::json(&json!({ "imageLayoutVersion": "1.0.0" }))?));
    Ok(Image {
        archive: archive::write(&entries, source.epoch)?,
        config_digest: digest::oci(&config),
        manifest_digest: digest::oci(&manifest),
        compressed_bytes: packed.len() as u64,
        unpacked_bytes: files.iter().map(|file| file.bytes.len() as u64).sum(),
    })
}

/// The path of a blob in the archive.
fn blob(bytes: &[u8]) -> String {
    format!("blobs/sha256/{}", digest::sha256(bytes))
}

/// Without time and name and with a fixed level, so that the header does not depend on the machine.
fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = GzBuilder::new().mtime(0).write(Vec::new(), Compression::new(9));
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn source() -> Source {
        Source { commit: "c".repeat(40), epoch: 1_790_000_000, version: "1.2.3".into(), clean: true }
    }

    pub(crate) fn sample() -> Image {
        let recipe = Recipe::read(include_str!("../../../../sidecar-image/image.toml")).unwrap();
        build(&recipe, Arch::Amd64, &source(), &files(b"binary".to_vec(), "licences".into())).unwrap()
    }

    #[test]
    fn the_same_arguments_produce_the_same_bytes() {
        assert_eq!(sample().archive, sample().archive);
    }

    #[test]
    fn reads_what_was_built() {
        let image = sample();
        let contents = read(&image.archive).unwrap();
        assert_eq!(contents.config_digest, image.config_digest);
        assert_eq!(contents.manifest_digest, image.manifest_digest);
        assert_eq!(contents.architecture, "amd64");
        assert_eq!(contents.reference, "chefstackz/zammad-connector:1.2.3");
        assert_eq!(contents.files, files(b"binary".to_vec(), "licences".into()));
        assert_eq!(contents.user, "65532:0");
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig { cases: 300, failure_persistence: None, ..Default::default() })]

        #[test]
        fn detects_a_flipped_byte_of_the_archive(at: proptest::sample::Index, by in 1_u8..) {
            let good = sample();
            let at = at.index(good.archive.len());
            let mut bad = good.archive.clone();
            bad[at] ^= by;
            let seen = read(&bad).map_or(true, |read| {
                (&read.config_digest, &read.manifest_digest) != (&good.config_digest, &good.manifest_digest)
            });
            // Texts that nothing refers to by digest, such as the annotations of the index, are covered by the sums of the kit.
            let unnamed = ["index.json", "manifest.json", "oci-layout"];
            proptest::prop_assert!(seen || unnamed.iter().any(|name| lies_in(&good.archive, name, at)), "byte {at}");
        }
    }

    fn lies_in(archive: &[u8], name: &str, at: usize) -> bool {
        let starts =
            (0..archive.len()).step_by(512).find(|start| archive[*start..].starts_with(name.as_bytes())).unwrap();
        (starts..starts + 2048).contains(&at)
    }
}
