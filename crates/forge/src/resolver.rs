//! The end of every resolver call, whatever its page.

use serde_json::Value;

use crate::platform::Platform;
use crate::{licence, points, refusals};

/// Counts a refusal, marks an inactive licence for the page's banner, and stores the used points. `surface` is the name of the
/// function.
pub(crate) async fn finish(platform: &impl Platform, surface: &str, mut answer: Value) -> Value {
    refusals::count_answer(platform, surface, &answer).await;
    licence::mark(platform, &mut answer);
    points::store(platform).await;
    answer
}
