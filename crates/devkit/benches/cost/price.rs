//! The price of a day by Forge's price list of August 2026 (docs/capacity.md has the sources).

use serde_json::Value;

/// Dollars a GB-second of a function, a GB of storage read and written.
const GB_SECOND: f64 = 0.000_025;
const READ_GB: f64 = 0.055;
const WRITTEN_GB: f64 = 1.09;
const GB: f64 = 1_073_741_824.0;
/// Assumed: a call of the platform's storage, and of Jira, in seconds.
const STORAGE_S: f64 = 0.010;
const JIRA_S: f64 = 0.150;
/// A function with this much memory has a whole processor; with less, a part of it. Assumed to be as AWS Lambda documents it.
const WHOLE_PROCESSOR_MB: f64 = 1_769.0;

/// The memory of every function in MB, as in forge-app/manifest.yml.
const MEMORY_MB: f64 = 256.0;

/// The use of the platform in some time.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Use {
    pub(crate) invocations: f64,
    pub(crate) gb_seconds: f64,
    pub(crate) read_bytes: f64,
    pub(crate) written_bytes: f64,
    pub(crate) writes: f64,
}

impl Use {
    /// The sum of an installation's functions (forge-app/emulator/usage.ts).
    pub(crate) fn of(usage: &Value) -> Self {
        let mut sum = Self::default();
        for (_, used) in usage.as_object().into_iter().flatten() {
            let number = |path: &[&str]| path.iter().fold(used, |value, name| &value[*name]).as_f64().unwrap_or(0.0);
            let both = |name| number(&["kvs", name]) + number(&["secrets", name]);
            let waiting = STORAGE_S * number(&["rounds", "storage"]) + JIRA_S * number(&["rounds", "jira"]);
            let computing = number(&["cpuMicros"]) / 1_000_000.0 * WHOLE_PROCESSOR_MB / MEMORY_MB;
            sum.invocations += number(&["invocations"]);
            sum.gb_seconds += MEMORY_MB / 1_024.0 * (waiting + computing);
            sum.read_bytes += both("bytesRead");
            sum.written_bytes += both("bytesWritten");
            sum.writes += both("writes");
        }
        sum
    }

    pub(crate) fn plus(self, other: Self) -> Self {
        self.combined(other, |one, other| one + other)
    }

    pub(crate) fn times(self, factor: f64) -> Self {
        self.combined(self, |one, _| one * factor)
    }

    fn combined(self, other: Self, combine: impl Fn(f64, f64) -> f64) -> Self {
        Self {
            invocations: combine(self.invocations, other.invocations),
            gb_seconds: combine(self.gb_seconds, other.gb_seconds),
            read_bytes: combine(self.read_bytes, other.read_bytes),
            written_bytes: combine(self.written_bytes, other.written_bytes),
            writes: combine(self.writes, other.writes),
        }
    }

    /// Dollars, without any free allowance: as documented, by the bytes.
    pub(crate) fn dollars(self) -> f64 {
        self.gb_seconds * GB_SECOND + self.read_bytes / GB * READ_GB + self.written_bytes / GB * WRITTEN_GB
    }

    /// Dollars if each write counted as 1 KB at least.
    pub(crate) fn dollars_by_kilobytes(self) -> f64 {
        let written = self.written_bytes.max(self.writes * 1_024.0);
        self.gb_seconds * GB_SECOND + self.read_bytes / GB * READ_GB + written / GB * WRITTEN_GB
    }
}
