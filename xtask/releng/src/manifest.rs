//! `release.json`: what a release is made of, by digest. The same bytes lie beside the published kits and inside each of
//! them; the kits' own sums, which cannot lie inside, are in the published `SHA256SUMS`. Its JSON Schema is
//! `docs/schema/release.json`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The product's name in file names and image references.
pub(crate) const PRODUCT: &str = "chefstackz-zammad-connector";
/// The image's repository name, without a registry: images come as tarballs.
pub(crate) const IMAGE: &str = "chefstackz/zammad-connector";
/// The form of this file; raised when a field is removed or changes its meaning.
pub(crate) const FORMAT: u32 = 1;

/// A release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Release {
    /// The form of this file, [`FORMAT`].
    pub(crate) format: u32,
    /// [`PRODUCT`].
    pub(crate) product: String,
    /// Semantic version, without `v`; the git tag is `v` + this.
    pub(crate) version: String,
    /// The commit it was built from, 40 hex digits.
    pub(crate) commit: String,
    /// The commit's time in seconds since 1970: the time of every file in every archive.
    pub(crate) source_date_epoch: u64,
    /// The release before, for rolling back; none for the first.
    pub(crate) previous: Option<String>,
    /// One for each architecture.
    pub(crate) images: Vec<Image>,
    /// The Jira side.
    pub(crate) forge: Forge,
}

/// The sidecar's image for one architecture. Engines name a loaded image by different digests, so three are published:
/// Docker's classic store shows `config_digest`, its containerd store and podman `manifest_digest`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Image {
    /// `amd64` or `arm64`, as OCI names them.
    pub(crate) arch: String,
    /// Name of the archive in the kit.
    pub(crate) file: String,
    /// SHA-256 of the archive, 64 hex digits.
    pub(crate) tarball_sha256: String,
    /// `sha256:…` of the image's configuration.
    pub(crate) config_digest: String,
    /// `sha256:…` of the image's OCI manifest.
    pub(crate) manifest_digest: String,
    /// Bytes of the compressed layers.
    pub(crate) compressed_bytes: u64,
    /// Bytes of the files in the image.
    pub(crate) unpacked_bytes: u64,
    /// SHA-256 of the binary `connector`, 64 hex digits.
    pub(crate) binary_sha256: String,
    /// The compiler, as `rustc --version` prints it.
    pub(crate) rustc: String,
    /// SHA-256 of the kit's `sbom-connector.cdx.json` for this architecture, 64 hex digits.
    pub(crate) sbom_sha256: String,
}

/// The Forge app of the release: built and uploaded once under its tag, then deployed to one environment after another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Forge {
    /// `forge build -t` and `forge deploy -t`: `v` + version.
    pub(crate) tag: String,
    /// SHA-256 over the bundle's files in order of their names, 64 hex digits.
    pub(crate) bundle_sha256: String,
    /// Scopes the manifest asks for, sorted: one more than the last release needs every admin's consent.
    pub(crate) scopes: Vec<String>,
    /// Whether the manifest declares anything under `permissions.external`, remotes or providers: `false`, always.
    pub(crate) egress: bool,
    /// SHA-256 of `sbom-forge.cdx.json`, 64 hex digits.
    pub(crate) sbom_sha256: String,
}
