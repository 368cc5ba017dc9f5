//! What the platform gives, and nothing more. One is made for each invocation and carries its installation.

use schema::UnixMs;
use serde_json::Value;

/// A platform call that failed. `code` is the platform's own; no text with content in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("platform: {code}")]
pub struct PlatformError {
    /// E.g. `KEY_CONFLICT`, `RATE_LIMIT_EXCEEDED`, `PLATFORM_ERROR` (docs/platforms/forge.md §5.2).
    pub code: String,
}

impl PlatformError {
    /// An error of this code.
    #[must_use]
    pub fn new(code: &str) -> Self {
        Self { code: code.to_owned() }
    }

    /// `FAIL_IF_EXISTS` found the key.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        self.code == "KEY_CONFLICT"
    }
}

/// A stored value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// As it was stored.
    pub value: Value,
    /// When it expires. The platform may still hand it out up to 48 h later, so readers check (docs/platforms/forge.md §0.3).
    pub expires: Option<UnixMs>,
}

/// How to store.
#[derive(Clone, Copy, Debug, Default)]
pub struct SetOptions {
    /// Lifetime in seconds.
    pub ttl_seconds: Option<u32>,
    /// Fail with `KEY_CONFLICT` if the key is there: atomic, exactly one of any number of writers succeeds.
    pub fail_if_exists: bool,
}

/// A page of a listing. Listings lag behind writes and may still show what was deleted (docs/platforms/forge.md §0.4).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// Key and value, by key.
    pub items: Vec<(String, Value)>,
    /// Where the next page begins, if there is one.
    pub cursor: Option<String>,
}

/// In whose name Jira is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrincipalKind {
    /// The app.
    App,
    /// The user of this invocation; fails where there is none.
    User,
}

/// A Jira REST call. The path is fixed text with parameters between, so that a parameter can never become a path.
#[derive(Clone, Debug, PartialEq)]
pub struct JiraCall {
    /// In whose name.
    pub principal: PrincipalKind,
    /// `GET`, `POST`, `PUT`, `DELETE`.
    pub method: &'static str,
    /// One more than `params`.
    pub strings: &'static [&'static str],
    /// Escaped by the platform.
    pub params: Vec<String>,
    /// JSON.
    pub body: Option<Value>,
}

/// A file on its way to an issue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload<'a> {
    /// Jira's numeric issue id.
    pub issue_id: &'a str,
    /// File name.
    pub name: &'a str,
    /// Media type.
    pub media_type: &'a str,
    /// The bytes in base64.
    pub base64: &'a str,
}

/// Jira's answer, whatever its status.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JiraAnswer {
    /// HTTP status.
    pub status: u16,
    /// `Retry-After` in seconds, if given as such.
    pub retry_after: Option<u32>,
    /// JSON body, `null` if there was none.
    pub body: Value,
    /// `Location`, if the answer leads elsewhere; it is not followed.
    pub location: Option<String>,
}

/// How loud a log line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Something worth counting.
    Info,
    /// Something an admin should see.
    Warn,
}

/// The platform, for one invocation.
#[expect(async_fn_in_trait, reason = "one thread, one invocation: no Send bound is wanted")]
pub trait Platform {
    /// The installation this invocation belongs to: a lower-case UUID.
    fn install_id(&self) -> &str;

    /// The Atlassian account that is asking, if a person is.
    fn account_id(&self) -> Option<&str>;

    /// The time now.
    fn now(&self) -> UnixMs;

    /// Reads a key; strictly consistent.
    async fn kv_get(&self, key: &str) -> Result<Option<Entry>, PlatformError>;

    /// Writes a key, at most 240 KiB.
    async fn kv_set(&self, key: &str, value: Value, options: SetOptions) -> Result<(), PlatformError>;

    /// Deletes a key; a missing one is fine.
    async fn kv_delete(&self, key: &str) -> Result<(), PlatformError>;

    /// Lists keys by prefix, at most 100 a page; eventually consistent.
    async fn kv_query(&self, prefix: &str, limit: u32, cursor: Option<String>) -> Result<Page, PlatformError>;

    /// Reads a secret.
    async fn secret_get(&self, key: &str) -> Result<Option<Value>, PlatformError>;

    /// Writes a secret.
    async fn secret_set(&self, key: &str, value: Value) -> Result<(), PlatformError>;

    /// Deletes a secret; a missing one is fine.
    async fn secret_delete(&self, key: &str) -> Result<(), PlatformError>;

    /// Calls Jira.
    async fn jira(&self, call: JiraCall) -> Result<JiraAnswer, PlatformError>;

    /// Adds a file to an issue, in the app's name.
    async fn jira_upload(&self, file: Upload<'_>) -> Result<JiraAnswer, PlatformError>;

    /// Reads an attachment's bytes, in the app's name: the answer's body is a text in base64. More than `max_bytes` are
    /// answered with status 413 and none of them.
    async fn jira_download(&self, attachment_id: &str, max_bytes: u64) -> Result<JiraAnswer, PlatformError>;

    /// Bytes from the platform's random source.
    async fn random(&self, bytes: usize) -> Result<Vec<u8>, PlatformError>;

    /// The address of a web trigger of this installation.
    async fn web_trigger_url(&self, module: &str) -> Result<String, PlatformError>;

    /// Writes a log line: an event name and machine words, never content.
    fn log(&self, level: Level, event: &'static str, fields: Value);
}
