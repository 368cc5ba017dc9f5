//! A server on a free port of this machine that gives the recorded answer to the next call, and remembers the call.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response as Answer};
use redaction::Sensitive;
use serde_json::Value;
use time::OffsetDateTime;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use zammad::{Client, ClientConfig};

use crate::Response;

pub(crate) const TOKEN: &str = "replay-token";

#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

#[derive(Clone, Default)]
struct Script {
    /// One for each call; the last stays.
    answers: Arc<Mutex<VecDeque<Response>>>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

pub(crate) struct Replay {
    script: Script,
    pub(crate) client: Client,
    // Ends the server with the test.
    _server: JoinSet<()>,
}

pub(crate) fn now() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_790_000_000).unwrap()
}

pub(crate) fn client(address: &str) -> Client {
    let http = zammad::http_client_builder().timeout(Duration::from_secs(20)).build().unwrap();
    let config = ClientConfig { base_url: address.parse().unwrap(), token: Sensitive::new(TOKEN.to_owned()) };
    Client::new(&config, http, now).unwrap()
}

impl Replay {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = client(&format!("http://{}/", listener.local_addr().unwrap()));
        let script = Script::default();
        let app = Router::new().fallback(respond).with_state(script.clone());
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { script, client, _server: server }
    }

    /// The answer to the next calls.
    pub(crate) fn will_answer(&self, response: Response) {
        self.will_answer_each([response]);
    }

    /// The answers to the next calls in turn; the last one stays.
    pub(crate) fn will_answer_each(&self, responses: impl IntoIterator<Item = Response>) {
        *self.script.answers.lock().unwrap() = responses.into_iter().collect();
    }

    /// The last call.
    pub(crate) fn asked(&self) -> Asked {
        self.all_asked().pop().expect("a call was made")
    }

    /// The calls since the last question, in order.
    pub(crate) fn all_asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.script.asked.lock().unwrap())
    }
}

async fn respond(State(script): State<Script>, parts: Parts, body: Bytes) -> Answer {
    let path = parts.uri.path_and_query().unwrap().to_string();
    script.asked.lock().unwrap().push(Asked { method: parts.method.to_string(), path, headers: parts.headers, body });
    let response = {
        let mut answers = script.answers.lock().unwrap();
        if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() }
    }
    .unwrap_or_default();
    // Recordings keep texts that are no JSON as they are, and of other bytes only a sum.
    let is_json = response.headers.get("content-type").and_then(Value::as_str).is_none_or(|kind| kind.contains("json"));
    let body = match response.body {
        Value::String(text) if !is_json => text,
        json => json.to_string(),
    };
    let mut answer = (StatusCode::from_u16(response.status).unwrap(), body).into_response();
    for (name, value) in &response.headers {
        if let Some(value) = value.as_str() {
            let name = axum::http::HeaderName::try_from(name).unwrap();
            answer.headers_mut().insert(name, value.try_into().unwrap());
        }
    }
    answer
}
