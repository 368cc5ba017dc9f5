//! The publishing target: `index.json` and one folder for each version, on a disk or in an object store.

use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt as _, PutMode, PutOptions, UpdateVersion};
use serde::{Deserialize, Serialize};
use url::Url;
use xtask::environment;
use xtask::secret::REDACTED;

use super::checks::parts;
use crate::manifest::{Previous, Release};
use crate::{digest, kit, sign};

const INDEX: &str = "index.json";
/// Two releases at once can both write the index; more tries than this have another cause.
const TRIES: usize = 5;

/// The published versions, newest last.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Index {
    versions: Vec<Entry>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Entry {
    version: String,
    /// SHA-256 of the version's `SHA256SUMS`.
    sums_sha256: String,
}

/// A place to publish to.
pub(super) struct Target {
    store: Arc<dyn ObjectStore>,
    base: Path,
}

impl Target {
    /// `to` is a folder, or a URL of a scheme that the object store library knows. Credentials come from the environment.
    pub(super) fn open(to: &str) -> Result<Self> {
        if !to.contains("://") {
            std::fs::create_dir_all(to).with_context(|| format!("cannot make {to}"))?;
            let store = object_store::local::LocalFileSystem::new_with_prefix(to)?.with_fsync(true);
            return Ok(Self { store: Arc::new(store), base: Path::default() });
        }
        let _ = rustls::crypto::ring::default_provider().install_default();
        let url = Url::parse(to).context("--to is neither a folder nor a URL")?;
        ensure!(url.password().is_none(), "--to must not contain credentials: set them in the environment");
        let settings = environment::all();
        let settings = settings.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.expose().to_owned()));
        // The library's error can quote a setting.
        let (store, base) = object_store::parse_url_opts(&url, settings)
            .map_err(|error| anyhow::anyhow!("{} cannot be published to: {}", url.scheme(), kind(&error)))?;
        Ok(Self { store: Arc::from(store), base })
    }

    fn path(&self, folder: &str, name: &str) -> Path {
        let base = if folder.is_empty() { self.base.clone() } else { self.base.clone().join(folder) };
        base.join(name)
    }

    /// Puts a file. It may exist with the same bytes, not with others. Returns which of the two it was.
    pub(super) async fn put(&self, folder: &str, name: &str, bytes: Vec<u8>) -> Result<&'static str> {
        let path = self.path(folder, name);
        if let Some(there) = self.find(&path).await? {
            ensure!(there == bytes, "{path} is published already, with other bytes: a published version never changes");
            return Ok("there already, the same bytes");
        }
        match self.store.put_opts(&path, bytes.clone().into(), PutMode::Create.into()).await {
            Ok(_) => Ok("put"),
            // Another process was faster: then the bytes must be the same.
            Err(Error::AlreadyExists { .. }) => {
                ensure!(self.find(&path).await? == Some(bytes), "{path} was just published with other bytes");
                Ok("there already, the same bytes")
            }
            // A plain HTTP server has no conditional writes; the check above has found no file.
            Err(Error::NotImplemented { .. }) => {
                self.store.put(&path, bytes.into()).await.map_err(|error| failed("put", &path, &error))?;
                Ok("put")
            }
            Err(error) => Err(failed("put", &path, &error)),
        }
    }

    /// A published file.
    pub(super) async fn get(&self, folder: &str, name: &str) -> Result<Vec<u8>> {
        let path = self.path(folder, name);
        self.find(&path).await?.with_context(|| format!("{path} is not there"))
    }

    async fn find(&self, path: &Path) -> Result<Option<Vec<u8>>> {
        match self.store.get(path).await {
            Ok(found) => Ok(Some(found.bytes().await.map_err(|error| failed("read", path, &error))?.to_vec())),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(failed("read", path, &error)),
        }
    }

    /// The newest published release before `version`, its `release.json` checked by its signed sums.
    pub(super) async fn newest_before(&self, version: &str, allowed_signers: &str) -> Result<Option<Previous>> {
        let (index, _) = self.index().await?;
        let before = index.versions.iter().filter(|entry| entry.version != version);
        let Some(newest) = before.max_by_key(|entry| parts(&entry.version)) else { return Ok(None) };
        let folder = format!("v{}", newest.version);
        let sums = self.get(&folder, kit::SUMS).await?;
        let signature =
            String::from_utf8(self.get(&folder, kit::SIGNATURE).await?).context("the signature is no text")?;
        sign::verify(&sums, &signature, allowed_signers).with_context(|| format!("{folder} at the target"))?;
        ensure!(digest::sha256(&sums) == newest.sums_sha256, "{folder} is not the release that was announced");
        let text = self.get(&folder, "release.json").await?;
        let listed = format!("{}  release.json", digest::sha256(&text));
        ensure!(String::from_utf8_lossy(&sums).lines().any(|line| line == listed), "{folder}/release.json was changed");
        Ok(Some(Release::read(&text)?.as_previous()))
    }

    /// Adds `version` to the index. Adding it again changes nothing; adding it with other sums is refused.
    pub(super) async fn announce(&self, version: &str, sums_sha256: &str) -> Result<()> {
        for _ in 0..TRIES {
            let (mut index, read) = self.index().await?;
            if let Some(entry) = index.versions.iter().find(|entry| entry.version == version) {
                ensure!(entry.sums_sha256 == sums_sha256, "{version} is announced already, with other sums");
                return Ok(());
            }
            index.versions.push(Entry { version: version.into(), sums_sha256: sums_sha256.into() });
            index.versions.sort_by_key(|entry| parts(&entry.version));
            let mut text = serde_json::to_vec_pretty(&index)?;
            text.push(b'\n');
            let path = self.path("", INDEX);
            let mode = read.map_or(PutMode::Create, PutMode::Update);
            match self.store.put_opts(&path, text.clone().into(), mode.into()).await {
                Ok(_) => return Ok(()),
                Err(Error::Precondition { .. } | Error::AlreadyExists { .. }) => {}
                // A disk or a plain HTTP server has no conditional writes. The release job's concurrency group runs one at a time.
                Err(Error::NotImplemented { .. }) => {
                    self.store
                        .put_opts(&path, text.into(), PutOptions::default())
                        .await
                        .map_err(|error| failed("put", &path, &error))?;
                    return Ok(());
                }
                Err(error) => return Err(failed("put", &path, &error)),
            }
        }
        bail!("the index at the target changes faster than it can be written")
    }

    async fn index(&self) -> Result<(Index, Option<UpdateVersion>)> {
        let path = self.path("", INDEX);
        match self.store.get(&path).await {
            Ok(found) => {
                let version = UpdateVersion { e_tag: found.meta.e_tag.clone(), version: found.meta.version.clone() };
                let text = found.bytes().await.map_err(|error| failed("read", &path, &error))?;
                Ok((
                    serde_json::from_slice(&text).context("the target's index.json has another format")?,
                    Some(version),
                ))
            }
            Err(Error::NotFound { .. }) => Ok((Index::default(), None)),
            Err(error) => Err(failed("read", &path, &error)),
        }
    }
}

