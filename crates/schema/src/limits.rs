//! Limits of the wire format, and the checks that report a violation by field and rule.

use serde_json::Value;

/// The wire version. Adding an optional field keeps it; removing or changing one does not (docs/protocol.md §5).
pub const WIRE_VERSION: u8 = 1;
/// Largest request body in bytes: 3.5 MiB, below the platform's limit of 5 MB per invocation (docs/platforms/forge.md §3).
pub const MAX_BODY_BYTES: usize = 3_670_016;
/// Maximum number of messages in a request.
pub const MAX_MESSAGES: usize = 50;
/// Maximum number of acknowledgements in a request.
pub const MAX_ACKS: usize = 100;
/// Maximum number of tickets whose commands a request leaves out.
pub const MAX_SKIPPED_TICKETS: usize = 1_000;

/// Maximum number of links in one `issues.read`: Jira reads that many issues in one request.
pub const MAX_ISSUES_READ: usize = 100;

/// Characters of a title: Zammad cuts at 250, Jira refuses more than 255.
pub(crate) const TITLE: usize = 255;
/// Characters of a comment as JSON: Jira's limit.
pub(crate) const COMMENT: usize = 32_767;
/// Characters of names of people, states, groups, files and versions.
pub(crate) const NAME: usize = 255;
/// Characters of ids and keys of either side.
pub(crate) const KEY: usize = 64;
/// Characters of URLs.
pub(crate) const URL: usize = 2_000;
/// Characters of reasons and details.
pub(crate) const TEXT: usize = 1_000;
/// Characters of RFC 3339 times.
pub(crate) const TIME: usize = 40;
/// Largest file that is sent inside a message, in bytes: 2.5 MiB.
pub const MAX_INLINE_BYTES: u64 = 2_621_440;
/// Length of a file of [`MAX_INLINE_BYTES`] in base64.
pub(crate) const INLINE_BASE64: usize = 2_621_440 / 3 * 4 + 4;
/// Bytes of a Jira document (ADF) as JSON. A larger one is reduced to its text before it is stored, since the platform's
/// limit is 240 KiB per value (docs/platforms/forge.md §5.1).
pub(crate) const DOCUMENT_BYTES: usize = 204_800;
/// Maximum number of comments and files that one message erases: the platform limits the time of an invocation.
pub(crate) const ERASED: usize = 100;
/// Maximum number of entries of any list inside a message.
pub(crate) const LIST: usize = 200;

/// A field outside of its limits. Contains the field and the rule, never the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {rule}")]
pub struct Invalid {
    /// Wire name of the field.
    pub field: &'static str,
    /// The violated rule: `too-long`, `too-many`, `empty`, `out-of-range`, `missing`.
    pub rule: &'static str,
}

/// A value with limits that its types do not express.
pub trait Validate {
    /// # Errors
    /// The first field outside of its limits.
    fn validate(&self) -> Result<(), Invalid>;
}

/// Checks for at most `max` characters (not bytes: both systems count characters).
pub(crate) fn max_chars(field: &'static str, text: &str, max: usize) -> Result<(), Invalid> {
    // A text of at most `max` bytes has at most `max` characters, so most texts need no counting.
    if text.len() <= max || text.chars().count() <= max { Ok(()) } else { Err(Invalid { field, rule: "too-long" }) }
}

/// Checks a text, if there is one, for at most `max` characters.
pub(crate) fn optional_max_chars(field: &'static str, text: Option<&String>, max: usize) -> Result<(), Invalid> {
    text.map_or(Ok(()), |text| max_chars(field, text, max))
}

/// Checks for 1 to `max` characters.
pub(crate) fn non_empty(field: &'static str, text: &str, max: usize) -> Result<(), Invalid> {
    if text.is_empty() { Err(Invalid { field, rule: "empty" }) } else { max_chars(field, text, max) }
}

/// Checks that an id is not 0.
pub(crate) const fn positive(field: &'static str, id: u64) -> Result<(), Invalid> {
    if id == 0 { Err(Invalid { field, rule: "out-of-range" }) } else { Ok(()) }
}

/// Checks for at most `max` entries.
pub(crate) const fn max_items(field: &'static str, length: usize, max: usize) -> Result<(), Invalid> {
    if length <= max { Ok(()) } else { Err(Invalid { field, rule: "too-many" }) }
}

/// Checks for at most `max_bytes` bytes of JSON.
pub(crate) fn max_json_bytes(field: &'static str, value: &Value, max_bytes: usize) -> Result<(), Invalid> {
    if value.to_string().len() <= max_bytes { Ok(()) } else { Err(Invalid { field, rule: "too-long" }) }
}
