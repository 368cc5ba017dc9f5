//! A sidecar's server on a free port, and clients that speak bytes.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hmac::{Hmac, KeyInit, Mac};
use redaction::Sensitive;
use sha1::Sha1;
use sidecar::env::Env;
use sidecar::health::Health;
use sidecar::http::bodies::Bodies;
use sidecar::http::limits::{CONNECTIONS, Connections};
use sidecar::http::server::{self, Timeouts};
use sidecar::http::{Deliveries, HttpState, router};
use store::Store;
use store::sqlite::SqliteStore;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

pub const TOKEN: &str = "s3cr3t-t0k3n";
pub const BODY: &str = r#"{"ticket":{"id":7,"title":"x"},"article":{"id":8}}"#;
/// Far more than anything here takes: only a hang reaches it.
const HANG: Duration = Duration::from_secs(20);
/// For tests about something else.
pub const LONG: Timeouts = Timeouts { head: Duration::from_secs(60), body: Duration::from_secs(60) };

/// A server; ends with its value.
pub struct Site {
    pub address: SocketAddr,
    pub store: Arc<SqliteStore>,
    pub table: Connections,
    stop: CancellationToken,
    _tasks: JoinSet<()>,
    _directory: tempfile::TempDir,
}

impl Site {
    pub async fn start() -> Self {
        Self::with(LONG, CONNECTIONS).await
    }

    pub async fn with(timeouts: Timeouts, places: usize) -> Self {
        Self::serving(timeouts, places, |routes| routes).await
    }

    /// With something done to the routes.
    pub async fn serving(timeouts: Timeouts, places: usize, change: impl FnOnce(Router) -> Router) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = Arc::new(SqliteStore::open(&directory.path().join("connector.db")).await.unwrap());
        let state = HttpState {
            token: Sensitive::new(TOKEN.to_owned()),
            store: Arc::clone(&store) as Arc<dyn Store>,
            inbox_ready: Arc::new(Notify::new()),
            health: Arc::new(Health::default()),
            env: Env::system(),
            bodies: Bodies::default(),
            deliveries: Deliveries::default(),
        };
        let listener = server::bind(([127, 0, 0, 1], 0).into()).await.unwrap();
        let (address, table, stop) =
            (listener.local_addr().unwrap(), Connections::new(places), CancellationToken::new());
        let mut tasks = JoinSet::new();
        tasks.spawn(server::serve(listener, change(router(state)), table.clone(), timeouts, stop.clone()));
        Self { address, store, table, stop, _tasks: tasks, _directory: directory }
    }

    pub async fn client(&self) -> Client {
        Client { stream: TcpStream::connect(self.address).await.unwrap(), read: Vec::new() }
    }

    /// One request on a connection of its own.
    pub async fn ask(&self, request: impl AsRef<[u8]>) -> Answer {
        let mut client = self.client().await;
        client.send(request).await;
        client.answer().await
    }

    /// Stored notifications; no worker runs here, so all still wait.
    pub async fn rows(&self) -> u64 {
        self.store.counts().await.unwrap().inbox
    }

    /// Works as always: the end of every test that tried to break it.
    pub async fn assert_alive(&self) {
        let before = self.rows().await;
        assert_eq!(self.ask(Post::new(BODY).bytes()).await.status, 202);
        assert_eq!(self.rows().await, before + 1);
    }

    /// Ends it as the process does: open requests may end first.
    pub async fn end(mut self) {
        self.stop.cancel();
        within(self._tasks.join_next()).await.unwrap().unwrap();
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Awaits something that must not hang.
pub async fn within<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(HANG, what).await.expect("nothing hangs")
}

