//! Whether the data directory can be used. What keeps it from being used is said with the command that mends it, before anything
//! else fails on it.

use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use anyhow::{Result, bail};

/// File systems of another machine, by the number that Linux gives them (`statfs(2)`). Their locks and syncs do not hold what
/// SQLite's write-ahead log needs.
const NETWORKED: &[(u64, &str)] = &[
    (0x6969, "NFS"),
    (0xFF53_4D42, "CIFS"),
    (0xFE53_4D42, "SMB"),
    (0x517B, "SMB"),
    (0x5346_414F, "AFS"),
    (0x0102_1997, "9P"),
];

/// Checks that `folder` is a local folder in which this process can write.
///
/// # Errors
/// The cause, and the command or setting that mends it.
pub(super) fn check(folder: &Path) -> Result<()> {
    let name = folder.display();
    let found = match std::fs::metadata(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            bail!("DATA_DIR {name} does not exist: create it, or mount a volume there")
        }
        Err(error) => bail!("DATA_DIR {name} cannot be read: {}", error.kind()),
        Ok(found) if !found.is_dir() => bail!("DATA_DIR {name} is no folder"),
        Ok(found) => found,
    };
    if let Some(kind) = networked(folder) {
        bail!(
            "DATA_DIR {name} is on a network file system ({kind}), which can damage the database: use a local volume"
        );
    }
    let probe = folder.join(".writable");
    if let Err(error) = File::create(&probe) {
        let own = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
        bail!("DATA_DIR {name} is not writable: {}", advice(error.kind(), (found.uid(), found.mode()), own));
    }
    // A file that is left over is empty and overwritten by the next start.
    let _ = std::fs::remove_file(probe);
    Ok(())
}

/// The kind of network file system that the folder is on; `None` for a local one.
fn networked(folder: &Path) -> Option<&'static str> {
    let number = u64::try_from(rustix::fs::statfs(folder).ok()?.f_type).ok()?;
    NETWORKED.iter().find(|(known, _)| *known == number).map(|(_, kind)| *kind)
}

/// The advice for a folder with this owner and mode, in which a process with the ids `own` cannot write.
fn advice(error: ErrorKind, (owner, mode): (u32, u32), own: (u32, u32)) -> String {
    let (uid, gid) = own;
    match error {
        ErrorKind::ReadOnlyFilesystem => "it is mounted read-only; remove `:ro` from its volume".to_owned(),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "its disk is full".to_owned(),
        ErrorKind::PermissionDenied if owner != uid => {
            format!("it belongs to user {owner}, this process is user {uid}; run `chown -R {uid}:{gid}` on it")
        }
        ErrorKind::PermissionDenied if mode & 0o200 == 0 => {
            "its owner may not write; run `chmod u+rwx` on it".to_owned()
        }
        ErrorKind::PermissionDenied => {
            "its owner may write, but the system denies it, as SELinux does; add `:Z` to its volume, or run \
             `chcon -Rt container_file_t` on it"
                .to_owned()
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{Permissions, set_permissions};
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_local_folder_passes_and_nothing_is_left_in_it() {
        let folder = tempfile::tempdir().unwrap();
        check(folder.path()).unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_missing_folder_and_a_file_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("missing");
        assert!(check(&missing).unwrap_err().to_string().contains("does not exist: create it"));
        std::fs::write(&missing, "x").unwrap();
        assert!(check(&missing).unwrap_err().to_string().contains("is no folder"));
    }

    #[test]
    fn a_folder_without_write_permission_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        set_permissions(folder.path(), Permissions::from_mode(0o500)).unwrap();
        // Root may write everywhere.
        if rustix::process::geteuid().is_root() {
            return;
        }
        let error = check(folder.path()).unwrap_err().to_string();
        assert!(error.contains("is not writable") && error.contains("chmod u+rwx"), "{error}");
    }

    /// A file system without write access that the kernel always has.
    #[test]
    fn a_read_only_or_virtual_file_system_is_refused() {
        assert!(check(Path::new("/proc/self")).unwrap_err().to_string().contains("is not writable"));
        assert_eq!(networked(Path::new("/proc")), None);
    }

    #[test]
    fn every_cause_has_its_own_advice() {
        let own = (65_532, 65_532);
        for (error, folder, words) in [
            (ErrorKind::PermissionDenied, (0, 0o755), "chown -R 65532:65532"),
            (ErrorKind::PermissionDenied, (65_532, 0o555), "chmod u+rwx"),
            (ErrorKind::PermissionDenied, (65_532, 0o755), ":Z"),
            (ErrorKind::ReadOnlyFilesystem, (65_532, 0o755), "`:ro`"),
            (ErrorKind::StorageFull, (65_532, 0o755), "full"),
        ] {
            let said = advice(error, folder, own);
            assert!(said.contains(words), "{said}");
        }
    }
}
