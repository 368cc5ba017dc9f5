//! A control group of the kernel with a limit of memory: version 1 or 2, whichever the machine lets us use.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use crate::bench::subject::memory;
use crate::harness::{HarnessError, io as step};

/// The limit of the delivered container: 64 MiB.
const LIMIT: &str = "67108864";
const MIB: f64 = 1_048_576.0;
/// A killed process leaves its group a moment later.
const TRIES: usize = 200;
const TRY_INTERVAL: Duration = Duration::from_millis(10);

/// Where a version keeps its groups, and the names of its files.
struct Layout {
    root: &'static str,
    limit: &'static str,
    /// File and value that leave no swap; not every kernel has it.
    swap: (&'static str, &'static str),
    /// The most bytes at once.
    peak: &'static str,
    /// Has a line `oom_kill <count>`.
    events: &'static str,
}

const LAYOUTS: [Layout; 2] = [
    Layout {
        root: "/sys/fs/cgroup/memory",
        limit: "memory.limit_in_bytes",
        swap: ("memory.memsw.limit_in_bytes", LIMIT),
        peak: "memory.max_usage_in_bytes",
        events: "memory.oom_control",
    },
    Layout {
        root: "/sys/fs/cgroup",
        limit: "memory.max",
        swap: ("memory.swap.max", "0"),
        peak: "memory.peak",
        events: "memory.events",
    },
];

/// A group of its own; removed when dropped.
pub(super) struct Cgroup {
    folder: PathBuf,
    layout: &'static Layout,
}

impl Cgroup {
    /// Makes a group with the limit; none if this user may not.
    pub(super) fn create() -> Option<Self> {
        LAYOUTS.iter().find_map(|layout| {
            let folder = Path::new(layout.root).join(format!("connector-bench-{}", std::process::id()));
            fs::create_dir(&folder).ok()?;
            let group = Self { folder, layout };
            group.write(layout.limit, LIMIT).ok()?;
            let (file, value) = layout.swap;
            // Without it the machine has no swap, or does not count it.
            let _ = group.write(file, value);
            Some(group)
        })
    }

    /// Writes a script that enters the group and then becomes the program, which so spends its whole life there.
    pub(super) fn enter(&self, script: &Path, program: &Path) -> Result<(), HarnessError> {
        let (group, program) = (self.folder.join("cgroup.procs"), program.display());
        let text = format!("#!/bin/sh\nset -e\necho $$ > '{}'\nexec '{program}' \"$@\"\n", group.display());
        fs::write(script, text).map_err(step("script of the group"))?;
        fs::set_permissions(script, fs::Permissions::from_mode(0o755)).map_err(step("script of the group"))
    }

    /// Whether this process is in it.
    pub(super) fn has(&self, process: u32) -> bool {
        self.read("cgroup.procs").lines().any(|line| line.parse() == Ok(process))
    }

    /// The most memory that it used, in MiB: that of its processes, and the pages of files that they read and wrote. NaN
    /// if the kernel does not tell.
    pub(super) fn peak(&self) -> f64 {
        self.read(self.layout.peak).trim().parse().map_or(f64::NAN, |bytes: f64| bytes / MIB)
    }

    /// Processes that the kernel killed because the group was full.
    pub(super) fn kills(&self) -> u64 {
        let events = self.read(self.layout.events);
        let count = events.lines().find_map(|line| line.strip_prefix("oom_kill "));
        count.and_then(|count| count.trim().parse().ok()).unwrap_or_default()
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.folder.join(file)).unwrap_or_default()
    }

    /// Writes to a file of the kernel; on an ordinary file system there is none, and none is made.
    fn write(&self, file: &str, value: &str) -> io::Result<()> {
        OpenOptions::new().write(true).open(self.folder.join(file))?.write_all(value.as_bytes())
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        for _ in 0..TRIES {
            if fs::remove_dir(&self.folder).is_ok() {
                return;
            }
            thread::sleep(TRY_INTERVAL);
        }
    }
}

/// The most memory that a process had at once, in MiB, without the pages of its program file; none after its end.
pub(super) fn anonymous_peak(process: u32) -> Option<f64> {
    Some(memory(process, "VmHWM:")? - memory(process, "RssFile:")?)
}
