//! Ids of messages and commands.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::time::UnixMs;

/// A text that is not a ULID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a ULID")]
pub struct NotAnId;

/// A ULID: 26 characters that sort by creation time. The id is the same in all retries of a message, so that the receiver
/// recognises one that it has applied.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(ulid::Ulid);

impl Id {
    /// Creates an id from the current time and 80 random bits (higher bits of `random` are ignored).
    #[must_use]
    pub fn new(now: UnixMs, random: u128) -> Self {
        Self(ulid::Ulid::from_parts(u64::try_from(now.0).unwrap_or(0), random))
    }

    /// Returns the time of the id's creation.
    #[must_use]
    pub fn time(self) -> UnixMs {
        UnixMs(i64::try_from(self.0.timestamp_ms()).unwrap_or(i64::MAX))
    }
}

impl FromStr for Id {
    type Err = NotAnId;

    /// Accepts the canonical form only, 26 upper-case characters: two spellings of one id would defeat the log of applied
    /// messages.
    ///
    /// # Errors
    /// [`NotAnId`].
    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let id = ulid::Ulid::from_string(text).map_err(|_| NotAnId)?;
        if id.to_string() == text { Ok(Self(id)) } else { Err(NotAnId) }
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(not(target_family = "wasm"))]
impl schemars::JsonSchema for Id {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Ulid".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^[0-7][0-9A-HJKMNP-TV-Z]{25}$" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_the_canonical_spelling_only() {
        let id = Id::new(UnixMs(1_790_000_000_000), 42);
        let text = id.to_string();
        assert_eq!(text.parse(), Ok(id));
        for bad in [
            text.to_lowercase(),
            format!("{text}0"),
            text[1..].to_owned(),
            String::new(),
            "8ZZZZZZZZZZZZZZZZZZZZZZZZZ".to_owned(),
        ] {
            assert_eq!(bad.parse::<Id>(), Err(NotAnId), "{bad}");
        }
    }

    #[test]
    fn ids_sort_by_time() {
        assert!(Id::new(UnixMs(1), u128::MAX).to_string() < Id::new(UnixMs(2), 0).to_string());
    }
}
