//! Stands for the Forge app: accepts every message and answers each request after the time that an exchange takes, signed. It notes
//! when each article arrived.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use envelope::{HEADER_NONCE, InstallId, Nonce, ReplyContext, Secret, Timestamp};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep};

pub(crate) const INSTALL: &str = "0b2c6d1e-8f4a-4c3b-9a57-2f1d7c9e0a11";
pub(crate) const SECRET: &str = "5f0c1d7ab93e48266e91f4c80d37a25be4188c6f02d95b7f3a61ee0947c2d813";
/// The time of an exchange: on the way, in the platform, and in Jira.
const EXCHANGE: Duration = Duration::from_millis(500);

/// The arrived articles: ticket, article, when.
pub(crate) type Arrived = Arc<Mutex<Vec<(u64, u64, Instant)>>>;

/// Listens until the process ends; returns the address of the web trigger.
pub(crate) async fn start(arrived: Arrived) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, Arc::clone(&arrived)));
        }
    });
    format!("http://{address}/x1/trigger")
}

async fn serve(stream: TcpStream, arrived: Arrived) {
    let mut stream = BufReader::new(stream);
    while let Some((headers, body)) = request(&mut stream).await {
        sleep(EXCHANGE).await;
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        let reply = answer(&body, &arrived).to_string();
        let secret = Secret::parse(SECRET).unwrap();
        let nonce = Nonce::parse(headers[HEADER_NONCE].as_bytes()).unwrap();
        let seconds = time::OffsetDateTime::now_utc().unix_timestamp();
        let install = InstallId::parse(INSTALL.as_bytes()).unwrap();
        let sealed = ReplyContext { install: &install, nonce: &nonce, secret: &secret }
            .seal(Timestamp::from_seconds(seconds).unwrap(), &reply);
        let mut head =
            format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n", reply.len());
        for (name, value) in sealed.to_pairs() {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if stream.write_all(format!("{head}\r\n{reply}").as_bytes()).await.is_err() {
            return;
        }
    }
}

/// Reads one request; `None` at the end of the connection.
async fn request(stream: &mut BufReader<TcpStream>) -> Option<(BTreeMap<String, String>, Vec<u8>)> {
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(": ") {
            headers.insert(name.to_lowercase(), value.to_owned());
        }
    }
    let mut body = vec![0; headers.get("content-length")?.parse().ok()?];
    stream.read_exact(&mut body).await.ok()?;
    Some((headers, body))
}

fn answer(request: &Value, arrived: &Arrived) -> Value {
    let (now, mut arrived) = (Instant::now(), arrived.lock().unwrap());
    let result = |message: &Value| {
        let (id, data) = (&message["id"], &message["data"]);
        let answer = match message["kind"].as_str().unwrap_or_default() {
            "article.added" => {
                let number = |value: &Value| value.as_u64().unwrap_or_default();
                arrived.push((number(&message["ticketId"]), number(&data["articleId"]), now));
                let comment =
                    |issue: &Value| json!({ "issueId": issue, "commentId": format!("{}", data["articleId"]) });
                json!({ "comments": data["issues"].as_array().unwrap().iter().map(comment).collect::<Vec<_>>() })
            }
            "hello" => json!({ "minSidecar": "0.0.0", "privacyMode": false, "links": 10_000 }),
            "issues.changed" => json!({ "issues": [], "until": data["since"] }),
            "issues.read" => json!({ "issues": [], "waitMs": 3_600_000 }),
            _ => Value::Null,
        };
        json!({ "id": id, "status": "accepted", "data": answer })
    };
    let results: Vec<Value> = request["messages"].as_array().unwrap().iter().map(result).collect();
    json!({
        "v": 1, "installId": INSTALL, "results": results, "commands": [], "config": { "etag": "0", "value": {} },
        "keys": { "live": [] }, "forge": { "version": "0.1.0", "minSidecar": "0.0.0" }, "nextPollMs": 5_000,
        "queue": {},
    })
}
