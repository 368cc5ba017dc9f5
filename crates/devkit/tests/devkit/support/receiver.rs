//! A receiver of webhooks and events. The first part of a path picks the answer, as in the conformance probe.

use std::sync::{Arc, Mutex};

use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha1::Sha1;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
};

/// One request that arrived.
#[derive(Clone, Debug)]
pub struct Received {
    pub method: String,
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Received {
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// `valid`, `invalid` or `absent`, over the bytes as received.
    pub fn signature(&self, token: &str) -> &'static str {
        let Some(sent) = self.header("X-Hub-Signature") else { return "absent" };
        let mut mac = Hmac::<Sha1>::new_from_slice(token.as_bytes()).unwrap();
        mac.update(&self.body);
        if sent == format!("sha1={}", hex::encode(mac.finalize().into_bytes())) { "valid" } else { "invalid" }
    }
}

/// The receiver; dropping it stops it.
pub struct Receiver {
    pub netloc: String,
    seen: Arc<Mutex<Vec<Received>>>,
    count: watch::Receiver<usize>,
    _tasks: JoinSet<()>,
}

impl Receiver {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let netloc = listener.local_addr().unwrap().to_string();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (counter, count) = watch::channel(0);
        let (shared, own) = (Arc::clone(&seen), netloc.clone());
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                serve(stream, &shared, &own).await;
                counter.send_replace(shared.lock().unwrap().len());
            }
        });
        Self { netloc, seen, count, _tasks: tasks }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.netloc)
    }

    pub fn all(&self) -> Vec<Received> {
        self.seen.lock().unwrap().clone()
    }

    /// Waits until so many have arrived, and hands all of them out.
    pub async fn wait(&self, count: usize) -> Vec<Received> {
        let mut counter = self.count.clone();
        let waited = counter.wait_for(|seen| *seen >= count);
        tokio::time::timeout(std::time::Duration::from_secs(20), waited).await.expect("arrivals").unwrap();
        self.all()
    }

    /// Takes what has arrived so far.
    pub fn take(&self) -> Vec<Received> {
        std::mem::take(&mut self.seen.lock().unwrap())
    }
}

async fn serve(mut stream: TcpStream, seen: &Mutex<Vec<Received>>, netloc: &str) {
    let mut bytes = Vec::new();
    let (end, length) = loop {
        if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
            return;
        }
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
            break (end, length.unwrap_or(0_usize));
        }
    };
    while bytes.len() < end + 4 + length && stream.read_buf(&mut bytes).await.unwrap_or(0) > 0 {}
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.lines();
    let mut first = lines.next().unwrap_or_default().split(' ');
    let received = Received {
        method: first.next().unwrap_or_default().to_owned(),
        target: first.next().unwrap_or_default().to_owned(),
        headers: lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.into(), value.into()))
            .collect(),
        body: bytes[end + 4..].to_vec(),
    };
    let path = received.path().to_owned();
    let before = {
        let mut seen = seen.lock().unwrap();
        let before = seen.iter().filter(|other| other.path() == path).count();
        seen.push(received);
        before
    };
    let (behaviour, label) = path.trim_start_matches('/').split_once('/').unwrap_or((path.as_str(), ""));
    let (status, extra) = match behaviour {
        "ok" | "target" => (200, String::new()),
        "ok202" => (202, String::new()),
        "fail500" => (500, String::new()),
        "flaky" => (if before < 2 { 500 } else { 200 }, String::new()),
        "redirect302" => (302, format!("Location: http://{netloc}/target/{label}\r\n")),
        _ => (404, String::new()),
    };
    let answer = format!("HTTP/1.1 {status} X\r\nContent-Length: 2\r\nConnection: close\r\n{extra}\r\n{{}}");
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
}
