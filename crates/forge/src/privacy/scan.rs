//! Goes through all records of the installation, kind by kind, in steps that an invocation can end at and another continue.

use serde_json::Value;

use crate::platform::{Platform, PlatformError};
use crate::records;
use crate::stored::{KINDS, NONCE, Place, StoredKind};

/// Records of one listing.
const MOST: u32 = 100;
/// The same where records are large: of eight records of the platform's 240 KiB an answer of a resolver has room for twice as many.
const FEW: u32 = 8;
/// Bytes of a listing that is made again with fewer records.
const TOO_MANY_BYTES: usize = 2_000_000;

/// The position of a scan.
pub(super) struct Scan {
    kind: usize,
    cursor: Option<String>,
    /// Only kinds of records with people in them.
    only_personal: bool,
}

/// Some records of one kind.
pub(super) struct Found {
    pub(super) kind: &'static StoredKind,
    /// Key and value of each record; a value is without the mark of its owner.
    pub(super) records: Vec<(String, Value)>,
}

impl Scan {
    /// Begins, or continues at the cursor of an earlier scan; `None` if that is none.
    pub(super) fn at(cursor: Option<&str>, only_personal: bool) -> Option<Self> {
        let Some(cursor) = cursor else { return Some(Self::new(only_personal)) };
        let (name, rest) = cursor.split_once('/')?;
        let kind = KINDS.iter().position(|kind| kind.name == name)?;
        Some(Self { kind, cursor: Some(rest.to_owned()).filter(|rest| !rest.is_empty()), only_personal })
    }

    /// Begins.
    pub(super) const fn new(only_personal: bool) -> Self {
        Self { kind: 0, cursor: None, only_personal }
    }

    /// Where the next step is; `None` at the end.
    pub(super) fn cursor(&self) -> Option<String> {
        let kind = KINDS.get(self.kind)?;
        Some([kind.name, "/", self.cursor.as_deref().unwrap_or_default()].concat())
    }

    /// Reads the next records, of which there may be none; `None` at the end. Records whose lifetime is over are left out.
    pub(super) async fn next(&mut self, platform: &impl Platform) -> Result<Option<Found>, PlatformError> {
        while self.only_personal && KINDS.get(self.kind).is_some_and(|kind| !kind.personal.has_accounts()) {
            self.kind += 1;
        }
        let Some(kind) = KINDS.get(self.kind) else { return Ok(None) };
        let mut found = Found { kind, records: Vec::new() };
        match kind.place {
            Place::Key(key) => {
                let value: Option<Value> = records::get(platform, key).await?;
                found.records.extend(value.map(|value| (key.to_owned(), value)));
            }
            Place::Prefix(prefix) if prefix != NONCE => {
                let before = self.cursor.take();
                let mut page = platform.kv_query(prefix, MOST, before.clone()).await?;
                if page.items.iter().map(|(_, stored)| stored.to_string().len()).sum::<usize>() > TOO_MANY_BYTES {
                    page = platform.kv_query(prefix, FEW, before).await?;
                }
                let live = page.items.into_iter().filter(|(key, _)| !page.expired.contains(key));
                // A record that cannot be read is logged and left out.
                let owned = live.filter_map(|(key, stored)| {
                    let value = records::unwrap_owned(platform, &key, stored).ok()?;
                    Some((key, value))
                });
                found.records.extend(owned);
                self.cursor = page.cursor;
            }
            Place::Prefix(_) | Place::Secret(_) => {}
        }
        if self.cursor.is_none() {
            self.kind += 1;
        }
        Ok(Some(found))
    }
}
