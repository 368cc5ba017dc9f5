//! Files that are not yet in the database.

use std::collections::BTreeMap;

use bytes::Bytes;

/// A file that was sent and may be stored.
#[derive(Clone, Debug)]
pub(in crate::zammad_sim) struct Upload {
    pub filename: String,
    pub preferences: BTreeMap<String, String>,
    pub data: Bytes,
    /// Whether the database holds its size.
    pub size_known: bool,
}