pub struct Client {
    pub stream: TcpStream,
    read: Vec<u8>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// A fixed word in JSON, with the headers every answer has.
    pub fn assert_plain(&self, status: u16, word: &str) {
        let name = if status < 300 { "status" } else { "error" };
        assert_eq!((self.status, self.body.as_str()), (status, format!(r#"{{"{name}":"{word}"}}"#).as_str()));
        for (name, value) in [
            ("content-type", "application/json"),
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
            ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
            ("referrer-policy", "no-referrer"),
        ] {
            assert_eq!(self.header(name), Some(value), "{name}");
        }
        assert_eq!(self.header("location"), None);
        assert_eq!(self.header("server"), None);
    }
}

impl Client {
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        assert!(self.try_send(bytes).await, "the server takes what is sent");
    }

    /// Whether all could be sent before the server closed.
    pub async fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        within(self.stream.write_all(bytes.as_ref())).await.is_ok()
    }

    pub async fn answer(&mut self) -> Answer {
        within(self.next()).await.expect("an answer")
    }

    /// The next answer, or `None` if the connection ends without one.
    pub async fn next(&mut self) -> Option<Answer> {
        loop {
            if let Some((answer, length)) = parse(&self.read) {
                self.read.drain(..length);
                return Some(answer);
            }
            let mut chunk = [0; 4096];
            match self.stream.read(&mut chunk).await {
                Ok(count) if count > 0 => self.read.extend_from_slice(&chunk[..count]),
                _ => {
                    assert!(self.read.is_empty(), "half an answer: {:?}", String::from_utf8_lossy(&self.read));
                    return None;
                }
            }
        }
    }

    /// Ends without a further answer.
    pub async fn assert_closed(&mut self) {
        assert_eq!(within(self.next()).await, None);
    }
}

fn parse(read: &[u8]) -> Option<(Answer, usize)> {
    let end = read.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&read[..end]).unwrap();
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().strip_prefix("HTTP/1.").unwrap()[2..5].parse().unwrap();
    let headers: Vec<(String, String)> = lines
        .map(|line| line.split_once(':').unwrap())
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length").map_or(0, |(_, text)| text.parse().unwrap());
    let body = read.get(end + 4..end + 4 + length)?;
    Some((Answer { status, headers, body: String::from_utf8(body.to_vec()).unwrap() }, end + 4 + length))
}

pub fn signature(body: &[u8]) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(TOKEN.as_bytes()).unwrap();
    mac.update(body);
    hex::encode(mac.finalize().into_bytes())
}

/// A new delivery id for every webhook of the process.
pub fn delivery() -> String {
    static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
    format!("00000000-0000-4000-8000-{:012x}", NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
}

/// A webhook as Zammad sends it, and its deviations.
pub struct Post {
    pub line: &'static str,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

impl Post {
    /// A good one.
    pub fn new(body: impl AsRef<[u8]>) -> Self {
        let body = body.as_ref().to_vec();
        let headers = vec![
            ("Host", "c:8080".to_owned()),
            ("Content-Type", "application/json; charset=utf-8".to_owned()),
            ("X-Zammad-Trigger", "Jira bridge: changes".to_owned()),
            ("X-Zammad-Delivery", delivery()),
            ("X-Hub-Signature", format!("sha1={}", signature(&body))),
            ("Content-Length", body.len().to_string()),
        ];
        Self { line: "POST /hooks/zammad HTTP/1.1", headers, body }
    }

    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(other, _)| *other != name);
        self
    }

    pub fn and(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// In place of what was there.
    pub fn with(self, name: &'static str, value: impl Into<String>) -> Self {
        self.without(name).and(name, value)
    }

    /// Chunked, in pieces of 64 KiB.
    pub fn chunked(mut self) -> Self {
        let mut framed = Vec::new();
        for piece in self.body.chunks(64 * 1024) {
            framed.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
            framed.extend_from_slice(piece);
            framed.extend_from_slice(b"\r\n");
        }
        framed.extend_from_slice(b"0\r\n\r\n");
        self.body = framed;
        self.without("Content-Length").and("Transfer-Encoding", "chunked")
    }

    pub fn head(&self) -> Vec<u8> {
        let mut head = format!("{}\r\n", self.line);
        for (name, value) in &self.headers {
            write!(head, "{name}: {value}\r\n").unwrap();
        }
        head.push_str("\r\n");
        head.into_bytes()
    }

    pub fn bytes(&self) -> Vec<u8> {
        [self.head(), self.body.clone()].concat()
    }
}

/// A request without a body.
pub fn plain(line: &str) -> Vec<u8> {
    format!("{line} HTTP/1.1\r\nHost: c\r\n\r\n").into_bytes()
}
