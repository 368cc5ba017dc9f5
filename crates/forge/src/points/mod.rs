//! Jira's rate limit: points per clock hour, shared by all installations of the app (docs/capacity.md). Each installation keeps
//! count of what it uses and stays within a share, so that none can stop the others. First its background questions wait, then
//! everything that needs Jira; what a person waits for at a page is never held back here.

mod cost;
mod headers;

use crate::json::json;
use crate::meter::Used;
use crate::platform::{JiraResponse, Platform, SetOptions};
use crate::records;

pub(crate) use self::headers::Limit;

const KEY: &str = "points";
/// Without `Retry-After`, a refusal of the quota lasts until the next full hour at most.
const HOUR_SECONDS: u32 = 3_600;

/// Counts a request to Jira, by its method and the first fixed part of its path.
pub(crate) fn count(platform: &impl Platform, method: &str, path: &str, response: &JiraResponse) {
    let is_refused = response.status == 429 && limit_of(response) == Limit::Quota;
    let refused_seconds = is_refused.then(|| response.retry_after.unwrap_or(HOUR_SECONDS));
    let (points, rest) = (cost::of(method, path, response), headers::rest_of_pool(&response.limit));
    platform.meter().count(points, rest, refused_seconds, platform.now());
}

/// Reads what the installation has used in this hour. A record that cannot be read counts as none.
pub(crate) async fn load(platform: &impl Platform) {
    let used: Option<Used> = records::get(platform, KEY).await.unwrap_or_default();
    platform.meter().begin(used.unwrap_or_default(), platform.now());
}

/// Adds what this invocation used to the record. Without compare-and-set a simultaneous invocation may overwrite it, so the record
/// is read again just before; what is lost in these milliseconds is far less than the limits leave room for. If storage fails,
/// nothing but the count is lost.
pub(crate) async fn store(platform: &impl Platform) {
    if !platform.meter().has_counted() {
        return;
    }
    let stored: Option<Used> = records::get(platform, KEY).await.unwrap_or_default();
    let used = platform.meter().take(stored.unwrap_or_default(), platform.now());
    let _ = records::set(platform, KEY, json!(used), SetOptions::default()).await;
}

/// The kind of limit of a 429.
pub(crate) fn limit_of(response: &JiraResponse) -> Limit {
    headers::limit_of(&response.limit)
}
