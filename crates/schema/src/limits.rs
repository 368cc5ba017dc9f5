//! Limits of the wire and the way a violation is named.

use serde_json::Value;

/// Largest request body in bytes: 3.5 MiB, under the platform's 5 MB an invocation (docs/platforms/forge.md §3).
pub const MAX_BODY_BYTES: usize = 3_670_016;
/// Most messages in a request.
pub const MAX_MESSAGES: usize = 50;
/// Most acknowledgements in a request.
pub const MAX_ACKS: usize = 100;

/// Zammad cuts a title at 250, Jira refuses a summary over 255.
pub(crate) const TITLE: usize = 255;
/// Jira's limit of a comment.
pub(crate) const COMMENT: usize = 32_767;
/// Names of people, states, groups, files, versions.
pub(crate) const NAME: usize = 255;
/// Ids and keys of either side.
pub(crate) const KEY: usize = 64;
/// URLs.
pub(crate) const URL: usize = 2_000;
/// Reasons and details in words.
pub(crate) const TEXT: usize = 1_000;
/// RFC 3339 times.
pub(crate) const TIME: usize = 40;
/// Most bytes of a file that travel inside a message: 2.5 MiB.
pub const MAX_INLINE_BYTES: u64 = 2_621_440;
/// The same in base64.
pub(crate) const INLINE_BASE64: usize = 2_621_440 / 3 * 4 + 4;
/// A Jira document (ADF) as JSON; larger ones are flattened before they are queued (docs/platforms/forge.md §5: 240 KiB a value).
pub(crate) const DOCUMENT_BYTES: usize = 204_800;
/// Most entries in any list inside a message.
pub(crate) const LIST: usize = 200;

/// A field outside of its limits. Names the field and the rule, never the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {rule}")]
pub struct Invalid {
    /// Wire name of the field.
    pub field: &'static str,
    /// What it broke: `too-long`, `too-many`, `empty`, `out-of-range`, `missing`.
    pub rule: &'static str,
}

/// What can be checked beyond its types.
pub trait Validate {
    /// # Errors
    /// The first field outside of its limits.
    fn validate(&self) -> Result<(), Invalid>;
}

/// At most `max` characters (not bytes: both systems count characters).
pub(crate) fn within(field: &'static str, text: &str, max: usize) -> Result<(), Invalid> {
    // A text of at most `max` bytes has at most `max` characters; most need no counting.
    if text.len() <= max || text.chars().count() <= max { Ok(()) } else { Err(Invalid { field, rule: "too-long" }) }
}

pub(crate) fn optional(field: &'static str, text: Option<&String>, max: usize) -> Result<(), Invalid> {
    text.map_or(Ok(()), |text| within(field, text, max))
}

/// Between 1 and `max` characters.
pub(crate) fn filled(field: &'static str, text: &str, max: usize) -> Result<(), Invalid> {
    if text.is_empty() { Err(Invalid { field, rule: "empty" }) } else { within(field, text, max) }
}

pub(crate) const fn positive(field: &'static str, id: u64) -> Result<(), Invalid> {
    if id == 0 { Err(Invalid { field, rule: "out-of-range" }) } else { Ok(()) }
}

pub(crate) const fn listed(field: &'static str, length: usize, max: usize) -> Result<(), Invalid> {
    if length <= max { Ok(()) } else { Err(Invalid { field, rule: "too-many" }) }
}

pub(crate) fn document(field: &'static str, value: &Value, max_bytes: usize) -> Result<(), Invalid> {
    if value.to_string().len() <= max_bytes { Ok(()) } else { Err(Invalid { field, rule: "too-long" }) }
}
