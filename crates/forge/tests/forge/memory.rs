//! A platform in memory: storage per installation with real expiry and conflicts, a small Jira, and a fuse that kills the invocation before or after its n-th call.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use envelope::{InstallId, Nonce, Reply as Seal, Secret, Timestamp, seal};
use forge::{
    Entry, JiraAnswer, JiraCall, Level, Page, Platform, PlatformError, SetOptions, Upload, WebRequest, WebResponse,
};
use schema::{
    Id, Message, MessageBody, MessageResult, Poll as PollMax, Reply, Request, ResultStatus, SidecarInfo, UnixMs,
};
use serde_json::{Value, json};

use crate::jira::Jira;

pub(crate) const NOW: i64 = 1_790_000_000_000;
pub(crate) const A: &str = "0b2c6d1e-8f4a-4c3b-9a57-2f1d7c9e0a11";
pub(crate) const B: &str = "ffffffff-8f4a-4c3b-9a57-2f1d7c9e0a11";

/// A value and when it expires.
type Row = (Value, Option<i64>);

/// What outlives an invocation, of all installations together, as in one warm process.
#[derive(Default)]
pub(crate) struct World {
    pub(crate) now: Cell<i64>,
    pub(crate) kv: RefCell<BTreeMap<(String, String), Row>>,
    pub(crate) secrets: RefCell<BTreeMap<(String, String), Value>>,
    pub(crate) jira: Jira,
    pub(crate) logs: RefCell<Vec<String>>,
    random: Cell<u64>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self { now: Cell::new(NOW), jira: Jira::new(), ..Self::default() }
    }

    pub(crate) fn platform(&self, install: &str) -> Memory<'_> {
        Memory {
            world: self,
            install: install.into(),
            account: None,
            fuse: Cell::new(u32::MAX),
            after: false,
            calls: Cell::new(0),
            reads: Cell::new(0),
            writes: Cell::new(0),
        }
    }

    pub(crate) fn as_user(&self, install: &str, account: &str) -> Memory<'_> {
        Memory { account: Some(account.into()), ..self.platform(install) }
    }

    pub(crate) fn keys_of(&self, install: &str, prefix: &str) -> Vec<String> {
        let kv = self.kv.borrow();
        kv.keys()
            .filter(|(owner, key)| owner == install && key.starts_with(prefix))
            .map(|(_, key)| key.clone())
            .collect()
    }

    /// Connects an installation and returns its secret.
    pub(crate) fn connect(&self, install: &str) -> Secret {
        let made = run(forge::admin(&self.as_user(install, "admin-1"), &json!({ "functionKey": "connection.create" })))
            .unwrap();
        Secret::parse(made["secret"].as_str().unwrap()).unwrap()
    }
}

pub(crate) struct Memory<'w> {
    world: &'w World,
    install: String,
    account: Option<String>,
    /// Calls until the invocation dies.
    pub(crate) fuse: Cell<u32>,
    /// Whether it dies after that call was carried out, or before.
    pub(crate) after: bool,
    pub(crate) calls: Cell<u32>,
    /// Of these, reads and writes of storage.
    pub(crate) reads: Cell<u32>,
    pub(crate) writes: Cell<u32>,
}

impl Memory<'_> {
    /// Never comes back once the fuse has burnt: that is what a killed process looks like from inside.
    async fn burn<T>(&self, work: impl FnOnce() -> T) -> T {
        self.calls.set(self.calls.get() + 1);
        let left = self.fuse.get();
        self.fuse.set(left.saturating_sub(1));
        if left == 0 || (left == 1 && !self.after) {
            return std::future::pending().await;
        }
        let done = work();
        if left == 1 {
            return std::future::pending().await;
        }
        done
    }

    fn slot(&self, key: &str) -> (String, String) {
        (self.install.clone(), key.to_owned())
    }
}

