//! The web trigger: verifies the envelope of a request, applies its messages and returns the signed reply. Nothing of the body
//! is parsed, stored or logged before the nonce is claimed (docs/protocol.md §1).

use envelope::{ClaimError, InstallId, KeyRing, Nonce, NonceClaim, Refusal, ReplyContext, Sealed, Timestamp, Verified};
use schema::{
    Config, ForgeInfo, LiveKeys, MessageKind, MessageResult, Received, Reply, Request, RequestError, UnixMs,
    WIRE_VERSION,
};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::delivery::{self, Delivery};
use crate::join::{join, join3, try_for_each};
use crate::json::json;
use crate::keys::{self, Keys};
use crate::messages::Applied;
use crate::platform::{Platform, PlatformError, SetOptions};
use crate::queue_mark::QueueMark;
use crate::version::{MIN_SIDECAR, VERSION};
use crate::{acks, audit, config, contact, messages, points, queue_mark, refusals};

/// The request of a web trigger (docs/platforms/forge.md §4.1).
#[derive(Debug)]
pub struct WebRequest {
    /// HTTP method.
    pub method: String,
    /// Every value of every header; names have the case of the request.
    pub headers: Vec<(String, String)>,
    /// The bytes of the body; the envelope checks that they are UTF-8.
    pub body: Vec<u8>,
}

impl WebRequest {
    /// Reads a request from the platform's JSON, in which each header has a list of values.
    #[must_use]
    pub fn read(payload: &Value, body: Vec<u8>) -> Self {
        let headers = payload["headers"].as_object().into_iter().flatten().flat_map(|(name, values)| {
            let values = values.as_array().map_or_else(|| vec![values.clone()], Clone::clone);
            // A value that is not a text becomes one that no header accepts; dropping it could hide a second value.
            values.into_iter().map(|value| (name.clone(), value.as_str().unwrap_or("\u{0}").to_owned()))
        });
        Self { method: payload["method"].as_str().unwrap_or_default().to_owned(), headers: headers.collect(), body }
    }
}

/// The response of a web trigger (docs/platforms/forge.md §4.2).
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WebResponse {
    /// HTTP status.
    pub status_code: u16,
    /// Header name → list of values.
    pub headers: Map<String, Value>,
    /// Body.
    pub body: String,
}

impl WebResponse {
    fn json(status_code: u16, body: String) -> Self {
        let mut response = Self { status_code, headers: Map::new(), body };
        response.put("Content-Type", "application/json");
        response.put("Cache-Control", "no-store");
        response
    }

    fn put(&mut self, name: &str, value: &str) {
        self.headers.insert(name.to_owned(), json!([value]));
    }

    fn error(status_code: u16, code: &str) -> Self {
        Self::json(status_code, json!({ "error": code }).to_string())
    }

    /// Signs the reply with the key that belongs to the key of the request.
    fn sealed(mut self, verified: &Verified<'_>, now: UnixMs) -> Self {
        let seal = ReplyContext { install: verified.install(), nonce: verified.nonce(), secret: verified.secret() };
        if let Ok(timestamp) = Timestamp::from_seconds(now.seconds()) {
            for (name, value) in seal.seal(timestamp, &self.body).to_pairs() {
                self.put(name, &value);
            }
        }
        self
    }
}

struct Nonces<'a, P>(&'a P);

impl<P: Platform> NonceClaim for Nonces<'_, P> {
    async fn claim(&self, nonce: &Nonce, ttl_seconds: u32) -> Result<(), ClaimError> {
        let options = SetOptions { ttl_seconds: Some(ttl_seconds), fail_if_exists: true };
        // An expired record that the platform still returns refuses the nonce too, which is safe: nonces are not reused.
        // Never read, so it has no owner in it: every byte of every exchange is paid for.
        match self.0.kv_set(&format!("nonce:{}", nonce.as_str()), json!(1), options).await {
            Ok(()) => Ok(()),
            Err(error) if error.is_conflict() => Err(ClaimError::Seen),
            Err(_) => Err(ClaimError::Unavailable),
        }
    }
}

