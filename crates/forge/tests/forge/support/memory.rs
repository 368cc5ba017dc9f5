//! A platform in memory: storage per installation with expiry and conflicts, a small Jira, and an invocation that can be
//! stopped before or after its n-th call.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use envelope::{InstallId, Nonce, ReplyContext, Secret, Timestamp, seal};
use forge::{
    AccountState, Entry, JiraCall, JiraResponse, KINDS, Lifetime, Meter, Page, Place, Platform, PlatformError,
    SetOptions, Upload, WebRequest, WebResponse,
};
use schema::{
    Id, Message, MessageBody, MessageResult, Poll as PollMax, Reply, Request, ResultStatus, SidecarInfo, UnixMs,
};
use serde_json::{Value, json};

use super::jira::Jira;

pub(crate) const NOW: i64 = 1_790_000_000_000;
pub(crate) const A: &str = "0b2c6d1e-8f4a-4c3b-9a57-2f1d7c9e0a11";
pub(crate) const B: &str = "ffffffff-8f4a-4c3b-9a57-2f1d7c9e0a11";

/// A value and when it expires.
type Row = (Value, Option<i64>);

/// State that outlives an invocation: of all installations, as in one warm process.
#[derive(Default)]
pub(crate) struct TestEnv {
    pub(crate) now: Cell<i64>,
    pub(crate) kv: RefCell<BTreeMap<(String, String), Row>>,
    pub(crate) secrets: RefCell<BTreeMap<(String, String), Value>>,
    pub(crate) jira: Jira,
    pub(crate) logs: RefCell<Vec<String>>,
    /// Installations without an active licence.
    pub(crate) unlicensed: RefCell<BTreeSet<String>>,
    /// The states of accounts that the platform reports, and the accounts that were reported to it.
    pub(crate) account_states: RefCell<BTreeMap<String, AccountState>>,
    pub(crate) reported: RefCell<Vec<(String, UnixMs)>>,
    random: Cell<u64>,
}

impl TestEnv {
    pub(crate) fn new() -> Self {
        Self { now: Cell::new(NOW), jira: Jira::new(), ..Self::default() }
    }

    pub(crate) fn platform(&self, install: &str) -> MemoryPlatform<'_> {
        MemoryPlatform {
            env: self,
            install: install.into(),
            account: None,
            calls_left: Cell::new(u32::MAX),
            stop_after_call: false,
            calls: Cell::new(0),
            meter: Meter::default(),
            reads: Cell::new(0),
            writes: Cell::new(0),
            queries: Cell::new(0),
            fails_queries: false,
        }
    }

    pub(crate) fn as_user(&self, install: &str, account: &str) -> MemoryPlatform<'_> {
        MemoryPlatform { account: Some(account.into()), ..self.platform(install) }
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

pub(crate) struct MemoryPlatform<'w> {
    env: &'w TestEnv,
    install: String,
    account: Option<String>,
    /// Calls until the invocation is stopped.
    pub(crate) calls_left: Cell<u32>,
    /// Whether the last call is carried out before the invocation is stopped.
    pub(crate) stop_after_call: bool,
    pub(crate) calls: Cell<u32>,
    meter: Meter,
    /// Calls that read or write storage.
    pub(crate) reads: Cell<u32>,
    pub(crate) writes: Cell<u32>,
    /// Listings among the reads.
    pub(crate) queries: Cell<u32>,
    /// Whether listings are refused, as when there are too many of them.
    pub(crate) fails_queries: bool,
}

