//! The attributes that are mandatory when a ticket is edited.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// The edit screen of one ticket for the bot, as Zammad's attributes and core workflows define it.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct EditScreen {
    #[serde(default)]
    mandatory: BTreeMap<String, Value>,
    #[serde(default)]
    visibility: BTreeMap<String, Value>,
}

impl EditScreen {
    /// Returns the names of the mandatory attributes in alphabetical order. Zammad does not require hidden ones.
    pub fn demanded(&self) -> impl Iterator<Item = &str> {
        let is_shown = |name: &str| self.visibility.get(name).is_none_or(|state| state == "show");
        let demanded = self.mandatory.iter().filter(|(_, state)| **state == Value::Bool(true));
        demanded.map(|(name, _)| name.as_str()).filter(move |name| is_shown(name))
    }
}
