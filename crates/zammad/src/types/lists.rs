//! States, priorities, groups and users. Their names and ids differ between installations.

use std::collections::{BTreeMap, BTreeSet};

use redaction::Sensitive;
use serde::Deserialize;

/// A ticket state (docs/platforms/zammad.md §2). Only its type has a fixed meaning.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct State {
    /// Id.
    pub id: u64,
    /// Name.
    pub name: String,
    /// 1 new, 2 open, 3 pending reminder, 4 pending action, 5 closed, 6 merged, 7 removed.
    pub state_type_id: u64,
    /// Whether agents may choose it.
    pub active: bool,
}

/// A ticket priority.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Priority {
    /// Id.
    pub id: u64,
    /// Name.
    pub name: String,
    /// Whether agents may choose it.
    pub active: bool,
}

/// A group.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Group {
    /// Id.
    pub id: u64,
    /// Name; for a sub-group the full path, `A::B`.
    pub name: String,
    /// Whether it is in use.
    pub active: bool,
}

/// A user as `/users/me`, `/users/:id` and `/users/search` return it (docs/platforms/zammad.md §4).
#[derive(Clone, Debug, Deserialize)]
pub struct User {
    /// Id.
    pub id: u64,
    /// Login.
    pub login: Sensitive<String>,
    /// First name.
    #[serde(default)]
    pub firstname: Option<Sensitive<String>>,
    /// Last name.
    #[serde(default)]
    pub lastname: Option<Sensitive<String>>,
    /// E-mail; may be empty and is not always unique.
    #[serde(default)]
    pub email: Option<Sensitive<String>>,
    /// Whether the account is in use.
    pub active: bool,
    /// The permissions by group id, as in [`Me::rights`]; `None` if Zammad does not show them.
    #[serde(default, rename = "group_ids")]
    pub rights: Option<BTreeMap<u64, BTreeSet<String>>>,
}

/// The user of the token, as `/users/me` returns it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Me {
    /// Id.
    pub id: u64,
    /// Whether the account is in use.
    pub active: bool,
    /// The permissions (`full`, `read`, `create`, `change`, `overview`) by group id; groups without any are missing.
    #[serde(default, rename = "group_ids")]
    pub rights: BTreeMap<u64, BTreeSet<String>>,
}
