//! The interface to the Forge platform. An implementation belongs to one invocation and its installation.

use schema::UnixMs;
use serde_json::Value;

use crate::meter::Meter;

/// A failed call of the platform, by the platform's code; without messages, which may have content.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("platform: {code}")]
pub struct PlatformError {
    /// E.g. `KEY_CONFLICT`, `RATE_LIMIT_EXCEEDED`, `PLATFORM_ERROR` (docs/platforms/forge.md §5.2).
    pub code: String,
}

impl PlatformError {
    /// Creates an error with this code.
    #[must_use]
    pub fn new(code: &str) -> Self {
        Self { code: code.to_owned() }
    }

    /// Whether the key of a write with `fail_if_exists` exists.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        self.code == "KEY_CONFLICT"
    }
}

/// A stored value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The value as it was written.
    pub value: Value,
    /// When it expires. The platform may return it up to 48 h longer, so readers must check (docs/platforms/forge.md §0.3).
    pub expires: Option<UnixMs>,
}

/// Options of a write.
#[derive(Clone, Copy, Debug, Default)]
pub struct SetOptions {
    /// Lifetime in seconds.
    pub ttl_seconds: Option<u32>,
    /// Fail with `KEY_CONFLICT` if the key exists. The check is atomic: of several concurrent writers exactly one succeeds.
    pub fail_if_exists: bool,
}

/// A page of a listing. Listings are eventually consistent and may contain deleted keys (docs/platforms/forge.md §0.4).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// Keys and values, sorted by key.
    pub items: Vec<(String, Value)>,
    /// Cursor of the next page, if there is one.
    pub cursor: Option<String>,
    /// The keys among them whose lifetime is over, although the platform still has them (docs/platforms/forge.md §0.3).
    pub expired: Vec<String>,
}

/// The state, as the platform reports it, of the account of a person whose data the app stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountState {
    /// The account is closed: the person's data must be erased.
    Closed,
    /// The account has changed since: the person's data must be read again.
    Updated,
}

/// The principal of a request to Jira.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrincipalKind {
    /// The app.
    App,
    /// The user of this invocation; the call fails if there is none.
    User,
}

/// A Jira REST call. The path consists of fixed strings with parameters between them, so that a parameter cannot change the
/// path.
#[derive(Clone, Debug, PartialEq)]
pub struct JiraCall {
    /// The principal.
    pub principal: PrincipalKind,
    /// `GET`, `POST`, `PUT`, `DELETE`.
    pub method: &'static str,
    /// The fixed strings of the path, one more than `params`.
    pub strings: &'static [&'static str],
    /// The parameters; the platform escapes them.
    pub params: Vec<String>,
    /// JSON body.
    pub body: Option<Value>,
}

/// A file to add to an issue.
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

/// The headers about Jira's rate limit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RateLimit {
    /// `RateLimit-Reason` of a 429.
    pub reason: Option<String>,
    /// `RateLimit`, or `Beta-RateLimit`: what is left.
    pub rest: Option<String>,
}

/// Jira's response of any status.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JiraResponse {
    /// HTTP status.
    pub status: u16,
    /// `Retry-After`, if the header has seconds.
    pub retry_after: Option<u32>,
    /// JSON body; `null` if there is none.
    pub body: Value,
    /// `Location` of a redirect; redirects are not followed.
    pub location: Option<String>,
    /// The rate limit, as far as the response says something about it.
    pub limit: RateLimit,
}

/// The platform for one invocation.
#[expect(async_fn_in_trait, reason = "single-threaded: no Send bound is needed")]
pub trait Platform {
    /// The installation this invocation belongs to: a lower-case UUID.
    fn install_id(&self) -> &str;

    /// The Atlassian account id of the calling user, if a user is calling.
    fn account_id(&self) -> Option<&str>;

    /// Whether the customer's licence of the app is active. It counts as active where the platform names none.
    fn licence_is_active(&self) -> bool;

    /// The current time.
    fn now(&self) -> UnixMs;

    /// Reads a key; strictly consistent.
    async fn kv_get(&self, key: &str) -> Result<Option<Entry>, PlatformError>;

    /// Writes a key, at most 240 KiB.
    async fn kv_set(&self, key: &str, value: Value, options: SetOptions) -> Result<(), PlatformError>;

    /// Deletes a key; succeeds if it does not exist.
    async fn kv_delete(&self, key: &str) -> Result<(), PlatformError>;

    /// Deletes keys, at most 25, and returns those that could not be deleted.
    async fn kv_delete_many(&self, keys: &[String]) -> Result<Vec<String>, PlatformError>;

    /// Lists keys by prefix, at most 100 per page; eventually consistent.
    async fn kv_query(&self, prefix: &str, limit: u32, cursor: Option<String>) -> Result<Page, PlatformError>;

    /// Reads a secret.
    async fn secret_get(&self, key: &str) -> Result<Option<Value>, PlatformError>;

    /// Writes a secret.
    async fn secret_set(&self, key: &str, value: Value) -> Result<(), PlatformError>;

    /// Deletes a secret; succeeds if it does not exist.
    async fn secret_delete(&self, key: &str) -> Result<(), PlatformError>;

    /// Calls Jira.
    async fn jira(&self, call: JiraCall) -> Result<JiraResponse, PlatformError>;

    /// Adds a file to an issue as the app.
    async fn jira_upload(&self, file: Upload<'_>) -> Result<JiraResponse, PlatformError>;

    /// Reads the bytes of an attachment as the app. The body of the response is the file in base64; a file of more than
    /// `max_bytes` has status 413 and no body.
    async fn jira_download(&self, attachment_id: &str, max_bytes: u64) -> Result<JiraResponse, PlatformError>;

    /// Returns bytes of the platform's random source.
    async fn random(&self, bytes: usize) -> Result<Vec<u8>, PlatformError>;

    /// Returns the URL of a web trigger of this installation.
    async fn web_trigger_url(&self, module: &str) -> Result<String, PlatformError>;

    /// Reports the accounts of people whose data the app stores, at most 90, each with the time at which the data was read.
    /// Returns the accounts for which something has to be done.
    async fn report_accounts(
        &self,
        accounts: &[(String, UnixMs)],
    ) -> Result<Vec<(String, AccountState)>, PlatformError>;

    /// Counts this invocation's use of Jira's rate limit.
    fn meter(&self) -> &Meter;

    /// Writes a warning to the app's log: an event name, codes and ids, never content.
    fn warn(&self, event: &'static str, fields: Value);
}
