//! An in-memory Forge: answers each post with what the test has scripted.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use envelope::{InstallId, Nonce, ReplyContext, Secret, Timestamp};
use serde_json::{Value, json};

use super::setup::{INSTALL, NOW, SECRET};
use crate::exchange::WebTrigger;
use crate::exchange::forge_client::{Answer, NoAnswer};

/// One scripted answer.
pub(crate) enum Scripted {
    /// A signed reply with these results and commands.
    Reply { results: Value, commands: Value },
    /// A signed reply with this whole body.
    Body(Value),
    /// A reply signed with another secret.
    WrongSignature,
    /// A signed refusal of the whole request with this HTTP status.
    Refused(u16),
    /// An HTTP status with headers, unsigned.
    Status(u16, Vec<(&'static str, &'static str)>),
    /// No answer.
    NoAnswer(NoAnswer),
}

#[derive(Default)]
pub(crate) struct Posts {
    script: VecDeque<Scripted>,
    /// The posted bodies.
    pub(crate) bodies: Vec<Value>,
    /// A message with which every exchange has this status.
    pub(crate) fails_with: Option<(String, u16)>,
}

/// Forge; clones share the script. Without a script it accepts every message.
#[derive(Clone, Default)]
pub(crate) struct MemoryForge(Arc<Mutex<Posts>>);

impl MemoryForge {
    /// Adds the answer to the next post.
    pub(crate) fn script(&self, answer: Scripted) {
        self.posts().script.push_back(answer);
    }

    /// The posts so far.
    pub(crate) fn posts(&self) -> MutexGuard<'_, Posts> {
        self.0.lock().unwrap()
    }
}

/// A reply body without results and commands.
pub(crate) fn empty_reply() -> Value {
    json!({
        "v": 1, "installId": INSTALL, "results": [], "commands": [], "config": { "etag": "0" },
        "keys": { "live": [] }, "forge": { "version": "1.0.0", "minSidecar": "0.0.0" }, "nextPollMs": 5_000,
    })
}

#[async_trait]
impl WebTrigger for MemoryForge {
    async fn post(&self, headers: &[(&'static str, String)], body: String) -> Result<Answer, NoAnswer> {
        let request: Value = serde_json::from_str(&body).unwrap();
        let mut posts = self.posts();
        posts.bodies.push(request.clone());
        if let Some((id, status)) = &posts.fails_with
            && request["messages"]
                .as_array()
                .is_some_and(|messages| messages.iter().any(|message| message["id"] == **id))
        {
            return Ok(Answer { status: *status, headers: Vec::new(), body: Vec::new() });
        }
        let accepted = || {
            let results = request["messages"].as_array().into_iter().flatten();
            json!(results.map(|message| json!({ "id": message["id"], "status": "accepted" })).collect::<Vec<_>>())
        };
        let (reply, secret) = match posts.script.pop_front() {
            None => (with(accepted(), json!([])), SECRET),
            Some(Scripted::Reply { results, commands }) => (with(results, commands), SECRET),
            Some(Scripted::Body(body)) => (body, SECRET),
            Some(Scripted::WrongSignature) => (with(accepted(), json!([])), &SECRET[2..]),
            Some(Scripted::Refused(status)) => {
                let reply = json!({ "error": "malformed" }).to_string();
                return Ok(Answer { status, headers: signed(headers, &reply, SECRET), body: reply.into_bytes() });
            }
            Some(Scripted::Status(status, headers)) => {
                let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec()));
                return Ok(Answer { status, headers: headers.collect(), body: Vec::new() });
            }
            Some(Scripted::NoAnswer(reason)) => return Err(reason),
        };
        let reply = reply.to_string();
        Ok(Answer { status: 200, headers: signed(headers, &reply, secret), body: reply.into_bytes() })
    }
}

fn with(results: Value, commands: Value) -> Value {
    let mut reply = empty_reply();
    (reply["results"], reply["commands"]) = (results, commands);
    reply
}

/// The headers of a reply to a request with `request_headers`.
fn signed(request_headers: &[(&'static str, String)], reply: &str, secret: &str) -> Vec<(String, Vec<u8>)> {
    let nonce = request_headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("x-connector-nonce"));
    let nonce = Nonce::parse(nonce.unwrap().1.as_bytes()).unwrap();
    // A shorter secret is padded: any other 32 bytes are a wrong key.
    let secret = Secret::parse(&format!("{secret:a<64}")).unwrap();
    let install = InstallId::parse(INSTALL.as_bytes()).unwrap();
    let seal = ReplyContext { install: &install, nonce: &nonce, secret: &secret };
    let headers = seal.seal(Timestamp::from_seconds(NOW.seconds()).unwrap(), reply).to_pairs();
    headers.map(|(name, value)| (name.to_lowercase(), value.into_bytes())).into()
}