/// Acknowledgements that are applied at the same time.
const ACKS_AT_ONCE: usize = 25;

/// Handles one exchange. Every refusal of the envelope has the same 401 response; its reason is logged and counted.
pub async fn web_trigger(platform: &impl Platform, request: WebRequest) -> WebResponse {
    if request.method != "POST" {
        let mut response = WebResponse::error(405, "method-not-allowed");
        response.put("Allow", "POST");
        return response;
    }
    // The two small records are all that a request without changes needs. Read now, they cost no time of their own.
    let (keys, mark, etag) = join3(keys::load(platform), queue_mark::read(platform), config::etag(platform)).await;
    let (Ok(keys), Ok(mark), Ok(etag)) = (keys, mark, etag) else { return WebResponse::error(503, "unavailable") };
    let Some(keys) = keys else { return refuse(platform, "not-connected", false).await };
    let verified = match open(platform, &keys.ring, &request).await {
        Ok(verified) => verified,
        Err(Refusal::NonceStoreUnavailable) => return WebResponse::error(503, "unavailable"),
        // Anyone can send a malformed request, so it is logged but not counted in storage.
        Err(refusal) => return refuse(platform, &refusal.to_string(), refusal != Refusal::Malformed).await,
    };
    let installation = Installation { keys: &keys, mark, etag };
    respond(platform, &installation, &verified).await.sealed(&verified, platform.now())
}

async fn open<'a>(
    platform: &impl Platform,
    ring: &'a KeyRing,
    request: &'a WebRequest,
) -> Result<Verified<'a>, Refusal> {
    let headers = request.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    let sealed = Sealed::parse(headers, &request.body).inspect_err(|_| ring.spend_as_for(&request.body))?;
    let install = InstallId::parse(platform.install_id().as_bytes()).map_err(|_| Refusal::WrongInstall)?;
    ring.open(&sealed, &install, platform.now().seconds(), &Nonces(platform)).await
}

async fn refuse(platform: &impl Platform, reason: &str, counted: bool) -> WebResponse {
    platform.warn("envelope-refused", json!({ "reason": reason }));
    if counted {
        refusals::count(platform, reason).await;
    }
    WebResponse::error(401, "unauthorized")
}

/// The records of the installation that are read for each request.
struct Installation<'a> {
    keys: &'a Keys,
    mark: QueueMark,
    /// Etag of the settings; `None` if it is not recorded.
    etag: Option<String>,
}

async fn respond(platform: &impl Platform, installation: &Installation<'_>, verified: &Verified<'_>) -> WebResponse {
    if installation.keys.ring.live().nth(1).is_some_and(|next| next.key_id() == verified.secret().key_id())
        && keys::record_next_seen(platform).await.is_err()
    {
        return WebResponse::error(503, "unavailable");
    }
    let request = match Request::read(verified.body(), platform.install_id()) {
        Ok(request) => request,
        Err(error) => {
            platform.warn("request-refused", json!({ "reason": error.to_string() }));
            if error == RequestError::InstallMismatch {
                let _ = audit::record(platform, "install-mismatch", Value::Null).await;
            }
            let status = if error == RequestError::TooLarge { 413 } else { 400 };
            return WebResponse::error(status, &error.to_string());
        }
    };
    match exchange(platform, installation, &request).await {
        Ok(reply) => WebResponse::json(200, json!(reply).to_string()),
        Err(error) => {
            platform.warn("exchange-failed", json!({ "code": error.code }));
            WebResponse::error(503, "unavailable")
        }
    }
}