impl Platform for Memory<'_> {
    fn install_id(&self) -> &str {
        &self.install
    }

    fn account_id(&self) -> Option<&str> {
        self.account.as_deref()
    }

    fn now(&self) -> UnixMs {
        UnixMs(self.world.now.get())
    }

    async fn kv_get(&self, key: &str) -> Result<Option<Entry>, PlatformError> {
        self.reads.set(self.reads.get() + 1);
        let read = || {
            let kv = self.world.kv.borrow();
            // Expired rows stay readable, as on the real platform.
            Ok(kv.get(&self.slot(key)).map(|(value, until)| Entry { value: value.clone(), expires: until.map(UnixMs) }))
        };
        self.burn(read).await
    }

    async fn kv_set(&self, key: &str, value: Value, options: SetOptions) -> Result<(), PlatformError> {
        self.writes.set(self.writes.get() + 1);
        assert!(key.bytes().all(|b| b.is_ascii_alphanumeric() || b":._-#".contains(&b)), "illegal key {key}");
        assert!(value.to_string().len() <= 240 * 1024, "value of {key} is too large for the platform");
        assert!(levels(&value) <= 31, "value of {key} is too deep for the platform");
        let write = || {
            let mut kv = self.world.kv.borrow_mut();
            if options.fail_if_exists && kv.contains_key(&self.slot(key)) {
                return Err(PlatformError::new("KEY_CONFLICT"));
            }
            let until = options.ttl_seconds.map(|seconds| self.world.now.get() + i64::from(seconds) * 1_000);
            kv.insert(self.slot(key), (value, until));
            Ok(())
        };
        self.burn(write).await
    }

    async fn kv_delete(&self, key: &str) -> Result<(), PlatformError> {
        self.writes.set(self.writes.get() + 1);
        self.burn(|| {
            self.world.kv.borrow_mut().remove(&self.slot(key));
            Ok(())
        })
        .await
    }

    async fn kv_query(&self, prefix: &str, limit: u32, cursor: Option<String>) -> Result<Page, PlatformError> {
        self.reads.set(self.reads.get() + 1);
        let list = || {
            let kv = self.world.kv.borrow();
            let mine = kv.iter().filter(|((owner, key), _)| {
                *owner == self.install && key.starts_with(prefix) && cursor.as_ref().is_none_or(|cursor| key > cursor)
            });
            let items: Vec<_> =
                mine.take(limit as usize).map(|((_, key), (value, _))| (key.clone(), value.clone())).collect();
            let cursor = (items.len() == limit as usize).then(|| items[items.len() - 1].0.clone());
            Ok(Page { items, cursor })
        };
        self.burn(list).await
    }

    async fn secret_get(&self, key: &str) -> Result<Option<Value>, PlatformError> {
        self.reads.set(self.reads.get() + 1);
        self.burn(|| Ok(self.world.secrets.borrow().get(&self.slot(key)).cloned())).await
    }

    async fn secret_set(&self, key: &str, value: Value) -> Result<(), PlatformError> {
        self.burn(|| {
            self.world.secrets.borrow_mut().insert(self.slot(key), value);
            Ok(())
        })
        .await
    }

    async fn secret_delete(&self, key: &str) -> Result<(), PlatformError> {
        self.burn(|| {
            self.world.secrets.borrow_mut().remove(&self.slot(key));
            Ok(())
        })
        .await
    }

    async fn jira(&self, call: JiraCall) -> Result<JiraAnswer, PlatformError> {
        self.burn(|| Ok(self.world.jira.answer(self.account.as_deref(), call))).await
    }

    async fn jira_upload(&self, file: Upload<'_>) -> Result<JiraAnswer, PlatformError> {
        self.burn(|| Ok(self.world.jira.upload(file.issue_id, file.name, file.base64))).await
    }

    async fn jira_download(&self, attachment_id: &str, max_bytes: u64) -> Result<JiraAnswer, PlatformError> {
        self.burn(|| Ok(self.world.jira.download(attachment_id, max_bytes))).await
    }

    async fn random(&self, bytes: usize) -> Result<Vec<u8>, PlatformError> {
        let draw = || {
            // Different on every call, the same in every run: splitmix64.
            let next = || {
                self.world.random.set(self.world.random.get().wrapping_add(0x9e37_79b9_7f4a_7c15));
                let mut x = self.world.random.get();
                x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                (x ^ (x >> 31)).to_le_bytes()[0]
            };
            Ok((0..bytes).map(|_| next()).collect())
        };
        self.burn(draw).await
    }

    async fn web_trigger_url(&self, module: &str) -> Result<String, PlatformError> {
        self.burn(|| Ok(format!("https://forge.example/x1/{}/{module}", self.install))).await
    }

    fn log(&self, _: Level, event: &'static str, fields: Value) {
        self.world.logs.borrow_mut().push(format!("{event} {fields}"));
    }
}

