//! Delays between retries: one policy for every caller. Pure; time and randomness are arguments.

use std::time::Duration;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

/// First delay, before jitter.
pub const FIRST: Duration = Duration::from_secs(1);
/// Longest delay (docs/protocol.md §3).
pub const LONGEST: Duration = Duration::from_secs(300);

/// The delay before retry `attempt` (the first is 1). It doubles from [`FIRST`] to [`LONGEST`]; equal jitter (half fixed, half
/// random) keeps many senders from retrying at the same moment. `retry_after` is a lower bound, itself capped at [`LONGEST`].
/// `random` is a uniformly distributed random number.
#[must_use]
pub fn delay(attempt: u32, retry_after: Option<Duration>, random: u32) -> Duration {
    let doubled = FIRST.saturating_mul(1u32.checked_shl(attempt.saturating_sub(1)).unwrap_or(u32::MAX)).min(LONGEST);
    let half = doubled / 2;
    let jitter = half.mul_f64(f64::from(random) / f64::from(u32::MAX));
    (half + jitter).max(retry_after.unwrap_or_default().min(LONGEST))
}

/// Parses a `Retry-After` value: seconds or an HTTP date (RFC 9110 §10.2.3). A date in the past is zero. `None` for anything
/// else, such as negative numbers and texts.
#[must_use]
pub fn retry_after(value: &str, now: OffsetDateTime) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // A number beyond u64 is capped by `delay` anyway.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    // RFC 2822 has numeric zones; HTTP always writes GMT.
    let date = OffsetDateTime::parse(&value.replace("GMT", "+0000"), &Rfc2822).ok()?;
    Some((date - now).try_into().unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// docs/testing.md Q5
    #[test]
    fn q5_parses_retry_after_in_every_form() {
        let now = OffsetDateTime::from_unix_timestamp(1_790_000_000).unwrap();
        let read = |value: &str| retry_after(value, now).map(|delay| delay.as_secs());
        assert_eq!(read("7"), Some(7));
        assert_eq!(read(" 7 "), Some(7));
        assert_eq!(read("1000000000"), Some(1_000_000_000));
        assert_eq!(read("99999999999999999999999"), Some(u64::MAX));
        assert_eq!(read("Mon, 21 Sep 2026 14:14:20 GMT"), Some(60));
        assert_eq!(read("Mon, 21 Sep 2020 14:14:20 GMT"), Some(0));
        for bad in ["", "-5", "soon", "1.5", "+3", "1e9", "Mon, 99 Sep 2026"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn delays_stay_within_their_bounds() {
        for attempt in [0, 1, 2, 5, 9, 31, 32, 33, u32::MAX] {
            for random in [0, 1, u32::MAX / 2, u32::MAX] {
                let plain = delay(attempt, None, random);
                assert!((FIRST / 2..=LONGEST).contains(&plain), "{attempt} {random} {plain:?}");
                let asked = delay(attempt, Some(Duration::from_secs(u64::MAX)), random);
                assert!(asked <= LONGEST && asked >= plain);
                assert!(delay(attempt, Some(Duration::from_secs(20)), random) >= Duration::from_secs(20));
            }
        }
        assert_eq!(delay(9, None, u32::MAX), Duration::from_secs(256));
        assert_eq!(delay(10, None, u32::MAX), LONGEST);
    }
}
