//! Whether the time of a refusal shows which check failed: `cargo bench -p envelope --bench refusals`. Every class of refused
//! requests has equal bytes but for its own fault, and is compared with a wrong signature by Welch's t. An absolute value below
//! 4.5 shows no difference.
#![expect(clippy::unwrap_used, reason = "a benchmark")]
#![expect(clippy::print_stdout, clippy::disallowed_methods, reason = "it measures time, and prints it")]

use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use envelope::{ClaimError, InstallId, KeyRing, Nonce, NonceClaim, Refusal, Sealed, Secret, Timestamp, seal};

const SAMPLES: usize = 3_000;
/// Verifications in one sample, so that it is long compared with the clock's own resolution.
const REPEATS: usize = 8;
const NOW: i64 = 1_790_000_000;
/// The slowest samples of each class are interruptions by the system.
const KEPT: usize = SAMPLES * 9 / 10;

type Headers = Vec<(String, String)>;

struct Fresh;
impl NonceClaim for Fresh {
    async fn claim(&self, _: &Nonce, _: u32) -> Result<(), ClaimError> {
        Ok(())
    }
}

/// Verifies like the Forge half does.
fn verify(ring: &KeyRing, install: &InstallId, headers: &Headers, body: &[u8]) -> Result<(), Refusal> {
    let pairs = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    let sealed = Sealed::parse(pairs, body).inspect_err(|_| ring.spend_as_for(body))?;
    match pin!(ring.open(&sealed, install, NOW, &Fresh)).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(opened) => opened.map(drop),
        Poll::Pending => unreachable!("the nonce store answers at once"),
    }
}

/// Headers of a request, signed at a time for an installation.
fn signed(secret: &Secret, install: InstallId, seconds: i64, body: &str) -> Headers {
    let sealed = seal(secret, install, Timestamp::from_seconds(seconds).unwrap(), Nonce::from_random([7; 16]), body);
    sealed.to_pairs().into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The headers with another character at a place of the signature.
fn with_wrong_signature(mut headers: Headers, place: usize) -> Headers {
    let (_, value) = headers.iter_mut().find(|(name, _)| name.to_ascii_lowercase().contains("signature")).unwrap();
    let at = value.len() - 1 - place;
    let other = if value.as_bytes()[at] == b'0' { "1" } else { "0" };
    value.replace_range(at..=at, other);
    headers
}

fn classes(secret: &Secret, install: InstallId, body: &str) -> Vec<(&'static str, Headers)> {
    let good = signed(secret, install, NOW, body);
    let other = InstallId::parse(b"ffffffff-8f4a-4c3b-9a57-2f1d7c9e0a11").unwrap();
    let mut malformed = good.clone();
    malformed
        .iter_mut()
        .find(|(name, _)| name.to_ascii_lowercase().contains("nonce"))
        .unwrap()
        .1
        .replace_range(0..1, "!");
    let mut missing = good.clone();
    missing.retain(|(name, _)| !name.to_ascii_lowercase().contains("timestamp"));
    let length = good.iter().find(|(name, _)| name.to_ascii_lowercase().contains("signature")).unwrap().1.len();
    vec![
        ("wrong signature, last character", with_wrong_signature(good.clone(), 0)),
        ("the same again", with_wrong_signature(good.clone(), 0)),
        ("wrong signature, first character", with_wrong_signature(good, length.min(64) - 1)),
        ("signed by another key", signed(&Secret::from_random(vec![9; 32]).unwrap(), install, NOW, body)),
        ("another installation", signed(secret, other, NOW, body)),
        ("too old", signed(secret, install, NOW - 3_600, body)),
        ("from the future", signed(secret, install, NOW + 3_600, body)),
        ("malformed nonce", malformed),
        ("header missing", missing),
    ]
}

/// Mean and variance of the mean.
fn mean(samples: &mut [f64]) -> (f64, f64) {
    samples.sort_by(f64::total_cmp);
    let kept = &samples[..KEPT];
    #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
    let count = KEPT as f64;
    let mean = kept.iter().sum::<f64>() / count;
    (mean, kept.iter().map(|sample| (sample - mean).powi(2)).sum::<f64>() / (count - 1.0) / count)
}

fn main() {
    let install = InstallId::parse(b"0b2c6d1e-8f4a-4c3b-9a57-2f1d7c9e0a11").unwrap();
    let secret = Secret::from_random((0..32).collect()).unwrap();
    for (keys, ring) in [
        ("one key", KeyRing::new(secret.clone(), None)),
        ("two keys", KeyRing::new(secret.clone(), Some(Secret::from_random(vec![5; 32]).unwrap()))),
    ] {
        for size in [256, 65_536] {
            let body = "x".repeat(size);
            let classes = classes(&secret, install, &body);
            let mut samples = vec![Vec::with_capacity(SAMPLES); classes.len()];
            for round in 0..SAMPLES + 50 {
                // In another order each time, so that none always follows the same one.
                for place in 0..classes.len() {
                    let class = (place * 4 + round) % classes.len();
                    let began = Instant::now();
                    for _ in 0..REPEATS {
                        let refused = verify(&ring, &install, black_box(&classes[class].1), black_box(body.as_bytes()));
                        assert!(black_box(refused).is_err());
                    }
                    if round >= 50 {
                        samples[class].push(began.elapsed().as_secs_f64() * 1e9);
                    }
                }
            }
            let means: Vec<(f64, f64)> = samples.iter_mut().map(|samples| mean(samples)).collect();
            let (first, first_variance) = means[0];
            println!("{size} bytes, {keys}: {:.0} ns for a refusal ({}), {SAMPLES} samples", first / 8.0, classes[0].0);
            for ((name, _), (mean, variance)) in classes.iter().zip(&means).skip(1) {
                let t = (mean - first) / (variance + first_variance).sqrt();
                println!("  {name}: {:+.1} ns, t {t:+.1}", (mean - first) / 8.0);
            }
        }
    }
}
