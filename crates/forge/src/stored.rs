//! Everything that the app stores, in one table: the export, the erasure and the clean-up before an uninstall follow it, the
//! tests refuse a key that is not in it, and docs/stored-data.md and the page "stored data" are made of it.

/// The personal data in a kind of record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Personal {
    /// None.
    None,
    /// Ids of people in the helpdesk, which say nothing outside of it.
    HelpdeskIds,
    /// Account ids of Atlassian, perhaps with ids of people in the helpdesk.
    Ids,
    /// Names, or texts that people wrote.
    Content,
}

/// When a record ends by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifetime {
    /// After this many seconds.
    Seconds(u32),
    /// When the sidecar has acknowledged it, or an admin has dealt with it.
    Handled,
    /// When there are more than the admin wants to keep.
    Newest,
    /// When the last link of its ticket or issue ends.
    Link,
    /// With the installation.
    Installation,
}

/// Where the records of a kind are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// One record with this key.
    Key(&'static str),
    /// Records whose keys begin with this.
    Prefix(&'static str),
    /// One record of the secret store, which the platform never lists. It is never exported.
    Secret(&'static str),
}

/// A kind of record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredKind {
    /// The code of the kind, to which the locale files have a text.
    pub name: &'static str,
    /// Where its records are.
    pub place: Place,
    /// The personal data in it.
    pub personal: Personal,
    /// When a record ends.
    pub lifetime: Lifetime,
}

const HOUR: u32 = 3_600;
const DAY: u32 = 24 * HOUR;

const fn kind(name: &'static str, place: Place, personal: Personal, lifetime: Lifetime) -> StoredKind {
    StoredKind { name, place, personal, lifetime }
}

/// The table.
pub const KINDS: &[StoredKind] = &[
    kind("audit", Place::Prefix("audit:"), Personal::Ids, Lifetime::Newest),
    kind("cache-search", Place::Prefix("cache:search:"), Personal::Content, Lifetime::Seconds(600)),
    kind("cache-overview", Place::Key("cache:overview"), Personal::None, Lifetime::Seconds(600)),
    kind("cache-rights", Place::Prefix("cache:may:"), Personal::Ids, Lifetime::Seconds(DAY)),
    kind("cache-service", Place::Prefix("cache:service:"), Personal::None, Lifetime::Seconds(DAY)),
    kind("cache-seen", Place::Prefix("cache:seen:"), Personal::Ids, Lifetime::Seconds(HOUR)),
    kind("cache-ticket", Place::Prefix("cache:ticket:"), Personal::Content, Lifetime::Seconds(DAY)),
    kind("cache-workflow", Place::Prefix("cache:wf:"), Personal::None, Lifetime::Seconds(DAY)),
    kind("command", Place::Prefix("cmd:"), Personal::Content, Lifetime::Handled),
    kind("command-failed", Place::Prefix("cmdfailed:"), Personal::Content, Lifetime::Handled),
    kind("contact", Place::Key("contact"), Personal::None, Lifetime::Installation),
    kind("created-issue", Place::Prefix("create:"), Personal::None, Lifetime::Seconds(DAY)),
    kind("disconnect", Place::Key("disconnect"), Personal::None, Lifetime::Installation),
    kind("drift", Place::Key("drift"), Personal::None, Lifetime::Installation),
    kind("file", Place::Prefix("file:"), Personal::None, Lifetime::Seconds(365 * DAY)),
    kind("helpdesk-names", Place::Key("helpdesk"), Personal::Content, Lifetime::Installation),
    kind("link-of-issue", Place::Prefix("link:i:"), Personal::HelpdeskIds, Lifetime::Link),
    kind("link-of-ticket", Place::Prefix("link:t:"), Personal::HelpdeskIds, Lifetime::Link),
    kind("no-access", Place::Prefix("noaccess:"), Personal::None, Lifetime::Seconds(365 * DAY)),
    kind("nonce", Place::Prefix(NONCE), Personal::None, Lifetime::Seconds(420)),
    kind("own-file", Place::Prefix("own:"), Personal::None, Lifetime::Seconds(90 * DAY)),
    kind("points", Place::Key("points"), Personal::None, Lifetime::Installation),
    kind("queue-mark", Place::Key("mail"), Personal::None, Lifetime::Installation),
    kind("refused", Place::Prefix("refused:"), Personal::Ids, Lifetime::Installation),
    kind("requested-links", Place::Prefix("asked:"), Personal::Content, Lifetime::Seconds(DAY)),
    kind("reported", Place::Key("reported"), Personal::None, Lifetime::Installation),
    kind("seen", Place::Prefix("seen:"), Personal::Content, Lifetime::Seconds(DAY)),
    kind("settings", Place::Key("cfg"), Personal::Ids, Lifetime::Installation),
    kind("settings-etag", Place::Key("cfg-etag"), Personal::None, Lifetime::Installation),
    kind("settings-before", Place::Prefix("cfgold:"), Personal::Ids, Lifetime::Newest),
    kind("sidecar", Place::Key("sidecar"), Personal::None, Lifetime::Installation),
    kind("sidecar-status", Place::Key("sidecar-status"), Personal::None, Lifetime::Installation),
    kind("upload", Place::Prefix("sha:"), Personal::None, Lifetime::Seconds(90 * DAY)),
    kind("key-first-used", Place::Key("hmac-next-seen"), Personal::None, Lifetime::Installation),
    kind("written-text", Place::Prefix("wrote:"), Personal::None, Lifetime::Installation),
    kind("secret", Place::Secret("hmac"), Personal::None, Lifetime::Installation),
    kind("secret-current", Place::Secret("hmac:current"), Personal::None, Lifetime::Installation),
    kind("secret-next", Place::Secret("hmac:next"), Personal::None, Lifetime::Installation),
];

/// Prefix of the claimed nonces. Their values are a constant without an owner, so they are never read.
pub(crate) const NONCE: &str = "nonce:";

impl StoredKind {
    /// Whether a key of the storage is of this kind.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        match self.place {
            Place::Key(exact) => key == exact,
            Place::Prefix(prefix) => key.starts_with(prefix),
            Place::Secret(_) => false,
        }
    }
}

impl Personal {
    /// Whether such a record can have an account of Atlassian in it.
    pub(crate) const fn has_accounts(self) -> bool {
        matches!(self, Self::Ids | Self::Content)
    }

    /// The code on the wire.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::HelpdeskIds => "helpdesk-ids",
            Self::Ids => "ids",
            Self::Content => "content",
        }
    }
}

impl Lifetime {
    /// The code on the wire; the seconds are told apart.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Seconds(_) => "seconds",
            Self::Handled => "handled",
            Self::Newest => "newest",
            Self::Link => "link",
            Self::Installation => "installation",
        }
    }
}
