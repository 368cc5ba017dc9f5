//! Whether zammad-sim is quick enough to be the load: its start, ticket updates with signed webhooks, and reads among
//! 100,000 tickets. The simulator runs as a separate process, load and receiver in this one.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::pin::Pin;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use base64::Engine as _;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::load::average;
use super::report::{median, millis, percentile, print_line, unexpected};
use super::sender::signature;
use crate::harness::{HarnessError, io};
use crate::http::{Answer, Handler, Inbound, Listening, Outcome, listen};
use crate::sample::provision_hook;

const TOKEN: &str = "bench-signature-token";
const STARTS: usize = 9;
const CONNECTIONS: u64 = 8;
const UPDATES: u64 = 20_000;
const FEW: u64 = 100;
const MANY: u64 = 100_000;
const READS: u64 = 2_000;
/// Webhooks that arrive later do not count.
const DELIVERED_WITHIN: Duration = Duration::from_secs(60);

pub(super) async fn run() -> Result<(), HarnessError> {
    starts().await?;
    let sim = Sim::start()?;
    let mut api = Api::connect(sim.address).await?;
    let made =
        api.ask("POST", "user_access_token", &json!({"name": "b", "permission": ["admin", "ticket.agent"]})).await?;
    api.token(made["token"].as_str().unwrap_or_default());
    let first = fill(&api, FEW).await?;
    reads(&mut api, first, FEW).await?;
    updates(&sim, &api, first).await?;
    let began = Instant::now();
    fill(&api, MANY - FEW).await?;
    let rate = f64::from(u32::try_from(MANY - FEW).unwrap_or(u32::MAX)) / began.elapsed().as_secs_f64();
    print_line(&format!("{MANY} tickets with an article each: made at {rate:.0} a second; {:.0} MiB", sim.memory()));
    reads(&mut api, first, MANY).await?;
    print_line(&format!("load {}", average()));
    Ok(())
}

async fn starts() -> Result<(), HarnessError> {
    let mut times = Vec::new();
    for _ in 0..STARTS {
        let began = Instant::now();
        let sim = Sim::start()?;
        Api::connect(sim.address).await?.ask("GET", "available", &Value::Null).await?;
        times.push(millis(began.elapsed()));
    }
    print_line(&format!("start to first answer: median of {STARTS} {:.1} ms (goal 50)", median(times)));
    Ok(())
}

/// The simulator as a process; dropping it ends it.
struct Sim {
    process: Child,
    address: SocketAddr,
}

impl Sim {
    fn start() -> Result<Self, HarnessError> {
        let program = std::env::current_exe().map_err(io("finding ourselves"))?;
        let mut command = Command::new(program);
        command.args(["zammad-sim", "--first-delivery", "1"]).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = command.spawn().map_err(io("starting the simulator"))?;
        let mut line = String::new();
        if let Some(out) = process.stdout.take() {
            BufReader::new(out).read_line(&mut line).map_err(io("reading its address"))?;
        }
        let address = line.trim().strip_prefix("http://").and_then(|address| address.parse().ok());
        match address {
            Some(address) => Ok(Self { process, address }),
            None => Err(unexpected("the simulator printed no address")),
        }
    }

