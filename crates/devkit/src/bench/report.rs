//! Output and statistics that all measurements share.

use std::io::{self, Write};
use std::time::Duration;

use crate::harness::HarnessError;

/// Prints a line of the result.
pub(super) fn print_line(line: &str) {
    // A closed standard output must not end the measurement.
    let _ = writeln!(io::stdout(), "{line}");
}

/// An error of the measurement itself: something did not start, or did not respond as it must.
pub(super) fn unexpected(what: impl Into<String>) -> HarnessError {
    HarnessError::Unexpected(what.into())
}

/// Returns the median; of an even number of values, the upper of the two in the middle. NaN for no values.
pub(super) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// A duration in milliseconds.
pub(super) fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

/// Returns the percentile by nearest rank, in milliseconds: the smallest value that this many in a thousand do not
/// exceed.
pub(super) fn percentile(sorted: &[Duration], permille: usize) -> f64 {
    let rank = (sorted.len() * permille).div_ceil(1_000).max(1);
    sorted.get(rank - 1).copied().map_or(f64::NAN, millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_and_median_of_known_values() {
        let times: Vec<Duration> = (1..=100).map(Duration::from_millis).collect();
        let ranks = [500, 950, 990, 1_000].map(|permille| percentile(&times, permille));
        assert!(
            ranks.iter().zip([50.0, 95.0, 99.0, 100.0]).all(|(rank, want)| (rank - want).abs() < 1e-9),
            "{ranks:?}"
        );
        assert!((median(vec![3.0, 1.0, 2.0]) - 2.0).abs() < 1e-9);
        assert!(median(vec![]).is_nan() && percentile(&[], 500).is_nan());
    }
}
