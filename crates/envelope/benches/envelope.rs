//! Seal and open against bare SHA-256 of the same body: `cargo bench -p envelope`. Goal: ≥ 0.9 from 64 KiB up.
#![expect(clippy::unwrap_used, reason = "a benchmark")]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use envelope::{ClaimError, InstallId, KeyRing, Nonce, NonceClaim, Sealed, Secret, Timestamp, seal};
use sha2::{Digest, Sha256};

struct Fresh;
impl NonceClaim for Fresh {
    async fn claim(&self, _: &Nonce, _: u32) -> Result<(), ClaimError> {
        Ok(())
    }
}

fn envelope(criterion: &mut Criterion) {
    let install = InstallId::parse(b"0b2c6d1e-8f4a-4c3b-9a57-2f1d7c9e0a11").unwrap();
    let secret = Secret::from_random((0..32).collect()).unwrap();
    let ring = KeyRing::new(secret.clone(), None);
    let (nonce, timestamp) = (Nonce::from_random([7; 16]), Timestamp::from_seconds(1_790_000_000).unwrap());
    for (name, size) in [("256 B", 256), ("4 KiB", 4096), ("64 KiB", 65_536), ("1 MiB", 1_048_576)] {
        let body = "x".repeat(size);
        let headers = seal(&secret, install, timestamp, nonce, &body).to_pairs();
        let mut group = criterion.benchmark_group("envelope");
        group.throughput(Throughput::Bytes(size as u64));
        group.bench_with_input(BenchmarkId::new("sha256", name), &body, |b, body| {
            b.iter(|| Sha256::digest(black_box(body)))
        });
        group.bench_with_input(BenchmarkId::new("seal", name), &body, |b, body| {
            b.iter(|| seal(&secret, install, timestamp, nonce, black_box(body)).to_pairs());
        });
        group.bench_with_input(BenchmarkId::new("open", name), &body, |b, body| {
            b.iter(|| {
                let pairs = headers.iter().map(|(name, value)| (*name, value.as_bytes()));
                let sealed = Sealed::parse(pairs, black_box(body).as_bytes()).unwrap();
                let opening = std::pin::pin!(ring.open(&sealed, &install, 1_790_000_000, &Fresh));
                let mut context = std::task::Context::from_waker(std::task::Waker::noop());
                assert!(opening.poll(&mut context).is_ready());
            });
        });
        group.finish();
    }
}

criterion_group!(benches, envelope);
criterion_main!(benches);
