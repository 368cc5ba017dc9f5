//! Restarts of the server: how long one takes, and the columns that the next one adds or removes.

use std::collections::BTreeMap;

use super::attribute::Column;
use crate::clock::Millis;

/// When the server is away.
#[derive(Clone, Debug)]
pub(in crate::zammad_sim) struct Restart {
    /// How long a restart takes.
    pub takes: Millis,
    pub away: Option<(Millis, Millis)>,
    /// Columns that the next restart adds (or removes).
    pub columns: BTreeMap<String, Option<Column>>,
}

impl Restart {
    /// Nothing to restart for yet.
    pub const fn new(takes: Millis) -> Self {
        Self { takes, away: None, columns: BTreeMap::new() }
    }
}
