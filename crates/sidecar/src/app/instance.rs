//! The name of this instance, and the lock that keeps two processes from using it.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::config::Config;

/// The name of the instance that these settings start: INSTANCE, or the host name, which stays the same when a container
/// restarts, so that its own lease need not expire first.
#[must_use]
pub fn instance_name(config: &Config) -> String {
    config.instance.clone().unwrap_or_else(host_name)
}

/// The file that is locked while an instance runs. It contains the address the instance listens on.
#[must_use]
pub fn lock_file(data_dir: &Path, instance: &str) -> PathBuf {
    data_dir.join(format!("{instance}.lock"))
}

/// Locks the instance's file until the returned file is dropped. Two processes with one instance name would share their
/// leases and both talk to Forge.
///
/// # Errors
/// Another process holds the lock, or the directory is not writable.
pub(super) fn lock(data_dir: &Path, instance: &str) -> Result<File> {
    let file = File::options().create(true).truncate(false).write(true).open(lock_file(data_dir, instance));
    let file = file.context("the data directory is not writable")?;
    if file.try_lock().is_err() {
        bail!("another process named {instance} uses this data directory (set INSTANCE to run several)");
    }
    file.set_len(0).context("the data directory is not writable")?;
    Ok(file)
}

fn host_name() -> String {
    let name = std::fs::read_to_string("/etc/hostname").unwrap_or_default();
    let name: String = name.trim().chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(40).collect();
    if name.is_empty() { "sidecar".into() } else { name }
}
