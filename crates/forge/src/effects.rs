//! A [`Platform`] without I/O: each call becomes an effect that the host performs.
//!
//! The host calls `step` in a loop with the results of the last effects until it returns `done`. The module has no promise
//! queue: in a warm process that serves several tenants, a shared queue could resume the work of one tenant inside the
//! invocation of another, and the platform selects the storage by the running invocation (docs/platforms/forge.md §3, §11.1;
//! docs/adr/0001-forge-core-as-state-machine.md).

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use schema::UnixMs;
use schema::time::{parse_rfc3339, rfc3339};
use serde_json::Value;

use crate::admin::admin;
use crate::events::jira_event;
use crate::exchange::{WebRequest, web_trigger};
use crate::json::{json, take};
use crate::lifecycle::{lifecycle, pre_uninstall, scheduled};
use crate::meter::Meter;
use crate::overview::overview;
use crate::panel::panel;
use crate::platform::{
    AccountState, Entry, JiraCall, JiraResponse, Page, Platform, PlatformError, PrincipalKind, RateLimit, SetOptions,
    Upload,
};

/// Maximum number of effects of one invocation; an endless loop ends here before the platform's time limit.
const MAX_EFFECTS: u64 = 5_000;

#[derive(Default)]
struct Pending {
    now: UnixMs,
    /// Number of effects so far; also the id of the last one.
    count: u64,
    effects: Vec<Value>,
    answers: Vec<(u64, Value)>,
    logs: Vec<Value>,
}

struct EffectPlatform {
    install_id: String,
    account_id: Option<String>,
    licence_is_active: bool,
    meter: Meter,
    pending: Rc<RefCell<Pending>>,
}

/// One running invocation.
pub struct Invocation {
    work: Pin<Box<dyn Future<Output = Value>>>,
    pending: Rc<RefCell<Pending>>,
}

impl Invocation {
    /// Starts an invocation. `kind` is the name of one of the crate's entry points; `input` is the host's JSON
    /// `{context, payload}`; `body` is the raw body of a web trigger in UTF-8, which is separate so that it is not parsed
    /// before its signature is verified.
    ///
    /// # Errors
    /// A fixed text if `kind` or `input` is wrong, which is an error of the host.
    pub fn begin(kind: &str, input: &str, body: Option<Vec<u8>>) -> Result<Self, &'static str> {
        let mut input: Value = serde_json::from_str(input).unwrap_or_default();
        let (context, payload) = (take(&mut input, "context"), take(&mut input, "payload"));
        let text = |name: &str| context[name].as_str().map(str::to_owned);
        let pending = Rc::new(RefCell::new(Pending::default()));
        let platform = EffectPlatform {
            install_id: text("installId").ok_or("input has no context.installId")?,
            account_id: text("accountId"),
            licence_is_active: licence_is_active(&context["licence"]),
            meter: Meter::default(),
            pending: Rc::clone(&pending),
        };
        let work: Pin<Box<dyn Future<Output = Value>>> = match kind {
            "web_trigger" => {
                let request = WebRequest::read(&payload, body.unwrap_or_default());
                Box::pin(async move { json!(web_trigger(&platform, request).await) })
            }
            "jira_event" => Box::pin(async move { jira_event(&platform, &payload).await }),
            "admin" => Box::pin(async move { admin(&platform, &payload).await }),
            "overview" => Box::pin(async move { overview(&platform, &payload).await }),
            "lifecycle" => Box::pin(async move { lifecycle(&platform, &payload).await }),
            "scheduled" => Box::pin(async move { scheduled(&platform).await }),
            "pre_uninstall" => Box::pin(async move { pre_uninstall(&platform).await }),
            "panel" => Box::pin(async move { panel(&platform, &payload).await }),
            _ => return Err("unknown kind of invocation"),
        };
        Ok(Self { work, pending })
    }

    /// Continues with the results of the last step's effects, a JSON list (`[]` in the first step). Returns
    /// `{"logs":[…],"effects":[…]}` or `{"logs":[…],"done":…}`.
    pub fn step(&mut self, now: UnixMs, answers: &str) -> String {
        {
            let mut pending = self.pending.borrow_mut();
            pending.now = now;
            let answers: Value = serde_json::from_str(answers).unwrap_or_default();
            for answer in into_list(answers) {
                if let Some(id) = answer.get("id").and_then(Value::as_u64) {
                    pending.answers.push((id, answer));
                }
            }
        }
        let polled = self.work.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        let mut pending = self.pending.borrow_mut();
        let logs = std::mem::take(&mut pending.logs);
        match polled {
            Poll::Ready(done) => json!({ "logs": logs, "done": done }),
            Poll::Pending => json!({ "logs": logs, "effects": std::mem::take(&mut pending.effects) }),
        }
        .to_string()
    }
}

