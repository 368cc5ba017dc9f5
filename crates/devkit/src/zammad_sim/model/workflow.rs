//! Core workflows, as the database keeps them.

use serde::Serialize;
use serde_json::Value;

use super::entities::{Id, Stamps};

/// A workflow's configuration.
#[derive(Clone, Debug, Serialize)]
pub(in crate::zammad_sim) struct CoreWorkflow {
    pub id: Id,
    pub name: String,
    pub object: Option<String>,
    pub preferences: Value,
    pub condition_saved: Value,
    pub condition_selected: Value,
    pub perform: Value,
    pub active: bool,
    pub stop_after_match: bool,
    pub changeable: bool,
    pub priority: i64,
    pub stamps: Stamps,
}
