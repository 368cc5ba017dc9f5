//! Reads a secret by value or from a file that only its owner and group can read, never both.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use redaction::Sensitive;

use super::{Fault, Sources};

/// Largest file of a secret, in bytes.
const LARGEST: u64 = 4_096;

/// Reads `name` or the file named by `name_FILE`. `Ok(None)` if neither is set.
pub(super) fn read(sources: &Sources, name: &str) -> Result<Option<Sensitive<String>>, Fault> {
    let file = sources.environment.get(&format!("{name}_FILE"));
    match (sources.environment.get(name), file) {
        (Some(_), Some(_)) => Err(Fault::new(name, format!("is given twice, here and as {name}_FILE; keep one"))),
        (Some(value), None) => Ok(Some(Sensitive::new(value.clone()))),
        (None, Some(path)) => {
            from_file(Path::new(path)).map(Some).map_err(|reason| Fault::new(&format!("{name}_FILE"), reason))
        }
        (None, None) => Ok(None),
    }
}

/// Reads a regular file that is not accessible to others. It is checked before it is opened: opening a FIFO would block.
fn from_file(path: &Path) -> Result<Sensitive<String>, String> {
    let metadata = fs::symlink_metadata(path).map_err(|error| format!("cannot be read: {}", error.kind()))?;
    if metadata.is_symlink() {
        return Err("is a symbolic link; name the file itself".into());
    }
    if !metadata.is_file() {
        return Err("is not a regular file".into());
    }
    if metadata.mode() & 0o007 != 0 {
        return Err("is accessible to everybody; run chmod 600 on it".into());
    }
    if metadata.len() > LARGEST {
        return Err(format!("is larger than {LARGEST} bytes"));
    }
    let text = fs::read_to_string(path).map_err(|error| format!("cannot be read: {}", error.kind()))?;
    // Editors end a file with a line break, which is not part of the secret. Any other line break is refused later.
    let text = text.strip_suffix('\n').map_or(text.as_str(), |line| line.strip_suffix('\r').unwrap_or(line));
    Ok(Sensitive::new(text.to_owned()))
}