async fn exchange(
    platform: &impl Platform,
    installation: &Installation<'_>,
    request: &Request<Received>,
) -> Result<Reply<Value>, PlatformError> {
    try_for_each(&request.acks, ACKS_AT_ONCE, |ack| acks::acknowledge(platform, ack)).await?;
    if request.messages.is_empty() {
        // Nothing changes any more, so what the reply needs is read at the same time.
        let (settings, delivery) = join(
            settings_unless_known(platform, installation, request),
            deliver(platform, installation, request, messages::MAX_REPLY_BYTES),
        )
        .await;
        return Ok(reply(platform, installation, settings?, Vec::new(), delivery?));
    }
    let (config, ()) = join(config::load(platform), points::load(platform)).await;
    let mut config = config?;
    let Applied { results, audit: applied, bytes_left } = messages::apply(platform, &config, request).await;
    points::store(platform).await;
    if applied.iter().any(|entry| entry["kind"] == MessageKind::IdentityUpsert.as_str()) {
        config = config::load(platform).await?;
    }
    if !applied.is_empty() {
        // One entry for all messages, since the platform limits writes per minute. The messages are applied, so the reply is
        // sent even if this write fails.
        let _ = audit::record(platform, "applied", applied.into()).await;
    }
    finish_upgrade(platform, installation, &config).await;
    let delivery = deliver(platform, installation, request, bytes_left).await?;
    Ok(reply(platform, installation, settings_of(&config, request), results, delivery))
}

/// Brings records of an older version into the form that takes fewer reads. Both forms are read, so a failure changes nothing, and
/// the next request with messages tries again.
async fn finish_upgrade(platform: &impl Platform, installation: &Installation<'_>, config: &config::Config) {
    if installation.keys.separate {
        let _ = keys::merge_records(platform).await;
    }
    if installation.etag.is_none() {
        let _ = config::record_etag(platform, config).await;
    }
}

/// Returns the settings of the reply, which are read only if the sidecar may have others.
async fn settings_unless_known(
    platform: &impl Platform,
    installation: &Installation<'_>,
    request: &Request<Received>,
) -> Result<Config, PlatformError> {
    match &installation.etag {
        Some(etag) if request.config_etag.as_ref() == Some(etag) => Ok(Config { etag: etag.clone(), value: None }),
        _ => Ok(settings_of(&config::load(platform).await?, request)),
    }
}

/// Returns the settings for the reply, without those that the sidecar has.
fn settings_of(config: &config::Config, request: &Request<Received>) -> Config {
    let is_known = request.config_etag.as_deref() == Some(config.etag().as_str());
    Config { etag: config.etag(), value: (!is_known).then(|| json!(config.settings)) }
}

/// Returns the commands of the reply. The queue is not looked at if it is known to be empty.
async fn deliver(
    platform: &impl Platform,
    installation: &Installation<'_>,
    request: &Request<Received>,
    bytes: usize,
) -> Result<Delivery, PlatformError> {
    if !platform.licence_is_active() {
        // The sidecar would apply them in the helpdesk. They stay in the queue.
        return Ok(Delivery::default());
    }
    if request.acks.is_empty() && installation.mark.is_empty_for(&request.poll, platform.now()) {
        return Ok(Delivery { is_empty: true, ..Delivery::default() });
    }
    let (delivery, heard) = join(delivery::waiting(platform, &request.poll, bytes), contact::heard(platform)).await;
    if let Ok(heard) = heard {
        contact::note(platform, heard).await;
    }
    delivery
}

fn reply(
    platform: &impl Platform,
    installation: &Installation<'_>,
    config: Config,
    results: Vec<MessageResult>,
    delivery: Delivery,
) -> Reply<Value> {
    let now = platform.now();
    Reply {
        v: WIRE_VERSION,
        install_id: platform.install_id().to_owned(),
        results,
        commands: delivery.commands,
        config,
        keys: LiveKeys { live: installation.keys.ring.live().map(|key| key.key_id().as_str().to_owned()).collect() },
        forge: ForgeInfo { version: VERSION.into(), min_sidecar: MIN_SIDECAR.into() },
        next_poll_ms: installation.mark.next_poll_ms(now),
        queue: Some(installation.mark.state(delivery.is_empty, now)),
        quota: platform.meter().quota(now),
    }
}
