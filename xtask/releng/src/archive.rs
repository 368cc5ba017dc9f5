//! Deterministic archives: ustar (POSIX.1-1988), entries in the given order, one time for all, no owner names.

use anyhow::{Context, Result};
use tar::{Builder, EntryType, Header};

/// One entry of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Relative, without `./`; directories end in `/`.
    pub(crate) path: String,
    /// Permission bits.
    pub(crate) mode: u32,
    /// Owner.
    pub(crate) uid: u64,
    /// Group.
    pub(crate) gid: u64,
    /// Empty for a directory.
    pub(crate) bytes: Vec<u8>,
}

impl Entry {
    /// A file owned by root.
    pub(crate) fn file(path: impl Into<String>, mode: u32, bytes: impl Into<Vec<u8>>) -> Self {
        Self { path: path.into(), mode, uid: 0, gid: 0, bytes: bytes.into() }
    }

    /// A directory owned by root, mode 755.
    pub(crate) fn directory(path: impl Into<String>) -> Self {
        Self { path: path.into(), mode: 0o755, uid: 0, gid: 0, bytes: Vec::new() }
    }

    pub(crate) fn is_directory(&self) -> bool {
        self.path.ends_with('/')
    }
}

/// Writes an archive of these entries; each gets `mtime`, in seconds since 1970.
pub(crate) fn write(entries: &[Entry], mtime: u64) -> Result<Vec<u8>> {
    let mut builder = Builder::new(Vec::new());
    for entry in entries {
        let mut header = Header::new_ustar();
        header.set_path(&entry.path).with_context(|| format!("{} is too long for ustar", entry.path))?;
        header.set_entry_type(if entry.is_directory() { EntryType::Directory } else { EntryType::Regular });
        header.set_mode(entry.mode);
        header.set_uid(entry.uid);
        header.set_gid(entry.gid);
        header.set_mtime(mtime);
        header.set_size(entry.bytes.len() as u64);
        header.set_cksum();
        builder.append(&header, entry.bytes.as_slice())?;
    }
    Ok(builder.into_inner()?)
}

/// Reads an archive that [`write()`] could have written. Anything else is refused: links, devices, long-name extensions,
/// absolute or climbing paths, the same path twice, bytes after the end.
pub(crate) fn read(bytes: &[u8]) -> Result<(Vec<Entry>, u64)> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut mtime = 0;
    let mut archive = tar::Archive::new(bytes);
    // Raw, so that no extension is applied before it is checked.
    for found in archive.entries()?.raw(true) {
        let mut found = found.context("the archive is damaged")?;
        let header = found.header().clone();
        let path = String::from_utf8(header.path_bytes().into_owned()).context("a name in the archive is no UTF-8")?;
        let kind = header.entry_type();
        anyhow::ensure!(is_plain(&path), "the archive has a member with an unsafe path: {path:?}");
        let is_directory = kind == EntryType::Directory;
        anyhow::ensure!(
            (kind == EntryType::Regular && !path.ends_with('/')) || (is_directory && path.ends_with('/')),
            "the archive's member {path:?} is neither a file nor a directory"
        );
        anyhow::ensure!(!entries.iter().any(|entry| entry.path == path), "the archive has {path:?} twice");
        mtime = header.mtime()?;
        let mut content = Vec::new();
        std::io::Read::read_to_end(&mut found, &mut content).with_context(|| format!("{path:?} is cut short"))?;
        anyhow::ensure!(content.len() as u64 == header.size()?, "{path:?} is cut short");
        entries.push(Entry { path, mode: header.mode()?, uid: header.uid()?, gid: header.gid()?, bytes: content });
    }
    // Written again it must be identical, so that nothing hides in padding, in headers or after the end.
    let again = write(&entries, mtime)?;
    anyhow::ensure!(again == bytes, "the archive has bytes that belong to no member");
    Ok((entries, mtime))
}

/// Checks that only root may write the members, and that none has a set-user-id bit or its kind.
///
/// # Errors
/// The first member with other permission bits.
pub(crate) fn has_plain_modes(entries: &[Entry]) -> Result<()> {
    match entries.iter().find(|entry| ![0o644, 0o755].contains(&entry.mode) || entry.uid != 0 || entry.gid != 0) {
        Some(entry) => anyhow::bail!("the archive's member {:?} has mode {:o}", entry.path, entry.mode),
        None => Ok(()),
    }
}

fn is_plain(path: &str) -> bool {
    let inner = path.strip_suffix('/').unwrap_or(path);
    let allowed = |character: char| character.is_ascii_alphanumeric() || "._-/".contains(character);
    !inner.is_empty()
        && inner.chars().all(allowed)
        && inner.split('/').all(|part| !part.is_empty() && part != "." && part != "..")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Vec<Entry> {
        vec![Entry::directory("a/"), Entry::file("a/b", 0o644, *b"content"), Entry::file("c", 0o755, *b"")]
    }

    #[test]
    fn reads_what_was_written() {
        let bytes = write(&sample(), 1_700_000_000).unwrap();
        assert_eq!(read(&bytes).unwrap(), (sample(), 1_700_000_000));
        assert_eq!(bytes, write(&sample(), 1_700_000_000).unwrap());
    }

    #[test]
    fn every_flipped_byte_is_rejected_or_changes_the_result() {
        let good = write(&sample(), 1_700_000_000).unwrap();
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1;
            assert!(read(&bad).map_or(true, |read| read != (sample(), 1_700_000_000)), "byte {at}");
        }
    }

    #[test]
    fn unsafe_members_are_named() {
        for path in ["/etc/passwd", "../up", "a/../../up", "a//b", "./a", "a b", "a\u{0}b"] {
            assert!(!is_plain(path), "{path:?}");
        }
        let hostile = |path: &[u8], kind: EntryType| {
            let mut header = Header::new_ustar();
            header.as_mut_bytes()[..path.len()].copy_from_slice(path);
            header.set_entry_type(kind);
            header.set_size(0);
            header.set_mode(0o644);
            header.set_uid(0);
            header.set_gid(0);
            header.set_mtime(0);
            header.set_cksum();
            let mut bytes = header.as_bytes().to_vec();
            bytes.resize(bytes.len() + 1024, 0);
            read(&bytes).unwrap_err().to_string()
        };
        assert!(hostile(b"../../up", EntryType::Regular).contains("unsafe path: \"../../up\""));
        assert!(hostile(b"link", EntryType::Symlink).contains("\"link\" is neither"));
        assert!(hostile(b"link", EntryType::Link).contains("neither"));
    }

    #[test]
    fn bytes_after_the_end_are_seen() {
        let mut bytes = write(&sample(), 0).unwrap();
        bytes.extend([0; 512]);
        assert!(read(&bytes).unwrap_err().to_string().contains("belong to no member"));
        let cut = write(&sample(), 0).unwrap();
        assert!(read(&cut[..cut.len() - 512]).is_err());
        assert!(read(&cut[..700]).is_err());
    }
}
