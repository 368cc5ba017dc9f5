//! The load by other programs during a measurement: without it the numbers of a shared machine mean little.

use std::fs;

use tokio::time::Instant;

/// Linux counts processor time in hundredths of a second for every program that asks (`sysconf(_SC_CLK_TCK)`).
const TICKS: f64 = 100.0;

/// Counters at one moment.
pub(super) struct Load {
    at: Instant,
    busy: f64,
    ours: f64,
    server: u32,
}

impl Load {
    /// From now on, not counting ourselves, our ended children, and this one that still runs.
    pub(super) fn begin(server: u32) -> Self {
        Self { at: Instant::now(), busy: busy(), ours: ours(server), server }
    }

    /// Cores that others used since then, the hypervisor's other guests included.
    pub(super) fn foreign(&self) -> f64 {
        let used = (busy() - self.busy) - (ours(self.server) - self.ours);
        (used / TICKS / self.at.elapsed().as_secs_f64()).max(0.0)
    }
}

/// Load average of the last minute, as the system prints it.
pub(super) fn average() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or_default().to_owned()
}

/// Ticks spent in programs and stolen from us: user, nice, system, steal. Interrupts are left out, since on loopback
/// they are mostly our own traffic, and are not counted.
fn busy() -> f64 {
    let text = fs::read_to_string("/proc/stat").unwrap_or_default();
    let fields = numbers(text.lines().next().unwrap_or_default());
    [0, 1, 2, 7].iter().filter_map(|at| fields.get(*at)).sum()
}

fn ours(server: u32) -> f64 {
    // utime, stime, and those of ended children; counted behind the program's name, which may contain blanks.
    let of = |process: &str, fields: &[usize]| -> f64 {
        let text = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        let values: Vec<&str> = text.rsplit(") ").next().unwrap_or_default().split(' ').collect();
        fields.iter().filter_map(|at| values.get(*at)?.parse::<f64>().ok()).sum()
    };
    of("self", &[11, 12, 13, 14]) + of(&server.to_string(), &[11, 12])
}

fn numbers(line: &str) -> Vec<f64> {
    line.split_ascii_whitespace().filter_map(|word| word.parse().ok()).collect()
}
