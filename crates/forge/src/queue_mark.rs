//! When the queue of commands changed last, record `mail`: written after each change of the queue. An exchange reads this one
//! record instead of listing the queue, as long as the queue was empty the last time and has not changed since.

use schema::{Poll, QueueState, UnixMs};

use crate::json::json;
use crate::platform::{Platform, PlatformError, SetOptions};
use crate::records;

const KEY: &str = "mail";
/// A listing of the queue may lack what was stored in the last seconds (docs/platforms/forge.md §0.4), so for this long after a
/// change an empty listing proves nothing.
const LAG_MS: i64 = 60_000;

/// When the queue changed last; `None` if it never did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct QueueMark(Option<UnixMs>);

/// Records that the queue has changed, or that somebody looks at it.
pub(crate) async fn record(platform: &impl Platform) -> Result<(), PlatformError> {
    records::set(platform, KEY, json!(platform.now()), SetOptions::default()).await
}

/// Reads the mark. It must be read before the queue, so that a change in between is seen the next time.
pub(crate) async fn read(platform: &impl Platform) -> Result<QueueMark, PlatformError> {
    records::get(platform, KEY).await.map(QueueMark)
}

impl QueueMark {
    fn text(self) -> String {
        self.0.unwrap_or_default().0.to_string()
    }

    /// Whether an empty listing now would prove that the queue is empty.
    pub(crate) fn is_settled(self, now: UnixMs) -> bool {
        self.0.is_none_or(|at| now.since(at) >= LAG_MS)
    }

    /// Whether the queue is known to be empty, by the mark that the sidecar got when it was.
    pub(crate) fn is_empty_for(self, poll: &Poll, now: UnixMs) -> bool {
        self.is_settled(now) && poll.empty_mark.as_deref() == Some(self.text().as_str())
    }

    /// Returns the state of the queue for the reply. `is_empty`: it was looked at and was empty, or is known to be.
    pub(crate) fn state(self, is_empty: bool, now: UnixMs) -> QueueState {
        let changed_ms_ago = self.0.map(|at| now.since(at).max(0).unsigned_abs());
        let empty_mark = (is_empty && self.is_settled(now)).then(|| self.text());
        QueueState { empty_mark, changed_ms_ago }
    }

    /// The time until the next request of a sidecar that does not decide about it itself.
    pub(crate) fn next_poll_ms(self, now: UnixMs) -> u32 {
        const ACTIVE_MS: i64 = 15 * 60_000;
        if self.0.is_some_and(|at| now.since(at) < ACTIVE_MS) { 2_000 } else { 5_000 }
    }
}
