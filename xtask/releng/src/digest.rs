//! SHA-256 digests in the forms that a release uses.

use std::path::Path;

use anyhow::{Context, Result};
use sha2::{Digest as _, Sha256};

/// 64 hex digits.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// In the form of OCI: `sha256:` and 64 hex digits.
pub(crate) fn oci(bytes: &[u8]) -> String {
    format!("sha256:{}", sha256(bytes))
}

/// The bytes of a file. The error names the file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}
