//! Durable acknowledgements against what the disk can do: `cargo bench -p store`.
//!
//! Goal (docs/benchmarks.md): `receive` at least twice the rate of fdatasync measured in the same run, p99 at most 5 ms at
//! 500 a second. The report prints both; criterion then tracks `receive` alone over time.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench that prints its report")]

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group};
use schema::UnixMs;
use store::sqlite::SqliteStore;
use store::{Inbox, Intake, Notification};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use tokio::time::Instant;

const CALLERS: u64 = 64;

struct Bench {
    runtime: Runtime,
    folder: TempDir,
    store: Arc<SqliteStore>,
    next: Arc<AtomicU64>,
}

impl Bench {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        // Beside the build, since /tmp may live in memory.
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let store = runtime.block_on(SqliteStore::open(&folder.path().join("connector.db"))).unwrap();
        Self { runtime, folder, store: Arc::new(store), next: Arc::default() }
    }

    /// How long `rows` notifications of 64 callers take, each waiting for its answer before the next.
    fn recheck(&self, rows: u64) -> Duration {
        self.runtime.block_on(async {
            let start = Instant::now();
            let mut callers = JoinSet::new();
            for caller in 0..CALLERS {
                let (store, next) = (Arc::clone(&self.store), Arc::clone(&self.next));
                let share = rows / CALLERS + u64::from(caller < rows % CALLERS);
                callers.spawn(async move {
                    for _ in 0..share {
                        recheck(&store, next.fetch_add(1, Ordering::Relaxed)).await;
                    }
                });
            }
            callers.join_all().await;
            start.elapsed()
        })
    }

    /// How long each of `count` times 4 KiB and fdatasync takes, sorted.
    fn sync(&self, count: u64) -> Vec<Duration> {
        let mut file = File::create(self.folder.path().join("reference")).unwrap();
        file.write_all(&[0; 1 << 20]).unwrap();
        file.sync_all().unwrap();
        let mut write = |page: u64| {
            let start = Instant::now();
            file.seek(SeekFrom::Start(page % 256 * 4096)).unwrap();
            file.write_all(&[1; 4096]).unwrap();
            file.sync_data().unwrap();
            start.elapsed()
        };
        let mut latencies: Vec<Duration> = (0..count).map(&mut write).collect();
        latencies.sort();
        latencies
    }

    /// Latencies of `rows` notifications at 500 a second, sorted. Each is counted from when it was due, so that a stall counts
    /// for everybody it delays.
    fn latencies(&self, rows: u32) -> Vec<Duration> {
        self.runtime.block_on(async {
            let start = Instant::now() + Duration::from_millis(5);
            let mut calls = JoinSet::new();
            for row in 0..rows {
                let (store, next) = (Arc::clone(&self.store), Arc::clone(&self.next));
                let due = start + Duration::from_millis(2) * row;
                tokio::time::sleep_until(due).await;
                // Tokio's timer has a grain of 1 ms; it is the caller's, not the store's.
                let sent = Instant::now().max(due);
                calls.spawn(async move {
                    recheck(&store, next.fetch_add(1, Ordering::Relaxed)).await;
                    sent.elapsed()
                });
            }
            let mut latencies = calls.join_all().await;
            latencies.sort();
            latencies
        })
    }
}

async fn recheck(store: &SqliteStore, number: u64) {
    let delivery = format!("018f7a6e-0000-7000-8000-{number:012x}");
    let received_at = UnixMs(1_700_000_000_000 + number.cast_signed());
    let notification = Notification { delivery, ticket_id: number % 5_000, article_id: Some(number), received_at };
    assert_eq!(store.receive(notification).await.unwrap(), Intake::Stored);
}

fn percentiles(name: &str, latencies: &[Duration]) {
    let at = |permille: usize| latencies[(latencies.len() - 1) * permille / 1_000];
    println!("{name}: p50 {:?}, p99 {:?}, p99.9 {:?}, max {:?}", at(500), at(990), at(999), at(1_000));
}

fn report() {
    let bench = Bench::new();
    bench.recheck(2_000);
    let mut ratios = Vec::new();
    for _ in 0..5 {
        let syncs = 1_000.0 / bench.sync(1_000).iter().sum::<Duration>().as_secs_f64();
        let rows = 20_000.0 / bench.recheck(20_000).as_secs_f64();
        ratios.push(rows / syncs);
        println!("webhooks stored {rows:.0}/s, fdatasync {syncs:.0}/s, ratio {:.2}", rows / syncs);
    }
    ratios.sort_by(f64::total_cmp);
    println!("median ratio {:.2} (goal 2.00)", ratios[2]);
    percentiles("fdatasync alone", &bench.sync(5_000));
    percentiles("webhook stored at 500/s (goal p99 5 ms)", &bench.latencies(5_000));
}

fn durable(criterion: &mut Criterion) {
    let bench = Bench::new();
    let mut group = criterion.benchmark_group("durable");
    group.throughput(Throughput::Elements(1)).sample_size(20);
    group.bench_function("receive, 64 callers", |bencher| bencher.iter_custom(|rows| bench.recheck(rows)));
    group.bench_function("fdatasync 4 KiB", |bencher| bencher.iter_custom(|count| bench.sync(count).iter().sum()));
    group.finish();
}

criterion_group!(benches, durable);

fn main() {
    report();
    benches();
    Criterion::default().configure_from_args().final_summary();
}