/// Waits for the result of an effect.
struct EffectResult {
    id: u64,
    pending: Rc<RefCell<Pending>>,
}

impl Future for EffectResult {
    type Output = Result<Value, PlatformError>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        let mut pending = self.pending.borrow_mut();
        let Some(at) = pending.answers.iter().position(|(id, _)| *id == self.id) else { return Poll::Pending };
        let (_, mut answer) = pending.answers.swap_remove(at);
        Poll::Ready(match answer.get("err") {
            Some(error) => {
                Err(PlatformError::new(error.get("code").and_then(Value::as_str).unwrap_or("PLATFORM_ERROR")))
            }
            None => Ok(answer.get_mut("ok").map(Value::take).unwrap_or_default()),
        })
    }
}

impl EffectPlatform {
    async fn perform(&self, mut effect: Value) -> Result<Value, PlatformError> {
        let id = {
            let mut pending = self.pending.borrow_mut();
            pending.count += 1;
            if pending.count > MAX_EFFECTS {
                return Err(PlatformError::new("TOO_MANY_EFFECTS"));
            }
            effect["id"] = pending.count.into();
            pending.effects.push(effect);
            pending.count
        };
        EffectResult { id, pending: Rc::clone(&self.pending) }.await
    }
}

impl Platform for EffectPlatform {
    fn install_id(&self) -> &str {
        &self.install_id
    }

    fn account_id(&self) -> Option<&str> {
        self.account_id.as_deref()
    }

    fn licence_is_active(&self) -> bool {
        self.licence_is_active
    }

    fn now(&self) -> UnixMs {
        self.pending.borrow().now
    }

    async fn kv_get(&self, key: &str) -> Result<Option<Entry>, PlatformError> {
        let mut answer = self.perform(json!({ "op": "kv.get", "key": key })).await?;
        if answer.is_null() {
            return Ok(None);
        }
        let expires = answer.get("expireTime").and_then(Value::as_str).and_then(parse_rfc3339);
        Ok(Some(Entry { value: take(&mut answer, "value"), expires }))
    }

    async fn kv_set(&self, key: &str, value: Value, options: SetOptions) -> Result<(), PlatformError> {
        let mut effect = json!({ "op": "kv.set", "key": key, "value": value });
        if let Some(seconds) = options.ttl_seconds {
            effect["ttlSeconds"] = seconds.into();
        }
        if options.fail_if_exists {
            effect["failIfExists"] = true.into();
        }
        self.perform(effect).await.map(drop)
    }

    async fn kv_delete(&self, key: &str) -> Result<(), PlatformError> {
        self.perform(json!({ "op": "kv.delete", "key": key })).await.map(drop)
    }

    async fn kv_delete_many(&self, keys: &[String]) -> Result<Vec<String>, PlatformError> {
        let failed = self.perform(json!({ "op": "kv.deleteMany", "keys": keys })).await?;
        Ok(into_list(failed).into_iter().filter_map(|key| key.as_str().map(str::to_owned)).collect())
    }

    async fn kv_query(&self, prefix: &str, limit: u32, cursor: Option<String>) -> Result<Page, PlatformError> {
        let mut effect = json!({ "op": "kv.query", "prefix": prefix, "limit": limit });
        if let Some(cursor) = cursor {
            effect["cursor"] = cursor.into();
        }
        let mut answer = self.perform(effect).await?;
        let items = into_list(take(&mut answer, "items"));
        let is_expired = |item: &&Value| {
            let expires = item.get("expireTime").and_then(Value::as_str).and_then(parse_rfc3339);
            expires.is_some_and(|expires| expires <= self.now())
        };
        let key = |item: &Value| Some(item.get("key")?.as_str()?.to_owned());
        let expired = items.iter().filter(is_expired).filter_map(key).collect();
        let item = |mut item: Value| Some((item.get("key")?.as_str()?.to_owned(), take(&mut item, "value")));
        let cursor = answer.get("cursor").and_then(Value::as_str).map(str::to_owned);
        Ok(Page { items: items.into_iter().filter_map(item).collect(), cursor, expired })
    }

    async fn secret_get(&self, key: &str) -> Result<Option<Value>, PlatformError> {
        let answer = self.perform(json!({ "op": "secret.get", "key": key })).await?;
        Ok(if answer.is_null() { None } else { Some(answer) })
    }