/// The error of a request. It quotes the library's text, but no query of a URL: that can hold a signature.
fn failed(what: &str, path: &Path, error: &Error) -> anyhow::Error {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    anyhow::anyhow!("cannot {what} {path}: {}", without_queries(&environment::redact(&text)))
}

/// `text` with a placeholder in place of whatever follows a `?` up to the next blank.
fn without_queries(text: &str) -> String {
    let words = text.split(' ').map(|word| match word.split_once('?') {
        Some((address, query)) if !query.is_empty() => format!("{address}?{REDACTED}"),
        _ => word.to_owned(),
    });
    words.collect::<Vec<_>>().join(" ")
}

/// The kind of an error, without the setting that it quotes.
fn kind(error: &Error) -> &'static str {
    match error {
        Error::NotSupported { .. } | Error::NotImplemented { .. } => "not supported",
        Error::InvalidPath { .. } => "invalid path",
        Error::UnknownConfigurationKey { .. } => "unknown setting",
        _ => "a setting or the address is invalid",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn target() -> (tempfile::TempDir, Target) {
        let folder = tempfile::tempdir().unwrap();
        let target = Target::open(folder.path().to_str().unwrap()).unwrap();
        (folder, target)
    }

    #[tokio::test]
    async fn accepts_the_same_bytes_again_and_refuses_others() {
        let (folder, target) = target().await;
        assert_eq!(target.put("v1.0.0", "a", b"x".to_vec()).await.unwrap(), "put");
        assert_eq!(target.put("v1.0.0", "a", b"x".to_vec()).await.unwrap(), "there already, the same bytes");
        let refused = target.put("v1.0.0", "a", b"y".to_vec()).await.unwrap_err().to_string();
        assert!(refused.contains("v1.0.0/a is published already, with other bytes"), "{refused}");
        assert_eq!(std::fs::read(folder.path().join("v1.0.0/a")).unwrap(), b"x");
    }

    #[tokio::test]
    async fn announces_once_in_order() {
        let (folder, target) = target().await;
        for (version, sums) in [("1.10.0", "c"), ("1.2.0", "a"), ("1.10.0", "c")] {
            target.announce(version, sums).await.unwrap();
        }
        assert!(target.announce("1.2.0", "other").await.is_err());
        let index: Index = serde_json::from_slice(&std::fs::read(folder.path().join(INDEX)).unwrap()).unwrap();
        assert_eq!(index.versions.iter().map(|entry| entry.version.as_str()).collect::<Vec<_>>(), ["1.2.0", "1.10.0"]);
    }

    #[tokio::test]
    async fn requires_a_signature_of_the_release_before() {
        let (_folder, target) = target().await;
        let signer = sign::tests::signer(1);
        let release = crate::manifest::tests::release().to_json().unwrap();
        let sums = kit::sums([("release.json", release.as_slice())].into_iter());
        target.put("v1.2.3", "release.json", release).await.unwrap();
        target.put("v1.2.3", kit::SUMS, sums.clone().into_bytes()).await.unwrap();
        target.put("v1.2.3", kit::SIGNATURE, signer.ssh(sums.as_bytes()).unwrap().into_bytes()).await.unwrap();
        target.announce("1.2.3", &digest::sha256(sums.as_bytes())).await.unwrap();
        let allowed = signer.allowed_signers().unwrap();
        let found = target.newest_before("1.3.0", &allowed).await.unwrap().unwrap();
        assert_eq!(found.version, "1.2.3");
        assert!(target.newest_before("1.2.3", &allowed).await.unwrap().is_none(), "a version is not before itself");
        let other = sign::tests::signer(2).allowed_signers().unwrap();
        assert!(target.newest_before("1.3.0", &other).await.is_err());
    }

    #[test]
    fn errors_show_no_query() {
        let text = without_queries("GET https://a.example/b?sig=secret&x=1 in 2 ms: what?");
        assert_eq!(text, "GET https://a.example/b?[redacted] in 2 ms: what?");
    }

    #[test]
    fn refuses_addresses_with_credentials_or_of_unknown_schemes() {
        for bad in ["s3://user:secret@bucket", "gopher://x", "https://"] {
            let error = format!("{:#}", Target::open(bad).err().unwrap());
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