impl MemoryPlatform<'_> {
    /// Makes a call, or never returns if the invocation is stopped at it.
    async fn call<T>(&self, work: impl FnOnce() -> T) -> T {
        self.calls.set(self.calls.get() + 1);
        let left = self.calls_left.get();
        self.calls_left.set(left.saturating_sub(1));
        if left == 0 || (left == 1 && !self.stop_after_call) {
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

impl Platform for MemoryPlatform<'_> {
    fn install_id(&self) -> &str {
        &self.install
    }

    fn account_id(&self) -> Option<&str> {
        self.account.as_deref()
    }

    fn licence_is_active(&self) -> bool {
        !self.env.unlicensed.borrow().contains(&self.install)
    }

    fn now(&self) -> UnixMs {
        UnixMs(self.env.now.get())
    }

    async fn kv_get(&self, key: &str) -> Result<Option<Entry>, PlatformError> {
        self.reads.set(self.reads.get() + 1);
        let read = || {
            let kv = self.env.kv.borrow();
            // Expired rows stay readable, as on the real platform.
            Ok(kv.get(&self.slot(key)).map(|(value, until)| Entry { value: value.clone(), expires: until.map(UnixMs) }))
        };
        self.call(read).await
    }

    async fn kv_set(&self, key: &str, value: Value, options: SetOptions) -> Result<(), PlatformError> {
        self.writes.set(self.writes.get() + 1);
        assert!(key.bytes().all(|b| b.is_ascii_alphanumeric() || b":._-#".contains(&b)), "illegal key {key}");
        assert!(value.to_string().len() <= 240 * 1024, "value of {key} is too large for the platform");
        in_table(key, options.ttl_seconds);
        assert!(levels(&value) <= 31, "value of {key} is too deep for the platform");
        let write = || {
            let mut kv = self.env.kv.borrow_mut();
            if options.fail_if_exists && kv.contains_key(&self.slot(key)) {
                return Err(PlatformError::new("KEY_CONFLICT"));
            }
            let until = options.ttl_seconds.map(|seconds| self.env.now.get() + i64::from(seconds) * 1_000);
            kv.insert(self.slot(key), (value, until));
            Ok(())
        };
        self.call(write).await
    }

    async fn kv_delete(&self, key: &str) -> Result<(), PlatformError> {
        self.writes.set(self.writes.get() + 1);
        self.call(|| {
            self.env.kv.borrow_mut().remove(&self.slot(key));
            Ok(())
        })
        .await
    }

    async fn kv_delete_many(&self, keys: &[String]) -> Result<Vec<String>, PlatformError> {
        assert!((1..=25).contains(&keys.len()), "{} keys in one call", keys.len());
        self.writes.set(self.writes.get() + 1);
        self.call(|| {
            keys.iter().for_each(|key| drop(self.env.kv.borrow_mut().remove(&self.slot(key))));
            Ok(Vec::new())
        })
        .await
    }

    async fn kv_query(&self, prefix: &str, limit: u32, cursor: Option<String>) -> Result<Page, PlatformError> {
        self.reads.set(self.reads.get() + 1);
        self.queries.set(self.queries.get() + 1);
        let list = || {
            if self.fails_queries {
                return Err(PlatformError::new("RATE_LIMIT_EXCEEDED"));
            }
            let kv = self.env.kv.borrow();
            let mine = kv.iter().filter(|((owner, key), _)| {
                *owner == self.install && key.starts_with(prefix) && cursor.as_ref().is_none_or(|cursor| key > cursor)
            });
            let rows: Vec<_> = mine.take(limit as usize).collect();
            let is_over = |until: &Option<i64>| until.is_some_and(|until| until <= self.env.now.get());
            let over = rows.iter().filter(|(_, (_, until))| is_over(until));
            let expired = over.map(|((_, key), _)| key.clone()).collect();
            let items: Vec<_> = rows.iter().map(|((_, key), (value, _))| (key.clone(), value.clone())).collect();
            let cursor = (items.len() == limit as usize).then(|| items[items.len() - 1].0.clone());
            Ok(Page { items, cursor, expired })
        };
        self.call(list).await
    }

    async fn secret_get(&self, key: &str) -> Result<Option<Value>, PlatformError> {
        self.reads.set(self.reads.get() + 1);
        self.call(|| Ok(self.env.secrets.borrow().get(&self.slot(key)).cloned())).await
    }

    async fn secret_set(&self, key: &str, value: Value) -> Result<(), PlatformError> {
        assert!(
            KINDS.iter().any(|kind| matches!(kind.place, Place::Secret(name) if name == key)),
            "secret {key} is in no table"
        );
        self.call(|| {
            self.env.secrets.borrow_mut().insert(self.slot(key), value);
            Ok(())
        })
        .await
    }

    async fn secret_delete(&self, key: &str) -> Result<(), PlatformError> {
        self.call(|| {
            self.env.secrets.borrow_mut().remove(&self.slot(key));
            Ok(())
        })
        .await
    }

    async fn jira(&self, call: JiraCall) -> Result<JiraResponse, PlatformError> {
        self.call(|| Ok(self.env.jira.respond(self.account.as_deref(), call))).await
    }

    async fn jira_upload(&self, file: Upload<'_>) -> Result<JiraResponse, PlatformError> {
        self.call(|| Ok(self.env.jira.upload(file.issue_id, file.name, file.base64))).await
    }

    async fn jira_download(&self, attachment_id: &str, max_bytes: u64) -> Result<JiraResponse, PlatformError> {
        self.call(|| Ok(self.env.jira.download(attachment_id, max_bytes))).await
    }

    async fn random(&self, bytes: usize) -> Result<Vec<u8>, PlatformError> {
        let draw = || {
            // Different on every call, the same in every run: splitmix64.
            let next = || {
                self.env.random.set(self.env.random.get().wrapping_add(0x9e37_79b9_7f4a_7c15));
                let mut x = self.env.random.get();
                x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                (x ^ (x >> 31)).to_le_bytes()[0]
            };
            Ok((0..bytes).map(|_| next()).collect())
        };
        self.call(draw).await
    }

    async fn web_trigger_url(&self, module: &str) -> Result<String, PlatformError> {
        self.call(|| Ok(format!("https://forge.example/x1/{}/{module}", self.install))).await
    }

    async fn report_accounts(
        &self,
        accounts: &[(String, UnixMs)],
    ) -> Result<Vec<(String, AccountState)>, PlatformError> {
        assert!((1..=90).contains(&accounts.len()), "{} accounts in one call", accounts.len());
        self.call(|| {
            self.env.reported.borrow_mut().extend_from_slice(accounts);
            let states = self.env.account_states.borrow();
            Ok(accounts.iter().filter_map(|(id, _)| Some((id.clone(), *states.get(id)?))).collect())
        })
        .await
    }

    fn meter(&self) -> &Meter {
        &self.meter
    }

    fn warn(&self, event: &'static str, fields: Value) {
        self.env.logs.borrow_mut().push(format!("{event} {fields}"));
    }
}

/// Runs an invocation to its end; `None` if it was stopped.
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
    let mut message: Message = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    // Descriptions, repetitions and files of removed articles have tests of their own.
    match &mut message.body {
        MessageBody::ArticleAdded(article) | MessageBody::ArticleChanged(article) => article.again = false,
        MessageBody::ArticleRemoved(article) => article.files.clear(),
        MessageBody::AttachmentAdded(file) => file.again = false,
        MessageBody::LinkRequested(request) => request.description = None,
        MessageBody::IssueCreate(request) => request.description = None,
        _ => {}
    }
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

/// Returns the request of a body, sealed with `secret` and the given nonce.
pub(crate) fn sealed(env: &TestEnv, secret: &Secret, install: &str, nonce: u8, body: String) -> WebRequest {
    let timestamp = Timestamp::from_seconds(env.now.get() / 1_000).unwrap();
    let headers =
        seal(secret, InstallId::parse(install.as_bytes()).unwrap(), timestamp, Nonce::from_random([nonce; 16]), &body);
    let headers = headers.to_pairs().into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    WebRequest { method: "POST".into(), headers, body: body.into_bytes() }
}

pub(crate) fn send(env: &TestEnv, secret: &Secret, nonce: u8, request: &Request) -> WebResponse {
    let wire = sealed(env, secret, A, nonce, json!(request).to_string());
    run(forge::web_trigger(&env.platform(A), wire)).unwrap()
}

/// Opens a reply as the sidecar does.
pub(crate) fn opened(response: &WebResponse, secret: &Secret, nonce: u8) -> Reply {
    let (install, nonce) = (InstallId::parse(A.as_bytes()).unwrap(), Nonce::from_random([nonce; 16]));
    let reply = ReplyContext { install: &install, nonce: &nonce, secret };
    let headers = response.headers.iter().map(|(name, values)| (name.as_str(), values[0].as_str().unwrap().as_bytes()));
    let verified = reply.open(headers, response.body.as_bytes()).unwrap();
    serde_json::from_str(verified.body()).unwrap()
}

/// Links ticket 42 and PROJ-7 in a new environment.
pub(crate) fn linked() -> (TestEnv, Secret) {
    let env = TestEnv::new();
    let secret = env.connect(A);
    let result = apply(&env, &secret, 1, message(1, 42, "link.requested"));
    assert_eq!(result.status, ResultStatus::Accepted, "{result:?}");
    (env, secret)
}

/// Sends one message and returns its result. `nonce` must be new.
pub(crate) fn apply(env: &TestEnv, secret: &Secret, nonce: u8, message: Message) -> MessageResult {
    opened(&send(env, secret, nonce, &request(A, vec![message])), secret, nonce).results.remove(0)
}

/// Returns a message with this body.
pub(crate) fn about(number: u128, ticket: u64, body: MessageBody) -> Message {
    Message { id: id(number), ticket_id: Some(ticket), body }
}

/// Calls a function of the admin page as an admin.
pub(crate) fn call_admin(env: &TestEnv, function: &str, payload: Value) -> Value {
    let call = json!({ "functionKey": function, "payload": payload });
    run(forge::admin(&env.as_user(A, "admin-1"), &call)).unwrap()
}

/// Writes the settings as an admin.
pub(crate) fn set_settings(env: &TestEnv, value: Value) {
    let admin = env.as_user(A, "admin-1");
    let etag = run(forge::admin(&admin, &json!({ "functionKey": "settings.get" }))).unwrap()["etag"].clone();
    let payload = json!({ "value": value, "ifEtag": etag });
    let set = run(forge::admin(&admin, &json!({ "functionKey": "settings.set", "payload": payload }))).unwrap();
    assert!(set["etag"].is_string(), "{set}");
}

/// Calls a function of the panel of an issue as a user.
pub(crate) fn panel(env: &TestEnv, account: &str, issue: &str, function: &str, payload: Value) -> Value {
    let call = json!({ "functionKey": function, "payload": payload, "issueId": issue });
    run(forge::panel(&env.as_user(A, account), &call)).unwrap()
}

/// Checks a write against the table of everything that the app stores, with its lifetime.
fn in_table(key: &str, ttl_seconds: Option<u32>) {
    let Some(kind) = KINDS.iter().find(|kind| kind.has(key)) else {
        panic!("no kind of record in crates/forge/src/stored.rs has the key {key}")
    };
    let limit = if let Lifetime::Seconds(seconds) = kind.lifetime { Some(seconds) } else { None };
    assert_eq!(ttl_seconds.is_some(), limit.is_some(), "lifetime of {key}");
    assert!(ttl_seconds <= limit, "{key} lives longer than the table says");
}

/// Depth of nested objects and lists.
fn levels(value: &Value) -> usize {
    let inner = match value {
        Value::Array(items) => items.iter().map(levels).max(),
        Value::Object(fields) => fields.values().map(levels).max(),
        _ => return 0,
    };
    1 + inner.unwrap_or(0)
}