    async fn secret_set(&self, key: &str, value: Value) -> Result<(), PlatformError> {
        self.perform(json!({ "op": "secret.set", "key": key, "value": value })).await.map(drop)
    }

    async fn secret_delete(&self, key: &str) -> Result<(), PlatformError> {
        self.perform(json!({ "op": "secret.delete", "key": key })).await.map(drop)
    }

    async fn jira(&self, call: JiraCall) -> Result<JiraResponse, PlatformError> {
        let principal = if call.principal == PrincipalKind::App { "app" } else { "user" };
        let mut effect = json!({
            "op": "jira", "as": principal, "method": call.method, "strings": call.strings, "params": call.params,
        });
        if let Some(body) = call.body {
            effect["body"] = body;
        }
        self.perform(effect).await.map(jira_response)
    }

    async fn jira_upload(&self, file: Upload<'_>) -> Result<JiraResponse, PlatformError> {
        let effect = json!({
            "op": "jira.upload", "issueId": file.issue_id, "name": file.name, "mediaType": file.media_type,
            "base64": file.base64,
        });
        self.perform(effect).await.map(jira_response)
    }

    async fn jira_download(&self, attachment_id: &str, max_bytes: u64) -> Result<JiraResponse, PlatformError> {
        let effect = json!({ "op": "jira.download", "attachmentId": attachment_id, "maxBytes": max_bytes });
        self.perform(effect).await.map(jira_response)
    }

    async fn random(&self, bytes: usize) -> Result<Vec<u8>, PlatformError> {
        let answer = self.perform(json!({ "op": "random", "bytes": bytes })).await?;
        let random = answer.as_str().and_then(|text| hex::decode(text).ok()).unwrap_or_default();
        // Fewer bytes than requested would silently make a weak secret.
        if random.len() == bytes { Ok(random) } else { Err(PlatformError::new("NO_RANDOMNESS")) }
    }

    async fn web_trigger_url(&self, module: &str) -> Result<String, PlatformError> {
        let answer = self.perform(json!({ "op": "webtrigger.url", "moduleKey": module })).await?;
        answer.as_str().map(str::to_owned).ok_or_else(|| PlatformError::new("NO_URL"))
    }

    async fn report_accounts(
        &self,
        accounts: &[(String, UnixMs)],
    ) -> Result<Vec<(String, AccountState)>, PlatformError> {
        let rows = accounts.iter().map(|(id, at)| json!({ "accountId": id, "updatedAt": rfc3339(*at) }));
        let rows: Vec<Value> = rows.collect();
        let states = self.perform(json!({ "op": "privacy.report", "accounts": rows })).await?;
        let state = |row: Value| {
            let state = match row.get("status")?.as_str()? {
                "closed" => AccountState::Closed,
                "updated" => AccountState::Updated,
                _ => return None,
            };
            Some((row.get("accountId")?.as_str()?.to_owned(), state))
        };
        Ok(into_list(states).into_iter().filter_map(state).collect())
    }

    fn meter(&self) -> &Meter {
        &self.meter
    }

    fn warn(&self, event: &'static str, fields: Value) {
        self.pending.borrow_mut().logs.push(json!({ "level": "warn", "event": event, "fields": fields }));
    }
}

/// Whether a licence is active as the platform describes it. It describes none in development and staging, and for apps that are
/// free or not listed (docs/platforms/forge.md §2.1).
fn licence_is_active(licence: &Value) -> bool {
    let said = [licence.get("active"), licence.get("isActive")];
    said.into_iter().flatten().find_map(Value::as_bool).unwrap_or(true)
}

fn into_list(value: Value) -> Vec<Value> {
    if let Value::Array(items) = value { items } else { Vec::new() }
}

fn jira_response(mut answer: Value) -> JiraResponse {
    let retry_after = match answer.get("retryAfter") {
        Some(Value::Number(seconds)) => seconds.as_u64(),
        Some(Value::String(seconds)) => seconds.parse().ok(),
        _ => None,
    };
    let limit = |name: &str| answer.get("limit")?.get(name)?.as_str().map(str::to_owned);
    JiraResponse {
        limit: RateLimit { reason: limit("reason"), rest: limit("rest") },
        status: answer.get("status").and_then(Value::as_u64).and_then(|status| status.try_into().ok()).unwrap_or(0),
        retry_after: retry_after.map(|seconds| u32::try_from(seconds).unwrap_or(u32::MAX)),
        location: answer.get("location").and_then(Value::as_str).map(str::to_owned),
        body: take(&mut answer, "body"),
    }
}