/// Drives an invocation to its end; `None` if it died.
pub(crate) fn run<T>(work: impl Future<Output = T>) -> Option<T> {
    let mut work = pin!(work);
    match work.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

pub(crate) fn id(number: u128) -> Id {
    Id::new(UnixMs(NOW), number)
}

pub(crate) fn golden(kind: &str) -> MessageBody {
    let file =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../schema/tests/golden/messages/{kind}.json"));
    let message: Message = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    message.body
}

pub(crate) fn message(number: u128, ticket: u64, kind: &str) -> Message {
    Message { id: id(number), ticket_id: Some(ticket), body: golden(kind) }
}

pub(crate) fn request(install: &str, messages: Vec<Message>) -> Request {
    Request {
        v: 1,
        install_id: install.into(),
        sidecar: SidecarInfo {
            version: "0.1.0".into(),
            instance: "test".into(),
            started_at: "2026-11-24T08:00:00Z".into(),
        },
        messages,
        acks: vec![],
        poll: PollMax::default(),
        config_etag: None,
    }
}

/// What arrives at the web trigger for a body, sealed with `secret` and a nonce of its own.
pub(crate) fn sealed(world: &World, secret: &Secret, install: &str, nonce: u8, body: String) -> WebRequest {
    let timestamp = Timestamp::from_seconds(world.now.get() / 1_000).unwrap();
    let headers =
        seal(secret, InstallId::parse(install.as_bytes()).unwrap(), timestamp, Nonce::from_random([nonce; 16]), &body);
    let headers = headers.to_pairs().into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    WebRequest { method: "POST".into(), headers, body: body.into_bytes() }
}

pub(crate) fn send(world: &World, secret: &Secret, nonce: u8, request: &Request) -> WebResponse {
    let wire = sealed(world, secret, A, nonce, json!(request).to_string());
    run(forge::web_trigger(&world.platform(A), wire)).unwrap()
}

/// Opens a reply as the sidecar does.
pub(crate) fn opened(response: &WebResponse, secret: &Secret, nonce: u8) -> Reply {
    let (install, nonce) = (InstallId::parse(A.as_bytes()).unwrap(), Nonce::from_random([nonce; 16]));
    let reply = Seal { install: &install, nonce: &nonce, secret };
    let headers = response.headers.iter().map(|(name, values)| (name.as_str(), values[0].as_str().unwrap().as_bytes()));
    let verified = reply.open(headers, response.body.as_bytes()).unwrap();
    serde_json::from_str(verified.body()).unwrap()
}

/// Links ticket 42 and PROJ-7 in a new world.
pub(crate) fn linked() -> (World, Secret) {
    let world = World::new();
    let secret = world.connect(A);
    let result = apply(&world, &secret, 1, message(1, 42, "link.requested"));
    assert_eq!(result.status, ResultStatus::Accepted, "{result:?}");
    (world, secret)
}

/// Sends one message and returns what became of it. `nonce` must be a new one.
pub(crate) fn apply(world: &World, secret: &Secret, nonce: u8, message: Message) -> MessageResult {
    opened(&send(world, secret, nonce, &request(A, vec![message])), secret, nonce).results.remove(0)
}

/// A message of this body.
pub(crate) fn about(number: u128, ticket: u64, body: MessageBody) -> Message {
    Message { id: id(number), ticket_id: Some(ticket), body }
}

/// Changes the settings as an admin does.
pub(crate) fn set_settings(world: &World, value: Value) {
    let admin = world.as_user(A, "admin-1");
    let etag = run(forge::admin(&admin, &json!({ "functionKey": "settings.get" }))).unwrap()["etag"].clone();
    let payload = json!({ "value": value, "ifEtag": etag });
    let set = run(forge::admin(&admin, &json!({ "functionKey": "settings.set", "payload": payload }))).unwrap();
    assert!(set["etag"].is_string(), "{set}");
}

/// Objects and lists inside of each other.
fn levels(value: &Value) -> usize {
    let inner = match value {
        Value::Array(items) => items.iter().map(levels).max(),
        Value::Object(fields) => fields.values().map(levels).max(),
        _ => return 0,
    };
    1 + inner.unwrap_or(0)
}
