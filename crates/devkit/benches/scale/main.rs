//! `cargo xtask bench --only scale`: one sidecar with 100,000 links and up to 500 changes a second for ten minutes. The binary and
//! Zammad's webhooks are real, Zammad is simulated, and a stand-in answers for Forge, so that only the sidecar's side is measured.

#![expect(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods, reason = "a benchmark")]

mod forge;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use devkit::sample::{self, Sample};
use devkit::zammad_sim::ZammadSim;
use schema::UnixMs;
use schema::time::rfc3339;
use serde_json::{Value, json};
use store::sqlite::SqliteStore;
use store::{Effects, FactKind, Link, LinkFact, LinkState, Links as _};
use tokio::time::{Instant, sleep, sleep_until};

use self::forge::{Arrived, INSTALL, SECRET};

const LINKS: u64 = 100_000;
/// Changes a second, and for how long.
const STEPS: [(u32, u64); 4] = [(20, 60), (50, 60), (100, 60), (500, 600)];
/// Of so many changes one is made in the same ticket, a busy one.
const BUSY_TICKET_EVERY: u64 = 10;
/// A change that has not arrived this long after the last change is left out.
const DRAINED_WITHIN: Duration = Duration::from_secs(60);
/// The sweep reads this much before its watermark again (sidecar, reconcile/sweep.rs).
const OVERLAP_MS: i64 = 120_000;
const TOKEN: &str = "webhook-token-of-the-bench-19ab";

/// The running sidecar; dropping it ends the process.
struct Sidecar {
    child: Child,
    address: String,
    http: reqwest::Client,
}

impl Drop for Sidecar {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Sidecar {
    fn start(zammad: &ZammadSim, sample: &Sample, trigger: &str, data: &Path) -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let own = std::env::current_exe().unwrap();
        let connector: PathBuf = own.ancestors().nth(2).unwrap().join("connector");
        let child = Command::new(connector)
            .arg("serve")
            .env_clear()
            .envs([
                ("ENVIRONMENT", "development"),
                ("FORGE_SHARED_SECRET", SECRET),
                ("FORGE_WEBTRIGGER_URL", trigger),
                ("FORGE_INSTALL_ID", INSTALL),
                ("ZAMMAD_URL", &zammad.url),
                ("ZAMMAD_API_TOKEN", &sample.bot_token),
                ("ZAMMAD_WEBHOOK_TOKEN", TOKEN),
                ("PUBLIC_URL", "http://127.0.0.1"),
                ("LISTEN_ADDR", &port.to_string()),
                ("DATA_DIR", &data.to_string_lossy()),
                // As the image sets them.
                ("MALLOC_ARENA_MAX", "1"),
                ("MALLOC_MMAP_THRESHOLD_", "131072"),
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self { child, address: port.to_string(), http: zammad::http_client_builder().build().unwrap() }
    }

    /// Memory in MiB.
    fn memory(&self, which: &str) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix(which));
        let kilobytes: f64 = line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(f64::NAN);
        kilobytes / 1_024.0
    }

    async fn report(&self) -> Value {
        match self.http.get(format!("http://{}/readyz", self.address)).send().await {
            Ok(answer) => answer.json().await.unwrap_or_default(),
            Err(_) => Value::Null,
        }
    }
}

/// Fills the sidecar's store with links of tickets, each with its only article, and what it knows of their issues.
async fn fill(data: &Path, tickets: &[(u64, u64)]) {
    let store = SqliteStore::open(&data.join("connector.db")).await.unwrap();
    for (part, tickets) in (0_u64..).zip(tickets.chunks(5_000)) {
        let mut effects = Effects::default();
        for (number, (ticket_id, article_id)) in (part * 5_000..).zip(tickets.iter().copied()) {
            let issue_id = (1_000_000 + number).to_string();
            effects.links.push(Link {
                ticket_id,
                ticket_number: format!("{}", 30_000 + number),
                issue_id: issue_id.clone(),
                issue_key: format!("SUP-{number}"),
                state: LinkState::Active,
                after_article: article_id,
                created_at: UnixMs(1_790_000_000_000),
            });
            let snapshot = json!({ "summary": format!("Pair {number}"), "statusId": "10000", "status": "To Do",
                "statusCategory": "new", "priorityId": "3", "updatedAt": "2026-09-21T14:13:20.000+0000" });
            let known = json!({ "snapshot": snapshot, "changedAt": 1_790_000_000_000_i64 });
            effects.facts.push(LinkFact { ticket_id, issue_id, kind: FactKind::Issue, value: Some(known.to_string()) });
        }
        store.record(effects).await.unwrap();
    }
    // Up to here the changes of tickets are known: without it all of them, which were just made, would be read again.
    let known = UnixMs(time::OffsetDateTime::now_utc().unix_timestamp() * 1_000).plus(OVERLAP_MS + 1_000);
    let watermarks = vec![("sweep".to_owned(), rfc3339(known))];
    store.record(Effects { watermarks, ..Effects::default() }).await.unwrap();
}

