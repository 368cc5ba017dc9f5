//! The type of every value that must not be printed: secrets, and texts that a person wrote.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The text that is shown instead of a sensitive value.
pub const MASK: &str = "[sensitive]";

/// A value that no `Debug`, `Display` or `Serialize` ever shows. Reading it takes an explicit [`Sensitive::expose`],
/// which a reviewer can search for.
///
/// Deserialising passes the value in, so that content gets its type at the moment it is parsed (ARCHITECTURE.md,
/// invariant 8). Serialising writes [`MASK`]: to send content somewhere it must be exposed, by name, at that place.
#[derive(Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sensitive<T>(T);

impl<T> Sensitive<T> {
    /// Wraps a value.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// Returns a reference to the value itself.
    pub const fn expose(&self) -> &T {
        &self.0
    }

    /// Returns the value itself.
    pub fn into_inner(self) -> T {
        self.0
    }

    /// Converts the value to another sensitive value.
    pub fn map<U>(self, make: impl FnOnce(T) -> U) -> Sensitive<U> {
        Sensitive(make(self.0))
    }
}

impl<T> From<T> for Sensitive<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T> fmt::Debug for Sensitive<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl<T> fmt::Display for Sensitive<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl<T> Serialize for Sensitive<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(MASK)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Sensitive<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Serialize, Deserialize)]
    struct Holder {
        id: u64,
        title: Sensitive<String>,
        note: Option<Sensitive<String>>,
    }

    #[test]
    fn nothing_that_prints_shows_the_value() {
        let holder: Holder = serde_json::from_str(r#"{"id":1,"title":"canary","note":"canary"}"#).unwrap();
        assert_eq!(holder.title.expose(), "canary");
        let shown = [
            format!("{holder:?}"),
            format!("{holder:#?}"),
            format!("{}", holder.title),
            format!("{:>40}", holder.title),
            serde_json::to_string(&holder).unwrap(),
        ];
        for text in shown {
            assert!(!text.contains("canary"), "{text}");
            assert!(text.contains(MASK), "{text}");
        }
    }

    #[test]
    fn a_mapped_value_stays_sensitive() {
        assert_eq!(format!("{:?}", Sensitive::new("canary").map(str::len)), MASK);
    }
}