    /// Resident memory in MiB.
    fn memory(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
        kib.unwrap_or(f64::NAN) / 1024.0
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A kept connection to the API.
struct Api {
    address: SocketAddr,
    stream: TcpStream,
    authorization: String,
    answer: Vec<u8>,
}

impl Api {
    async fn connect(address: SocketAddr) -> Result<Self, HarnessError> {
        let stream = TcpStream::connect(address).await.map_err(io("connecting"))?;
        stream.set_nodelay(true).map_err(io("connecting"))?;
        let admin = base64::engine::general_purpose::STANDARD.encode("admin@example.com:Admin-Pw1");
        Ok(Self { address, stream, authorization: format!("Basic {admin}"), answer: Vec::new() })
    }

    async fn another(&self) -> Result<Self, HarnessError> {
        Ok(Self { authorization: self.authorization.clone(), ..Self::connect(self.address).await? })
    }

    fn token(&mut self, token: &str) {
        self.authorization = format!("Token token={token}");
    }

    /// One call; anything but a success ends the bench.
    async fn ask(&mut self, method: &str, path: &str, body: &Value) -> Result<Value, HarnessError> {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let request = format!(
            "{method} /api/v1/{path} HTTP/1.1\r\nHost: bench\r\nAccept: application/json\r\nAuthorization: {}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.authorization,
            body.len()
        );
        self.stream.write_all(request.as_bytes()).await.map_err(io("asking"))?;
        self.answer.clear();
        let end = loop {
            if let Some(end) = self.answer.windows(4).position(|part| part == b"\r\n\r\n") {
                break end + 4;
            }
            self.read().await?;
        };
        let head = String::from_utf8_lossy(&self.answer[..end]).to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
        while self.answer.len() < end + length.unwrap_or(0) {
            self.read().await?;
        }
        if !head.starts_with("http/1.1 20") {
            return Err(unexpected(String::from_utf8_lossy(&self.answer).into_owned()));
        }
        Ok(serde_json::from_slice(&self.answer[end..]).unwrap_or_default())
    }

    async fn read(&mut self) -> Result<(), HarnessError> {
        match self.stream.read_buf(&mut self.answer).await.map_err(io("reading"))? {
            0 => Err(unexpected("the connection was closed")),
            _ => Ok(()),
        }
    }
}

/// Creates this many tickets. Returns the number of the first.
async fn fill(api: &Api, count: u64) -> Result<u64, HarnessError> {
    let next = Arc::new(AtomicU64::new(0));
    let mut makers = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let (next, mut api) = (Arc::clone(&next), api.another().await?);
        makers.spawn(async move {
            let mut first = u64::MAX;
            while next.fetch_add(1, Ordering::Relaxed) < count {
                let article = json!({"body": "An article of the usual length, which says little, as articles do."});
                let ticket = json!({"title": "bench", "group_id": 1, "customer_id": 2, "article": article});
                let made = api.ask("POST", "tickets", &ticket).await?;
                first = first.min(made["id"].as_u64().unwrap_or(u64::MAX));
            }
            Ok::<_, HarnessError>(first)
        });
    }
    let firsts = makers.join_all().await.into_iter().collect::<Result<Vec<_>, _>>()?;
    firsts.into_iter().min().ok_or_else(|| unexpected("no ticket was made"))
}

async fn reads(api: &mut Api, first: u64, among: u64) -> Result<(), HarnessError> {
    let search = json!({"expand": true, "limit": 50, "condition": {"ticket.updated_at":
                        {"operator": "within last (relative)", "range": "hour", "value": "1"}}});
    for (name, method, path, body, count) in [
        ("one ticket", "GET", format!("tickets/{first}?expand=true"), Value::Null, READS),
        ("a page of 100", "GET", "tickets?per_page=100".to_owned(), Value::Null, 100),
        ("a search for what changed", "POST", "tickets/search".to_owned(), search, 20),
    ] {
        let mut times = Vec::new();
        for _ in 0..count {
            let began = Instant::now();
            api.ask(method, &path, &body).await?;
            times.push(began.elapsed());
        }
        times.sort_unstable();
        print_line(&format!(
            "among {among}: {name}, p50 {:.2} ms, p99 {:.2} ms",
            percentile(&times, 500),
            percentile(&times, 990)
        ));
    }
    Ok(())
}

/// Takes webhooks and counts those whose signature is right.
#[derive(Default)]
struct Receiver {
    good: AtomicU64,
    bad: AtomicU64,
}

impl Handler for Receiver {
    fn handle(self: Arc<Self>, request: Inbound) -> Pin<Box<dyn Future<Output = Outcome> + Send>> {
        Box::pin(async move {
            let right = std::str::from_utf8(&request.body).map(|body| signature(TOKEN, body));
            let is_right = right.is_ok_and(|right| request.header("x-hub-signature") == Some(&right));
            let counter = if is_right { &self.good } else { &self.bad };
            counter.fetch_add(1, Ordering::Relaxed);
            Answer::empty(200).into()
        })
    }
}

async fn updates(sim: &Sim, api: &Api, first: u64) -> Result<(), HarnessError> {
    let (listener, address) = listen(SocketAddr::from(([127, 0, 0, 1], 0))).await.map_err(io("listening"))?;
    let receiver = Arc::new(Receiver::default());
    let listening = Listening::start(listener, address, Arc::clone(&receiver));
    let token = api.authorization.trim_start_matches("Token token=");
    let url = format!("http://{}", sim.address);
    let hook = provision_hook(&url, token, 2, &format!("http://{address}/hook"), TOKEN).await?;
    let (next, began) = (Arc::new(AtomicU64::new(0)), Instant::now());
    let mut writers = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let (next, mut api) = (Arc::clone(&next), api.another().await?);
        writers.spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= UPDATES {
                    return Ok::<_, HarnessError>(());
                }
                let path = format!("tickets/{}", first + number % FEW);
                api.ask("PUT", &path, &json!({"title": format!("update {number}")})).await?;
            }
        });
    }
    for written in writers.join_all().await {
        written?;
    }
    let written = began.elapsed().as_secs_f64();
    while receiver.good.load(Ordering::Relaxed) < UPDATES && began.elapsed() < DELIVERED_WITHIN {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let (delivered, took) = (receiver.good.load(Ordering::Relaxed), began.elapsed().as_secs_f64());
    let bad = receiver.bad.load(Ordering::Relaxed);
    drop(listening);
    let rate = |count: u64, seconds: f64| f64::from(u32::try_from(count).unwrap_or(u32::MAX)) / seconds;
    print_line(&format!(
        "{UPDATES} updates over {CONNECTIONS} connections: {:.0} a second (goal 2,000); {delivered} signed webhooks taken, \
         {:.0} a second, {bad} wrong ones",
        rate(UPDATES, written),
        rate(delivered, took)
    ));
    let mut api = api.another().await?;
    api.ask("DELETE", &format!("triggers/{}", hook.trigger_id), &Value::Null).await?;
    Ok(())
}