fn percentile(sorted: &[f64], part: usize) -> f64 {
    sorted.get(sorted.len() * part / 100).or(sorted.last()).copied().unwrap_or(f64::NAN)
}

/// Makes changes at a rate, and prints what became of them.
async fn step(
    zammad: &ZammadSim,
    sample: &Sample,
    sidecar: &Sidecar,
    arrived: &Arrived,
    first: u64,
    rate: u32,
    seconds: u64,
) {
    arrived.lock().unwrap().clear();
    let (began, total) = (Instant::now(), u64::from(rate) * seconds);
    let mut made = std::collections::BTreeMap::new();
    let mut place = 0_u64;
    for number in 0..total {
        sleep_until(began + Duration::from_secs(1) * u32::try_from(number).unwrap() / rate).await;
        // Far apart, and each ticket again after all others.
        place = (place + 61_813) % LINKS;
        let ticket = if number % BUSY_TICKET_EVERY == 0 { first } else { first + place };
        let body = json!({ "ticket_id": ticket, "body": format!("Change {number}"), "internal": true, "content_type": "text/plain" });
        let article = zammad.request(sample.agents[0].id, "POST", "/api/v1/ticket_articles", &body).unwrap();
        made.insert(article["id"].as_u64().unwrap(), (ticket, Instant::now()));
    }
    let made_in = began.elapsed().as_secs_f64();
    let (report, memory, so_far) = (sidecar.report().await, sidecar.memory("VmRSS:"), arrived.lock().unwrap().len());
    let drained = Instant::now();
    while arrived.lock().unwrap().len() < made.len() && drained.elapsed() < DRAINED_WITHIN {
        sleep(Duration::from_millis(200)).await;
    }
    let arrived = arrived.lock().unwrap();
    let waits = |busy: bool| {
        let of = arrived.iter().filter(|(ticket, ..)| (*ticket == first) == busy);
        let mut waits: Vec<f64> =
            of.filter_map(|(_, article, at)| Some((*at - made.get(article)?.1).as_secs_f64())).collect();
        waits.sort_by(f64::total_cmp);
        format!("{:.1} / {:.1} / {:.1} s", percentile(&waits, 50), percentile(&waits, 95), percentile(&waits, 100))
    };
    println!(
        "{rate}/s for {seconds} s: {} changes made in {made_in:.0} s; at the end {so_far} had arrived, waiting: {} visits, {} \
         messages, oldest {:.0} s; all {} of {} after {:.0} s more; \
         memory {memory:.1} MiB, most {:.1}; wait p50 / p95 / most: {}, \
         of the busy ticket {}",
        made.len(),
        report["queue"]["inbox"],
        report["queue"]["outbox"],
        report["queue"]["oldestMs"].as_f64().unwrap_or(0.0) / 1_000.0,
        arrived.len(),
        made.len(),
        drained.elapsed().as_secs_f64(),
        sidecar.memory("VmHWM:"),
        waits(false),
        waits(true),
    );
}

#[tokio::main]
async fn main() {
    let zammad = ZammadSim::builder().first_delivery_after(Duration::from_millis(5)).start().await.unwrap();
    let sample = sample::seed_zammad(&zammad).unwrap();
    let mut tickets = Vec::new();
    for number in 0..LINKS {
        let ticket = json!({ "title": format!("Pair {number}"), "group_id": sample.groups[0].0,
            "customer_id": sample.customers[0].id, "state_id": 2, "priority_id": 2,
            "article": { "body": "It does not work.", "internal": true, "sender": "Customer" } });
        let made = zammad.request_without_triggers(sample.agents[0].id, "POST", "/api/v1/tickets", &ticket).unwrap();
        tickets.push((made["id"].as_u64().unwrap(), made["article_ids"][0].as_u64().unwrap()));
    }
    let first = tickets[0].0;
    let data = tempfile::tempdir().unwrap();
    fill(data.path(), &tickets).await;
    let size = std::fs::metadata(data.path().join("connector.db")).unwrap().len();
    println!("{LINKS} links: a database of {} MiB", size / 1_048_576);
    let arrived = Arrived::default();
    let trigger = forge::start(Arc::clone(&arrived)).await;
    let sidecar = Sidecar::start(&zammad, &sample, &trigger, data.path());
    let hook = format!("http://{}/hooks/zammad", sidecar.address);
    while sidecar.report().await.is_null() {
        sleep(Duration::from_millis(50)).await;
    }
    sample::provision_hook(&zammad.url, &sample.admin_token, sample.bot.id, &hook, TOKEN).await.unwrap();
    sleep(Duration::from_secs(5)).await;
    println!("idle memory {:.1} MiB", sidecar.memory("VmRSS:"));
    for (rate, seconds) in STEPS {
        step(&zammad, &sample, &sidecar, &arrived, first, rate, seconds).await;
    }
}
