//! Core files: a crash must not write the secrets and the tickets that are in memory to a disk.

use std::io;

use rustix::process::{Resource, Rlimit, setrlimit};

/// Lets this process leave no core file. Also keeps other processes of the same user from reading its memory.
///
/// # Errors
/// The system refuses it.
pub fn forbid() -> io::Result<()> {
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)?;
    Ok(())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use rustix::process::{DumpableBehavior, dumpable_behavior, getrlimit};

    #[test]
    fn the_process_leaves_no_core_file() {
        forbid().unwrap();
        assert_eq!(getrlimit(Resource::Core).maximum, Some(0));
        assert_eq!(dumpable_behavior().unwrap(), DumpableBehavior::NotDumpable);
    }
}
