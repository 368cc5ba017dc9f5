//! The attributes that Zammad demands when a ticket is edited.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// The form "edit" of one ticket, as core workflows and attributes shape it for the bot.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct EditScreen {
    #[serde(default)]
    mandatory: BTreeMap<String, Value>,
    #[serde(default)]
    visibility: BTreeMap<String, Value>,
}

impl EditScreen {
    /// The attributes that must have a value, in alphabetical order. Hidden ones are not demanded.
    pub fn demanded(&self) -> impl Iterator<Item = &str> {
        let is_shown = |name: &str| self.visibility.get(name).is_none_or(|state| state == "show");
        let demanded = self.mandatory.iter().filter(|(_, state)| **state == Value::Bool(true));
        demanded.map(|(name, _)| name.as_str()).filter(move |name| is_shown(name))
    }
}
