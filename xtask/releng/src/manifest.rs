//! `release.json`: the content of a release, by digest. The same file is published beside the kits and inside each of them. The
//! digests of the kits cannot be inside; they are in the published `SHA256SUMS`. The JSON Schema is
//! `docs/schema/release.json`.

use anyhow::{Context, Result, ensure};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::source::check_version;

/// The product's name in file names and image references.
pub(crate) const PRODUCT: &str = "chefstackz-zammad-connector";
/// The image's repository name, without a registry: images are shipped as tarballs.
pub(crate) const IMAGE: &str = "chefstackz/zammad-connector";
/// The format version of this file; raised when a field is removed or changes its meaning.
pub(crate) const FORMAT: u32 = 1;

/// A release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Release {
    /// The format version of this file, [`FORMAT`].
    pub(crate) format: u32,
    /// [`PRODUCT`].
    pub(crate) product: String,
    /// Semantic version, without `v`; the git tag is `v` + this.
    pub(crate) version: String,
    /// The commit it was built from, 40 hex digits.
    pub(crate) commit: String,
    /// The commit's time in seconds since 1970, which is the time of every file in every archive.
    pub(crate) source_date_epoch: u64,
    /// The previous release, for a rollback; none for the first.
    pub(crate) previous: Option<Previous>,
    /// One for each architecture.
    pub(crate) images: Vec<Image>,
    /// The Forge app.
    pub(crate) forge: Forge,
}

/// The sidecar's image for one architecture. Engines name a loaded image by different digests, so three are published:
/// Docker's classic store and podman show `config_digest`, Docker's containerd store `manifest_digest`.
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
    /// Version of Debian's glibc that is linked in.
    pub(crate) libc: String,
    /// SHA-256 of the kit's `sbom-connector.cdx.json` for this architecture, 64 hex digits.
    pub(crate) sbom_sha256: String,
}

/// The previous release, by the digests that an engine shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Previous {
    /// Semantic version.
    pub(crate) version: String,
    /// Its images.
    pub(crate) images: Vec<ImageName>,
    /// The scopes of its Forge app: an additional one needs every admin's consent.
    pub(crate) scopes: Vec<String>,
}

/// The digests by which engines name an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ImageName {
    /// `amd64` or `arm64`.
    pub(crate) arch: String,
    /// `sha256:…` of the image's configuration.
    pub(crate) config_digest: String,
    /// `sha256:…` of the image's OCI manifest.
    pub(crate) manifest_digest: String,
}

/// The Forge app of the release: built and uploaded once under its tag, then deployed to one environment after another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Forge {
    /// `forge build -t` and `forge deploy -t`: `v` + version.
    pub(crate) tag: String,
    /// SHA-256 over the bundle's files in order of their names, 64 hex digits.
    pub(crate) bundle_sha256: String,
    /// The scopes in the manifest, sorted: one more than the last release has needs every admin's consent.
    pub(crate) scopes: Vec<String>,
    /// Whether the manifest declares anything under `permissions.external`, remotes or providers: `false`, always.
    pub(crate) egress: bool,
    /// SHA-256 of `sbom-forge.cdx.json`, 64 hex digits.
    pub(crate) sbom_sha256: String,
}

impl Release {
    /// The file's text.
    pub(crate) fn to_json(&self) -> Result<Vec<u8>> {
        let mut text = serde_json::to_vec_pretty(self).context("release.json")?;
        text.push(b'\n');
        Ok(text)
    }

    /// Reads the file's text. Unknown fields are an error, because a checker must not ignore one.
    ///
    /// The error names the field and quotes no value.
    pub(crate) fn read(text: &[u8]) -> Result<Self> {
        let release: Self = serde_json::from_slice(text).context("release.json has an unknown format")?;
        ensure!(release.format == FORMAT, "release.json has format {}, this program knows {FORMAT}", release.format);
        ensure!(release.product == PRODUCT, "release.json is of another product");
        check_version(&release.version)?;
        Ok(release)
    }

    /// The entry `previous` of the next release.
    pub(crate) fn as_previous(&self) -> Previous {
        let name = |image: &Image| ImageName {
            arch: image.arch.clone(),
            config_digest: image.config_digest.clone(),
            manifest_digest: image.manifest_digest.clone(),
        };
        Previous {
            version: self.version.clone(),
            images: self.images.iter().map(name).collect(),
            scopes: self.forge.scopes.clone(),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn release() -> Release {
        let digest = |digit: char| digit.to_string().repeat(64);
        let image = |arch: &str| Image {
            arch: arch.into(),
            file: format!("connector-1.2.3-linux-{arch}.image.tar"),
            tarball_sha256: digest('1'),
            config_digest: format!("sha256:{}", digest('2')),
            manifest_digest: format!("sha256:{}", digest('3')),
            compressed_bytes: 5_000_000,
            unpacked_bytes: 9_000_000,
            binary_sha256: digest('4'),
            rustc: "rustc 1.95.0".into(),
            libc: "2.36-9".into(),
            sbom_sha256: digest('5'),
        };
        let forge = Forge {
            tag: "v1.2.3".into(),
            bundle_sha256: digest('6'),
            scopes: vec!["read:jira-work".into()],
            egress: false,
            sbom_sha256: digest('7'),
        };
        let release = Release {
            format: FORMAT,
            product: PRODUCT.into(),
            version: "1.2.3".into(),
            commit: "c".repeat(40),
            source_date_epoch: 1_790_000_000,
            previous: None,
            images: vec![image("amd64")],
            forge,
        };
        let before = Release { version: "1.2.2".into(), ..release.clone() };
        Release { previous: Some(before.as_previous()), ..release }
    }

    #[test]
    fn reads_what_was_written() {
        let text = release().to_json().unwrap();
        assert_eq!(Release::read(&text).unwrap(), release());
    }

    #[test]
    fn rejects_other_formats_and_products() {
        let change = |from: &str, to: &str| {
            let text = String::from_utf8(release().to_json().unwrap()).unwrap().replacen(from, to, 1);
            Release::read(text.as_bytes()).unwrap_err().to_string()
        };
        assert!(change("\"format\": 1", "\"format\": 2").contains("format 2"));
        assert!(change(PRODUCT, "other").contains("another product"));
        assert!(change("\"version\": \"1.2.3\"", "\"version\": \"../1\"").contains("form 1.2.3"));
        assert!(change("\"format\": 1", "\"format\": 1, \"more\": 1").contains("unknown format"));
    }

    /// `cargo xtask schema` writes the file again; its diff is reviewed.
    #[test]
    fn the_published_schema_is_this_one() {
        let path = xtask::run::root().join("docs/schema/release.json");
        let schema = serde_json::to_string_pretty(&schemars::schema_for!(Release)).unwrap() + "\n";
        if xtask::environment::plain("UPDATE_GOLDEN").is_some() {
            std::fs::write(&path, &schema).unwrap();
        }
        assert_eq!(std::fs::read_to_string(path).unwrap(), schema);
    }
}
