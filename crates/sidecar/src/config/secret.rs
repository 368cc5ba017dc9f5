//! Secrets: by value or from a file that nobody else can read, never both.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use redaction::Sensitive;

use super::{Fault, Sources};

/// No secret of ours is longer; a longer file is something else.
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

/// A regular file of ours, closed to others. The checks come before the opening: opening a FIFO would wait for ever.
fn from_file(path: &Path) -> Result<Sensitive<String>, String> {
    let metadata = fs::symlink_metadata(path).map_err(|error| format!("cannot be read: {}", error.kind()))?;
    if metadata.is_symlink() {
        return Err("is a symbolic link; name the file itself".into());
    }
    if !metadata.is_file() {
        return Err("is not a regular file".into());
    }
    if metadata.mode() & 0o007 != 0 {
        return Err("can be read or changed by everybody; chmod 600 it".into());
    }
    if metadata.len() > LARGEST {
        return Err(format!("is larger than {LARGEST} bytes"));
    }
    let text = fs::read_to_string(path).map_err(|error| format!("cannot be read: {}", error.kind()))?;
    // Every editor ends a file with a line break; that one is not part of the secret. Any other is, and is refused.
    let text = text.strip_suffix('\n').map_or(text.as_str(), |line| line.strip_suffix('\r').unwrap_or(line));
    Ok(Sensitive::new(text.to_owned()))
}
