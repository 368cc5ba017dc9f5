//! A stand-in for Atlassian's GraphQL gateway on loopback, with the operations that the Forge CLI 13.3.0 uses for a deployment
//! and an upgrade. The responses were derived from the CLI, not from Atlassian: they show what the CLI sends, not what a real
//! gateway accepts.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use serde_json::Value;

const RESPONSES: &str = include_str!("fixtures/gateway.json");

/// One request.
#[derive(Clone, Debug)]
pub(super) struct Request {
    /// The GraphQL operation; empty for an upload.
    pub(super) operation: String,
    pub(super) variables: Value,
    pub(super) authorization: String,
}

#[derive(Default)]
struct State {
    requests: Vec<Request>,
    /// Operations whose connection is cut before a response.
    cut: BTreeSet<String>,
    stopped: bool,
}

pub(super) struct Gateway {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    thread: Option<JoinHandle<()>>,
}

impl Gateway {
    pub(super) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        let thread = thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if shared.lock().unwrap().stopped {
                    return;
                }
                // One at a time. A client that hangs up does not stop the gateway.
                let _ = serve(stream, address, &shared);
            }
        });
        Self { address, state, thread: Some(thread) }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/graphql", self.address)
    }

    /// Cuts the connection of every request for this operation from now on; an empty name ends it.
    pub(super) fn cut(&self, operation: &str) {
        let mut state = self.state.lock().unwrap();
        state.cut.clear();
        state.cut.insert(operation.to_owned());
    }

    /// The requests since this was last called.
    pub(super) fn requests(&self) -> Vec<Request> {
        std::mem::take(&mut self.state.lock().unwrap().requests)
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.state.lock().unwrap().stopped = true;
        // Wakes the thread that waits for a connection.
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(stream: TcpStream, address: SocketAddr, state: &Mutex<State>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let (mut length, mut authorization) = (0, String::new());
    let mut line = String::new();
    while reader.read_line(&mut line)? > 2 {
        if let Some((name, value)) = line.split_once(':') {
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.trim().parse().unwrap_or_default(),
                "authorization" => value.trim().clone_into(&mut authorization),
                _ => {}
            }
        }
        line.clear();
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;

    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let operation = body["operationName"].as_str().unwrap_or_default().to_owned();
    let responses: Value = serde_json::from_str(RESPONSES).unwrap();
    let response = serde_json::json!({ "data": responses[&operation] }).to_string();
    let response = response.replace("GATEWAY", &format!("http://{address}"));
    let is_cut = {
        let mut state = state.lock().unwrap();
        state.requests.push(Request {
            operation: operation.clone(),
            variables: body["variables"].clone(),
            authorization,
        });
        state.cut.contains(&operation)
    };
    if is_cut {
        return Ok(());
    }
    let head = format!("content-type: application/json\r\ncontent-length: {}\r\nconnection: close", response.len());
    write!(reader.get_mut(), "HTTP/1.1 200 OK\r\n{head}\r\n\r\n{response}")
}
