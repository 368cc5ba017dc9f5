//! When the sidecar was heard last, and what it said about itself. Most of its requests find nothing and must write nothing, so
//! the time is noted only when the queue is listed anyway, which each sidecar causes every five minutes.

use schema::{Hello, UnixMs};
use serde::Deserialize;
use serde_json::Value;

use crate::join::join;
use crate::json::json;
use crate::platform::{Platform, PlatformError, SetOptions};
use crate::records;
use crate::sidecar_info::{self, CONTACT};

/// The time is noted this often at most: a little less than a listing's distance, so that none is left out.
const NOTED_EVERY_MS: i64 = 240_000;
/// A sidecar that was not heard for this long is away: two of its listings are missing.
const AWAY_MS: i64 = 720_000;

/// The last `hello`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Greeting {
    version: String,
    greeted_at: UnixMs,
    hello: Hello,
}

/// The last contact and the last `hello`.
pub(crate) struct Contact {
    greeting: Option<Greeting>,
    heard: Option<UnixMs>,
}

/// Reads what is known of the sidecar.
pub(crate) async fn read(platform: &impl Platform) -> Result<Contact, PlatformError> {
    let (greeting, heard) = join(sidecar_info::read(platform), heard(platform)).await;
    // One of another version says nothing that is needed here.
    let greeting = greeting?.and_then(|greeting| schema::read(greeting).ok());
    Ok(Contact { greeting, heard: heard? })
}

/// Reads when the sidecar was heard last.
pub(crate) async fn heard(platform: &impl Platform) -> Result<Option<UnixMs>, PlatformError> {
    records::get(platform, CONTACT).await
}

/// Notes that the sidecar was heard now, unless `heard` is recent. Whether it worked does not matter to the exchange.
pub(crate) async fn note(platform: &impl Platform, heard: Option<UnixMs>) {
    if heard.is_none_or(|at| platform.now().since(at) >= NOTED_EVERY_MS) {
        let _ = records::set(platform, CONTACT, json!(platform.now()), SetOptions::default()).await;
    }
}

impl Contact {
    /// Returns `{connected, lastContact?, version?, privacyMode?}`.
    pub(crate) fn json(&self, now: UnixMs) -> Value {
        let last = self.heard.max(self.greeting.as_ref().map(|greeting| greeting.greeted_at));
        let mut sidecar = json!({ "connected": last.is_some_and(|at| now.since(at) < AWAY_MS) });
        if let Some(last) = last {
            sidecar["lastContact"] = json!(last);
        }
        if let Some(greeting) = &self.greeting {
            sidecar["version"] = json!(greeting.version);
            sidecar["privacyMode"] = json!(greeting.hello.privacy_mode);
        }
        sidecar
    }
}
